/** The header fields that a caller's options become: topic, receipt, and further ones. */

/** The fields that the library writes, and those that frame the message on the wire. */
const OWN_FIELDS: readonly string[] = [
  'ttl', 'urgency', 'topic', 'prefer', 'link', 'authorization', 'x-wns-cache-policy',
  'content-encoding', 'content-type', 'encryption', 'encryption-key', 'crypto-key',
  'content-length', 'host', 'connection', 'transfer-encoding',
];
/** RFC 8030 §5.1. */
const RECEIPT_REL = 'urn:ietf:params:push:receipt';

/** Whether a URL is of a domain or below it. */
export function isHost(url: URL, domain: string): boolean {
  const host = url.hostname.replace(/\.$/, '');
  return host === domain || host.endsWith(`.${domain}`);
}

export function checkTopic(topic: unknown): void {
  if (topic === undefined || (typeof topic === 'string' && /^[\w-]{1,32}$/.test(topic))) return;
  throw new RangeError('topic must be 1 to 32 base64url characters; see topicFrom()');
}

/** The header fields of a request in the making. */
export type Fields = Record<string, string>;

export function addTopic(fields: Fields, topic: string | undefined, url: URL): void {
  if (topic === undefined) return;
  // Apple decodes it (400 BadWebPushTopic).
  if (topic.length % 4 === 1 && isHost(url, 'push.apple.com')) {
    throw new RangeError('Apple takes no topic whose length is 1 mod 4; see topicFrom()');
  }
  fields['Topic'] = topic;
}

export function readExtra(headers: Readonly<Record<string, string>>): Record<string, string> {
  const extra: Record<string, string> = {};
  // A Headers has no entries that Object.entries would see.
  if (Symbol.iterator in headers) throw new TypeError('headers must be a record, name to value');
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_FIELDS.includes(name.toLowerCase())) {
      throw new TypeError(`The header ${name} is the library's own`);
    }
    const right = /^[!#$%&'*+.^`|~\w-]+$/.test(name)
      && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!right) throw new TypeError('headers must be field names with field values');
    extra[name] = value;
  }
  return extra;
}

export function addReceipt(fields: Fields, receipt: unknown, url: URL): void {
  if (receipt === undefined || receipt === false) return;
  fields['Prefer'] = 'respond-async';
  if (receipt === true) return;
  const link = typeof receipt === 'string' && URL.canParse(receipt, url) && new URL(receipt, url);
  // Not by its origin: a blob: URL has the one inside it, and user info is no part of it.
  if (!link || !link.href.startsWith(`${url.origin}/`)) {
    throw new TypeError("receipt must be true, or a URL of the endpoint's origin");
  }
  fields['Link'] = `<${link.href}>; rel="${RECEIPT_REL}"`;
}
