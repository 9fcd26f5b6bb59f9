import { PushError } from './errors.ts';
import { encodeBase64url, readBase64 } from './lib/base64url.ts';
import { zeros } from './lib/bytes.ts';
import { AESGCM, chooseAesgcm128 } from './lib/legacy.ts';
import { legacyOpener, openWith } from './lib/open.ts';
import type { Message, Open } from './lib/open.ts';
import { ecdh, exportPoint, generateEcdh, importEcdh, isPoint } from './lib/p256.ts';
import { AUTH_LENGTH, openMessage } from './lib/webpush.ts';
import type { Receiver } from './lib/webpush.ts';
import type { Bytes, KeyPair, Subscription } from './types.ts';

export { isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';
export type { IncomingMessage } from './lib/open.ts';
export type { Receiver } from './lib/webpush.ts';
export type { Bytes, CryptoKey, HeadersLike, KeyPair, Subscription } from './types.ts';

/**
 * A receiver's keys as text, base64url: 65, 32 and 16 bytes. `privateKey` and `auth` are secrets.
 */
export interface ReceiverKeys {
  readonly publicKey: string;
  readonly privateKey: string;
  readonly auth: string;
}

/**
 * Draws the keys of a user agent for one subscription (RFC 8291 §3.1, §3.2).
 *
 * @example
 * const receiver = await generateReceiver();
 * const subscription = toSubscription(receiver, 'https://push.example.com/abc');
 */
export async function generateReceiver(): Promise<Receiver> {
  const keys = await generateEcdh(true);
  const auth = crypto.getRandomValues(zeros(AUTH_LENGTH));
  return { keys, auth, publicKey: await exportPoint(keys.publicKey) };
}

/**
 * Whether the private key belongs to the point: some engines import a JWK without looking, Firefox
 * and WebKitGTK also one of 0 or of the group's order and more, and fail when it is used.
 */
async function isPair(keys: KeyPair, point: Bytes): Promise<boolean> {
  const probe = await generateReceiver();
  const own = ecdh(keys, probe.publicKey).catch(() => []);
  // The time that this takes tells of a secret that is never used again.
  return (await own).join() === (await ecdh(probe.keys, point)).join();
}

/**
 * Takes a receiver's keys from text, in either base64 alphabet, padded or not, and proves that they
 * belong together.
 *
 * @throws {PushError} ERR_KEY_INVALID.
 * @example
 * const receiver = await importReceiver(JSON.parse(text));
 */
export async function importReceiver(keys: ReceiverKeys): Promise<Receiver> {
  const publicKey = readBase64(keys.publicKey);
  const d = readBase64(keys.privateKey);
  const auth = readBase64(keys.auth);
  if (!isPoint(publicKey)) throw invalid('publicKey must be 65 bytes, a point of P-256');
  if (d.length !== 32) throw invalid('privateKey must be 32 bytes');
  if (auth.length !== AUTH_LENGTH) throw invalid('auth must be 16 bytes');
  const pair = await importEcdh(publicKey, d).catch(() => undefined);
  if (pair && (await isPair(pair, publicKey))) return { keys: pair, auth, publicKey };
  throw invalid('privateKey does not belong to publicKey');
}

function invalid(what: string): PushError {
  return new PushError('ERR_KEY_INVALID', `Cannot use these receiver keys: ${what}`);
}

/**
 * A receiver's keys as text, to be stored as the secrets that they are.
 *
 * @throws {PushError} ERR_KEY_INVALID where the private key cannot be exported.
 * @example
 * const text = JSON.stringify(await exportReceiver(await generateReceiver()));
 */
export async function exportReceiver({ keys, auth, publicKey }: Receiver): Promise<ReceiverKeys> {
  const texts = { publicKey: encodeBase64url(publicKey), auth: encodeBase64url(auth) };
  const jwk = await crypto.subtle.exportKey('jwk', keys.privateKey).catch(() => undefined);
  if (!jwk?.d) throw invalid('privateKey is not extractable');
  return { ...texts, privateKey: jwk.d };
}

/**
 * The subscription that a sender needs to reach a receiver, as a page's PushSubscription has it.
 *
 * @example
 * const subscription = toSubscription(await generateReceiver(), 'https://push.example.com/abc');
 */
export function toSubscription({ publicKey, auth }: Receiver, endpoint: string): Subscription {
  const keys = { p256dh: encodeBase64url(publicKey), auth: encodeBase64url(auth) };
  return { endpoint, expirationTime: null, keys };
}

const openOld = /* @__PURE__ */ legacyOpener((headers) =>
  headers('Content-Encoding') === 'aesgcm' ? AESGCM : chooseAesgcm128(headers));

const open: Open = async (receiver, headers, body) =>
  (headers('Content-Encoding') ?? 'aes128gcm') === 'aes128gcm'
    ? openMessage(receiver, body)
    : openOld(receiver, headers, body);

/**
 * Decrypts a push message (RFC 8291; draft-ietf-webpush-encryption-04 and both forms of aesgcm128).
 *
 * @param message The body (`aes128gcm`), or the body with its header fields, which tell the coding
 * by Content-Encoding; at most 128 KiB, of one record or several.
 * @returns The payload's bytes.
 * @throws {PushError} ERR_DECRYPT_FAILED for any message that does not open; nothing more is told.
 * @example
 * const text = new TextDecoder().decode(await decrypt({ body, headers }, receiver));
 */
export async function decrypt(message: Message, receiver: Receiver): Promise<Bytes> {
  return openWith(open, message, receiver);
}
