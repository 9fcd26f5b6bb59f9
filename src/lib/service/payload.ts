/** What a push service can see of a message, and what of it may go on. */
import type { HeaderLookup } from '../headers.ts';
import { parseParams } from '../params.ts';
import { readHeader, refused } from '../records.ts';
import type { Bytes } from '../../types.ts';
import { decodeBase64url } from '../base64url.ts';

/** The sender's ECDH key in a message, as far as it can be read. */
export function senderPoint(
  coding: string | undefined,
  body: Bytes,
  header: HeaderLookup,
): Bytes | undefined {
  if (coding === 'aes128gcm') {
    const start = readHeader(body);
    return refused(start) ? undefined : start.keyid;
  }
  const elements = parseParams(header('Crypto-Key') ?? '');
  const dh = elements?.find((element) => element.has('dh'))?.get('dh');
  return dh === undefined ? undefined : decodeBase64url(dh);
}

/**
 * Urgency, Topic and the token must not be forwarded (RFC 8030 §5.3 and §5.4, RFC 8292 §4.2).
 * Prefer and Link are the application server's own business, cookies whoever's.
 */
const WITHHELD: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'authorization', 'proxy-authorization', 'cookie', 'urgency', 'topic', 'prefer', 'link',
]);

/** The header fields that a user agent may see, frozen. */
export function forwarded(
  fields: readonly (readonly [string, string])[],
): Readonly<Record<string, string>> {
  const kept = fields.flatMap(([name, value]): (readonly [string, string])[] => {
    if (WITHHELD.has(name)) return [];
    const text = name === 'crypto-key' ? withoutSigningKey(value) : value;
    return text === '' ? [] : [[name, text]];
  });
  return Object.freeze(Object.fromEntries(kept));
}

/** Nor must the public key that signs tokens: here it stands beside the one that encrypts. */
function withoutSigningKey(field: string): string {
  const elements = field.split(',').map((element) => element.split(';')
    .filter((parameter) => !/^\s*p256ecdsa\s*=/i.test(parameter)).join(';'));
  return elements.filter((element) => element.trim() !== '').join(',').trim();
}
