import { PushError } from '../../errors.ts';
import type { Bytes, Payload } from '../../types.ts';
import { copyBytes, utf8, zeros } from '../bytes.ts';
import type { Receiver } from '../open.ts';
import { decodeBase64 } from '../base64url.ts';
import { isPoint } from '../p256.ts';
import { AUTH_LENGTH } from '../webpush.ts';
import type { Recipient } from '../webpush.ts';
import type { Padding } from './padding.ts';

/** Input keying material: at least 16 bytes of it, from a random source. */
export type Key = Uint8Array | ArrayBuffer;

/** Whose key content is encrypted for: the `keys` of a subscription. */
export interface PublicKeys {
  readonly p256dh: string;
  readonly auth: string;
}

/** Finds the key by the id that stands in the content; `undefined` for one that is not known. */
export type KeyLookup = (keyid: Bytes) => Key | undefined | PromiseLike<Key | undefined>;

/** One of `key` and `to`. `keyid`: at most 255 bytes, in clear in front of the content. */
export interface SealingKey {
  readonly key?: Key | undefined;
  readonly keyid?: string | Uint8Array | undefined;
  readonly to?: PublicKeys | undefined;
}

/** `rs`: bytes of a record. */
export interface Sealing extends SealingKey {
  readonly rs?: number | undefined;
  readonly padding?: Padding | undefined;
}

/** One of `key` and `receiver`. */
export interface OpeningKey {
  readonly key?: Key | KeyLookup | undefined;
  readonly receiver?: Receiver | undefined;
}

/** Shorter ones are no secret for AES-128 (RFC 8188 §4.1, draft-thomson-http-encryption-01 §3). */
const MIN_KEY = 16;

function invalid(what: string): PushError {
  return new PushError('ERR_KEY_INVALID', `Cannot use this key: ${what}`);
}

export function readKey(key: unknown): Bytes {
  const bytes = copyBytes(key);
  if (!bytes) throw new TypeError('key must be bytes');
  if (bytes.length < MIN_KEY) throw invalid(`at least ${MIN_KEY} bytes are wanted`);
  return bytes;
}

export function readKeyid(keyid: string | Uint8Array = ''): Bytes {
  const bytes = typeof keyid === 'string' ? utf8(keyid) : copyBytes(keyid);
  if (!bytes) throw new TypeError('keyid must be a string or bytes');
  if (bytes.length > 255) throw new RangeError('keyid must have at most 255 bytes');
  return bytes;
}

export function readPublicKeys({ p256dh, auth }: PublicKeys): Recipient {
  const recipient = { point: decode(p256dh), auth: decode(auth) };
  if (!isPoint(recipient.point)) throw invalid('p256dh must be base64 of a P-256 point, 65 bytes');
  if (recipient.auth.length !== AUTH_LENGTH) throw invalid('auth must be base64 of 16 bytes');
  return recipient;
}

function decode(text: unknown): Bytes {
  return (typeof text === 'string' && decodeBase64(text)) || zeros(0);
}

/** Exactly one way to a key. */
export function onlyOne(a: unknown, b: unknown, names: string): void {
  if ((a === undefined) === (b === undefined)) throw new TypeError(`One of ${names} must be given`);
}

export function readContent(content: Payload): Bytes {
  const bytes = typeof content === 'string' ? utf8(content) : copyBytes(content);
  if (!bytes) throw new TypeError('Content must be a string or bytes');
  return bytes;
}
