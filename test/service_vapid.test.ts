/** RFC 8292 at the push service: sections 2, 3.2 and 4.2. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService, PushError } from '../src/service.ts';
import type { PushService, PushServiceOptions, TestSubscription } from '../src/service.ts';
import {
  AUDIENCE, base64url, bytes, claims, createServer, NOW, push, rejection, seal, SECONDS, unbase64url,
} from './service_support.ts';

const now = (): number => NOW;
const server = await createServer();
const stranger = await createServer();

async function restricted(options: PushServiceOptions = {}): Promise<[PushService, TestSubscription]> {
  const service = createPushService({ now, ...options });
  return [service, await service.subscribe({ applicationServerKey: server.publicKey })];
}

async function answered(response: Response): Promise<string> {
  const body: unknown = response.status === 201 ? {} : await response.json();
  const reason = body && typeof body === 'object' && 'reason' in body ? body.reason : '';
  return `${response.status} ${String(reason)}`.trim();
}

const restriction = suite('service: restricted subscriptions (RFC 8292 §4.2)');

restriction('the server with the key is let in, and named', async () => {
  const [service, subscription] = await restricted();
  const Authorization = await server.authorization();
  assert.is((await push(service, subscription, 'hi', { Authorization })).status, 201);
  const { vapid, headers } = await subscription.next();
  assert.equal(vapid, {
    publicKey: server.publicKey, subject: 'mailto:ops@example.com', expires: SECONDS + 3600,
  });
  // "MUST NOT forward the JWT or public key to the user agent."
  assert.not.ok(JSON.stringify(headers).includes(server.publicKey));
  assert.is(headers['authorization'], undefined);
});

restriction('the older scheme too; its key is not forwarded either', async () => {
  const [service, subscription] = await restricted();
  const headers = {
    'Authorization': `WebPush ${await server.token(claims())}`,
    'Crypto-Key': `p256ecdsa=${server.publicKey}`,
  };
  assert.is((await push(service, subscription, null, headers)).status, 201);
  const message = await subscription.next();
  assert.is(message.vapid?.publicKey, server.publicKey);
  assert.is(message.headers['crypto-key'], undefined);
});

restriction('none: 401 with a challenge that is the scheme alone (§3), and MUST NOT be taken', async () => {
  const [service, subscription] = await restricted();
  const response = await push(service, subscription, 'hi');
  assert.is(response.headers.get('WWW-Authenticate'), 'vapid');
  assert.is(await answered(response), '401 missing-authorization');
  assert.equal(subscription.messages, []);
});

restriction('another key: 403', async () => {
  const [service, subscription] = await restricted();
  const Authorization = await stranger.authorization();
  const response = await push(service, subscription, 'hi', { Authorization });
  assert.match(await response.clone().text(), /public key mismatch.*do not correspond/);
  assert.is(await answered(response), '403 wrong-key');
});

restriction('every invalid token: 403 with the rule', async () => {
  const [service, subscription] = await restricted();
  const cases: readonly (readonly [string, string])[] = [
    [await server.authorization(claims({ aud: 'https://push.example.net' })), 'invalid-aud'],
    [await server.authorization(claims({ exp: SECONDS - 1 })), 'expired'],
    [await server.authorization(claims({ exp: SECONDS + 86_401 })), 'exp-too-far'],
    [await server.authorization(claims({ exp: undefined })), 'missing-exp'],
    [await server.authorization(claims(), { alg: 'HS256' }), 'invalid-alg'],
    [`vapid t=${await stranger.token(claims())}, k=${server.publicKey}`, 'invalid-signature'],
    [`vapid t=${await server.token(claims())}`, 'missing-key'],
    [`vapid k=${server.publicKey}`, 'missing-token'],
    ['Basic YTpi', 'unknown-scheme'],
    [`WebPush ${await server.token(claims())}`, 'missing-key'],
  ];
  for (const [Authorization, reason] of cases) {
    assert.is(await answered(await push(service, subscription, 'hi', { Authorization })), `403 ${reason}`);
  }
  assert.equal(subscription.messages, []);
});

restriction('a token that was right is verified anew by its time', async () => {
  const clock = { time: NOW };
  const [service, subscription] = await restricted({ now: () => clock.time });
  const Authorization = await server.authorization();
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
  clock.time += 3_600_001;
  assert.is(await answered(await push(service, subscription, null, { Authorization })), '403 expired');
  clock.time = NOW;
  // Known as right, but not for another key: the signature is looked at again.
  const [, token = ''] = /t=([^,]+)/.exec(Authorization) ?? [];
  const other = `vapid t=${token}, k=${stranger.publicKey}`;
  assert.is(await answered(await push(service, subscription, null, { Authorization: other })), '403 invalid-signature');
});

restriction('the restriction is in the key\'s bytes: base64url or 65 bytes', async () => {
  const service = createPushService({ now });
  const subscription = await service.subscribe({ applicationServerKey: unbase64url(server.publicKey) });
  assert.is((await push(service, subscription, null)).status, 401);
  const Authorization = await server.authorization();
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
});

restriction('a key that is none', async () => {
  const service = createPushService();
  const point = unbase64url(server.publicKey);
  const off = bytes(point);
  off[64]! ^= 1;
  for (const applicationServerKey of [
    '', 'abc', `${server.publicKey}=`, point.subarray(1), bytes(point, [0]), off,
    bytes([6], point.subarray(1)), bytes([2], point.subarray(1, 33)), new Uint8Array(65),
  ]) {
    const error = await rejection(service.subscribe({ applicationServerKey }));
    assert.is(error instanceof PushError && error.code, 'ERR_VAPID_INVALID');
  }
  // @ts-expect-error: a number
  await rejection(service.subscribe({ applicationServerKey: 7 }));
});

restriction.run();

const open = suite('service: subscriptions without restriction');

open('need no token, but one that is there has to be right (RFC 8292 §2)', async () => {
  const service = createPushService({ now });
  const subscription = await service.subscribe();
  assert.is((await push(service, subscription, null)).status, 201);
  const Authorization = await stranger.authorization();
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
  const [, second] = subscription.messages;
  assert.is(second?.vapid?.publicKey, stranger.publicKey);
  const wrong = await server.authorization(claims({ aud: 'https://example.com' }));
  assert.is(await answered(await push(service, subscription, null, { Authorization: wrong })), '403 invalid-aud');
});

open('with vapid: required they need one too, anybody\'s', async () => {
  const service = createPushService({ now, vapid: 'required' });
  const subscription = await service.subscribe();
  assert.is(await answered(await push(service, subscription, null)), '401 missing-authorization');
  const Authorization = await stranger.authorization();
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
});

open('the audience is the origin of the endpoint', async () => {
  const origin = 'http://localhost:8030';
  const service = createPushService({ now, origin });
  const subscription = await service.subscribe({ applicationServerKey: server.publicKey });
  assert.ok(subscription.endpoint.startsWith(`${origin}/push/`));
  const wrong = await server.authorization(claims({ aud: AUDIENCE }));
  assert.is(await answered(await push(service, subscription, null, { Authorization: wrong })), '403 invalid-aud');
  const Authorization = await server.authorization(claims({ aud: origin }));
  const response = await push(service, subscription, null, { Authorization });
  assert.is(response.status, 201);
  assert.ok(response.headers.get('Location')?.startsWith(`${origin}/message/`));
});

open('what a client says of the host does not change it', async () => {
  const [service, subscription] = await restricted();
  const evil = await server.authorization(claims({ aud: 'https://evil.example' }));
  const { pathname } = new URL(subscription.endpoint);
  const request = new Request(`https://evil.example${pathname}`, {
    method: 'POST', headers: { TTL: '1', Authorization: evil },
  });
  assert.is(await answered(await service.handle(request)), '403 invalid-aud');
});

open.run();

const keys = suite('service: one key for signing, another for encrypting (RFC 8292 §3.2)');

keys('a message encrypted with the key that signs: 400, SHOULD', async () => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'],
  );
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', privateKey);
  const own = base64url(bytes([4], unbase64url(x), unbase64url(y)));
  const signing = await crypto.subtle.importKey(
    'jwk', { kty: 'EC', crv: 'P-256', x, y, d }, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'],
  );
  const input = `${base64url('{"alg":"ES256"}')}.${base64url(JSON.stringify(claims()))}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, signing, bytes(input));
  const Authorization = `vapid t=${input}.${base64url(new Uint8Array(signature))}, k=${own}`;
  const service = createPushService({ now });
  const subscription = await service.subscribe();
  const sealed = await seal(subscription.keys, 'hi', 0, { privateKey, publicKey });
  const send = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body: sealed.body, headers: { TTL: '1', Authorization, ...headers },
    });
  assert.is(await answered(await send(sealed.headers)), '400 same-key');
  const legacy = { 'Content-Encoding': 'aesgcm', 'Crypto-Key': `dh=${own}` };
  assert.is(await answered(await send(legacy)), '400 same-key');
  // Without a token nobody can tell, and with another's it is none of its business.
  assert.is((await push(service, subscription, 'hi', { Authorization })).status, 201);
});

keys.run();
