import type { Bytes, Encrypted, HeadersLike } from '../../types.ts';
import { encodeBase64url } from '../base64url.ts';
import { concat, decodeUtf8, utf8, zeros } from '../bytes.ts';
import { readHeaders } from '../headers.ts';
import type { HeaderLookup } from '../headers.ts';
import {
  AESGCM, deriveLegacy, keyContext, legacyKeys, MAX_RECORD_SIZE, mixAuth, padFront,
  readLegacyParams, readSalt,
} from '../legacy.ts';
import type { Receiver } from '../open.ts';
import { ecdh, generateEcdh, publicPoint } from '../p256.ts';
import { parseParams } from '../params.ts';
import { openRecords, refused, SALT_LENGTH } from '../records.ts';
import type { ContentKeys } from '../records.ts';
import { onlyOne, readKey, readKeyid, readPublicKeys } from './keys.ts';
import type { Key, KeyLookup, OpeningKey, PublicKeys, Sealing, SealingKey } from './keys.ts';
import { readPadding } from './padding.ts';
import { createSealer } from './seal.ts';
import { decryptFailed } from './unseal.ts';

/** The most padding that two octets tell (draft-ietf-httpbis-encryption-encoding-02 §2). */
const MAX_PAD = 65_535;

function readRs(rs: number = 4096): number {
  if (Number.isInteger(rs) && rs >= 3 && rs <= MAX_RECORD_SIZE) return rs;
  throw new RangeError(`rs must be a whole number from 3 to ${MAX_RECORD_SIZE}`);
}

interface Sealed {
  readonly keys: ContentKeys;
  readonly headers: Readonly<Record<string, string>>;
}

/** Keys for a receiver, and the fields that tell it the sender's. */
async function sealFor(to: PublicKeys, salt: Bytes): Promise<Sealed> {
  const { point, auth } = readPublicKeys(to);
  const pair = await generateEcdh();
  const [secret, sender] = await Promise.all([ecdh(pair, point), publicPoint(pair)]);
  const keys = legacyKeys('aesgcm', salt, mixAuth(secret, auth), keyContext(point, sender));
  return { keys, headers: { 'Crypto-Key': `dh=${encodeBase64url(sender)}` } };
}

/** The keys of explicit keying material: its context is empty, the octet before it stays. */
function explicit(salt: Bytes, key: Key): ContentKeys {
  return legacyKeys('aesgcm', salt, readKey(key), zeros(0));
}

/** A key id as it stands in a field: a token, or a quoted string. */
function quoteKeyid(keyid: SealingKey['keyid']): string {
  const text = decodeUtf8(readKeyid(keyid)) ?? '';
  if (!/^[\x20-\x7e]*$/.test(text)) throw new TypeError('keyid must be visible ASCII for aesgcm');
  return text && `keyid="${text.replace(/["\\]/g, '\\$&')}";`;
}

export async function sealAesgcm(
  content: Bytes,
  options: Sealing,
): Promise<Encrypted> {
  const { key, to, keyid } = options;
  onlyOne(key, to, 'key and to');
  const rs = readRs(options.rs);
  const padding = readPadding(options.padding);
  const id = to ? '' : quoteKeyid(keyid);
  const salt = crypto.getRandomValues(zeros(SALT_LENGTH));
  const sealed = to ? await sealFor(to, salt) : { keys: explicit(salt, key!), headers: {} };
  const { keys, headers } = sealed;
  const parts: Bytes[] = [];
  const writing = {
    capacity: rs - 2, spare: 0, endsShort: true, maxPad: MAX_PAD,
    pad: (data: Bytes, _: number, pad: number) => padFront(2, data, pad),
  };
  const sealer = createSealer(keys, writing, padding, (part) => parts.push(part));
  await sealer.write(content);
  await sealer.end();
  const encryption = `${id}salt=${encodeBase64url(salt)}${rs === 4096 ? '' : `;rs=${rs}`}`;
  return {
    body: concat(...parts),
    headers: { 'Content-Encoding': 'aesgcm', 'Encryption': encryption, ...headers },
  };
}

/** The keys and record size of content for a receiver. */
async function openFor(receiver: Receiver, headers: HeaderLookup): Promise<Opened> {
  const params = readLegacyParams(AESGCM, headers);
  if (refused(params)) throw decryptFailed();
  const { keys, publicKey: point, auth } = receiver;
  const derived = await deriveLegacy(AESGCM, keys, { point, auth }, params);
  if (refused(derived)) throw decryptFailed();
  return { keys: derived.keys, rs: params.rs };
}

interface Opened {
  readonly keys: ContentKeys;
  readonly rs: number;
}

async function openExplicit(key: Key | KeyLookup, headers: HeaderLookup): Promise<Opened> {
  const [encryption] = parseParams(headers('Encryption') ?? '') ?? [];
  const params = encryption ? readSalt(encryption) : 'missing-encryption';
  if (refused(params) || params.salt.length !== SALT_LENGTH) throw decryptFailed();
  const keyid = encryption?.get('keyid') ?? '';
  const found = typeof key === 'function' ? await key(utf8(keyid)) : key;
  if (found === undefined) throw decryptFailed();
  return { keys: explicit(params.salt, found), rs: params.rs };
}

export async function openAesgcm(
  body: Bytes,
  fields: HeadersLike,
  { key, receiver }: OpeningKey,
): Promise<Bytes> {
  onlyOne(key, receiver, 'key and receiver');
  const headers = readHeaders(fields);
  const coding = headers('Content-Encoding');
  if (coding !== undefined && coding !== 'aesgcm') throw decryptFailed();
  const opened = receiver ? openFor(receiver, headers) : openExplicit(key!, headers);
  const { keys, rs } = await opened;
  const data = await openRecords(AESGCM, keys, rs, body);
  if (refused(data)) throw decryptFailed();
  return data;
}
