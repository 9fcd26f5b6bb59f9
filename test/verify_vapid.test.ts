/** RFC 8292, rule by rule: the published token, the Authorization field, the key, hostile input. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PushError, verifyVapid } from '../src/service.ts';
import {
  AUDIENCE, base64url, bytes, claims, createServer, rejection, unbase64url,
} from './service_support.ts';
import { server, verdict, withToken } from './verify_vapid_support.ts';

const published = suite('verifyVapid: the published token');

// RFC 8292 §2.4.
const TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.'
  + 'eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNo'
  + 'QGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L'
  + '9OkSSHzvoD1oA';
const KEY = 'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';
const EXP = 1453523768;
const at = (seconds: number) => ({ audience: 'https://push.example.net', now: () => seconds * 1000 });

published('is accepted, and taken apart', async () => {
  const verified = await verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, at(EXP - 3600));
  assert.equal(verified, { publicKey: KEY, subject: 'mailto:push@example.com', expires: EXP });
});

published('the same in the form of draft-01: WebPush and Crypto-Key', async () => {
  const headers = { 'Crypto-Key': `p256ecdsa=${KEY}` };
  const verified = await verifyVapid(`WebPush ${TOKEN}`, { ...at(EXP - 3600), headers });
  assert.is(verified.publicKey, KEY);
});

published('is good in the very second of exp (RFC 8292 §4.2), and not a moment later', async () => {
  assert.is((await verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, at(EXP))).expires, EXP);
  const error = await rejection(verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, at(EXP + 0.001)));
  assert.is(error instanceof PushError && error.reason, 'expired');
});

published('is good 24 hours ahead (RFC 8292 §2), and not a moment before', async () => {
  assert.is((await verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, at(EXP - 86_400))).expires, EXP);
  const error = await rejection(verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, at(EXP - 86_400.001)));
  assert.is(error instanceof PushError && error.reason, 'exp-too-far');
});

published('the audience may be any URL of the origin', async () => {
  const audience = 'https://push.example.net/p/JzLQ3raZJfFBR0aqvOMsLrt54w4rJUsV';
  await verifyVapid(`vapid t=${TOKEN}, k=${KEY}`, { ...at(EXP), audience });
});

published('by the clock of the machine it has expired', async () => {
  const error = await rejection(verifyVapid(
    `vapid t=${TOKEN}, k=${KEY}`, { audience: 'https://push.example.net' },
  ));
  assert.is(error instanceof PushError && error.reason, 'expired');
});

published.run();

const field = suite('verifyVapid: the Authorization field (RFC 8292 §3)');

field('order, quotes, white space, case of scheme and names, empty elements', async () => {
  const t = await server.token(claims());
  const k = server.publicKey;
  for (const form of [
    `vapid t=${t}, k=${k}`, `vapid k=${k},t=${t}`, `vapid t="${t}", k="${k}"`,
    `VAPID T=${t}\t,  K=${k}`, `  vapid   t=${t},k=${k}  `, `vapid t = ${t} , k = ${k}`,
    `vapid ,t=${t},, k=${k},`,
  ]) assert.is(await verdict(form), 'valid', form.replace(t, '...'));
});

field('realm and unknown parameters are left alone', async () => {
  const t = await server.token(claims());
  const field = `vapid realm="a, \\"b\\" t=c", t=${t}, future=1, k=${server.publicKey}`;
  assert.is(await verdict(field), 'valid');
});

field('nothing, or only a scheme', async () => {
  assert.is(await verdict(''), 'missing-authorization');
  assert.is(await verdict('  '), 'missing-authorization');
  assert.is(await verdict('vapid'), 'missing-token');
  assert.is(await verdict('WebPush'), 'missing-token');
  assert.is(await verdict('Bearer '), 'missing-token');
});

field('null, as Headers.get answers', async () => {
  const missing: unknown = JSON.parse('[null]')[0];
  // @ts-expect-error: what JavaScript passes on
  const error = await rejection(verifyVapid(missing, { audience: AUDIENCE }));
  assert.is(error instanceof PushError && error.reason, 'missing-authorization');
});

field('other schemes', async () => {
  const t = await server.token(claims());
  for (const scheme of ['Basic', 'vapid2', 'key=abc', 'Digest', t]) {
    assert.is(await verdict(`${scheme} t=${t}, k=${server.publicKey}`), 'unknown-scheme');
  }
});

field('a parameter that is missing or empty', async () => {
  const t = await server.token(claims());
  assert.is(await verdict(`vapid k=${server.publicKey}`), 'missing-token');
  assert.is(await verdict(`vapid t=, k=${server.publicKey}`), 'missing-token');
  assert.is(await verdict(`vapid t=${t}`), 'missing-key');
  assert.is(await verdict(`vapid t=${t}, k=""`), 'missing-key');
});

field('a parameter twice (RFC 9110 §11.2), malformed ones, semicolons, two fields joined', async () => {
  const t = await server.token(claims());
  const k = server.publicKey;
  for (const form of [
    `vapid t=${t}, t=${t}, k=${k}`, `vapid t=${t}, k=${k}, K=${k}`, `vapid t=${t}; k=${k}`,
    `vapid ${t}`, `vapid t=${t} k=${k}`, `vapid t="${t}, k=${k}`, `vapid t=${t}, k`,
    `vapid t=${t}, k=${k}, vapid t=${t}, k=${k}`, `WebPush ${t}, ${t}`, `WebPush t=${t}, k=${k}`,
  ]) assert.is(await verdict(form), 'invalid-authorization', form.replaceAll(t, '...'));
});

field('the length is bounded', async () => {
  assert.is(await verdict(`vapid t=${'A'.repeat(20_000)}`), 'invalid-authorization');
});

field('the older schemes: WebPush (draft-01) and Bearer (thomson-02), with Crypto-Key', async () => {
  const t = await server.token(claims());
  const key = `p256ecdsa=${server.publicKey}`;
  for (const scheme of ['WebPush', 'webpush', 'Bearer', 'bearer']) {
    assert.is(await verdict(`${scheme} ${t}`, { 'crypto-key': key }), 'valid');
  }
  for (const value of [`dh=AA;${key}`, `dh=AA,${key}`, `${key};dh=AA`, `P256ECDSA="${server.publicKey}"`]) {
    assert.is(await verdict(`WebPush ${t}`, { 'CRYPTO-KEY': value }), 'valid', value);
  }
  assert.is(await verdict(`WebPush ${t}`), 'missing-key');
  assert.is(await verdict(`WebPush ${t}`, { 'Crypto-Key': 'dh=AA' }), 'missing-key');
  assert.is(await verdict(`WebPush ${t}`, { 'Crypto-Key': `${key},${key}` }), 'invalid-key');
  assert.is(await verdict(`WebPush ${t}`, { 'Crypto-Key': `p256ecdsa = ${server.publicKey}` }), 'invalid-key');
  assert.is(await verdict(`WebPush ${t}`, { 'Crypto-Key': `${key}=` }), 'invalid-key');
});

field('wrong types are TypeErrors', async () => {
  // @ts-expect-error: a number
  assert.instance(await rejection(verifyVapid(1, { audience: AUDIENCE })), TypeError);
  for (const audience of ['push.example.com', 'mailto:a@b', '', 'null']) {
    assert.instance(await rejection(verifyVapid('vapid t=a, k=b', { audience })), TypeError);
  }
});

field.run();

const keys = suite('verifyVapid: the key (RFC 8292 §3.2)');

keys('only an uncompressed point of the curve in base64url without padding', async () => {
  const t = await server.token(claims());
  const point = unbase64url(server.publicKey);
  const changed = (index: number, to: number): string => {
    const copy = bytes(point);
    copy[index] = to;
    return base64url(copy);
  };
  const x = point.subarray(1, 33);
  for (const k of [
    changed(0, 5), changed(0, 2), changed(0, 6), changed(64, (point[64] ?? 0) ^ 1),
    base64url(new Uint8Array(65)), base64url(bytes([4], new Uint8Array(64))),
    base64url(bytes([4], new Uint8Array(64).fill(255))),
    base64url(bytes([3], x)), base64url(point.subarray(1)), base64url(bytes(point, [0])),
    base64url(new Uint8Array([0])), `${server.publicKey}=`, 'k', '***', `${server.publicKey}A`,
    btoa(String.fromCharCode(...bytes(new Array<number>(65).fill(251)))),
  ]) assert.is(await verdict(`vapid t=${t}, k="${k}"`), 'invalid-key', k);
});

keys('another key is not the one that signed', async () => {
  const other = await createServer();
  const t = await server.token(claims());
  assert.is(await verdict(`vapid t=${t}, k=${other.publicKey}`), 'invalid-signature');
});

keys.run();

const hostile = suite('verifyVapid: hostile input');

/** A generator of numbers that is the same in every run. */
function seeded(seed: number): () => number {
  const state = { value: seed };
  return () => {
    state.value = (Math.imul(state.value, 1664525) + 1013904223) >>> 0;
    return state.value / 2 ** 32;
  };
}

