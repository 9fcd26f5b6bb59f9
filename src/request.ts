import { PushError } from './errors.ts';
import { encryptFor, readPadding } from './encrypt.ts';
import { copyBytes } from './lib/bytes.ts';
import { readHeaders } from './lib/headers.ts';
import { addReceipt, addTopic, checkTopic, isHost, readExtra } from './lib/push_fields.ts';
import type { Fields } from './lib/push_fields.ts';
import { checkSubscription, requireKeys, toPlain } from './subscription.ts';
import type { Checked } from './subscription.ts';
import type {
  Bytes, Encrypt, Encrypted, EncryptOptions, EndpointPolicy, Now, Payload, Subscription, Urgency,
} from './types.ts';
import type { Vapid } from './vapid.ts';

/**
 * What may differ from message to message. `ttl`: seconds that a push service keeps the message for
 * a device that is away, default 2,419,200 (four weeks); `expires`: an instant instead (a Date, or
 * milliseconds since the epoch), the TTL is reckoned at each attempt. `topic`: replaces a message
 * of the same topic that waits. `headers`: further ones.
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
/** What the coding with the most room takes (draft-ietf-webpush-encryption-04 §3.5). */
const MOST_PADDING = 4_077;
/** Push services need not understand more (RFC 8030 §5.2). */
const MAX_TTL = 2 ** 31 - 1;
const URGENCIES: readonly unknown[] = ['very-low', 'low', 'normal', 'high'];
/** Taken from what `encrypt` answers; others are not its business. */
const CODING_FIELDS = ['Content-Encoding', 'Encryption', 'Crypto-Key', 'Encryption-Key'] as const;

/** Options of a request that were read and checked, for any number of subscriptions. */
export interface Message extends Omit<RequestOptions, 'endpoints'> {
  readonly ttl: number;
  /** Milliseconds since the epoch. */
  readonly expires: number | undefined;
  readonly now: Now;
}

/** What one message of many may have otherwise. */
export type OwnOptions = MessageOptions & { readonly vapid?: Vapid | null | undefined };

/** A message to one subscription; each `build` is for one attempt. */
export interface Prepared {
  readonly origin: string;
  readonly endpoint: string;
  /** Begins to encrypt; what fails, `build` tells. */
  readonly seal: () => void;
  /** Encrypts once. Throws ERR_EXPIRED when the time is over. */
  readonly build: () => Promise<PushRequest>;
}

/** One of the two, or what the shared options have. */
function readTime(
  ttl: number | undefined,
  expires: Date | number | undefined,
  base: Partial<Message>,
): Pick<Message, 'ttl' | 'expires'> {
  if (ttl === undefined && expires === undefined) {
    return { ttl: base.ttl ?? DEFAULT_TTL, expires: base.expires };
  }
  if (expires === undefined) {
    if (Number.isInteger(ttl) && ttl! >= 0 && ttl! <= MAX_TTL) return { ttl: ttl!, expires };
    throw new RangeError(`ttl must be a whole number of seconds from 0 to ${MAX_TTL}`);
  }
  // A database's null is no instant: as 0 it would let the message go in silence.
  const instant = expires === null ? NaN : Number(expires);
  if (ttl === undefined && Number.isFinite(instant)) return { ttl: MAX_TTL, expires: instant };
  throw new TypeError('expires must be a Date or milliseconds, and ttl absent then');
}

function checkOneOf(name: string, value: unknown, values: readonly unknown[]): void {
  if (value === undefined || values.includes(value)) return;
  throw new RangeError(`${name} must be one of ${values.join(', ')}`);
}

/** A function that encrypts once; a retry sends the same bytes again. */
function encryptOnce(
  checked: Checked,
  payload: Payload,
  { encrypt, padTo }: Message,
): () => Promise<Encrypted> {
  const { recipient } = checked;
  const start = async (): Promise<Encrypted> => (encrypt
    ? encrypt(toPlain(checked), payload, { padTo })
    : encryptFor(requireKeys(recipient), payload, { padTo }));
  let result: Promise<Encrypted> | undefined;
  return () => (result ??= start());
}

function addCoding(fields: Fields, { headers }: Encrypted): void {
  const given = readHeaders(headers);
  fields['Content-Type'] = 'application/octet-stream';
  for (const name of CODING_FIELDS) {
    const value = given(name);
    if (value !== undefined) fields[name] = value;
  }
}

