/** Messages through the library's own parts: every intermediate value, the exact octets, the reason of a refusal. */
import * as assert from 'uvu/assert';
import { concat, zeros } from '../../src/lib/bytes.ts';
import { readHeaders } from '../../src/lib/headers.ts';
import {
  AESGCM, deriveLegacy, HTTPBIS_00, keyContext, legacyKeys, mixAuth, openLegacy, padFront, readLegacyParams, sealLegacy,
  THOMSON_01,
} from '../../src/lib/legacy.ts';
import type { LegacyCoding } from '../../src/lib/legacy.ts';
import { ecdh } from '../../src/lib/p256.ts';
import {
  contentKeys, delimit, importContentKey, openRecords, readHeader, recordNonce, refused, RFC8188, sealRecord, writeHeader,
} from '../../src/lib/records.ts';
import type { ContentKeys, Layout, Outcome } from '../../src/lib/records.ts';
import { expand, hmac, hmacKey } from '../../src/lib/sha256.ts';
import { combineKeys, deriveMessage, openMessage, RECORD_SIZE, sealMessage } from '../../src/lib/webpush.ts';
import type { Recipient } from '../../src/lib/webpush.ts';
import type { Bytes, KeyPair } from '../../src/types.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, list, number, object, text } from './format.ts';
import { importPair } from './keys.ts';

/** The older coding of a case, or `undefined` for RFC 8188's. */
export function legacyOf(v: Members): LegacyCoding | undefined {
  if (v['coding'] === 'aes128gcm') return undefined;
  if (v['coding'] === 'aesgcm') return AESGCM;
  assert.is(v['coding'], 'aesgcm128');
  return v['form'] === 'crypto-key' ? HTTPBIS_00 : THOMSON_01;
}

/** Keyed by input keying material and not by key agreement. */
export function isExplicit(v: Members): boolean {
  return !has(v, 'receiverPublic');
}

/** What a subscription has, so that a message door can take it: the old drafts knew messages without `auth`. */
export function hasDoor(v: Members): boolean {
  return !isExplicit(v) && (has(v, 'auth') || legacyOf(v)?.bound === false);
}

function receiver(v: Members): Promise<KeyPair> {
  return importPair(text(v, 'receiverPrivate'), text(v, 'receiverPublic'));
}

function recipient(v: Members): Recipient {
  return { point: bytes(v, 'receiverPublic'), auth: has(v, 'auth') ? bytes(v, 'auth') : zeros(0) };
}

/** The content keys as the library derives them from `ikm`. */
function keysFrom(v: Members, salt: Bytes, ikm: Bytes): ContentKeys {
  const legacy = legacyOf(v);
  if (!legacy) return contentKeys(salt, ikm);
  const context = isExplicit(v) ? zeros(0) : keyContext(bytes(v, 'receiverPublic'), bytes(v, 'senderPublic'));
  return legacyKeys(legacy.name, salt, ikm, legacy.bound ? context : undefined);
}

function layoutOf(v: Members): Layout {
  return legacyOf(v) ?? RFC8188;
}

/** Header and records of the body. */
function split(v: Members): readonly [Bytes, Bytes] {
  const body = bytes(v, 'body');
  if (legacyOf(v)) return [zeros(0), body];
  const header = readHeader(body);
  if (refused(header)) throw new Error(header);
  assert.is(hex(header.salt), text(v, 'salt'));
  assert.is(header.rs, number(v, 'rs'));
  const keyid = has(v, 'keyid') ? text(v, 'keyid') : isExplicit(v) ? '' : text(v, 'senderPublic');
  assert.is(hex(header.keyid), keyid);
  return [body.subarray(0, header.length), body.subarray(header.length)];
}

