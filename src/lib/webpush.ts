/** Message encryption for Web Push (RFC 8291), with what tests choose and callers must not. */
import type { Bytes, KeyPair } from '../types.ts';
import { concat, utf8 } from './bytes.ts';
import { ecdh, isPoint, POINT_LENGTH, publicPoint } from './p256.ts';
import {
  contentKeys, importContentKey, openRecords, readHeader, refused, SALT_LENGTH, sealRecord,
  undelimit, writeHeader,
} from './records.ts';
import type { ContentKeys, Layout, Outcome } from './records.ts';
import { extract, FIRST, hmac } from './sha256.ts';

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
  return hmac(extract(auth, secret), concat([KEY_INFO, receiver, sender, FIRST]));
}

/** The body of a message: header and one record (RFC 8291 §4), which `delimit` made. */
export async function sealMessage(
  { point, auth }: Recipient,
  record: Bytes,
  { pair, salt }: Fresh,
): Promise<Bytes> {
  const [secret, sender] = await Promise.all([ecdh(pair, point), pair.then(publicPoint)]);
  const { cek, nonce } = contentKeys(salt, combineKeys(secret, auth, point, sender));
  const key = await importContentKey(cek, 'encrypt');
  return writeHeader(salt, RECORD_SIZE, sender, await sealRecord(key, nonce, record));
}

/** What a user agent keeps for a subscription: its keys, and what a sender is told of them. */
export interface Receiver {
  readonly keys: KeyPair;
  /** The authentication secret, 16 bytes. */
  readonly auth: Bytes;
  /** The public point, 65 bytes. */
  readonly publicKey: Bytes;
}

/** A coding of messages between two key pairs. */
export interface Coding extends Layout {
  /** Whether both public keys and the authentication secret go into the keys. */
  readonly bound: boolean;
  /** The keys that follow from the shared secret. */
  readonly derive: (
    salt: Bytes, secret: Bytes, auth: Bytes, receiver: Bytes, sender: Bytes,
  ) => ContentKeys;
}

export const AES128GCM: Coding = {
  overhead: 1,
  counted: 16,
  unpad: undelimit,
  bound: true,
  derive: (salt, secret, auth, receiver, sender) =>
    contentKeys(salt, combineKeys(secret, auth, receiver, sender)),
};

/** The keys of a message to be sent, and the public key that goes with it. */
export async function agreeFresh(
  { derive }: Coding,
  { point, auth }: Recipient,
  { pair, salt }: Fresh,
): Promise<{ readonly sender: Bytes; readonly keys: ContentKeys }> {
  const [secret, sender] = await Promise.all([ecdh(pair, point), pair.then(publicPoint)]);
  return { sender, keys: derive(salt, secret, auth, point, sender) };
}

/** `secret`: for tools that show it. */
export interface Agreed {
  readonly secret: Bytes;
  readonly keys: ContentKeys;
}

/** The keys of a message that came; `sender`: the public key that came with it. */
export async function agree(
  { bound, derive }: Coding,
  { keys, auth, publicKey }: Receiver,
  salt: Bytes,
  sender: Bytes,
): Promise<Outcome<Agreed>> {
  if (salt.length !== SALT_LENGTH) return 'invalid-salt';
  if (!isPoint(sender)) return 'invalid-point';
  if (bound && auth.length !== AUTH_LENGTH) return 'invalid-auth-secret';
  const secret = await ecdh(keys, sender);
  return { secret, keys: derive(salt, secret, auth, publicKey, sender) };
}

/** Opens the records of a message, also several, which RFC 8188 allows and some senders make. */
export async function openAgreed(
  coding: Coding,
  receiver: Receiver,
  { salt, rs }: { readonly salt: Bytes; readonly rs: number },
  sender: Bytes,
  records: Bytes,
): Promise<Outcome<Bytes>> {
  const agreed = await agree(coding, receiver, salt, sender);
  return refused(agreed) ? agreed : openRecords(coding, agreed.keys, rs, records);
}

/** Opens a body (RFC 8291 §4). */
export async function openMessage(receiver: Receiver, body: Bytes): Promise<Outcome<Bytes>> {
  const header = readHeader(body);
  if (refused(header)) return header;
  const { keyid, length } = header;
  if (keyid.length !== POINT_LENGTH) return 'invalid-keyid-length';
  return openAgreed(AES128GCM, receiver, header, keyid, body.subarray(length));
}
