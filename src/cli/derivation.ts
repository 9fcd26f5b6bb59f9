/** Every value between the keys of two parties and those of a message, for people who check one. */
import { concat, utf8 } from '../lib/bytes.ts';
import { readHeaders } from '../lib/headers.ts';
import {
  AESGCM,
  chooseAesgcm128,
  keyContext,
  mixAuth,
  readLegacyParams,
} from '../lib/legacy.ts';
import type { LegacyCoding } from '../lib/legacy.ts';
import { readHeader, refused } from '../lib/records.ts';
import type { ContentKeys, Outcome } from '../lib/records.ts';
import { hmac, hmacKey } from '../lib/sha256.ts';
import { agree, AES128GCM, combineKeys } from '../lib/webpush.ts';
import type { Receiver } from '../lib/webpush.ts';
import type { Bytes } from '../types.ts';
import type { CodingName } from './codings.ts';

/** `how`: the formula, in the words of the document. */
export interface Value {
  readonly name: string;
  readonly bytes: Bytes;
  readonly how: string;
}

/** A message as it was sent. */
export interface Sent {
  readonly body: Bytes;
  readonly headers: Readonly<Record<string, string>>;
}

/** HKDF-Extract (RFC 5869 §2.2). */
function prk(salt: Bytes, ikm: Bytes): Bytes {
  return hmac(hmacKey(salt), ikm);
}

function contentValues(
  salt: Bytes,
  ikm: Bytes,
  infos: { readonly cek: Bytes; readonly nonce: Bytes },
  keys: ContentKeys,
): Value[] {
  return [
    { name: 'PRK', bytes: prk(salt, ikm), how: 'HMAC-SHA-256(salt, IKM)' },
    { name: 'cek_info', bytes: infos.cek, how: 'names the coding' },
    { name: 'CEK', bytes: keys.cek, how: 'first 16 octets of HMAC-SHA-256(PRK, cek_info || 01)' },
    { name: 'nonce_info', bytes: infos.nonce, how: 'names the nonce' },
    {
      name: 'NONCE',
      bytes: keys.nonce,
      how: 'first 12 octets of HMAC-SHA-256(PRK, nonce_info || 01)',
    },
  ];
}

function given(receiver: Receiver, sender: Bytes, salt: Bytes, secret: Bytes): Value[] {
  return [
    { name: 'ua_public', bytes: receiver.publicKey, how: "the receiver's public key, p256dh" },
    { name: 'auth_secret', bytes: receiver.auth, how: "the receiver's authentication secret" },
    { name: 'as_public', bytes: sender, how: "the sender's public key for this message" },
    { name: 'salt', bytes: salt, how: 'drawn for this message' },
    {
      name: 'ecdh_secret',
      bytes: secret,
      how: "ECDH: x of one side's private key times the other's point",
    },
  ];
}

/** RFC 8291 §3.4, in its order and by its names. */
async function deriveRfc8291(receiver: Receiver, body: Bytes): Promise<Outcome<readonly Value[]>> {
  const { publicKey: point, auth } = receiver;
  const header = readHeader(body);
  if (refused(header)) return header;
  const { salt, keyid } = header;
  const agreed = await agree(AES128GCM, receiver, salt, keyid);
  if (refused(agreed)) return agreed;
  const { secret, keys } = agreed;
  const info = utf8('WebPush: info\0');
  const ikm = combineKeys(secret, auth, point, keyid);
  const infos = {
    cek: utf8('Content-Encoding: aes128gcm\0'),
    nonce: utf8('Content-Encoding: nonce\0'),
  };
  return [
    ...given(receiver, keyid, salt, secret),
    { name: 'PRK_key', bytes: prk(auth, secret), how: 'HMAC-SHA-256(auth_secret, ecdh_secret)' },
    {
      name: 'key_info',
      bytes: concat([info, point, keyid]),
      how: '"WebPush: info" || 00 || ua_public || as_public',
    },
    { name: 'IKM', bytes: ikm, how: 'HMAC-SHA-256(PRK_key, key_info || 01)' },
    ...contentValues(salt, ikm, infos, keys),
  ];
}

/** The authentication secret mixed in, and the context (draft-ietf-webpush-encryption-04 §3.3). */
function mixedValues({ publicKey, auth }: Receiver, sender: Bytes, secret: Bytes): Value[] {
  const [bytes, ikm] = [prk(auth, secret), mixAuth(secret, auth)];
  const info = utf8('Content-Encoding: auth\0');
  const context = keyContext(publicKey, sender);
  return [
    { name: 'PRK_auth', bytes, how: 'HMAC-SHA-256(auth_secret, ecdh_secret)' },
    { name: 'auth_info', bytes: info, how: '"Content-Encoding: auth" || 00' },
    { name: 'IKM', bytes: ikm, how: 'HMAC-SHA-256(PRK_auth, auth_info || 01)' },
    { name: 'context', bytes: context, how: 'both public keys with their lengths' },
  ];
}

/** The drafts before RFC 8291 (draft-ietf-webpush-encryption-04 §3; for aesgcm128 older ones). */
async function derive(
  coding: LegacyCoding,
  receiver: Receiver,
  { headers }: Sent,
): Promise<Outcome<readonly Value[]>> {
  const { publicKey: point, auth } = receiver;
  const params = readLegacyParams(coding, readHeaders(headers));
  if (refused(params)) return params;
  const derived = await agree(coding, receiver, params.salt, params.dh);
  if (refused(derived)) return derived;
  const { secret, keys } = derived;
  const context = coding.bound ? keyContext(point, params.dh) : undefined;
  const label = (name: string): Bytes => {
    const text = utf8(`Content-Encoding: ${name}`);
    return context ? concat([text, new Uint8Array(1), context]) : text;
  };
  const ikm = coding.bound ? mixAuth(secret, auth) : secret;
  const infos = { cek: label(coding.name), nonce: label('nonce') };
  return [
    ...given(receiver, params.dh, params.salt, secret),
    ...(coding.bound ? mixedValues(receiver, params.dh, secret) : []),
    ...(coding.bound ? [] : [{ name: 'IKM', bytes: secret, how: 'the ecdh_secret itself' }]),
    ...contentValues(params.salt, ikm, infos, keys),
  ];
}

/** The values of a message, or why they cannot be had. */
export async function deriveValues(
  coding: CodingName,
  receiver: Receiver,
  sent: Sent,
): Promise<Outcome<readonly Value[]>> {
  if (coding === 'aes128gcm') return deriveRfc8291(receiver, sent.body);
  const legacy = coding === 'aesgcm' ? AESGCM : chooseAesgcm128(readHeaders(sent.headers));
  return derive(legacy, receiver, sent);
}