/** From the shared secret to the input keying material. */
async function checkAgreement(v: Members): Promise<void> {
  const secret = await ecdh(await receiver(v), bytes(v, 'senderPublic'));
  assert.is(hex(secret), text(v, 'ecdh'));
  if (!has(v, 'prkKey')) {
    assert.is(text(v, 'ikm'), text(v, 'ecdh'));
    return;
  }
  const auth = bytes(v, 'auth');
  assert.is(hex(hmac(hmacKey(auth), secret)), text(v, 'prkKey'));
  assert.is(hex(expand(hmacKey(bytes(v, 'prkKey')), bytes(v, 'keyInfo'), 32)), text(v, 'ikm'));
  const ikm = legacyOf(v)
    ? mixAuth(secret, auth)
    : combineKeys(secret, auth, bytes(v, 'receiverPublic'), bytes(v, 'senderPublic'));
  assert.is(hex(ikm), text(v, 'ikm'));
}

function checkContentKeys(v: Members): ContentKeys {
  const salt = bytes(v, 'salt');
  const ikm = bytes(v, 'ikm');
  assert.is(hex(hmac(hmacKey(salt), ikm)), text(v, 'prk'));
  const prk = hmacKey(bytes(v, 'prk'));
  assert.is(hex(expand(prk, bytes(v, 'cekInfo'), 16)), text(v, 'cek'));
  assert.is(hex(expand(prk, bytes(v, 'nonceInfo'), 12)), text(v, 'nonce'));
  const keys = keysFrom(v, salt, ikm);
  assert.is(hex(keys.cek), text(v, 'cek'));
  assert.is(hex(keys.nonce), text(v, 'nonce'));
  return keys;
}

/** The octets of a record before encryption. A single record has the text of the case. */
function padRecord(v: Members, record: Members, last: boolean): Bytes {
  const data = bytes(has(record, 'text') ? record : v, 'text');
  const pad = number(record, 'pad');
  const legacy = legacyOf(v);
  return legacy ? padFront(legacy.overhead, data, pad) : delimit(data, pad, last);
}

/** Makes the records again, octet by octet. */
async function checkRecords(v: Members, keys: ContentKeys): Promise<void> {
  const key = await importContentKey(keys.cek, 'encrypt');
  const records = list(v, 'records');
  const [header] = split(v);
  const parts = [header];
  for (const [i, record] of records.entries()) {
    const padded = padRecord(v, record, i === records.length - 1);
    if (Array.isArray(v['padded'])) assert.is(hex(padded), v['padded'][i]);
    const iv = recordNonce(keys.nonce, i);
    if (has(record, 'nonce')) assert.is(hex(iv), text(record, 'nonce'));
    parts.push(await sealRecord(key, iv, padded));
  }
  assert.is(hex(concat(...parts)), text(v, 'body'));
  if (!legacyOf(v)) {
    const written = writeHeader(bytes(v, 'salt'), number(v, 'rs'), header.subarray(21));
    assert.is(hex(written), hex(header));
  }
}

