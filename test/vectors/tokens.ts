/** Tokens, their claims and subjects. */
import * as assert from 'uvu/assert';
import { isPushError } from '../../src/errors.ts';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { importSigningKey, signEs256 } from '../../src/lib/es256.ts';
import { verifyVapid } from '../../src/service.ts';
import type { VerifiedVapid } from '../../src/service.ts';
import { createVapid, importVapidKeys } from '../../src/vapid.ts';
import type { VapidKeys } from '../../src/vapid.ts';
import type { Check, Members } from './format.ts';
import { has, isValid, number, object, text, unhex } from './format.ts';

/** RFC 6979 appendix A.2.5. */
const SIGNER = {
  private: 'c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721',
  public: '0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6'
    + '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299',
};

function spelled(value: string): string {
  return encodeBase64url(unhex(value));
}

/** What was refused, told in the members that the caller has. */
async function refusal(work: Promise<unknown>): Promise<Members> {
  const error: unknown = await work.then(() => new Error('Taken'), (reason: unknown) => reason);
  if (isPushError(error)) return { code: error.code, reason: error.reason };
  throw error instanceof Error ? error : new Error(String(error));
}

async function checkVerified(v: Members, verifying: Promise<VerifiedVapid>): Promise<void> {
  if (!isValid(v)) {
    const wanted = { code: 'ERR_TOKEN_INVALID', reason: text(v, 'error') };
    assert.equal(await refusal(verifying), wanted);
    return;
  }
  const { publicKey, subject, expires } = await verifying;
  assert.is(publicKey, spelled(text(v, 'key')));
  assert.is(subject, text(v, 'sub'));
  assert.is(expires, number(v, 'exp'));
}

export const checkToken: Check = async (v) => {
  const headers = has(v, 'Crypto-Key') ? { 'Crypto-Key': text(v, 'Crypto-Key') } : {};
  const now = (): number => number(v, 'now') * 1000;
  const options = { audience: text(v, 'audience'), now, headers };
  await checkVerified(v, verifyVapid(text(v, 'authorization'), options));
  return ['verifyVapid'];
};

/** The claims of a case in a token that is right but for them. */
async function signClaims(claims: Members, now: number): Promise<string> {
  const input = [{ typ: 'JWT', alg: 'ES256' }, { ...claims, exp: now / 1000 + 3600 }]
    .map((part) => encodeBase64url(utf8(JSON.stringify(part)))).join('.');
  const key = await importSigningKey(unhex(SIGNER.public), unhex(SIGNER.private));
  return `${input}.${encodeBase64url(await signEs256(key, utf8(input)))}`;
}

const checkClaims: Check = async (v) => {
  const now = 1_500_000_000_000;
  const token = await signClaims(object(v, 'claims'), now);
  const authorization = `vapid t=${token}, k=${spelled(SIGNER.public)}`;
  const options = { audience: 'https://p.example.com:8080', now: () => now };
  await checkVerified(v, verifyVapid(authorization, options));
  return ['verifyVapid'];
};

/** A subject that is taken comes out again of the token that it was signed into. */
const checkSubject: Check = async (v) => {
  const keys = { publicKey: spelled(SIGNER.public), privateKey: spelled(SIGNER.private) };
  const subject = text(v, 'sub');
  const making = async (): Promise<string> =>
    createVapid({ subject, keys }).authorize('https://push.example.net/abc');
  if (!isValid(v)) {
    assert.equal(await refusal(making()), { code: 'ERR_VAPID_INVALID', reason: undefined });
    return ['createVapid'];
  }
  const verified = await verifyVapid(await making(), { audience: 'https://push.example.net' });
  assert.is(verified.subject, subject);
  return ['createVapid', 'verifyVapid'];
};

export const checkVapidClaims: Check = async (v) =>
  (has(v, 'sub') ? checkSubject(v) : checkClaims(v));

/** A pair as VAPID keys: taken, or refused before anything is signed with it. */
export const checkVapidKeys: Check = async (v) => {
  const bad = v['error'] === 'invalid-point';
  const point = bad ? text(v, 'point') : has(v, 'public') ? text(v, 'public') : SIGNER.public;
  const keys: VapidKeys = { publicKey: spelled(point), privateKey: spelled(text(v, 'private')) };
  if (isValid(v)) {
    assert.equal(await importVapidKeys(keys), keys);
    return ['importVapidKeys'];
  }
  const wanted = { code: 'ERR_VAPID_INVALID', reason: undefined };
  assert.equal(await refusal(importVapidKeys(keys)), wanted);
  // The same without waiting: what needs no key operation at once, the rest when it is asked for.
  const making = async (): Promise<void> =>
    createVapid({ subject: 'mailto:me@example.com', keys }).ready();
  assert.equal(await refusal(making()), wanted);
  return ['importVapidKeys', 'createVapid'];
};
