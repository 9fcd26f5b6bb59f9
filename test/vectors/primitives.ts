/** base64url, SHA-256, HMAC, HKDF, ECDH, ECDSA and AES-GCM: cases that need no message. */
import * as assert from 'uvu/assert';
import { decodeBase64, decodeBase64url, encodeBase64url } from '../../src/lib/base64url.ts';
import { concat, zeros } from '../../src/lib/bytes.ts';
import { importSigningKey, rawSignature, signEs256, verifyEs256 } from '../../src/lib/es256.ts';
import { ecdh, isPoint } from '../../src/lib/p256.ts';
import { importContentKey, openRecord, sealRecord } from '../../src/lib/records.ts';
import { expand, extract, hmac, hmacKey, sha256 } from '../../src/lib/sha256.ts';
import { AES128GCM } from '../../src/lib/webpush.ts';
import type { Bytes } from '../../src/types.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, number, text, unhex } from './format.ts';
import { importPair } from './keys.ts';

const checkEncode: Check = async (v) => {
  const spelled = text(v, 'text');
  if (v['padding'] === 'always') {
    // Nothing here writes padding; what others wrote is read.
    assert.is(hex(decodeBase64(spelled) ?? zeros(0)), text(v, 'bytes'));
    return ['decodeBase64'];
  }
  assert.is(encodeBase64url(bytes(v, 'bytes')), spelled);
  return ['encodeBase64url'];
};

export const checkBase64url: Check = async (v) => {
  if (v['way'] === 'encode') return checkEncode(v);
  const spelled = text(v, 'text');
  const [name, decode] = v['padding'] === 'never'
    ? ['decodeBase64url', decodeBase64url] as const
    : ['decodeBase64', decodeBase64] as const;
  // No reader demands padding, so none can refuse a text only because it has none.
  const unpadded = v['padding'] === 'always' && spelled.length % 4 !== 0;
  if (unpadded && !isValid(v)) return [];
  const decoded = decode(spelled);
  assert.is(decoded && hex(decoded), isValid(v) ? text(v, 'bytes') : undefined);
  return [name];
};

export const checkSha256: Check = async (v) => {
  const once = bytes(v, 'data');
  const times = has(v, 'times') ? number(v, 'times') : 1;
  const data = new Uint8Array(once.length * times);
  for (let i = 0; i < data.length; i++) data[i] = once[i % once.length] ?? 0;
  assert.is(hex(sha256(data)), text(v, 'digest'));
  return ['sha256'];
};

export const checkHmac: Check = async (v) => {
  const mac = text(v, 'mac');
  // RFC 4231 §4.6 prints the first 128 bits only.
  assert.is(hex(hmac(hmacKey(bytes(v, 'key')), bytes(v, 'data'))).slice(0, mac.length), mac);
  return ['hmac'];
};

export const checkHkdf: Check = async (v) => {
  const salt = bytes(v, 'salt');
  const ikm = bytes(v, 'ikm');
  assert.is(hex(hmac(hmacKey(salt), ikm)), text(v, 'prk'));
  const [prk, info, length] = [extract(salt, ikm), bytes(v, 'info'), number(v, 'length')];
  const okm = text(v, 'okm');
  assert.is(hex(expand(prk, info, Math.min(length, 32))), okm.slice(0, 64));
  // No key of ours is longer than a block; further ones are chained here (RFC 5869 §2.3).
  let block = zeros(0);
  let all = '';
  for (let i = 1; all.length < okm.length; i++) {
    block = hmac(prk, concat([block, info, new Uint8Array([i])]));
    all += hex(block);
  }
  assert.is(all.slice(0, 2 * length), okm);
  return ['extract, expand'];
};

export const checkEcdh: Check = async (v) => {
  const point = bytes(v, 'point');
  if (v['error'] === 'invalid-point') {
    assert.not(isPoint(point));
    return ['isPoint'];
  }
  assert.ok(isPoint(point));
  if (!isValid(v)) return ['isPoint'];
  const own = importPair(text(v, 'private'), text(v, 'public'));
  assert.is(hex(await ecdh(own, point)), text(v, 'secret'));
  return ['isPoint', 'ecdh'];
};

/** Signatures are made with a number that the platform draws: made here, they verify. */
async function signAndVerify(v: Members): Promise<void> {
  const point = bytes(v, 'public');
  const message = bytes(v, 'message');
  const key = await importSigningKey(point, bytes(v, 'private'));
  const signature = await signEs256(key, message);
  assert.is(signature.length, 64);
  assert.ok(await verifyEs256(point, signature, message));
}

export const checkEcdsa: Check = async (v) => {
  const point = bytes(v, 'public');
  const message = bytes(v, 'message');
  const signature = bytes(v, 'signature');
  assert.ok(isPoint(point));
  assert.is(await verifyEs256(point, signature, message), isValid(v));
  if (!isValid(v)) return ['verifyEs256'];
  if (has(v, 'jws')) {
    const [header, claims, third] = text(v, 'jws').split('.');
    assert.is(hex(new TextEncoder().encode(`${header}.${claims}`)), text(v, 'message'));
    assert.is(encodeBase64url(signature), third);
  }
  assert.equal(rawSignature(signature), signature);
  await signAndVerify(v);
  return ['verifyEs256', 'signEs256'];
};

/** Additional data is never used by the library, so those cases are the platform's alone. */
async function checkPlatform(v: Members, sealed: Bytes): Promise<readonly string[]> {
  const key = await crypto.subtle.importKey('raw', bytes(v, 'key'), 'AES-GCM', false, ['decrypt']);
  const algorithm = { name: 'AES-GCM', iv: bytes(v, 'iv'), additionalData: unhex(text(v, 'aad')) };
  const opened = await crypto.subtle.decrypt(algorithm, key, sealed).then(
    (data) => hex(new Uint8Array(data)),
    () => undefined,
  );
  assert.is(opened, isValid(v) ? text(v, 'text') : undefined);
  return ['platform'];
}

export const checkAesGcm: Check = async (v) => {
  const sealed = concat([bytes(v, 'ciphertext'), bytes(v, 'tag')]);
  if (has(v, 'aad')) return checkPlatform(v, sealed);
  const nonce = bytes(v, 'iv');
  if (!isValid(v)) {
    const key = await importContentKey(bytes(v, 'key'), 'decrypt');
    assert.is(await openRecord(AES128GCM, key, nonce, 0, sealed, true), text(v, 'error'));
    return ['openRecord'];
  }
  const key = await importContentKey(bytes(v, 'key'), 'encrypt');
  assert.is(hex(await sealRecord(key, nonce, bytes(v, 'text'))), hex(sealed));
  return ['sealRecord'];
};
