import { PushError } from '../../errors.ts';
import type { Bytes } from '../../types.ts';
import { readBase64 } from '../base64url.ts';
import { copyBytes, utf8, zeros } from '../bytes.ts';
import { isPoint } from '../p256.ts';
import { AUTH_LENGTH } from '../webpush.ts';
import type { Receiver, Recipient } from '../webpush.ts';

/** Input keying material: at least 16 bytes of it, from a random source. */
export type Key = Uint8Array | ArrayBuffer;

/** Whose key content is encrypted for: the `keys` of a subscription. */
export interface PublicKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** Finds the key by the id that stands in the content; `undefined` for one that is not known. */
export type KeyLookup = (keyid: Bytes) => Key | undefined | PromiseLike<Key | undefined>;

/** How much to add to content so that its length tells less. Bytes. */
export type Padding = { readonly multiple: number } | { readonly random: number };

/** One of `key` and `to`. `keyid`: at most 255 bytes, in clear in front of the content. */
export interface SealingKey {
  readonly key?: Key | undefined;
  readonly keyid?: string | Uint8Array | undefined;
  readonly to?: PublicKeys | undefined;
}

/**
 * `rs`: bytes of a record with its tag, 18 to 4,294,967,295, default 4,096. `padding`: default
 * none; `{ multiple }` pads the content to a multiple of that many bytes, `{ random }` by a random
 * number of bytes up to that many.
 */
export interface SealOptions extends SealingKey {
  readonly rs?: number | undefined;
  readonly padding?: Padding | undefined;
}

/** One of `key` and `receiver`. */
export interface OpeningKey {
  readonly key?: Key | KeyLookup | undefined;
  readonly receiver?: Receiver | undefined;
}

/** `maxRecordSize`: bytes of one record that are held at the most, default 16 MiB. */
export interface OpenOptions extends OpeningKey {
  readonly maxRecordSize?: number | undefined;
}

/** Shorter ones are no secret for AES-128 (RFC 8188 §4.1, draft-thomson-http-encryption-01 §3). */
const MIN_KEY = 16;

function invalid(what: string): PushError {
  return new PushError('ERR_KEY_INVALID', `Cannot use this key: ${what}`);
}

/** A copy of a caller's bytes. `what`: as a sentence begins. */
export function readBytes(value: unknown, what: string): Bytes {
  const bytes = copyBytes(value);
  if (!bytes) throw new TypeError(`${what} must be bytes`);
  return bytes;
}

/** The same, of text as UTF-8 too. */
export function readText(value: unknown, what: string): Bytes {
  return typeof value === 'string' ? utf8(value) : readBytes(value, what);
}

export function readKey(key: unknown): Bytes {
  const bytes = readBytes(key, 'key');
  if (bytes.length < MIN_KEY) throw invalid(`at least ${MIN_KEY} bytes are wanted`);
  return bytes;
}

export function readKeyid(keyid: unknown = ''): Bytes {
  const bytes = readText(keyid, 'keyid');
  if (bytes.length > 255) throw new RangeError('keyid must have at most 255 bytes');
  return bytes;
}

export function readPublicKeys(keys: PublicKeys): Recipient {
  const [point, auth] = [readBase64(keys.p256dh), readBase64(keys.auth)];
  if (!isPoint(point)) throw invalid('p256dh must be base64 of a P-256 point, 65 bytes');
  if (auth.length !== AUTH_LENGTH) throw invalid('auth must be base64 of 16 bytes');
  return { point, auth };
}

/** Exactly one way to a key. */
export function onlyOne(key: unknown, other: unknown, name: string): void {
  if ((key === undefined) === (other === undefined)) {
    throw new TypeError(`One of key and ${name} must be given`);
  }
}

/** A whole number from `least` to `most`. */
export function readCount(value: number, name: string, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}`);
}

/** A number from 0 to `most`, evenly; the bias of 64 bits is below 2^-31. */
function randomUpTo(most: number): number {
  const [random] = new BigUint64Array(crypto.getRandomValues(zeros(8)).buffer);
  return Number(random! % BigInt(most + 1));
}

/** Octets to add, by the length of the content. */
export function readPadding(padding: Padding = { random: 0 }): (length: number) => number {
  if ('random' in padding) {
    const most = readCount(padding.random, 'padding.random', 0, 2 ** 32);
    return () => randomUpTo(most);
  }
  const size = readCount(padding.multiple, 'padding.multiple', 1, 2 ** 32);
  return (length) => (size - (length % size)) % size;
}
