import { PushError } from './errors.ts';
import { encrypt as encryptAes128gcm } from './encrypt.ts';
import { copyBytes } from './lib/bytes.ts';
import { readHeaders } from './lib/headers.ts';
import { checkSubscription } from './subscription.ts';
import type {
  Bytes, Encrypt, Encrypted, EncryptOptions, EndpointPolicy, Now, Payload, Subscription, Urgency,
} from './types.ts';
import type { Vapid } from './vapid.ts';

/**
 * What may differ from message to message. `ttl`: seconds that a push service keeps the message for a
 * device that is away, default 2,419,200 (four weeks); `expires`: an instant instead (a Date, or
 * milliseconds since the epoch), the TTL is reckoned at each attempt. `topic`: replaces a message of
 * the same topic that waits. `headers`: further ones.
 */
export interface MessageOptions extends EncryptOptions {
  readonly ttl?: number | undefined;
  readonly expires?: Date | number | undefined;
  readonly urgency?: Urgency | undefined;
  readonly topic?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface RequestOptions extends MessageOptions {
  /** `null` is written out: for a push service that asks for nobody. */
  readonly vapid: Vapid | null;
  /** Default 'webpush' when `encrypt` answered a Crypto-Key or Encryption field, else 'vapid'. */
  readonly scheme?: 'vapid' | 'webpush' | undefined;
  /** Default RFC 8291 on WebCrypto; see ./aesgcm and ./node for others. */
  readonly encrypt?: Encrypt | undefined;
  /** Which endpoints the server may be made to call, default 'public'. */
  readonly endpoints?: EndpointPolicy | undefined;
  /** true, or the receipt subscription of an earlier answer (RFC 8030 §5.1). */
  readonly receipt?: boolean | string | undefined;
  /** 'PUT': push services older than RFC 8030. */
  readonly method?: 'POST' | 'PUT' | undefined;
}

/**
 * A request as `fetch(request.url, request)` takes it, again too while its token lives. It holds a
 * token and a capability: never log or queue it.
 */
export interface PushRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Record<string, string>;
  readonly body: Bytes | null;
  readonly redirect: 'manual';
}

/** Four weeks, the most that FCM keeps. */
const DEFAULT_TTL = 2_419_200;
/** Push services need not understand more (RFC 8030 §5.2). */
const MAX_TTL = 2 ** 31 - 1;
const URGENCIES: readonly unknown[] = ['very-low', 'low', 'normal', 'high'];
/** The fields that the library writes, and those that frame the message on the wire. */
const OWN_FIELDS =
  /^(ttl|urgency|topic|prefer|link|authorization|content-(encoding|type|length)|encryption(-key)?|crypto-key|x-wns-cache-policy|host|connection|transfer-encoding)$/i;
/** Taken from what `encrypt` answers; others are not its business. */
const CODING_FIELDS = ['Content-Encoding', 'Encryption', 'Crypto-Key', 'Encryption-Key'] as const;
/** RFC 8030 §5.1. */
const RECEIPT_REL = 'urn:ietf:params:push:receipt';

/** A message whose options were read and checked; each `build` is for one attempt. */
export interface Prepared {
  readonly url: URL;
  readonly endpoint: string;
  /** Encrypts once. Throws ERR_EXPIRED when the time is over. */
  readonly build: () => Promise<PushRequest>;
}

function isHost(url: URL, domain: string): boolean {
  const host = url.hostname.replace(/\.$/, '');
  return host === domain || host.endsWith(`.${domain}`);
}

/** A function that answers the seconds left, read at each attempt. */
function readTtl({ ttl, expires }: MessageOptions, origin: string, now: Now): () => number {
  if (expires === undefined) {
    const seconds = ttl ?? DEFAULT_TTL;
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TTL) return () => seconds;
    throw new RangeError(`ttl must be a whole number of seconds from 0 to ${MAX_TTL}`);
  }
  const instant = Number(expires);
  if (ttl !== undefined || !Number.isFinite(instant)) {
    throw new TypeError('expires must be a Date or milliseconds, and without ttl beside it');
  }
  return () => {
    const left = Math.ceil((instant - now()) / 1000);
    if (left > 0) return Math.min(left, MAX_TTL);
    throw new PushError('ERR_EXPIRED', 'The message expired before it was sent', { origin });
  };
}

function readTopic(topic: unknown, url: URL): Record<string, string> {
  if (topic === undefined) return {};
  if (typeof topic !== 'string' || !/^[\w-]{1,32}$/.test(topic)) {
    throw new RangeError('topic must be 1 to 32 base64url characters; topicFrom() makes one of any text');
  }
  // Apple decodes it (400 BadWebPushTopic).
  if (topic.length % 4 === 1 && isHost(url, 'push.apple.com')) {
    throw new RangeError('Apple takes no topic whose length is 1 mod 4; topicFrom() makes one');
  }
  return { Topic: topic };
}

function readExtra(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_FIELDS.test(name)) throw new TypeError(`The header ${name} is the library's own`);
    const right = /^[!#$%&'*+.^`|~\w-]+$/.test(name)
      && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!right) throw new TypeError('headers must have field names and text values (RFC 9110 §5)');
    extra[name] = value;
  }
  return extra;
}