/** base64url, written here as `unhex` is. */
function spell(octets: Uint8Array): string {
  const plain = btoa(String.fromCharCode(...octets)).replace(/=+$/, '');
  return plain.replace(/\+/g, '-').replace(/\//g, '_');
}

/** The fields of a message: as its source prints them, or what follows from the values. */
export function headersOf(v: Members): Record<string, string> {
  const printed = Object.entries(object(v, 'headers'));
  if (printed.length) return Object.fromEntries(printed.map(([name, value]) => [name, String(value)]));
  const coding = text(v, 'coding');
  if (coding === 'aes128gcm') return { 'Content-Encoding': coding };
  const keyField = coding === 'aesgcm' || v['form'] === 'crypto-key' ? 'Crypto-Key' : 'Encryption-Key';
  return {
    'Content-Encoding': coding,
    'Encryption': `salt="${spell(bytes(v, 'salt'))}"; rs=${number(v, 'rs')}`,
    [keyField]: `dh="${spell(bytes(v, 'senderPublic'))}"`,
  };
}

/** Opens a whole message as a user agent does. */
async function open(v: Members): Promise<Outcome<Bytes>> {
  const [own, to, body] = [await receiver(v), recipient(v), bytes(v, 'body')];
  const legacy = legacyOf(v);
  if (!legacy) return openMessage(own, to, body);
  const params = readLegacyParams(legacy, readHeaders(headersOf(v)));
  return refused(params) ? params : openLegacy(legacy, own, to, params, body);
}

/** Opens the records with keys that were derived without a door. */
async function openBare(v: Members): Promise<Outcome<Bytes>> {
  const secret = isExplicit(v) ? bytes(v, 'ikm') : await ecdh(await receiver(v), bytes(v, 'senderPublic'));
  const body = bytes(v, 'body');
  if (legacyOf(v)) {
    return openRecords(layoutOf(v), keysFrom(v, bytes(v, 'salt'), secret), number(v, 'rs'), body);
  }
  const header = readHeader(body);
  if (refused(header)) return header;
  const keys = keysFrom(v, header.salt, secret);
  return openRecords(RFC8188, keys, header.rs, body.subarray(header.length));
}

/** The values in between that the doors tell to tools. */
async function checkDerived(v: Members): Promise<void> {
  const [own, to] = [await receiver(v), recipient(v)];
  const legacy = legacyOf(v);
  const params = { salt: bytes(v, 'salt'), rs: number(v, 'rs'), dh: bytes(v, 'senderPublic') };
  const derived = legacy
    ? await deriveLegacy(legacy, own, to, params)
    : await deriveMessage(own, to, bytes(v, 'body'));
  if (refused(derived)) throw new Error(derived);
  assert.is(hex(derived.secret), text(v, 'ecdh'));
  assert.is(hex(derived.keys.cek), text(v, 'cek'));
  assert.is(hex(derived.keys.nonce), text(v, 'nonce'));
}

/** Seals with the sender's own key and salt. The doors make one record of the usual size. */
async function checkSeal(v: Members): Promise<readonly string[]> {
  const [record, ...more] = list(v, 'records');
  const legacy = legacyOf(v);
  if (!record || more.length || !has(v, 'senderPrivate')) return [];
  if (!legacy && number(v, 'rs') !== RECORD_SIZE) return [];
  const pair = importPair(text(v, 'senderPrivate'), text(v, 'senderPublic'));
  const fresh = { pair, salt: bytes(v, 'salt') };
  const pad = number(record, 'pad');
  if (!legacy) {
    assert.is(hex(await sealMessage(recipient(v), bytes(v, 'text'), pad, fresh)), text(v, 'body'));
    return ['sealMessage'];
  }
  const { body } = await sealLegacy(legacy, recipient(v), bytes(v, 'text'), pad, fresh);
  assert.is(hex(body), text(v, 'body'));
  return ['sealLegacy'];
}

function opened(outcome: Outcome<Bytes>): string {
  return refused(outcome) ? outcome : hex(outcome);
}

const checkRefused: Check = async (v) => {
  const bare = isExplicit(v) || (has(v, 'senderPublic') && !hasDoor(v));
  assert.is(opened(await (bare ? openBare(v) : open(v))), text(v, 'error'));
  return [bare ? 'openRecords' : legacyOf(v) ? 'openLegacy' : 'openMessage'];
};

/** A message of a draft that is not implemented: every coding that is like it must refuse it. */
const checkForeign: Check = async (v) => {
  const ways: string[] = [];
  for (const as of list(v, 'refused')) ways.push(...await checkRefused({ ...v, ...as }));
  assert.ok(ways.length > 0);
  return ways;
};

export const checkMessage: Check = async (v) => {
  if (has(v, 'refused')) return checkForeign(v);
  if (!isValid(v)) return checkRefused(v);
  if (!isExplicit(v)) await checkAgreement(v);
  const keys = checkContentKeys(v);
  await checkRecords(v, keys);
  const [, records] = split(v);
  assert.is(opened(await openRecords(layoutOf(v), keys, number(v, 'rs'), records)), text(v, 'text'));
  if (isExplicit(v)) return ['openRecords', 'sealRecord'];
  if (!hasDoor(v)) {
    // Web Push has messages with an authentication secret only (draft-ietf-webpush-encryption-04 §3.2).
    assert.is(opened(await open(v)), 'invalid-auth-secret');
    return ['openRecords', 'sealRecord'];
  }
  await checkDerived(v);
  assert.is(opened(await open(v)), text(v, 'text'));
  return ['openRecords', 'sealRecord', legacyOf(v) ? 'openLegacy' : 'openMessage', ...await checkSeal(v)];
};
