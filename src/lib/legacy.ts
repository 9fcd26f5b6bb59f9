/** The codings before RFC 8188: records padded in front, keys and salt in header fields. */
import type { Bytes } from '../types.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { concat, utf8, zeros } from './bytes.ts';
import type { HeaderLookup } from './headers.ts';
import { parseParams } from './params.ts';
import type { Params } from './params.ts';
import { contentKeys, importContentKey, refused, sealRecord } from './records.ts';
import type { ContentKeys, Outcome } from './records.ts';
import { expand, extract } from './sha256.ts';
import { agreeFresh, openAgreed } from './webpush.ts';
import type { Coding, Fresh, Receiver, Recipient } from './webpush.ts';

/** What sets one of the old codings apart from the others. */
export interface LegacyCoding extends Coding {
  readonly name: 'aesgcm' | 'aesgcm128';
  readonly keyField: 'Crypto-Key' | 'Encryption-Key';
}

/** The length of the padding in `overhead` octets, big-endian, the padding, the data. */
export function padFront(overhead: number, data: Uint8Array, pad: number): Bytes {
  const record = concat([zeros(overhead + pad), data]);
  record[0] = pad >> 8;
  record[overhead - 1] = pad;
  return record;
}

/** draft-ietf-httpbis-encryption-encoding-02 §2; -00 §2 for one octet. */
function unpadFront(overhead: number, record: Bytes): Outcome<Bytes> {
  const pad = overhead === 2 ? record[0]! * 256 + record[1]! : record[0]!;
  const start = overhead + pad;
  const wrong = start > record.length || record.subarray(overhead, start).some(Boolean);
  return wrong ? 'padding' : record.subarray(start);
}

function coding(
  name: LegacyCoding['name'],
  keyField: LegacyCoding['keyField'],
): LegacyCoding {
  const overhead = name === 'aesgcm' ? 2 : 1;
  const bound = keyField === 'Crypto-Key';
  return {
    name, keyField, overhead, bound,
    counted: 0,
    unpad: (record) => unpadFront(overhead, record),
    derive: (salt, secret, auth, receiver, sender) => bound
      ? legacyKeys(name, salt, mixAuth(secret, auth), keyContext(receiver, sender))
      : legacyKeys(name, salt, secret),
  };
}

/** draft-ietf-webpush-encryption-04, draft-ietf-httpbis-encryption-encoding-01 to -03. */
export const AESGCM: LegacyCoding = /* @__PURE__ */ coding('aesgcm', 'Crypto-Key');
/** draft-ietf-httpbis-encryption-encoding-00 (Firefox 46 and 47). */
export const HTTPBIS_00: LegacyCoding = /* @__PURE__ */ coding('aesgcm128', 'Crypto-Key');
/** draft-thomson-http-encryption-01 (Firefox 44 and 45). */
export const THOMSON_01: LegacyCoding = /* @__PURE__ */ coding('aesgcm128', 'Encryption-Key');

/** Which of the two forms of `aesgcm128`: the older one has a field of its own for the key. */
export function chooseAesgcm128(headers: HeaderLookup): LegacyCoding {
  return headers('Encryption-Key') === undefined ? HTTPBIS_00 : THOMSON_01;
}

/** "rs" at most (draft-ietf-httpbis-encryption-encoding-02 §3.1). */
export const MAX_RECORD_SIZE: number = 2 ** 36 - 31;

/** The secret with the authentication secret mixed in (draft-ietf-webpush-encryption-04 §3.3). */
export function mixAuth(secret: Bytes, auth: Bytes): Bytes {
  return expand(extract(auth, secret), utf8('Content-Encoding: auth\0'));
}

/** Both public keys, with their lengths (draft-ietf-httpbis-encryption-encoding-02 §4.2). */
export function keyContext(receiver: Uint8Array, sender: Uint8Array): Bytes {
  const length = new Uint8Array([0, 65]);
  return concat([utf8('P-256\0'), length, receiver, length, sender]);
}

