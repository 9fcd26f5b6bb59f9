/** The push service by RFC 8030: each MUST of its sections 4, 5, 7 and 8 that is a service's. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import type { PushService } from '../src/service.ts';
import { createClock, push, rejection, seal } from './service_support.ts';
import { skip } from './support.ts';

const RECEIPT = 'urn:ietf:params:push:receipt';

async function reasonOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return body && typeof body === 'object' && 'reason' in body ? body.reason : undefined;
}

async function refused(response: Response, status: number, reason: string): Promise<void> {
  assert.is(response.status, status);
  assert.is(response.headers.get('Content-Type'), 'application/json');
  assert.is(await reasonOf(response), reason);
}

function location(response: Response): string {
  const url = response.headers.get('Location');
  if (url === null) throw new Error(`No Location: ${response.status}`);
  return url;
}

const subscribing = suite('service: subscribing (RFC 8030 §4)');

async function subscribeByHttp(service: PushService, body?: string, type?: string): Promise<Response> {
  return service.fetch('https://push.example.com/subscribe', {
    method: 'POST', body: body ?? null, headers: type === undefined ? {} : { 'Content-Type': type },
  });
}

function pushResource(response: Response): string {
  const link = response.headers.get('Link') ?? '';
  const [, url = ''] = /^<([^>]+)>; rel="urn:ietf:params:push"$/.exec(link) ?? [];
  assert.match(url, /^https:\/\/push\.example\.com\/push\/[\w-]{32}$/);
  return url;
}

subscribing('subscribe() gives what a browser gives', async () => {
  const subscription = await createPushService().subscribe();
  const copy: unknown = JSON.parse(JSON.stringify(subscription));
  assert.equal(copy, {
    endpoint: subscription.endpoint,
    expirationTime: null,
    keys: { p256dh: subscription.keys.p256dh, auth: subscription.keys.auth },
  });
  assert.match(subscription.keys.p256dh, /^B[\w-]{86}$/);
  assert.match(subscription.keys.auth, /^[\w-]{22}$/);
  assert.equal({ ...subscription }, copy);
  assert.equal(structuredClone({ ...subscription }), copy);
});

subscribing('by HTTP: 201, Location of the subscription, Link to the push resource: MUST', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  assert.is(response.status, 201);
  assert.match(location(response), /^https:\/\/push\.example\.com\/subscription\/[\w-]{32}$/);
  const pushed = await push(service, { endpoint: pushResource(response) }, null);
  assert.is(pushed.status, 201);
});

subscribing('DELETE on the subscription resource ends it (§7.3), and only once', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  assert.is((await service.fetch(location(response), { method: 'DELETE' })).status, 204);
  assert.is((await service.fetch(location(response), { method: 'DELETE' })).status, 404);
  assert.is((await push(service, { endpoint: pushResource(response) }, null)).status, 404);
});

subscribing('other methods are a 405 that names what is allowed', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  for (const [url, allowed] of [
    ['https://push.example.com/subscribe', 'POST'], [location(response), 'DELETE'],
    [pushResource(response), 'POST, PUT'],
  ] as const) {
    const answer = await service.fetch(url, { method: 'GET' });
    assert.is(answer.headers.get('Allow'), allowed);
    await refused(answer, 405, 'method-not-allowed');
  }
});

subscribing('application/webpush-options+json restricts it (RFC 8292 §4.1)', async () => {
  const { keys } = await createPushService().subscribe();
  const service = createPushService();
  const type = 'Application/WebPush-Options+JSON; charset=utf-8';
  const options = JSON.stringify({ vapid: keys.p256dh, unknown: [1] });
  const response = await subscribeByHttp(service, options, type);
  assert.is(response.status, 201);
  await refused(await push(service, { endpoint: pushResource(response) }, null), 401, 'missing-authorization');
});

subscribing('other media types MUST be ignored (RFC 8292 §4.1)', async () => {
  const { keys } = await createPushService().subscribe();
  const service = createPushService();
  for (const type of ['application/json', 'text/plain', undefined]) {
    const response = await subscribeByHttp(service, JSON.stringify({ vapid: keys.p256dh }), type);
    assert.is((await push(service, { endpoint: pushResource(response) }, null)).status, 201);
  }
  await subscribeByHttp(service, 'no JSON', 'text/html').then((response) => assert.is(response.status, 201));
});

subscribing('options that restrict to no key are a 400', async () => {
  const service = createPushService();
  const { keys: { p256dh } } = await service.subscribe();
  for (const body of [
    'no JSON', '[]', 'null', '{"vapid":1}', '{"vapid":""}', '{"vapid":null}', `{"vapid":"${p256dh}="}`,
    `{"vapid":"${p256dh}","vapid":"${p256dh}"}`, `{"vapid":"${'A'.repeat(87)}"}`,
    `{"vapid":"${p256dh}","x":"${'x'.repeat(5000)}"}`, '\ufeff{}',
  ]) {
    const response = await subscribeByHttp(service, body, 'application/webpush-options+json');
    await refused(response, 400, 'invalid-options');
  }
  for (const body of ['{}', '']) {
    const response = await subscribeByHttp(service, body, 'application/webpush-options+json');
    assert.is(response.status, 201);
  }
});

subscribing('URIs have 120 bits of entropy at least (§8.3) and nothing in common (§8.2)', async () => {
  const service = createPushService();
  const urls: string[] = [];
  for (let i = 0; i < 20; i++) {
    const subscription = await service.subscribe();
    urls.push(subscription.endpoint, location(await push(service, subscription, null)));
    const response = await subscribeByHttp(service);
    urls.push(location(response), pushResource(response));
  }
  const tokens = urls.map((url) => url.slice(url.lastIndexOf('/') + 1));
  assert.is(new Set(tokens).size, tokens.length);
  for (const token of tokens) assert.match(token, /^[\w-]{21,}$/);
  // Any eight characters that two had in common would be 48 bits of chance.
  const parts = tokens.flatMap((token) => token.match(/.{8}/g) ?? []);
  assert.is(new Set(parts).size, parts.length);
});

subscribing.run();

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

const ttl = suite('service: TTL (RFC 8030 §5.2)');

ttl('a request without is a 400, MUST; so is what is not 1*DIGIT', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await refused(await push(service, subscription, 'hi', { TTL: '' }), 400, 'missing-ttl');
  for (const value of ['1.5', '60s', 'abc', '1e3', '0x10', '+5', '60, 60', '6\xb2']) {
    await refused(await push(service, subscription, null, { TTL: value }), 400, 'invalid-ttl');
  }
  await refused(await push(service, subscription, null, { TTL: '-1' }), 400, 'negative-ttl');
  assert.equal(subscription.messages, []);
});

ttl('the answer says the actual one, which MUST NOT be more than was asked for', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const [asked, given] of [
    ['0', '0'], ['60', '60'], ['007', '7'], ['2419200', '2419200'], ['2592000', '2592000'],
    ['2592001', '2592000'], ['2147483648', '2592000'], ['99999999999999999999', '2592000'],
    ['9'.repeat(400), '2592000'],
  ]) {
    const response = await push(service, subscription, null, { TTL: asked ?? '' });
    assert.is(response.status, 201);
    assert.is(response.headers.get('TTL'), given);
    assert.is((await subscription.next()).ttl, Number(given));
  }
});

ttl('once it has elapsed the message MUST NOT be delivered', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const subscription = await service.subscribe();
  const url = location(await push(service, subscription, 'old', { TTL: '60' }));
  await push(service, subscription, 'new', { TTL: '120' });
  clock.pass(59.999);
  assert.is(subscription.messages.length, 2);
  clock.pass(0.001);
  assert.is(subscription.messages.length, 1);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  assert.is((await subscription.next()).text(), 'new');
  clock.pass(1e6);
  assert.is(subscription.messages[0]?.text(), 'new');
});

ttl('0: delivered at once, never kept for later, not to be replaced or taken back', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const subscription = await service.subscribe();
  const url = location(await push(service, subscription, 'a', { TTL: '0', Topic: 't' }));
  await push(service, subscription, 'b', { TTL: '0', Topic: 't' });
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  clock.pass(10);
  assert.is((await subscription.next()).text(), 'a');
  assert.is((await subscription.next()).text(), 'b');
});

ttl.run();

const urgency = suite('service: Urgency (RFC 8030 §5.3)');

urgency('one of four, normal without', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const [sent, got] of [
    ['very-low', 'very-low'], ['low', 'low'], ['normal', 'normal'], ['high', 'high'], ['', 'normal'],
    ['HIGH', 'high'],
  ]) {
    await push(service, subscription, null, { Urgency: sent ?? '' });
    assert.is((await subscription.next()).urgency, got);
  }
});

urgency('several values, or another, are a 400: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const value of ['high, low', 'high,high', 'urgent', 'very low', '1', 'constructor']) {
    await refused(await push(service, subscription, null, { Urgency: value }), 400, 'invalid-urgency');
  }
});

urgency.run();

const topic = suite('service: Topic (RFC 8030 §5.4)');

topic('more than 32 characters, or other than base64url, is a 400: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const value of ['x'.repeat(33), 'a b', 'a.b', 'a=', 'ä', 'a,b', 'a/b', '+']) {
    await refused(await push(service, subscription, null, { Topic: value }), 400, 'invalid-topic');
  }
  for (const value of ['x'.repeat(32), 'a', '-', '_', '0', '__proto__']) {
    assert.is((await push(service, subscription, null, { Topic: value })).status, 201);
    assert.is((await subscription.next()).topic, value);
  }
});

topic('replaces what waits: a new resource, the old one is gone', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const subscription = await service.subscribe();
  const first = location(await push(service, subscription, '1', { Topic: 't', TTL: '10' }));
  await push(service, subscription, 'other', { Topic: 'u' });
  await push(service, subscription, 'none');
  const second = location(await push(service, subscription, '2', { Topic: 't', TTL: '100', Urgency: 'low' }));
  assert.is.not(first, second);
  assert.equal(subscription.messages.map((message) => message.text()), ['other', 'none', '2']);
  assert.is((await service.fetch(first, { method: 'DELETE' })).status, 404);
  clock.pass(20);
  assert.equal(subscription.messages.map((message) => message.urgency), ['normal', 'normal', 'low']);
});

topic('does not replace what was delivered, or another subscription\'s', async () => {
  const service = createPushService();
  const [one, two] = [await service.subscribe(), await service.subscribe()];
  await push(service, one, '1', { Topic: 't' });
  await push(service, two, '2', { Topic: 't' });
  assert.is((await one.next()).text(), '1');
  await push(service, one, '3', { Topic: 't' });
  assert.equal(one.messages.map((message) => message.text()), ['1', '3']);
  assert.is((await two.next()).text(), '2');
});

topic('with itself when the first has expired or was taken back', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const subscription = await service.subscribe();
  await push(service, subscription, '1', { Topic: 't', TTL: '1' });
  clock.pass(2);
  const url = location(await push(service, subscription, '2', { Topic: 't' }));
  await service.fetch(url, { method: 'DELETE' });
  await push(service, subscription, '3', { Topic: 't' });
  assert.equal(subscription.messages.map((message) => message.text()), ['3']);
});

topic.run();

const receipts = suite('service: receipts (RFC 8030 §5.1)');

function receiptOf(response: Response): string {
  const [, url = ''] = /^<([^>]+)>; rel="([^"]+)"$/.exec(response.headers.get('Link') ?? '') ?? [];
  assert.match(url, /^https:\/\/push\.example\.com\/receipt\/[\w-]{32}$/);
  return url;
}

receipts('Prefer: respond-async: 202, Location and Link, all MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const Prefer of ['respond-async', 'wait=5, Respond-Async', 'respond-async; a=b', ' respond-async ,x']) {
    const response = await push(service, subscription, 'hi', { Prefer });
    assert.is(response.status, 202);
    assert.match(location(response), /\/message\//);
    receiptOf(response);
  }
  assert.is(subscription.messages.length, 4);
  for (const Prefer of ['wait=5', 'respond-sync', 'x="respond-async"']) {
    assert.is((await push(service, subscription, 'hi', { Prefer })).status, 201);
  }
});

receipts('the one that is named is used again', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const Prefer = 'respond-async';
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer }));
  for (const Link of [
    `<${url}>; rel="${RECEIPT}"`, `<${url}>;rel=${RECEIPT}`, `<${new URL(url).pathname}>; title="a, b"; rel="x ${RECEIPT}"`,
    `<https://other.example/>; rel="next", <${url}>; rel="${RECEIPT.toUpperCase()}"`,
  ]) {
    const response = await push(service, subscription, 'hi', { Prefer, Link });
    assert.is(response.status, 202, Link);
    assert.is(receiptOf(response), url);
  }
});

receipts('an invalid one is a 400: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const Prefer = 'respond-async';
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer }));
  const other = location(await push(service, subscription, 'hi'));
  for (const target of [
    `${url}x`, other, subscription.endpoint, 'https://push.example.com/receipt/unknown', '/receipt/', '', ':',
    url.replace('push.example.com', 'other.example.com'), `${url}?x`, 'https://[',
  ]) {
    const Link = `<${target}>; rel="${RECEIPT}"`;
    await refused(await push(service, subscription, 'hi', { Prefer, Link }), 400, 'invalid-receipt');
    await refused(await push(service, subscription, 'hi', { Link }), 400, 'invalid-receipt');
  }
  const Link = `<${url}>; rel="${RECEIPT}", <${url}>; rel="${RECEIPT}"`;
  await refused(await push(service, subscription, 'hi', { Prefer, Link }), 400, 'invalid-receipt');
});

receipts('DELETE ends a receipt subscription (§7.3): it is invalid from then on', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer: 'respond-async' }));
  assert.is((await service.fetch(url)).headers.get('Allow'), 'DELETE');
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 204);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  const Link = `<${url}>; rel="${RECEIPT}"`;
  await refused(await push(service, subscription, 'hi', { Link }), 400, 'invalid-receipt');
});

receipts('Link fields that take long to read badly', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const began = Date.now();
  for (const run of ['<>;a="', '<>; a = "\\"', ' ;', '<', '>;a=b ', '<>;a ;a ;a ', '; rel=', '<a>;"', ' ']) {
    const Link = `<>${run.repeat(Math.floor(15_000 / run.length))}`;
    await push(service, subscription, null, { Link });
    await push(service, subscription, null, { Prefer: run.repeat(1000) });
  }
  assert.ok(Date.now() - began < 2000);
});

receipts.run();

const ending = suite('service: the end of a subscription (RFC 8030 §7.3)');

ending('a push to it is a 404: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'unread');
  subscription.unsubscribe();
  subscription.unsubscribe();
  await refused(await push(service, subscription, 'late'), 404, 'gone');
  assert.equal(subscription.messages, []);
});

ending('what was read stays', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'read');
  await push(service, subscription, 'unread');
  await subscription.next();
  subscription.unsubscribe();
  assert.equal(subscription.messages.map((message) => message.text()), ['read']);
});

ending('one that ends while a push is on its way takes it no more', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const response = push(service, subscription, 'hi');
  const sealed = await seal(subscription.keys, 'race');
  const racing = service.fetch(subscription.endpoint, {
    method: 'POST', body: sealed.body, headers: { TTL: '1', ...sealed.headers },
  });
  subscription.unsubscribe();
  assert.is((await racing).status, 404);
  assert.ok([201, 404].includes((await response).status));
});

ending.run();
