/** RFC 8292, rule by rule, on tokens that were made by hand: the JWS and its claims. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PushError, verifyVapid } from '../src/service.ts';
import {
  AUDIENCE, base64url, bytes, claims, NOW, rejection, SECONDS, unbase64url,
} from './service_support.ts';
import { now, server, verdict, withToken } from './verify_vapid_support.ts';

const jws = suite('verifyVapid: the JWS (RFC 7515, ES256)');

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
const claimed = async (changes: { readonly [name: string]: unknown }): Promise<unknown> =>
  verdict(await server.authorization(claims(changes)));

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
