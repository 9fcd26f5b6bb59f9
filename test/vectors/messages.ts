/** Messages through the library's own parts: each value in between, the octets, the refusals. */
import * as assert from 'uvu/assert';
import { concat, zeros } from '../../src/lib/bytes.ts';
import { readHeaders } from '../../src/lib/headers.ts';
import {
  keyContext, legacyKeys, mixAuth, openLegacy, padFront, readLegacyParams, sealLegacy,
} from '../../src/lib/legacy.ts';
import { ecdh } from '../../src/lib/p256.ts';
import {
  contentKeys, delimit, importContentKey, openRecords, readHeader, recordNonce, refused,
  sealRecord, writeHeader,
} from '../../src/lib/records.ts';
import type { ContentKeys, Outcome } from '../../src/lib/records.ts';
import { expand, hmac, hmacKey } from '../../src/lib/sha256.ts';
import {
  agree, AES128GCM, combineKeys, openMessage, RECORD_SIZE, sealMessage,
} from '../../src/lib/webpush.ts';
import type { Bytes } from '../../src/types.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, list, number, text } from './format.ts';
import {
  hasDoor, headersOf, isExplicit, codingOf, legacyOf, receiver, recipient, sender,
} from './message.ts';

/** The content keys as the library derives them from `ikm`. */
function keysFrom(v: Members, salt: Bytes, ikm: Bytes): ContentKeys {
  const legacy = legacyOf(v);
  if (!legacy) return contentKeys(salt, ikm);
  if (!legacy.bound) return legacyKeys(legacy.name, salt, ikm, undefined);
  const context = isExplicit(v)
    ? zeros(0)
    : keyContext(bytes(v, 'receiverPublic'), bytes(v, 'senderPublic'));
  return legacyKeys(legacy.name, salt, ikm, context);
}

