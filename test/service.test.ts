/** The push service by RFC 8030: messages, each MUST of sections 5 and 7 that is a service's. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import { location, push, refused, rejection, seal } from './service_support.ts';
import { skip } from './support.ts';

const requesting = suite('service: requesting delivery (RFC 8030 §5)');

requesting('201 with the Location of the message resource: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const response = await push(service, subscription, 'Grüße 👋');
  assert.is(response.status, 201);
  assert.match(location(response), /^https:\/\/push\.example\.com\/message\/[\w-]{32}$/);
  const message = await subscription.next();
  assert.is(message.text(), 'Grüße 👋');
  assert.is(location(response).endsWith(message.id), true);
});

requesting('PUT, as senders did before', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const headers = { TTL: '5' };
  assert.is((await service.fetch(subscription.endpoint, { method: 'PUT', headers })).status, 201);
  assert.is((await subscription.next()).data, null);
});

requesting('nothing is at other paths', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  for (const path of ['/', '/push/', '/push/unknown', '/message/unknown', '/receipt/x', '/__proto__', '/push/__proto__']) {
    const url = `https://push.example.com${path}`;
    await refused(await service.fetch(url, { method: 'POST', headers: { TTL: '1' } }), 404, 'unknown');
  }
  for (const url of [`${endpoint}?x`, `${endpoint}/`, endpoint.toUpperCase().replace(/^HTTPS:\/\/PUSH\.EXAMPLE\.COM/, 'https://push.example.com')]) {
    assert.is((await push(service, { endpoint: url }, null)).status, 404);
  }
});

requesting('DELETE takes a message back that waits: 204, then 404', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const url = location(await push(service, subscription, 'never mind'));
  assert.is(subscription.messages.length, 1);
  const get = await service.fetch(url);
  assert.is(get.headers.get('Allow'), 'DELETE');
  assert.is(get.status, 405);
  const response = await service.fetch(url, { method: 'DELETE' });
  assert.is(response.status, 204);
  assert.is(await response.text(), '');
  assert.equal(subscription.messages, []);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  await push(service, subscription, 'after');
  assert.is((await subscription.next()).text(), 'after');
});

requesting('a message that was delivered cannot be taken back', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const url = location(await push(service, subscription, 'hi'));
  await subscription.next();
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  assert.is(subscription.messages.length, 1);
});

requesting('the body: 4,096 bytes never are too many, MUST (§7.2); more are a 413', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const largest = await seal(subscription.keys, 'x'.repeat(3993));
  assert.is(largest.body.length, 4096);
  const send = (body: Uint8Array<ArrayBuffer>): Promise<Response> =>
    service.fetch(subscription.endpoint, { method: 'POST', body, headers: { TTL: '1', ...largest.headers } });
  assert.is((await send(largest.body)).status, 201);
  assert.is((await subscription.next()).text().length, 3993);
  await refused(await send(new Uint8Array(4097)), 413, 'too-large');
  await refused(await send(new Uint8Array(1_000_000)), 413, 'too-large');
});

/** A request whose body is a stream; `undefined` where the engine has none. */
function streaming(url: string, body: ReadableStream<Uint8Array>): Request | undefined {
  const init = { method: 'POST', body, headers: { TTL: '1' }, duplex: 'half' };
  try {
    const request = new Request(url, init);
    return request.body === undefined || request.body === null ? undefined : request;
  } catch {
    return undefined;
  }
}

const HANGING = 'a body that never ends is left when the signal fires';
const ENDLESS = 'an endless body is left after the limit';
const streams = streaming('https://push.example.com/', new ReadableStream()) !== undefined;

function whereStreams(name: string, test: () => Promise<void>): void {
  if (streams) requesting(name, test);
  else skip(requesting, name, 'this engine has no streams as bodies of requests');
}

whereStreams(HANGING, async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  const controller = new AbortController();
  const reason = new Error('enough');
  const request = streaming(endpoint, new ReadableStream<Uint8Array>());
  const pending = rejection(service.fetch(request!, { signal: controller.signal }));
  setTimeout(() => controller.abort(reason), 5);
  assert.is(await pending, reason);
});

whereStreams(ENDLESS, async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  const state = { pulled: 0, cancelled: false };
  const request = streaming(endpoint, new ReadableStream<Uint8Array>({
    pull: (controller) => {
      state.pulled++;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel: () => { state.cancelled = true; },
  }));
  assert.ok(request);
  await refused(await service.handle(request!), 413, 'too-large');
  assert.ok(state.pulled < 10);
  assert.ok(state.cancelled);
});

requesting('header fields are bounded: 431', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const response = await push(service, subscription, null, { 'X-Long': 'x'.repeat(17_000) });
  await refused(response, 431, 'too-many-fields');
});

requesting('what must not be forwarded is not (§5.3, §5.4, RFC 8292 §4.2); the rest is', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'hi', {
    'Urgency': 'high', 'Topic': 'a', 'X-Own': '1', 'Cookie': 'secret', 'Prefer': 'wait=1',
    'Crypto-Key': `dh=abc;p256ecdsa=${'B'.repeat(87)}, p256ecdsa="x"`, '__proto__': 'polluted',
  });
  const { headers } = await subscription.next();
  assert.is(headers['content-encoding'], 'aes128gcm');
  assert.is(headers['x-own'], '1');
  assert.is(headers['ttl'], '60');
  assert.is(headers['crypto-key'], 'dh=abc');
  for (const name of ['urgency', 'topic', 'authorization', 'prefer', 'cookie']) {
    assert.is(headers[name], undefined, name);
  }
  assert.is(Object.getPrototypeOf(headers), Object.prototype);
  assert.ok(Object.isFrozen(headers));
});

requesting.run();
