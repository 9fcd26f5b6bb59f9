/** The imitated Apple: what it demands, and what it answers in which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claims, NOW, push, seal, sealAesgcm, SECONDS } from './service_support.ts';
import { each, json, server, set, stranger } from './service_vendors_support.ts';

const apple = suite('service: Apple');
const reason = async (response: Response): Promise<string> => {
  assert.match(response.headers.get('apns-id') ?? '', /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  return `${response.status} ${String((await json(response))['reason'])}`;
};

apple('success: 201 with apns-id, the message\'s id, and no Location', async () => {
  const { send, subscription } = await set('apple');
  const response = await send('hi');
  assert.is(response.status, 201);
  assert.is(response.headers.get('Location'), null);
  assert.is(response.headers.get('apns-id'), (await subscription.next()).id);
});

apple('tokens: 403 BadJwtToken, and 400 VapidPkHashMismatch for another key', async () => {
  const aud = 'https://web.push.apple.com';
  const token = await server.token(claims({ aud }));
  await each(await set('apple'), reason, [
    ['403 BadJwtToken', { Authorization: '' }],
    ['403 BadJwtToken', {}, { aud: 'https://example.com' }],
    ['403 BadJwtToken', {}, { exp: SECONDS + 86_401 }],
    ['403 BadJwtToken', {}, { exp: SECONDS - 1 }],
    ['403 BadJwtToken', { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    ['400 VapidPkHashMismatch', { Authorization: await stranger.authorization(claims({ aud })) }],
    ['403 BadVapidPublicKey', { Authorization: `vapid t=${token}, k=abc` }],
    ['403 BadAuthorizationHeader', { Authorization: `vapid ${token}` }],
  ]);
});

apple('sub: what was seen to be refused and to be taken', async () => {
  const { send } = await set('apple');
  for (const sub of [
    undefined, '', 'mailto:openclaw@localhost', 'mailto:relay@herdr.local', 'mailto:a@b.invalid', 'a@example.com',
    'mailto:mailto:a@example.com', 'mailto: <a@example.com>', 'https://localhost', 'https://localhost:3000',
    'mailto:', 'http://example.com', 7,
  ]) assert.is(await reason(await send(null, {}, { sub })), '403 BadJwtToken', String(sub));
  for (const sub of ['mailto:real@example.com', 'https://example.com', 'https://myhost.tailscale.ts.net/x?y', 'mailto:a@example.com?subject=hi']) {
    assert.is((await send(null, {}, { sub })).status, 201, sub);
  }
});

apple('TTL, Urgency and Topic, whose length must be that of base64url', async () => {
  const setting = await set('apple');
  await each(setting, reason, [
    ['400 BadTtl', { TTL: '' }], ['400 BadTtl', { TTL: 'x' }], ['400 BadTtl', { TTL: '-1' }],
    ['400 BadUrgency', { Urgency: 'urgent' }], ['400 BadUrgency', { Urgency: 'high, low' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(33) }], ['400 BadWebPushTopic', { Topic: 'a.b' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(13) }], ['400 BadWebPushTopic', { Topic: 'x' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(29) }],
  ]);
  for (const length of [2, 3, 4, 12, 14, 15, 16, 30, 31, 32]) {
    assert.is((await setting.send(null, { Topic: 'x'.repeat(length) })).status, 201, String(length));
  }
  assert.is((await setting.send(null, { TTL: '0' })).status, 201);
});

apple('bodies that are not encrypted: BadWebPushRequest; long ones: PayloadTooLarge', async () => {
  const { service, subscription } = await set('apple');
  const Authorization = await server.authorization(claims({ aud: 'https://web.push.apple.com' }));
  const { body, headers } = await seal(subscription.keys, 'hi');
  const legacy = await sealAesgcm(subscription.keys, 'hi');
  const send = (bytes: Uint8Array<ArrayBuffer>, fields: Readonly<Record<string, string>>): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body: bytes, headers: { TTL: '1', Authorization, ...fields },
    });
  const bad = '400 BadWebPushRequest';
  assert.is(await reason(await send(body, {})), bad);
  assert.is(await reason(await send(body, { 'Content-Encoding': 'gzip' })), bad);
  assert.is(await reason(await send(new Uint8Array(50), headers)), bad);
  assert.is(await reason(await send(body.slice(0, 86), headers)), bad);
  assert.is(await reason(await send(legacy.body, { 'Content-Encoding': 'aesgcm' })), bad);
  for (const name of ['Encryption', 'Crypto-Key', 'Content-Encoding']) {
    const fields = Object.entries(legacy.headers).filter(([other]) => other !== name);
    assert.is(await reason(await send(legacy.body, Object.fromEntries(fields))), bad, name);
  }
  assert.is((await send(legacy.body, legacy.headers)).status, 201);
  assert.is((await send(body, headers)).status, 201);
  assert.is(await reason(await send(new Uint8Array(4097), headers)), '413 PayloadTooLarge');
});

apple('dead and unknown endpoints, methods, limits', async () => {
  const { send, service, subscription } = await set('apple');
  assert.is(await reason(await service.fetch(subscription.endpoint)), '405 MethodNotAllowed');
  assert.is(await reason(await push(service, { endpoint: 'https://web.push.apple.com/x' }, null)), '404 BadPath');
  for (const [status, expected] of [[429, 'TooManyRequests'], [500, 'InternalServerError'], [503, 'ServiceUnavailable']] as const) {
    service.fail({ status });
    assert.is(await reason(await send(null)), `${status} ${expected}`);
  }
  subscription.unsubscribe();
  const gone = await send(null);
  assert.is(gone.status, 410);
  assert.equal(await json(gone), { reason: 'Unregistered', timestamp: NOW });
});

apple.run();
