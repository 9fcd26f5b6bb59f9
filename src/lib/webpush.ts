/** Message encryption for Web Push (RFC 8291), with what tests choose and callers must not. */
import type { Bytes, KeyPair } from '../types.ts';
import { concat, utf8 } from './bytes.ts';
import { ecdh, isPoint, POINT_LENGTH, publicPoint } from './p256.ts';
import {
  contentKeys, delimit, importContentKey, openRecords, readHeader, refused, RFC8188, sealRecord,
  writeHeader,
} from './records.ts';
import type { ContentKeys, Header, Outcome } from './records.ts';
import { expand, extract } from './sha256.ts';

/** Octets of the authentication secret (RFC 8291 §3.2). */
export const AUTH_LENGTH = 16;
/**
 * One record of at most this size: what every push service must take (RFC 8291 §4, RFC 8030 §7.2).
 */
export const RECORD_SIZE = 4096;

/** For whom a message is encrypted. */
export interface Recipient {
  /** The user agent's public point, 65 bytes, on the curve. */
  readonly point: Bytes;
  /** The authentication secret, 16 bytes. */
  readonly auth: Bytes;
}

/** The parts of a message that are drawn anew for each (RFC 8291 §3.1, RFC 8188 §2.1). */
export interface Fresh {
  readonly pair: Promise<KeyPair>;
  readonly salt: Bytes;
}

const KEY_INFO: Bytes = /* @__PURE__ */ utf8('WebPush: info\0');

/** RFC 8291 §3.3: the shared secret, bound to both public keys and to the authentication secret. */
export function combineKeys(
  secret: Bytes,
  auth: Bytes,
  receiver: Uint8Array,
  sender: Uint8Array,
): Bytes {
  return expand(extract(auth, secret), concat(KEY_INFO, receiver, sender), 32);
}

/** The body of a message: header and one record (RFC 8291 §4). */
export async function sealMessage(
  { point, auth }: Recipient,
  data: Bytes,
  pad: number,
  { pair, salt }: Fresh,
): Promise<Bytes> {
  const [secret, sender] = await Promise.all([ecdh(pair, point), pair.then(publicPoint)]);
  const { cek, nonce } = contentKeys(salt, combineKeys(secret, auth, point, sender));
  const key = await importContentKey(cek, 'encrypt');
  const record = await sealRecord(key, nonce, delimit(data, pad, true));
  return concat(writeHeader(salt, RECORD_SIZE, sender), record);
}

/** What stands between a body and its keys, for tools that show it. */
export interface Opening {
  readonly header: Header;
  readonly secret: Bytes;
  readonly keys: ContentKeys;
}

/** Reads a body up to its keys. */
export async function deriveMessage(
  own: KeyPair,
  { point, auth }: Recipient,
  body: Bytes,
): Promise<Outcome<Opening>> {
  const header = readHeader(body);
  if (refused(header)) return header;
  if (header.keyid.length !== POINT_LENGTH) return 'invalid-keyid-length';
  if (!isPoint(header.keyid)) return 'invalid-point';
  if (auth.length !== AUTH_LENGTH) return 'invalid-auth-secret';
  const secret = await ecdh(own, header.keyid);
  const keys = contentKeys(header.salt, combineKeys(secret, auth, point, header.keyid));
  return { header, secret, keys };
}

/** Opens a body, also of several records, which RFC 8188 allows and some senders make. */
export async function openMessage(
  own: KeyPair,
  recipient: Recipient,
  body: Bytes,
): Promise<Outcome<Bytes>> {
  const opening = await deriveMessage(own, recipient, body);
  if (refused(opening)) return opening;
  const { header, keys } = opening;
  return openRecords(RFC8188, keys, header.rs, body.subarray(header.length));
}
