/** RFC 8292, rule by rule, on tokens that were made by hand. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PushError, verifyVapid } from '../src/service.ts';
import {
  AUDIENCE, base64url, bytes, claims, createServer, NOW, rejection, SECONDS, unbase64url,
} from './service_support.ts';

const now = (): number => NOW;
const server = await createServer();

/** The reason that a field is refused for; 'valid' when it is not. */
async function verdict(
  authorization: string,
  headers?: Readonly<Record<string, string>>,
  audience = AUDIENCE,
): Promise<unknown> {
  try {
    await verifyVapid(authorization, { audience, now, headers });
    return 'valid';
  } catch (error) {
    if (!(error instanceof PushError)) throw error;
    assert.is(error.code, 'ERR_TOKEN_INVALID');
    // No message may hold a token, or a part of one.
    for (const part of authorization.split(/[\s.,="]+/)) {
      if (part.length > 15) assert.not.ok(error.message.includes(part), error.message);
    }
    assert.match(error.message, /^[A-Z].*[^.]$/);
    return error.reason;
  }
}

const claimed = async (changes: { readonly [name: string]: unknown }): Promise<unknown> =>
  verdict(await server.authorization(claims(changes)));

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

const jws = suite('verifyVapid: the JWS (RFC 7515, ES256)');
const withToken = (t: string): Promise<unknown> => verdict(`vapid t=${t}, k=${server.publicKey}`);

jws('three parts of base64url', async () => {
  const t = await server.token(claims());
  const [head = '', body = '', tail = ''] = t.split('.');
  for (const broken of [
    `${head}.${body}`, `${t}.`, `${t}.${tail}`, `.${body}.${tail}`, `${head}.${body}.${tail}=`,
    `${head}+.${body}.${tail}`, head, `${head}.${body}.*`, `${head}..`,
  ]) assert.is(await withToken(`"${broken}"`), broken === `${head}..` ? 'invalid-signature' : 'invalid-token', broken);
});

jws('a signature of r and s, nothing else', async () => {
  const t = await server.token(claims());
  const [head = '', body = '', tail = ''] = t.split('.');
  const signature = unbase64url(tail);
  const r = signature.subarray(0, 32);
  const s = signature.subarray(32);
  const der = bytes([0x30, 68, 2, 32], r, [2, 32], s);
  const flipped = bytes(signature);
  flipped[40] = (flipped[40] ?? 0) ^ 1;
  for (const other of [
    der, signature.subarray(1), bytes(signature, [0]), flipped, bytes(s, r), new Uint8Array(64),
    bytes(new Uint8Array(32), s), new Uint8Array(64).fill(255),
  ]) assert.is(await withToken(`${head}.${body}.${base64url(other)}`), 'invalid-signature');
});

jws('what was signed is what counts', async () => {
  const [head = '', , tail = ''] = (await server.token(claims())).split('.');
  const forged = base64url(JSON.stringify(claims({ sub: 'mailto:evil@example.com' })));
  assert.is(await withToken(`${head}.${forged}.${tail}`), 'invalid-signature');
});

jws('alg is ES256, however well it is signed', async () => {
  for (const alg of ['none', 'HS256', 'ES384', 'RS256', 'es256', '', null, undefined, ['ES256'], 256]) {
    assert.is(await withToken(await server.token(claims(), { typ: 'JWT', alg })), 'invalid-alg');
  }
});

jws('typ may be missing, members that are unknown are passed over', async () => {
  assert.is(await withToken(await server.token(claims(), { alg: 'ES256' })), 'valid');
  assert.is(await withToken(await server.token(claims(), { alg: 'ES256', kid: 'a', x: {} })), 'valid');
});

jws('critical header parameters (RFC 7515 §4.1.11)', async () => {
  const header = { alg: 'ES256', crit: ['b64'], b64: false };
  assert.is(await withToken(await server.token(claims(), header)), 'invalid-token');
});

jws('a header that is no object, or names a member twice (RFC 7515 §4)', async () => {
  for (const header of [
    '[]', 'null', '"ES256"', '{', '', '{"alg":"none","alg":"ES256"}', '{"alg":"ES256","al\\u0067":"ES256"}',
    '{"__proto__":{"alg":"ES256"}}',
  ]) {
    const reason = await withToken(await server.token(claims(), header));
    assert.is(reason, header.startsWith('{"__') ? 'invalid-alg' : 'invalid-token', header);
  }
});

jws.run();

const claim = suite('verifyVapid: the claims (RFC 8292 §2, RFC 7519)');

claim('JSON objects with distinct members only', async () => {
  const aud = `"aud":"${AUDIENCE}"`;
  for (const payload of [
    '[]', 'null', 'true', '7', '{', '', '{}x', `{${aud},"exp":1,"exp":${SECONDS}}`,
    `{${aud},"exp":${SECONDS},"\\u0061ud":"${AUDIENCE}"}`, '\ufeff{}',
  ]) {
    const token = await server.token(payload);
    assert.is(await withToken(token), 'invalid-claims', payload);
  }
});

claim('names inside of strings and inner objects are no members', async () => {
  const payload = `{"a":{"exp":1},"b":"\\"exp\\":2,","c":[{"exp":3}],"aud":"${AUDIENCE}","exp":${SECONDS}}`;
  assert.is(await withToken(await server.token(payload)), 'valid');
});

claim('claims in a prototype are none', async () => {
  const payload = `{"__proto__":{"aud":"${AUDIENCE}","exp":${SECONDS}}}`;
  assert.is(await withToken(await server.token(payload)), 'missing-aud');
});

claim('aud is the origin, alone or among others (§2)', async () => {
  assert.is(await claimed({ aud: [AUDIENCE] }), 'valid');
  assert.is(await claimed({ aud: ['https://other.example', AUDIENCE] }), 'valid');
  assert.is(await claimed({ aud: undefined }), 'missing-aud');
  for (const aud of [
    `${AUDIENCE}/`, `${AUDIENCE}:443`, `${AUDIENCE}/push/abc`, 'http://push.example.com',
    'https://PUSH.example.com', 'push.example.com', 'https://push.example.com.evil.example',
    'https://example.com', '', '*', null, 1, true, {}, [], [[AUDIENCE]], [AUDIENCE, 1], [null],
  ]) assert.is(await claimed({ aud }), 'invalid-aud', JSON.stringify(aud));
});

claim('aud with a port, which is part of an origin', async () => {
  const audience = 'http://localhost:8030';
  const authorization = await server.authorization(claims({ aud: audience }));
  assert.is(await verdict(authorization, {}, audience), 'valid');
  assert.is(await verdict(authorization, {}, 'http://localhost:8031'), 'invalid-aud');
});

claim('aud in its Unicode serialisation (RFC 6454 §6.1), which RFC 8292 §2 asks for', async () => {
  const audience = 'https://xn--bcher-kva.example';
  for (const aud of ['https://bücher.example', audience]) {
    assert.is(await verdict(await server.authorization(claims({ aud })), {}, audience), 'valid');
  }
  for (const aud of ['https://bücher.example/', 'https://bücher.example/a', 'https://x@bücher.example', 'https://büche.example']) {
    assert.is(await verdict(await server.authorization(claims({ aud })), {}, audience), 'invalid-aud');
  }
});

claim('exp is there and a number (§2)', async () => {
  assert.is(await claimed({ exp: undefined }), 'missing-exp');
  for (const exp of [`${SECONDS}`, null, true, [SECONDS], {}]) {
    assert.is(await claimed({ exp }), 'invalid-exp', JSON.stringify(exp));
  }
  const huge = `{"aud":"${AUDIENCE}","exp":1e999}`;
  assert.is(await withToken(await server.token(huge)), 'invalid-exp');
});

claim('exp is not past, and at most 24 hours ahead (§2)', async () => {
  assert.is(await claimed({ exp: SECONDS }), 'valid');
  assert.is(await claimed({ exp: SECONDS - 1 }), 'expired');
  assert.is(await claimed({ exp: 0 }), 'expired');
  assert.is(await claimed({ exp: -1 }), 'expired');
  assert.is(await claimed({ exp: SECONDS + 86_400 }), 'valid');
  assert.is(await claimed({ exp: SECONDS + 86_401 }), 'exp-too-far');
  assert.is(await claimed({ exp: NOW + 3_600_000 }), 'exp-too-far');
  assert.is(await claimed({ exp: SECONDS + 0.5 }), 'valid');
});

claim('a clock that is not one lets nothing through', async () => {
  const authorization = await server.authorization();
  const error = await rejection(verifyVapid(authorization, { audience: AUDIENCE, now: () => NaN }));
  assert.is(error instanceof PushError && error.reason, 'expired');
});

claim('sub may be missing, else it is a mailto: or https: URI (§2.1)', async () => {
  const bare = await verifyVapid(
    await server.authorization(claims({ sub: undefined })), { audience: AUDIENCE, now },
  );
  assert.equal(bare, { publicKey: server.publicKey, expires: SECONDS + 3600 });
  for (const sub of ['mailto:a@example.com', 'https://example.com', 'https://example.com/contact?x#y', 'MAILTO:a@b.c']) {
    assert.is(await claimed({ sub }), 'valid', sub);
  }
  for (const sub of [
    'http://example.gov', 'ftp://example.net', 'Some Random String', '', 'a@example.com', 'mailto:',
    'https://', 'mailto: <a@example.com>', 'mailto:a@b.c\n', null, 7, ['mailto:a@b.c'], {},
  ]) assert.is(await claimed({ sub }), 'invalid-sub', JSON.stringify(sub));
});

claim('nbf is kept (RFC 7519 §4.1.5), other claims are passed over (RFC 8292 §2.2)', async () => {
  assert.is(await claimed({ nbf: SECONDS, iat: 'x', jti: {}, push: 'extra' }), 'valid');
  assert.is(await claimed({ nbf: SECONDS + 1 }), 'invalid-claims');
  assert.is(await claimed({ nbf: '1' }), 'invalid-claims');
});

claim.run();

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
