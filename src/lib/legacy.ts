/** The codings before RFC 8188: records padded in front, keys and salt in header fields. */
import type { Bytes, KeyPair } from '../types.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { concat, utf8, zeros } from './bytes.ts';
import type { HeaderLookup } from './headers.ts';
import { ecdh, isPoint, publicPoint } from './p256.ts';
import { parseParams } from './params.ts';
import type { Params } from './params.ts';
import {
  contentKeys, importContentKey, openRecords, refused, SALT_LENGTH, sealRecord,
} from './records.ts';
import type { ContentKeys, Layout, Outcome } from './records.ts';
import { expand, extract } from './sha256.ts';
import { AUTH_LENGTH } from './webpush.ts';
import type { Fresh, Recipient } from './webpush.ts';

/** What sets one of the old codings apart from the others. */
export interface LegacyCoding extends Layout {
  readonly name: 'aesgcm' | 'aesgcm128';
  readonly keyField: 'Crypto-Key' | 'Encryption-Key';
  /** Written as `keyid` into both fields, where the draft shows one. */
  readonly keyid: string | undefined;
  /** Whether both public keys and the authentication secret go into the keys. */
  readonly bound: boolean;
}

/** The length of the padding in `overhead` octets, big-endian, the padding, the data. */
export function padFront(overhead: 1 | 2, data: Uint8Array, pad: number): Bytes {
  const record = zeros(overhead + pad + data.length);
  if (overhead === 2) record[0] = pad >> 8;
  record[overhead - 1] = pad & 255;
  record.set(data, overhead + pad);
  return record;
}

/** draft-ietf-httpbis-encryption-encoding-02 §2; -00 §2 for one octet. */
export function frontPadded(overhead: 1 | 2): Layout {
  const unpad = (record: Bytes): Outcome<Bytes> => {
    const pad = overhead === 2 ? record[0]! * 256 + record[1]! : record[0]!;
    const start = overhead + pad;
    if (start > record.length) return 'padding';
    for (let i = overhead; i < start; i++) if (record[i] !== 0) return 'padding';
    return record.subarray(start);
  };
  return { overhead, countsTag: false, unpad };
}

/**
 * draft-ietf-webpush-encryption-04, draft-ietf-httpbis-encryption-encoding-01 to -03. No keyid:
 * WNS.
 */
export const AESGCM: LegacyCoding = /* @__PURE__ */ coding(
  'aesgcm', 2, 'Crypto-Key', undefined, true,
);
/** draft-ietf-httpbis-encryption-encoding-00 (Firefox 46 and 47). */
export const HTTPBIS_00: LegacyCoding = /* @__PURE__ */ coding(
  'aesgcm128', 1, 'Crypto-Key', 'p256dh', true,
);
/** draft-thomson-http-encryption-01 (Firefox 44 and 45). */
export const THOMSON_01: LegacyCoding = /* @__PURE__ */ coding(
  'aesgcm128', 1, 'Encryption-Key', 'p256dh', false,
);

/** Which of the two forms of `aesgcm128`: the older one has a field of its own for the key. */
export function chooseAesgcm128(headers: HeaderLookup): LegacyCoding {
  return headers('Encryption-Key') === undefined ? HTTPBIS_00 : THOMSON_01;
}

function coding(
  name: LegacyCoding['name'],
  overhead: 1 | 2,
  keyField: LegacyCoding['keyField'],
  keyid: string | undefined,
  bound: boolean,
): LegacyCoding {
  return { ...frontPadded(overhead), name, keyField, keyid, bound };
}

/** "rs" default (draft-ietf-httpbis-encryption-encoding-02 §3.1). */
const DEFAULT_RECORD_SIZE = 4096;
/** "rs" at most (draft-ietf-httpbis-encryption-encoding-02 §3.1). */
export const MAX_RECORD_SIZE: number = 2 ** 36 - 31;

/** The secret with the authentication secret mixed in (draft-ietf-webpush-encryption-04 §3.3). */
export function mixAuth(secret: Bytes, auth: Bytes): Bytes {
  return expand(extract(auth, secret), utf8('Content-Encoding: auth\0'), 32);
}

/** Both public keys, with their lengths (draft-ietf-httpbis-encryption-encoding-02 §4.2). */
export function keyContext(receiver: Uint8Array, sender: Uint8Array): Bytes {
  const length = new Uint8Array([0, 65]);
  return concat(utf8('P-256\0'), length, receiver, length, sender);
}

/** `context`: as `keyContext` answers it, empty for an explicit key, `undefined` where unbound. */
export function legacyKeys(
  name: LegacyCoding['name'],
  salt: Bytes,
  ikm: Bytes,
  context: Bytes | undefined,
): ContentKeys {
  const info = (label: string): Bytes => {
    const text = utf8(`Content-Encoding: ${label}`);
    return context ? concat(text, zeros(1), context) : text;
  };
  return contentKeys(salt, ikm, info(name), info('nonce'));
}

