import { PushError } from './errors.ts';
import { encryptFor } from './encrypt.ts';
import { copyBytes } from './lib/bytes.ts';
import { readHeaders } from './lib/headers.ts';
import { checkSubscription, requireKeys, toPlain } from './subscription.ts';
import type { Checked } from './subscription.ts';
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

/** What was read and checked of the options, for any number of subscriptions. */
export interface Message {
  readonly vapid: Vapid | null;
  /** The seconds left, at each attempt. Throws ERR_EXPIRED when there are none. */
  readonly ttl: (origin: string) => number;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly given: Pick<RequestOptions, 'scheme' | 'method' | 'encrypt' | 'padTo' | 'topic' | 'receipt'>;
}

/** A message to one subscription; each `build` is for one attempt. */
export interface Prepared {
  readonly origin: string;
  readonly endpoint: string;
  /** Begins to encrypt; what fails, `build` tells. */
  readonly seal: () => void;
  /** Encrypts once. Throws ERR_EXPIRED when the time is over. */
  readonly build: () => Promise<PushRequest>;
}

function isHost(url: URL, domain: string): boolean {
  const host = url.hostname.replace(/\.$/, '');
  return host === domain || host.endsWith(`.${domain}`);
}

function readTtl({ ttl, expires }: MessageOptions, now: Now): Pick<Message, 'ttl' | 'expires'> {
  if (expires === undefined) {
    const seconds = ttl ?? DEFAULT_TTL;
    if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TTL) {
      return { ttl: () => seconds, expires: Infinity };
    }
    throw new RangeError(`ttl must be a whole number of seconds from 0 to ${MAX_TTL}`);
  }
  const instant = Number(expires);
  if (ttl !== undefined || !Number.isFinite(instant)) {
    throw new TypeError('expires must be a Date or milliseconds, and ttl absent then');
  }
  const left = (origin: string): number => {
    const seconds = Math.ceil((instant - now()) / 1000);
    if (seconds > 0) return Math.min(seconds, MAX_TTL);
    throw new PushError('ERR_EXPIRED', 'The message expired before it was sent', { origin });
  };
  return { ttl: left, expires: instant };
}

function readTopic(topic: unknown): Record<string, string> {
  if (topic === undefined) return {};
  if (typeof topic === 'string' && /^[\w-]{1,32}$/.test(topic)) return { Topic: topic };
  throw new RangeError('topic must be 1 to 32 base64url characters; see topicFrom()');
}

/** Apple decodes it (400 BadWebPushTopic). */
function checkTopic(topic: string | undefined, url: URL): void {
  if (topic !== undefined && topic.length % 4 === 1 && isHost(url, 'push.apple.com')) {
    throw new RangeError('Apple takes no topic whose length is 1 mod 4; see topicFrom()');
  }
}

function readExtra(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const extra: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (OWN_FIELDS.test(name)) throw new TypeError(`The header ${name} is the library's own`);
    const right = /^[!#$%&'*+.^`|~\w-]+$/.test(name)
      && typeof value === 'string' && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
    if (!right) throw new TypeError('headers must be field names with field values');
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

/** A function that encrypts once; a retry sends the same bytes again. */
function encryptOnce(
  checked: Checked,
  payload: Payload,
  { encrypt, padTo }: Message['given'],
): () => Promise<Encrypted> {
  const { recipient } = checked;
  const start = async (): Promise<Encrypted> => (encrypt
    ? encrypt(toPlain(checked), payload, { padTo })
    : encryptFor(requireKeys(recipient), payload, { padTo }));
  let result: Promise<Encrypted> | undefined;
  return () => (result ??= start());
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

/** Authorization; for the older scheme the key stands beside that of the message. */
function authorization(
  { publicKey }: Vapid,
  token: string,
  fields: Readonly<Record<string, string>>,
  scheme: RequestOptions['scheme'],
): Record<string, string> {
  const keys = fields['Crypto-Key'];
  const older = keys !== undefined || fields['Encryption'] !== undefined;
  // RFC 8292 §3.
  if (scheme === 'vapid' || !(scheme ?? older)) {
    return { Authorization: `vapid t=${token}, k=${publicKey}` };
  }
  // draft-ietf-webpush-vapid-01 §2.4. No space behind ";": WNS.
  const own = `p256ecdsa=${publicKey}`;
  return { 'Authorization': `WebPush ${token}`, 'Crypto-Key': keys ? `${keys};${own}` : own };
}

/** Reads and checks the options at once; the caller may change them afterwards. */
export function readMessage(options: RequestOptions, now: Now = Date.now): Message {
  const { vapid, scheme, method, encrypt, padTo, topic, receipt } = options;
  if (vapid === undefined) throw new TypeError('vapid must be given; null for none');
  const urgency = oneOf('urgency', options.urgency, URGENCIES);
  oneOf('scheme', scheme, ['vapid', 'webpush']);
  oneOf('method', method, ['POST', 'PUT']);
  return {
    vapid,
    ...readTtl(options, now),
    fields: {
      ...readExtra(options.headers),
      ...(urgency === undefined ? {} : { Urgency: urgency }),
      ...readTopic(topic),
    },
    given: { scheme, method, encrypt, padTo, topic, receipt },
  };
}

/** A message for a subscription. The payload's bytes are nobody else's. */
export function address(checked: Checked, payload: Payload | null, message: Message): Prepared {
  const { url, endpoint } = checked;
  const { origin } = url;
  const { vapid, given: { scheme, method = 'POST', topic, receipt } } = message;
  checkTopic(topic, url);
  const fields = { ...message.fields, ...readReceipt(receipt, url) };
  const encrypted = payload === null ? undefined : encryptOnce(checked, payload, message.given);
  const build = async (): Promise<PushRequest> => {
    const seconds = message.ttl(origin);
    // Both at once: the signature of a new token overlaps with the encryption.
    const [coded, token] = await Promise.all([encrypted?.(), vapid?.token(url)]);
    const coding = coded ? codingFields(coded) : {};
    const headers: Record<string, string> = {
      ...fields,
      TTL: String(seconds),
      ...coding,
      ...(vapid && token && authorization(vapid, token, coding, scheme)),
    };
    // 400 "Ttl value conflicts with X-WNS-Cache-Policy" otherwise.
    if (seconds === 0 && isHost(url, 'notify.windows.com')) headers['X-WNS-Cache-Policy'] = 'no-cache';
    return { url: endpoint, method, headers, body: coded?.body ?? null, redirect: 'manual' };
  };
  return { origin, endpoint, seal: () => void encrypted?.().catch(() => undefined), build };
}

/** Reads and checks everything that was given, at once; the caller may change it afterwards. */
export function prepare(
  input: Subscription,
  payload: Payload | null,
  options: RequestOptions,
  now?: Now,
): Prepared {
  const checked = checkSubscription(input, options.endpoints);
  const message = readMessage(options, now);
  const own = typeof payload === 'string' ? payload : copyBytes(payload) ?? payload;
  return address(checked, own, message);
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