/** Authorization; for the older scheme the key stands beside that of the message. */
function authorize(
  fields: Fields,
  { publicKey }: Vapid,
  token: string,
  scheme: RequestOptions['scheme'],
): void {
  const keys = fields['Crypto-Key'];
  const older = keys !== undefined || fields['Encryption'] !== undefined;
  // RFC 8292 §3.
  fields['Authorization'] = `vapid t=${token}, k=${publicKey}`;
  if (scheme === 'vapid' || !(scheme ?? older)) return;
  // draft-ietf-webpush-vapid-01 §2.4. No space behind ";": WNS.
  fields['Authorization'] = `WebPush ${token}`;
  fields['Crypto-Key'] = `${keys ? `${keys};` : ''}p256ecdsa=${publicKey}`;
}

/** Reads and checks the options at once; the caller may change them afterwards. */
export function readMessage(options: RequestOptions, now: Now = Date.now): Message {
  const { scheme, method, encrypt, receipt } = options;
  checkOneOf('scheme', scheme, ['vapid', 'webpush']);
  checkOneOf('method', method, ['POST', 'PUT']);
  return varyMessage({ scheme, method, encrypt, receipt, now }, options);
}

/** A message with the options of one of many in the place of the shared. */
export function varyMessage(
  base: Partial<Message> & Pick<Message, 'now'>,
  options: OwnOptions,
): Message {
  const {
    vapid = base.vapid, padTo = base.padTo, urgency = base.urgency, topic = base.topic,
    headers, ttl, expires,
  } = options;
  if (vapid === undefined) throw new TypeError('vapid must be given; null for none');
  readPadding(0, { padTo }, MOST_PADDING);
  checkOneOf('urgency', urgency, URGENCIES);
  checkTopic(topic);
  const { scheme, method, encrypt, receipt, now } = base;
  const time = readTime(ttl, expires, base);
  // Written out: V8 takes microseconds to add a member to what it has spread.
  return {
    scheme, method, encrypt, receipt, now, vapid, padTo, urgency, topic,
    headers: headers ? readExtra(headers) : base.headers,
    ttl: time.ttl,
    expires: time.expires,
  };
}

/** The TTL at this attempt. */
function secondsLeft({ ttl, expires, now }: Message, origin: string): number {
  if (expires === undefined) return ttl;
  const left = Math.ceil((expires - now()) / 1000);
  if (left > 0) return Math.min(left, ttl);
  throw new PushError('ERR_EXPIRED', 'The message expired before it was sent', { origin });
}

/** A message for a subscription. The payload's bytes are nobody else's. */
export function address(checked: Checked, payload: Payload | null, message: Message): Prepared {
  const { url, endpoint } = checked;
  const { origin } = url;
  const { vapid, scheme, method = 'POST', urgency } = message;
  const fields: Fields = { ...message.headers };
  if (urgency) fields['Urgency'] = urgency;
  addTopic(fields, message.topic, url);
  addReceipt(fields, message.receipt, url);
  const encrypted = payload === null ? undefined : encryptOnce(checked, payload, message);
  const build = async (): Promise<PushRequest> => {
    const seconds = secondsLeft(message, origin);
    // Both at once: the signature of a new token overlaps with the encryption.
    const [coded, token] = await Promise.all([encrypted?.(), vapid?.token(url)]);
    const headers: Fields = Object.assign({ TTL: String(seconds) }, fields);
    if (coded) addCoding(headers, coded);
    if (vapid && token) authorize(headers, vapid, token, scheme);
    // 400 "Ttl value conflicts with X-WNS-Cache-Policy" otherwise.
    const wns = seconds === 0 && isHost(url, 'notify.windows.com');
    if (wns) headers['X-WNS-Cache-Policy'] = 'no-cache';
    return { url: endpoint, method, headers, body: coded?.body ?? null, redirect: 'manual' };
  };
  return { origin, endpoint, seal: () => void encrypted?.().catch(() => undefined), build };
}

/**
 * Reads and checks everything that was given, at once; when `build` was called too, the caller may
 * change it.
 */
export function prepare(
  input: Subscription,
  payload: Payload | null,
  options: RequestOptions,
  now?: Now,
): Prepared {
  const checked = checkSubscription(input, options.endpoints);
  const message = readMessage(options, now);
  // Our own encryption has copied the bytes when `build` returns; of others nobody knows.
  const own = (message.encrypt && copyBytes(payload)) ?? payload;
  return address(checked, own, message);
}

/**
 * Builds the request for one push (RFC 8030 §5), for any HTTP client; nothing is sent.
 *
 * @param subscription Checked as `parseSubscription` does.
 * @param payload Text, bytes, or `null` for a push without payload.
 * @param options `vapid` (or `null`), `ttl` in seconds or `expires`, `urgency`, `topic`, `padTo`,
 * ...
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
