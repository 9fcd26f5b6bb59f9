/** The imitated WNS: what it demands, and what it answers in header fields. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { claims, push, sealAesgcm, SECONDS } from './service_support.ts';
import { each, server, set, stranger } from './service_vendors_support.ts';

const wns = suite('service: WNS');
const description = async (response: Response): Promise<string> => {
  assert.is(await response.text(), '');
  assert.is(response.headers.get('X-WNS-Status'), response.headers.get('X-WNS-NotificationStatus'));
  const { status, headers } = response;
  return `${status} ${headers.get('X-WNS-Status')} ${headers.get('X-WNS-Error-Description')}`;
};

wns('success: fields only', async () => {
  const { send, subscription } = await set('wns');
  const response = await send('hi');
  assert.is(await description(response), '201 received null');
  assert.is(response.headers.get('X-WNS-Msg-ID'), (await subscription.next()).id);
  assert.is(response.headers.get('Location'), null);
});

wns('TTL 0 wants X-WNS-Cache-Policy: no-cache', async () => {
  const setting = await set('wns');
  const conflict = '400 dropped Ttl value conflicts with X-WNS-Cache-Policy.';
  await each(setting, description, [
    [conflict, { TTL: '0' }], [conflict, { 'TTL': '0', 'X-WNS-Cache-Policy': 'cache' }],
    [conflict, { 'TTL': '60', 'X-WNS-Cache-Policy': 'no-cache' }],
    ['201 received null', { 'TTL': '0', 'X-WNS-Cache-Policy': 'no-cache' }],
    ['201 received null', { 'TTL': '60', 'X-WNS-Cache-Policy': 'cache' }],
  ]);
  assert.is((await setting.send(null, { TTL: '' })).status, 400);
});

wns('tokens: 401, whatever is wrong', async () => {
  const aud = 'https://wns2-par02p.notify.windows.com';
  const setting = await set('wns');
  await each(setting, description, [
    ['401 dropped JWT Authentication Failed, unable to validate token signature',
      { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    ['401 dropped The public key does not match the one of the channel Url.',
      { Authorization: await stranger.authorization(claims({ aud })) }],
  ]);
  for (const response of [
    await setting.send(null, { Authorization: '' }), await setting.send(null, {}, { exp: SECONDS - 1 }),
    await setting.send(null, {}, { aud: 'https://example.com' }),
  ]) assert.match(await description(response), /^401 dropped JWT Authentication Failed, /);
});

wns('Crypto-Key: no white space, one dh, one p256ecdsa', async () => {
  const { service, subscription } = await set('wns');
  const token = await server.token(claims({ aud: 'https://wns2-par02p.notify.windows.com' }));
  const { body, headers } = await sealAesgcm(subscription.keys, 'old');
  const [, dh = ''] = /dh=(.*)/.exec(headers['Crypto-Key'] ?? '') ?? [];
  const k = server.publicKey;
  const send = (field: string, Authorization: string): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body, headers: { TTL: '1', ...headers, 'Crypto-Key': field, Authorization },
    });
  const older = `WebPush ${token}`;
  for (const field of [`dh=${dh};p256ecdsa=${k}`, `dh=${dh},p256ecdsa=${k}`, `p256ecdsa=${k};dh=${dh}`]) {
    assert.is((await send(field, older)).status, 201, field);
    assert.is((await subscription.next()).text(), 'old');
  }
  assert.is((await send(`dh=${dh}`, `vapid t=${token}, k=${k}`)).status, 201);
  const zero = /^400 dropped Zero or more than 1 crypto-key <dh> exist\./;
  assert.match(await description(await send(`keyid=a; dh=${dh};p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`dh=${dh}; p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`dh=${dh},dh=${dh},p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`p256ecdsa=${k}`, older)), zero);
  const plain = { method: 'POST', headers: { 'TTL': '1', 'Authorization': older, 'Crypto-Key': `keyid=a; p256ecdsa=${k}` } };
  assert.is(
    await description(await service.fetch(subscription.endpoint, plain)),
    '401 dropped Zero or duplicate tokens or token signing keys.',
  );
});

wns('the query is part of the endpoint, exactly', async () => {
  const { send, service, subscription } = await set('wns');
  const changed = subscription.endpoint.replaceAll('%2b', '+').replaceAll('%2f', '/').replaceAll('%3d', '=');
  const other = changed === subscription.endpoint ? `${changed}x` : changed;
  assert.match(await description(await push(service, { endpoint: other }, null)), /^404 dropped /);
  assert.is((await send(null)).status, 201);
});

wns('dead endpoints, throttling', async () => {
  const { send, service, subscription } = await set('wns');
  service.fail({ status: 406, retryAfter: 10 });
  assert.match(await description(await send(null)), /^406 channelthrottled /);
  subscription.unsubscribe();
  assert.match(await description(await send(null)), /^410 dropped /);
});

wns.run();