function readReceipt(receipt: unknown, url: URL): Record<string, string> {
  if (receipt === undefined || receipt === false) return {};
  const prefer = { Prefer: 'respond-async' };
  if (receipt === true) return prefer;
  const link = typeof receipt === 'string' && URL.canParse(receipt, url) && new URL(receipt, url);
  if (!link || link.origin !== url.origin) {
    throw new TypeError("receipt must be true, or a URL of the endpoint's origin");
  }
  return { ...prefer, Link: `<${link.href}>; rel="${RECEIPT_REL}"` };
}

function oneOf<T>(name: string, value: T | undefined, values: readonly unknown[]): T | undefined {
  if (value === undefined || values.includes(value)) return value;
  throw new RangeError(`${name} must be one of ${values.join(', ')}`);
}

/** A function that encrypts once, and again only after a failure. */
function encryptOnce(
  subscription: Subscription,
  payload: Payload,
  { encrypt = encryptAes128gcm, padTo }: RequestOptions,
): () => Promise<Encrypted> {
  const bytes = typeof payload === 'string' ? payload : copyBytes(payload) ?? payload;
  let result: Promise<Encrypted> | undefined;
  return () => {
    const running = (result ??= encrypt(subscription, bytes, { padTo }));
    running.catch(() => (result = undefined));
    return running;
  };
}

function codingFields(encrypted: Encrypted): Record<string, string> {
  const given = readHeaders(encrypted.headers);
  const fields: Record<string, string> = { 'Content-Type': 'application/octet-stream' };
  for (const name of CODING_FIELDS) {
    const value = given(name);
    if (value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Authorization, and for the older scheme the key beside that of the message (draft-ietf-webpush-vapid-01). */
async function authorize(
  vapid: Vapid,
  url: URL,
  fields: Record<string, string>,
  scheme: RequestOptions['scheme'],
): Promise<void> {
  const older = fields['Crypto-Key'] !== undefined || fields['Encryption'] !== undefined;
  if ((scheme ?? (older ? 'webpush' : 'vapid')) === 'vapid') {
    fields['Authorization'] = await vapid.authorize(url);
    return;
  }
  fields['Authorization'] = `WebPush ${await vapid.token(url)}`;
  const key = `p256ecdsa=${vapid.publicKey}`;
  const before = fields['Crypto-Key'];
  // No space behind ";": WNS.
  fields['Crypto-Key'] = before === undefined ? key : `${before};${key}`;
}

/** Reads and checks everything that was given, at once; the caller may change it afterwards. */
export function prepare(
  input: Subscription,
  payload: Payload | null,
  options: RequestOptions,
  now: Now = Date.now,
): Prepared {
  const { url, subscription } = checkSubscription(input, options.endpoints);
  const { vapid } = options;
  if (vapid === undefined) throw new TypeError('vapid is wanted: a Vapid, or null for none');
  const ttl = readTtl(options, url.origin, now);
  const scheme = oneOf('scheme', options.scheme, ['vapid', 'webpush']);
  const method = oneOf('method', options.method, ['POST', 'PUT']) ?? 'POST';
  const urgency = oneOf('urgency', options.urgency, URGENCIES);
  const fields = {
    ...readExtra(options.headers),
    ...(urgency === undefined ? {} : { Urgency: urgency }),
    ...readTopic(options.topic, url),
    ...readReceipt(options.receipt, url),
  };
  const encrypted = payload === null ? undefined : encryptOnce(subscription, payload, options);
  const build = async (): Promise<PushRequest> => {
    const seconds = ttl();
    // Asked for first, so that the signature of a new token overlaps with the encryption.
    const signed = vapid?.token(url);
    signed?.catch(() => undefined);
    const message = await encrypted?.();
    const headers: Record<string, string> = {
      ...fields, TTL: String(seconds), ...(message && codingFields(message)),
    };
    // 400 "Ttl value conflicts with X-WNS-Cache-Policy" otherwise.
    if (seconds === 0 && isHost(url, 'notify.windows.com')) headers['X-WNS-Cache-Policy'] = 'no-cache';
    if (vapid) await authorize(vapid, url, headers, scheme);
    return { url: subscription.endpoint, method, headers, body: message?.body ?? null, redirect: 'manual' };
  };
  return { url, endpoint: subscription.endpoint, build };
}

/**
 * Builds the request for one push (RFC 8030 §5), for any HTTP client; nothing is sent.
 *
 * @param subscription Checked as `parseSubscription` does.
 * @param payload Text, bytes, or `null` for a push without payload.
 * @param options `vapid` (or `null`), `ttl` in seconds or `expires`, `urgency`, `topic`, `padTo`, ...
 * @throws {PushError} ERR_SUBSCRIPTION_INVALID, ERR_SUBSCRIPTION_GONE, ERR_PAYLOAD_TOO_LARGE,
 * ERR_EXPIRED, ERR_VAPID_INVALID. TypeError and RangeError for wrong options.
 * @example
 * const request = await createRequest(subscription, 'Hello', { vapid, ttl: 3600 });
 * const response = await fetch(request.url, request);
 */
export async function createRequest(
  subscription: Subscription,
  payload: Payload | null,
  options: RequestOptions,
): Promise<PushRequest> {
  return prepare(subscription, payload, options).build();
}