function messageKeys(
  coding: LegacyCoding,
  salt: Bytes,
  secret: Bytes,
  { point, auth }: Recipient,
  sender: Bytes,
): ContentKeys {
  return coding.bound
    ? legacyKeys(coding.name, salt, mixAuth(secret, auth), keyContext(point, sender))
    : legacyKeys(coding.name, salt, secret, undefined);
}

/** One record, and the fields that it needs. */
export async function sealLegacy(
  coding: LegacyCoding,
  recipient: Recipient,
  data: Bytes,
  pad: number,
  { pair, salt }: Fresh,
): Promise<{ readonly body: Bytes; readonly headers: Readonly<Record<string, string>> }> {
  const secretOf = ecdh(pair, recipient.point);
  const [secret, sender] = await Promise.all([secretOf, pair.then(publicPoint)]);
  const { cek, nonce } = messageKeys(coding, salt, secret, recipient, sender);
  const key = await importContentKey(cek, 'encrypt');
  const body = await sealRecord(key, nonce, padFront(coding.overhead, data, pad));
  // Exactly these octets: WNS takes no space behind ";" (draft-ietf-webpush-encryption-04 §4).
  const keyid = coding.keyid === undefined ? '' : `keyid=${coding.keyid};`;
  const headers = {
    'Content-Encoding': coding.name,
    'Encryption': `${keyid}salt=${encodeBase64url(salt)}`,
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

/** The elements of a field, which must be there and hold one at least. */
function readField(
  headers: HeaderLookup,
  name: string,
  word: 'encryption' | 'crypto-key' | 'encryption-key',
): Outcome<readonly Params[]> {
  const field = headers(name);
  if (field === undefined) return `missing-${word}`;
  const elements = parseParams(field);
  const invalid = word === 'encryption' ? 'invalid-encryption' : 'invalid-crypto-key';
  return elements && elements.length > 0 ? elements : invalid;
}

/**
 * salt, rs and dh of a message, read by the grammar. The first Encryption value counts; its keyid
 * selects the key, without one it is the first that there is.
 */
export function readLegacyParams(
  coding: Pick<LegacyCoding, 'keyField'>,
  headers: HeaderLookup,
): Outcome<LegacyParams> {
  const { keyField } = coding;
  const missing = headers('Encryption') !== undefined && headers(keyField) === undefined;
  if (missing) return keyField === 'Crypto-Key' ? 'missing-crypto-key' : 'missing-encryption-key';
  const encryption = readField(headers, 'Encryption', 'encryption');
  if (refused(encryption)) return encryption;
  const keys = readField(
    headers, keyField, keyField === 'Crypto-Key' ? 'crypto-key' : 'encryption-key',
  );
  if (refused(keys)) return keys;
  return selectParams(encryption[0]!, keys);
}

/** salt and rs of an Encryption value. */
export function readSalt(encryption: Params): Outcome<Omit<LegacyParams, 'dh'>> {
  const rsText = encryption.get('rs') ?? String(DEFAULT_RECORD_SIZE);
  const rs = /^\d+$/.test(rsText) ? Number(rsText) : 0;
  if (rs <= 1 || rs > MAX_RECORD_SIZE) return 'invalid-rs';
  const salt = decodeBase64url(encryption.get('salt') ?? '');
  return salt?.length ? { salt, rs } : 'invalid-salt';
}

function selectParams(encryption: Params, keys: readonly Params[]): Outcome<LegacyParams> {
  const parts = readSalt(encryption);
  if (refused(parts)) return parts;
  const keyid = encryption.get('keyid');
  const named = keys.filter((key) => keyid === undefined || key.get('keyid') === keyid);
  const text = named.find((key) => key.has('dh'))?.get('dh');
  if (text === undefined) return 'missing-dh';
  const dh = decodeBase64url(text);
  return dh ? { ...parts, dh } : 'invalid-dh';
}

/** Reads a message up to its keys. */
export async function deriveLegacy(
  coding: LegacyCoding,
  own: KeyPair,
  recipient: Recipient,
  { salt, dh }: LegacyParams,
): Promise<Outcome<{ readonly secret: Bytes; readonly keys: ContentKeys }>> {
  if (salt.length !== SALT_LENGTH) return 'invalid-salt';
  if (!isPoint(dh)) return 'invalid-point';
  if (coding.bound && recipient.auth.length !== AUTH_LENGTH) return 'invalid-auth-secret';
  const secret = await ecdh(own, dh);
  return { secret, keys: messageKeys(coding, salt, secret, recipient, dh) };
}

/** Opens a message whose parameters were read. */
export async function openLegacy(
  coding: LegacyCoding,
  own: KeyPair,
  recipient: Recipient,
  params: LegacyParams,
  body: Bytes,
): Promise<Outcome<Bytes>> {
  // "rs" counts the pad length: a record of no more than that can hold nothing, and none can end.
  if (params.rs <= coding.overhead) return 'invalid-rs';
  const derived = await deriveLegacy(coding, own, recipient, params);
  return refused(derived) ? derived : openRecords(coding, derived.keys, params.rs, body);
}