hostile('a token with one character changed never passes, and never throws anything else', async () => {
  const random = seeded(8292);
  const authorization = await server.authorization();
  const start = authorization.indexOf('=') + 1;
  const alphabet = 'ABCxyz019-_.,;=" {}\\\t+/';
  for (let i = 0; i < 400; i++) {
    const at = start + Math.floor(random() * (authorization.length - start));
    const character = alphabet[Math.floor(random() * alphabet.length)] ?? '';
    if (authorization[at] === character) continue;
    const changed = authorization.slice(0, at) + character + authorization.slice(at + 1);
    // White space before a comma is none of the token's.
    if (changed.replace(/\s+,/, ',') === authorization) continue;
    assert.is.not(await verdict(changed), 'valid', `changed at ${at} to ${character}`);
  }
});

hostile('long runs of one character take no time', async () => {
  const t = await server.token(claims());
  const began = Date.now();
  for (const run of ['=', ' ', ',', '"', '\\', ';', '\t', 'a=', 'a="', '\\"', '<', '.', '[', '{"a":']) {
    const long = run.repeat(Math.floor(16_000 / run.length));
    for (const form of [`vapid ${long}`, `vapid t=${t}, k=${long}`, `vapid t="${long}`, `${long} x`]) {
      assert.is.not(await verdict(form), 'valid');
    }
    const key = { 'Crypto-Key': `p256ecdsa=${long}` };
    assert.is.not(await verdict(`WebPush ${t}`, key), 'valid');
    assert.is.not(await withToken(await server.token(long.slice(0, 8000))), 'valid');
  }
  // 98 fields: far under what one quadratic reading of 16,000 characters would take each.
  assert.ok(Date.now() - began < 5000);
});

hostile.run();