/** The input keying material as the library derives it from the shared secret. */
function materialFrom(v: Members, secret: Bytes): Bytes {
  if (!has(v, 'auth')) return secret;
  const { point, auth } = recipient(v);
  const legacy = legacyOf(v);
  if (!legacy) return combineKeys(secret, auth, point, bytes(v, 'senderPublic'));
  return legacy.bound ? mixAuth(secret, auth) : secret;
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

/** The shared secret, from both sides. */
async function checkAgreement(v: Members): Promise<void> {
  const { keys } = await receiver(v);
  const secret = await ecdh(keys, bytes(v, 'senderPublic'));
  assert.is(hex(secret), text(v, 'ecdh'));
  if (!has(v, 'senderPrivate')) return;
  assert.is(hex(await ecdh(await sender(v), bytes(v, 'receiverPublic'))), text(v, 'ecdh'));
}

/** Each value from the one before as the case has it, also of drafts that are not implemented. */
async function checkChain(v: Members): Promise<void> {
  if (!isExplicit(v)) await checkAgreement(v);
  if (has(v, 'prkKey')) {
    assert.is(hex(hmac(hmacKey(bytes(v, 'auth')), bytes(v, 'ecdh'))), text(v, 'prkKey'));
    assert.is(hex(expand(hmacKey(bytes(v, 'prkKey')), bytes(v, 'keyInfo'), 32)), text(v, 'ikm'));
  } else if (!isExplicit(v)) {
    assert.is(text(v, 'ikm'), text(v, 'ecdh'));
  }
  assert.is(hex(hmac(hmacKey(bytes(v, 'salt')), bytes(v, 'ikm'))), text(v, 'prk'));
  const prk = hmacKey(bytes(v, 'prk'));
  assert.is(hex(expand(prk, bytes(v, 'cekInfo'), 16)), text(v, 'cek'));
  const nonce = has(v, 'nonceInfo') ? expand(prk, bytes(v, 'nonceInfo'), 12) : zeros(12);
  assert.is(hex(nonce), text(v, 'nonce'));
}

/** The same by the library's functions for it. */
function checkDerivation(v: Members): ContentKeys {
  const ikm = isExplicit(v) ? bytes(v, 'ikm') : materialFrom(v, bytes(v, 'ecdh'));
  assert.is(hex(ikm), text(v, 'ikm'));
  const keys = keysFrom(v, bytes(v, 'salt'), ikm);
  assert.is(hex(keys.cek), text(v, 'cek'));
  assert.is(hex(keys.nonce), text(v, 'nonce'));
  return keys;
}

type Pad = (data: Bytes, pad: number, last: boolean) => Bytes;

/** Makes the records again, octet by octet. A single one has the text of the case. */
async function sealRecords(v: Members, pad: Pad): Promise<Bytes> {
  const key = await importContentKey(bytes(v, 'cek'), 'encrypt');
  const records = list(v, 'records');
  const parts: Bytes[] = [];
  for (const [i, record] of records.entries()) {
    const data = bytes(has(record, 'text') ? record : v, 'text');
    const padded = pad(data, number(record, 'pad'), i === records.length - 1);
    if (Array.isArray(v['padded'])) assert.is(hex(padded), v['padded'][i]);
    const iv = recordNonce(bytes(v, 'nonce'), i);
    if (has(record, 'nonce')) assert.is(hex(iv), text(record, 'nonce'));
    parts.push(await sealRecord(key, iv, padded));
  }
  return concat(parts);
}

async function checkRecords(v: Members): Promise<void> {
  const legacy = legacyOf(v);
  const pad: Pad = legacy ? (data, size) => padFront(legacy.overhead, data, size) : delimit;
  const [header, records] = split(v);
  assert.is(hex(await sealRecords(v, pad)), hex(records));
  if (legacy) return;
  const written = writeHeader(bytes(v, 'salt'), number(v, 'rs'), header.subarray(21));
  assert.is(hex(written), hex(header));
}

/** Opens a whole message as a user agent does. */
async function open(v: Members): Promise<Outcome<Bytes>> {
  const [own, body] = [await receiver(v), bytes(v, 'body')];
  const legacy = legacyOf(v);
  if (!legacy) return openMessage(own, body);
  const params = readLegacyParams(legacy, readHeaders(headersOf(v)));
  return refused(params) ? params : openLegacy(legacy, own, params, body);
}

/** Opens the records with keys that were derived without a door. */
async function openBare(v: Members): Promise<Outcome<Bytes>> {
  const ikm = isExplicit(v)
    ? bytes(v, 'ikm')
    : await ecdh((await receiver(v)).keys, bytes(v, 'senderPublic'));
  const body = bytes(v, 'body');
  if (legacyOf(v)) {
    return openRecords(codingOf(v), keysFrom(v, bytes(v, 'salt'), ikm), number(v, 'rs'), body);
  }
  const header = readHeader(body);
  if (refused(header)) return header;
  const keys = keysFrom(v, header.salt, ikm);
  return openRecords(AES128GCM, keys, header.rs, body.subarray(header.length));
}

/** The values in between that the library tells to its own tools. */
async function checkDerived(v: Members): Promise<void> {
  const [salt, point] = [bytes(v, 'salt'), bytes(v, 'senderPublic')];
  const derived = await agree(codingOf(v), await receiver(v), salt, point);
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
  const fresh = { pair: sender(v), salt: bytes(v, 'salt') };
  const [to, data, pad] = [recipient(v), bytes(v, 'text'), number(record, 'pad')];
  const body = legacy
    ? (await sealLegacy(legacy, to, data, pad, fresh)).body
    : await sealMessage(to, delimit(data, pad, true), fresh);
  assert.is(hex(body), text(v, 'body'));
  return [legacy ? 'sealLegacy' : 'sealMessage'];
}

function opened(outcome: Outcome<Bytes>): string {
  return refused(outcome) ? outcome : hex(outcome);
}

const checkRefused: Check = async (v) => {
  const bare = isExplicit(v) || (has(v, 'senderPublic') && !hasDoor(v));
  assert.is(opened(await (bare ? openBare(v) : open(v))), text(v, 'error'));
  return [bare ? 'openRecords' : legacyOf(v) ? 'openLegacy' : 'openMessage'];
};

/** That a message which is refused here holds what the case says, by the rules of its maker. */
async function checkForeign(v: Members): Promise<void> {
  await checkChain(v);
  const overhead = text(v, 'coding').startsWith('aesgcm128') || v['form'] === 'thomson-00' ? 1 : 2;
  const records = hex(await sealRecords(v, (data, pad) => padFront(overhead, data, pad)));
  assert.is(text(v, 'body').slice(-records.length), records);
}

/** Every coding that is like that of a draft must refuse its messages. */
async function checkLookalikes(v: Members): Promise<readonly string[]> {
  const ways: string[] = [];
  for (const as of list(v, 'refused')) ways.push(...await checkRefused({ ...v, ...as }));
  assert.ok(ways.length > 0);
  return ways;
}

export const checkMessage: Check = async (v) => {
  if (!isValid(v)) {
    if (has(v, 'text')) await checkForeign(v);
    return has(v, 'refused') ? checkLookalikes(v) : checkRefused(v);
  }
  await checkChain(v);
  const keys = checkDerivation(v);
  await checkRecords(v);
  const [, records] = split(v);
  const data = await openRecords(codingOf(v), keys, number(v, 'rs'), records);
  assert.is(opened(data), text(v, 'text'));
  if (isExplicit(v)) return ['openRecords', 'sealRecord'];
  if (!hasDoor(v)) {
    // draft-ietf-webpush-encryption-04 §3.2: Web Push has an authentication secret.
    assert.is(opened(await open(v)), 'invalid-auth-secret');
    return ['openRecords', 'sealRecord'];
  }
  await checkDerived(v);
  assert.is(opened(await open(v)), text(v, 'text'));
  const way = legacyOf(v) ? 'openLegacy' : 'openMessage';
  return ['openRecords', 'sealRecord', way, ...await checkSeal(v)];
};
