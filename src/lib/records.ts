/**
 * Encrypted records: RFC 8188 §2, and the older layout of the drafts before it. One implementation
 * for Web Push messages and for content coding of any length.
 */
import type { Bytes, CryptoKey } from '../types.ts';
import { concat, utf8, zeros } from './bytes.ts';
import { expand, extract } from './sha256.ts';

/** The tag of AEAD_AES_128_GCM (RFC 5116 §5.1). */
export const TAG_LENGTH = 16;
/** RFC 8188 §2.1. */
export const SALT_LENGTH = 16;
/** salt, rs, idlen (RFC 8188 §2.1). */
const HEADER_LENGTH = 21;
/** "Values smaller than 18 are invalid" (RFC 8188 §2.1): one octet, its delimiter, the tag. */
const MIN_RECORD_SIZE = 18;

/** Why a message cannot be opened, in one word. Callers outside are told one code only. */
export type Refusal =
  | 'short-header' | 'invalid-rs' | 'invalid-keyid-length' | 'invalid-point' | 'invalid-salt'
  | 'invalid-auth-secret' | 'invalid-dh' | 'missing-dh' | 'zero-ciphertext' | 'short-record'
  | 'truncated' | 'decrypt' | 'padding' | 'delimiter' | 'unsupported-encoding' | 'too-long'
  | 'missing-encryption' | 'invalid-encryption' | 'missing-crypto-key' | 'invalid-crypto-key'
  | 'missing-encryption-key' | 'unknown-keyid';

/** What a reader answers: a value, or why there is none. */
export type Outcome<T> = T | Refusal;

export function refused<T extends object>(outcome: Outcome<T>): outcome is Refusal {
  return typeof outcome === 'string';
}

/** How a coding lays out its records. */
export interface Layout {
  /** Octets of a record besides data, padding and tag. */
  readonly overhead: 1 | 2;
  /** Octets of the tag that `rs` counts; where none, the last record must be a short one. */
  readonly counted: 0 | 16;
  /** The data of a decrypted record. */
  readonly unpad: (record: Bytes, last: boolean) => Outcome<Bytes>;
}

/** Octets of a full record with its tag. */
export function recordLength({ counted }: Layout, rs: number): number {
  return rs + TAG_LENGTH - counted;
}

/** Data, delimiter, `pad` octets of padding (RFC 8188 §2). */
export function delimit(data: Uint8Array, pad: number, last: boolean): Bytes {
  const record = zeros(data.length + 1 + pad);
  record.set(data);
  record[data.length] = last ? 2 : 1;
  return record;
}

/** "A decrypter MUST fail" for no delimiter and for the wrong one (RFC 8188 §2). */
export function undelimit(record: Bytes, last: boolean): Outcome<Bytes> {
  let end = record.length - 1;
  while (record[end] === 0) end--;
  if (end < 0) return 'padding';
  return record[end] === (last ? 2 : 1) ? record.subarray(0, end) : 'delimiter';
}

/** The content-encryption key (16 bytes) and the nonce of record 0 (12 bytes). */
export interface ContentKeys {
  readonly cek: Bytes;
  readonly nonce: Bytes;
}

const CEK_INFO: Bytes = /* @__PURE__ */ utf8('Content-Encoding: aes128gcm\0');
const NONCE_INFO: Bytes = /* @__PURE__ */ utf8('Content-Encoding: nonce\0');

/** RFC 8188 §2.2 and §2.3; the drafts have other labels. */
export function contentKeys(
  salt: Uint8Array,
  ikm: Uint8Array,
  cekInfo: Uint8Array = CEK_INFO,
  nonceInfo: Uint8Array = NONCE_INFO,
): ContentKeys {
  const prk = extract(salt, ikm);
  return { cek: expand(prk, cekInfo, 16), nonce: expand(prk, nonceInfo, 12) };
}

export function importContentKey(cek: Bytes, usage: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', cek, 'AES-GCM', false, [usage]);
}

/** The first nonce XOR the record's number as 96 bits, big-endian (RFC 8188 §2.3). */
export function recordNonce(nonce: Bytes, index: number): Bytes {
  const own = nonce.slice();
  for (let i = 11, rest = index; rest > 0; i--, rest = Math.floor(rest / 256)) {
    own[i]! ^= rest % 256;
  }
  return own;
}

/** AES-128-GCM of a padded record (RFC 8188 §2). `iv`: its nonce, used for nothing else. */
export async function sealRecord(key: CryptoKey, iv: Bytes, record: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, record));
}

/** Opens record `index`; its data is given only after the tag and the padding were found right. */
export async function openRecord(
  layout: Layout,
  key: CryptoKey,
  nonce: Bytes,
  index: number,
  ciphertext: Bytes,
  last: boolean,
): Promise<Outcome<Bytes>> {
  // Refused before any length is computed from it; an authenticated record without its own octets
  // has no delimiter or pad length either.
  if (ciphertext.length < layout.overhead + TAG_LENGTH) return 'short-record';
  const iv = recordNonce(nonce, index);
  let record: Bytes;
  try {
    record = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, ciphertext));
  } catch {
    return 'decrypt';
  }
  return layout.unpad(record, last);
}

/** Opens all records of a whole body, in order, up to the first that is refused. */
export async function openRecords(
  layout: Layout,
  keys: ContentKeys,
  rs: number,
  ciphertext: Bytes,
): Promise<Outcome<Bytes>> {
  if (ciphertext.length === 0) return 'zero-ciphertext';
  const length = recordLength(layout, rs);
  const key = await importContentKey(keys.cek, 'decrypt');
  const parts: Bytes[] = [];
  for (let at = 0, index = 0; at < ciphertext.length; at += length, index++) {
    const record = ciphertext.subarray(at, at + length);
    const last = at + length >= ciphertext.length;
    const data = await openRecord(layout, key, keys.nonce, index, record, last);
    if (refused(data)) return data;
    parts.push(data);
  }
  // The drafts mark the end by a record that is not full, so a full last one was cut off
  // (draft-ietf-httpbis-encryption-encoding-02 §2).
  if (!layout.counted && ciphertext.length % length === 0) return 'truncated';
  return concat(parts);
}

/** salt, rs, idlen and keyid (RFC 8188 §2.1), with what follows them. */
export function writeHeader(
  salt: Uint8Array,
  rs: number,
  keyid: Uint8Array,
  ...records: readonly Uint8Array[]
): Bytes {
  const sizes = new Uint8Array([rs >> 24, rs >> 16, rs >> 8, rs, keyid.length]);
  return concat([salt, sizes, keyid, ...records]);
}

export interface Header {
  readonly salt: Bytes;
  readonly rs: number;
  readonly keyid: Bytes;
  /** Octets of the whole header. */
  readonly length: number;
}

/** Octets that a header takes, as far as its beginning tells. */
export function headerLength(start: Uint8Array): number {
  return HEADER_LENGTH + (start[HEADER_LENGTH - 1] ?? 0);
}

/** Reads the header of a body or of its beginning (RFC 8188 §2.1). */
export function readHeader(body: Bytes): Outcome<Header> {
  const length = headerLength(body);
  if (body.length < length) return 'short-header';
  const rs = new DataView(body.buffer, body.byteOffset).getUint32(SALT_LENGTH);
  if (rs < MIN_RECORD_SIZE) return 'invalid-rs';
  const keyid = body.subarray(HEADER_LENGTH, length);
  return { salt: body.subarray(0, SALT_LENGTH), rs, keyid, length };
}