/** `context`: as `keyContext` answers it, empty for an explicit key, `undefined` where unbound. */
export function legacyKeys(
  name: LegacyCoding['name'],
  salt: Bytes,
  ikm: Bytes,
  context?: Bytes,
): ContentKeys {
  const info = (label: string): Bytes => {
    const text = utf8(`Content-Encoding: ${label}`);
    return context ? concat([text, zeros(1), context]) : text;
  };
  return contentKeys(salt, ikm, info(name), info('nonce'));
}

/** One record, and the fields that it needs. */
export async function sealLegacy(
  coding: LegacyCoding,
  recipient: Recipient,
  data: Bytes,
  pad: number,
  fresh: Fresh,
): Promise<{ readonly body: Bytes; readonly headers: Readonly<Record<string, string>> }> {
  const { sender, keys } = await agreeFresh(coding, recipient, fresh);
  const key = await importContentKey(keys.cek, 'encrypt');
  const body = await sealRecord(key, keys.nonce, padFront(coding.overhead, data, pad));
  // A keyid where the draft shows one, else exactly these octets: WNS takes no space behind ";"
  // (draft-ietf-webpush-encryption-04 §4).
  const keyid = coding.overhead === 2 ? '' : 'keyid=p256dh;';
  const headers = {
    'Content-Encoding': coding.name,
    'Encryption': `${keyid}salt=${encodeBase64url(fresh.salt)}`,
    [coding.keyField]: `${keyid}dh=${encodeBase64url(sender)}`,
  };
  return { body, headers };
}

/** The parameters of a message that stand in header fields. */
export interface LegacyParams {
  readonly salt: Bytes;
  readonly rs: number;
  readonly dh: Bytes;
}

/** The first Encryption value. */
export function readEncryption(headers: HeaderLookup): Outcome<Params> {
  const field = headers('Encryption');
  if (field === undefined) return 'missing-encryption';
  return parseParams(field)?.[0] ?? 'invalid-encryption';
}

/** salt and rs of an Encryption value; rs is 4,096 by default (same draft, §3.1). */
export function readSalt(encryption: Params): Outcome<Omit<LegacyParams, 'dh'>> {
  const text = encryption.get('rs') ?? '4096';
  const rs = /^\d+$/.test(text) ? Number(text) : 0;
  if (rs <= 1 || rs > MAX_RECORD_SIZE) return 'invalid-rs';
  const salt = decodeBase64url(encryption.get('salt') ?? '');
  return salt?.length ? { salt, rs } : 'invalid-salt';
}

/**
 * salt, rs and dh of a message, read by the grammar. The keyid of the Encryption field selects the
 * key, without one it is the first that there is.
 */
export function readLegacyParams(
  { keyField }: Pick<LegacyCoding, 'keyField'>,
  headers: HeaderLookup,
): Outcome<LegacyParams> {
  const encryption = readEncryption(headers);
  if (refused(encryption)) return encryption;
  const field = headers(keyField);
  if (field === undefined) {
    return keyField === 'Crypto-Key' ? 'missing-crypto-key' : 'missing-encryption-key';
  }
  const keys = parseParams(field);
  if (!keys?.length) return 'invalid-crypto-key';
  const start = readSalt(encryption);
  if (refused(start)) return start;
  const keyid = encryption.get('keyid');
  const named = keys.filter((key) => keyid === undefined || key.get('keyid') === keyid);
  const text = named.find((key) => key.has('dh'))?.get('dh');
  if (text === undefined) return 'missing-dh';
  const dh = decodeBase64url(text);
  return dh ? { ...start, dh } : 'invalid-dh';
}

/** Opens a message whose parameters were read. */
export async function openLegacy(
  coding: LegacyCoding,
  receiver: Receiver,
  params: LegacyParams,
  body: Bytes,
): Promise<Outcome<Bytes>> {
  // "rs" counts the pad length: a record of no more than that can hold nothing, and none can end.
  if (params.rs <= coding.overhead) return 'invalid-rs';
  return openAgreed(coding, receiver, params, params.dh, body);
}
