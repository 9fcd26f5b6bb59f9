/** Tokens that are nearly right, at the push service's door and out of a sender's token cache. */
import * as assert from 'uvu/assert';
import { decodeBase64url, encodeBase64url } from '../../src/lib/base64url.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { importSigningKey, signEs256 } from '../../src/lib/es256.ts';
import { verifyVapid } from '../../src/service.ts';
import type { VerifiedVapid } from '../../src/service.ts';
import type { CryptoKey } from '../../src/types.ts';
import { NOW, ORIGIN, SUBJECT, unchecked, vapid, VAPID_KEYS } from '../core_support.ts';
import type { Campaign, Trial } from './campaign.ts';
import { below, nudgeMember, nudgeText, pick, shakeText } from './mutate.ts';
import type { Draw } from './mutate.ts';

const SECONDS = NOW / 1000;
const HEAD = { typ: 'JWT', alg: 'ES256' };
const CLAIMS = { aud: ORIGIN, exp: SECONDS + 43_200, sub: SUBJECT };
const { publicKey } = VAPID_KEYS;

/** Signed right, whatever it says. */
async function signed(key: CryptoKey, head: unknown, claims: unknown): Promise<string> {
  const text = (value: unknown): string =>
    encodeBase64url(utf8(typeof value === 'string' ? value : json(value)));
  const input = `${text(head)}.${text(claims)}`;
  return `${input}.${encodeBase64url(await signEs256(key, utf8(input)))}`;
}

/** Odd values that JSON has no form for become text. */
function json(value: unknown): string {
  const spell = (_: string, member: unknown): unknown =>
    (typeof member === 'bigint' || typeof member === 'symbol' ? String(member) : member);
  return JSON.stringify(value, spell) ?? 'null';
}

/** What was taken is within RFC 8292 section 2, by checks that are not the library's. */
function check({ publicKey: key, subject, expires }: VerifiedVapid): void {
  assert.is(key, publicKey);
  assert.ok(subject === undefined || typeof subject === 'string');
  assert.ok(expires >= SECONDS && expires <= SECONDS + 86_400, String(expires));
}

const SCHEMES: readonly ((token: string) => readonly [string, Record<string, string>])[] = [
  (token) => [`vapid t=${token}, k=${publicKey}`, {}],
  (token) => [`vapid k=${publicKey},t=${token}`, {}],
  (token) => [`WebPush ${token}`, { 'Crypto-Key': `p256ecdsa=${publicKey}` }],
  (token) => [`Bearer ${token}`, { 'Crypto-Key': `dh=BAAA;p256ecdsa=${publicKey}` }],
];

/** Its text changed: nothing but the very claims may come out. */
function changedText(draw: Draw, token: string, near: boolean): Trial {
  const [authorization, headers] = pick(draw, SCHEMES)(token);
  const change = near ? nudgeText : shakeText;
  const field = headers['Crypto-Key'];
  const other = field !== undefined && draw() < 0.3;
  const [said, fields] = other
    ? [authorization, { 'Crypto-Key': change(draw, field) }]
    : [change(draw, authorization), headers];
  const run = async (): Promise<void> => {
    const verified = await verifyVapid(said, { audience: ORIGIN, now: () => NOW, headers: fields });
    assert.equal(verified, { publicKey, subject: SUBJECT, expires: CLAIMS.exp });
  };
  return { near, input: { said, fields }, run };
}

/** Its claims or header changed, and signed again. */
async function changedClaims(draw: Draw, key: CryptoKey): Promise<Trial> {
  const near = draw() < 0.8;
  const head = draw() < 0.2 ? nudgeMember(draw, HEAD) : HEAD;
  const claims = near && head === HEAD ? nudgeMember(draw, CLAIMS) : shakeText(draw, json(CLAIMS));
  const token = await signed(key, head, claims);
  const [said, headers] = pick(draw, SCHEMES)(token);
  const run = async (): Promise<void> =>
    check(await verifyVapid(said, { audience: ORIGIN, now: () => NOW, headers }));
  return { near, input: { head, claims: json(claims), said }, run };
}

/** Out of a cache that others write to: the token that comes is ours, whatever was there. */
function cached(draw: Draw, token: string, near: boolean): Trial {
  const said = near ? nudgeText(draw, token) : pick(
    draw, [shakeText(draw, token), undefined, null, 5, {}],
  );
  const cache = { get: () => unchecked<string>(said), set: () => {} };
  const run = async (): Promise<void> => {
    const own = vapid({ cache, now: () => NOW });
    const said = await own.authorize(`${ORIGIN}/x`);
    check(await verifyVapid(said, { audience: ORIGIN, now: () => NOW }));
  };
  return { near, input: said, run };
}

export const tokens: Campaign = {
  name: 'tokens',
  codes: ['ERR_TOKEN_INVALID'],
  prepare: async () => {
    const [point, d] = [publicKey, VAPID_KEYS.privateKey].map((text) => decodeBase64url(text)!);
    const key = await importSigningKey(point!, d!);
    const token = await signed(key, HEAD, CLAIMS);
    return (draw) => {
      const kind = below(draw, 10);
      if (kind < 6) return changedText(draw, token, draw() < 0.5);
      return kind < 9 ? changedClaims(draw, key) : cached(draw, token, draw() < 0.5);
    };
  },
};
