/** The imitated FCM: what it demands, and what it answers in which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claims, push, SECONDS, unbase64url } from './service_support.ts';
import { each, server, set, stranger } from './service_vendors_support.ts';

const fcm = suite('service: FCM');
const words = async (response: Response): Promise<string> => `${response.status} ${await response.text()}`;

fcm('success', async () => {
  const { send, service, subscription } = await set('fcm');
  const response = await send('hi');
  const url = response.headers.get('Location') ?? '';
  assert.match(url, /^https:\/\/fcm\.googleapis\.com\/0:\d{16}%[0-9a-f]{32}$/);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 204);
  assert.equal(subscription.messages, []);
});

fcm('what it says of tokens', async () => {
  const setting = await set('fcm');
  const aud = 'https://fcm.googleapis.com';
  const token = await server.token(claims({ aud }));
  const point = unbase64url(server.publicKey);
  const key = (text: string): { readonly Authorization: string } => ({ Authorization: `vapid t=${token}, k="${text}"` });
  const audience = '403 aud claim in the token MUST include the origin of the push resource URL';
  const format = 'authorization header should have the following format: t=jwtToken; k=base64(publicApplicationServerKey)';
  await each(setting, words, [
    ['403 invalid JWT provided', { Authorization: `vapid t=a.b.c, k=${server.publicKey}` }],
    ['403 invalid JWT provided', { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    [audience, {}, { aud: 'https://example.com' }],
    [audience, {}, { aud: undefined }],
    ['403 exp claim MUST NOT be more than 24 hours from the time of the request', {}, { exp: SECONDS + 90_000 }],
    ['403 token has expired', {}, { exp: SECONDS - 1 }],
    ['403 exp claim is missing', {}, { exp: undefined }],
    ['403 public key must be 65 bytes long', key('BAAA')],
    ['403 public key must be in uncompressed form. (First byte needs to be 0x04)', key(`A${server.publicKey.slice(1)}`)],
    ['403 VAPID public key must be on the P-256 curve', key(`B${'A'.repeat(86)}`)],
    ['403 public key must be base64url-encoded [RFC7515]', key(`${server.publicKey}=`)],
    [`403 authorization header had invalid format. ${format}`, { Authorization: `vapid ${token}` }],
    ['403 sender is not authenticated.', { Authorization: 'key=AIza' }],
    ['403 the VAPID credentials in the authorization header do not correspond to the credentials used '
      + 'to create the subscriptions.', { Authorization: await stranger.authorization(claims({ aud })) }],
    ['403 crypto-key header had invalid format. crypto-key header should have the following format: '
      + 'p256ecdsa=base64(publicApplicationServerKey)',
    { 'Authorization': `WebPush ${token}`, 'Crypto-Key': `p256ecdsa=${server.publicKey}=` }],
  ]);
  assert.is(point.length, 65);
});

fcm('no token: 400 UnauthorizedRegistration, in HTML', async () => {
  const { send } = await set('fcm');
  const response = await send(null, { Authorization: '' });
  assert.is(response.status, 400);
  assert.match(response.headers.get('Content-Type') ?? '', /^text\/html/);
  assert.match(await response.text(), /UnauthorizedRegistration/);
});

fcm('sub is not looked at', async () => {
  const { send } = await set('fcm');
  for (const sub of [undefined, 'mailto:x@localhost', 'nobody', 7]) {
    assert.is((await send(null, {}, { sub })).status, 201);
  }
});

fcm('dead, garbled and misplaced endpoints', async () => {
  const { send, service, subscription } = await set('fcm');
  subscription.unsubscribe();
  assert.is(await words(await send(null)), '410 push subscription has unsubscribed or expired.\n');
  const at = async (path: string): Promise<string> =>
    words(await push(service, { endpoint: `https://fcm.googleapis.com${path}` }, null));
  assert.is(await at('/fcm/send/garbled'), '403 invalid push subscription endpoint.');
  assert.match(await at('/else'), /^404 A valid push subscription endpoint should be specified in the URL as such: https:\/\/fcm\.googleapis\.com\/wp\//);
});

fcm('TTL is cut at four weeks, bodies over 4,096 bytes are a 413', async () => {
  const { send, service, subscription } = await set('fcm');
  await send(null, { TTL: '9999999' });
  assert.is((await subscription.next()).ttl, 2_419_200);
  const Authorization = await server.authorization(claims({ aud: 'https://fcm.googleapis.com' }));
  const init = { method: 'POST', body: new Uint8Array(4097), headers: { TTL: '1', Authorization } };
  assert.is((await service.fetch(subscription.endpoint, init)).status, 413);
});

fcm.run();
