/** What servers, the inbox and real browsers use of the service. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { coreOf, listenAt, observe } from '../src/lib/service/core.ts';
import type { Exchange } from '../src/lib/service/core.ts';
import { acknowledge, clear, outstanding } from '../src/lib/service/delivery.ts';
import { isReset } from '../src/lib/service/faults.ts';
import { LIMITS } from '../src/lib/service/store.ts';
import type { Message } from '../src/lib/service/store.ts';
import { addSubscriber, decodeServerKey, endSubscriber, expireSubscriber, rotateKey } from '../src/lib/service/subscribers.ts';
import { createPushService } from '../src/service.ts';
import { claims, createClock, createServer, NOW, push, rejection } from './service_support.ts';

const core = suite('service: its core');

core('is behind every service, and behind nothing else', () => {
  const service = createPushService();
  assert.is(coreOf(service), coreOf(service));
  assert.equal(Object.keys(service).sort(), ['fail', 'fetch', 'handle', 'subscribe']);
  assert.throws(() => coreOf({ ...service }), /no push service/);
});

core('an observer sees every exchange, message and subscription', async () => {
  const service = createPushService();
  const seen: string[] = [];
  const exchanges: Exchange[] = [];
  const stop = observe(coreOf(service), {
    exchanged: (exchange) => {
      exchanges.push(exchange);
      seen.push(`${exchange.method} ${exchange.answer?.status}`);
    },
    stored: ({ status }) => void seen.push(`stored ${status}`),
    changed: ({ status }) => void seen.push(status),
    subscribed: () => void seen.push('subscribed'),
    ended: () => void seen.push('ended'),
  });
  const subscription = await service.subscribe();
  const first = await push(service, subscription, '1', { Topic: 't' });
  await push(service, subscription, '2', { Topic: 't' });
  await subscription.next();
  await push(service, subscription, 'bad', { TTL: '' });
  service.fail({ reset: 'after' });
  await rejection(push(service, subscription, '3'));
  await service.fetch(first.headers.get('Location') ?? '', { method: 'DELETE' });
  subscription.unsubscribe();
  stop();
  await push(service, subscription, 'unseen');
  assert.equal(seen, [
    'subscribed', 'stored waiting', 'POST 201', 'replaced', 'stored waiting', 'POST 201', 'delivered',
    'POST 400', 'stored waiting', 'POST undefined', 'DELETE 404', 'dropped', 'ended',
  ]);
  const [accepted, , refused, reset] = exchanges;
  assert.is(accepted?.message?.topic, 't');
  assert.is(accepted?.url, subscription.endpoint);
  assert.is(accepted?.subscriber?.endpoint, subscription.endpoint);
  assert.ok(accepted && accepted.body.length > 100);
  assert.ok(accepted?.headers.some(([name, value]) => name === 'topic' && value === 't'));
  assert.is(refused?.refusal?.reason, 'missing-ttl');
  assert.is(reset?.answer, undefined);
  assert.is(reset?.message?.status, 'dropped');
});

core('a subscription with an endpoint and a user agent of its own', async () => {
  const server = await createServer();
  const service = createPushService({ now: () => NOW });
  const got: Message[] = [];
  const state = { connected: false, closed: false };
  const forgotten: Message[] = [];
  const endpoint = 'https://jmt17.google.com/fcm/send/some-token';
  const subscriber = addSubscriber(coreOf(service), {
    endpoint,
    key: decodeServerKey(server.publicKey),
    sink: {
      deliver: (message) => {
        if (state.connected) got.push(message);
        return state.connected;
      },
      forget: (message) => void forgotten.push(message),
      close: () => { state.closed = true; },
    },
  });
  const aud = 'https://jmt17.google.com';
  const Authorization = await server.authorization(claims({ aud }));
  const send = (headers = {}): Promise<Response> => push(service, { endpoint }, null, { Authorization, ...headers });
  const waits = await send();
  assert.is(waits.status, 201);
  assert.ok(waits.headers.get('Location')?.startsWith(`${aud}/message/`));
  assert.is((await send({ TTL: '0' })).status, 201);
  assert.is(got.length, 0);
  assert.equal(forgotten.map((message) => message.status), ['expired']);
  const [message, ...rest] = outstanding(coreOf(service), subscriber);
  assert.is(rest.length, 0);
  state.connected = true;
  await send();
  assert.is(got.length, 1);
  assert.is(outstanding(coreOf(service), subscriber).length, 2);
  assert.ok(acknowledge(coreOf(service), message!));
  assert.not.ok(acknowledge(coreOf(service), message!));
  assert.is((await service.fetch(waits.headers.get('Location') ?? '', { method: 'DELETE' })).status, 404);
  assert.is(outstanding(coreOf(service), subscriber).length, 1);
  // The same endpoint twice would be two user agents for one message.
  assert.throws(() => addSubscriber(coreOf(service), { endpoint }), /in use/);
  assert.throws(() => addSubscriber(coreOf(service), { endpoint: 'no URL' }), TypeError);
  endSubscriber(coreOf(service), subscriber);
  assert.ok(state.closed);
  assert.is((await send()).status, 404);
  addSubscriber(coreOf(service), { endpoint });
  assert.is((await send()).status, 201);
});

core('rotating a key and expiring a subscription', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const [server, other] = [await createServer(), await createServer()];
  const subscription = await service.subscribe({ applicationServerKey: server.publicKey });
  const [subscriber] = coreOf(service).store.subscribers.values();
  const Authorization = await server.authorization();
  assert.is((await push(service, subscription, null, { Authorization })).status, 201);
  rotateKey(subscriber!, decodeServerKey(other.publicKey));
  assert.is((await push(service, subscription, null, { Authorization })).status, 403);
  rotateKey(subscriber!, undefined);
  expireSubscriber(coreOf(service), subscriber!, NOW + 10_000);
  assert.is((await push(service, subscription, null)).status, 201);
  clock.pass(10);
  assert.is((await push(service, subscription, null)).status, 404);
  const second = await service.subscribe();
  const [next] = coreOf(service).store.subscribers.values();
  expireSubscriber(coreOf(service), next!);
  assert.is((await push(service, second, null)).status, 404);
});

core('where a server listens', async () => {
  const server = await createServer();
  const service = createPushService({ now: () => NOW });
  const before = await service.subscribe();
  const stop = listenAt(coreOf(service), 'http://localhost:8030');
  const after = await service.subscribe({ applicationServerKey: server.publicKey });
  assert.ok(after.endpoint.startsWith('http://localhost:8030/push/'));
  // Through the server the older endpoint is reached as well, with a token for where it was asked.
  const own = claims({ aud: 'http://localhost:8030' });
  const Authorization = await server.authorization(own);
  const { pathname } = new URL(before.endpoint);
  for (const endpoint of [after.endpoint, `http://localhost:8030${pathname}`]) {
    const response = await push(service, { endpoint }, null, { Authorization });
    assert.is(response.status, 201);
    assert.ok(response.headers.get('Location')?.startsWith('http://localhost:8030/message/'));
  }
  const subscribed = await service.fetch('http://localhost:8030/subscribe', { method: 'POST' });
  assert.match(subscribed.headers.get('Link') ?? '', /^<http:\/\/localhost:8030\/push\//);
  assert.match(subscribed.headers.get('Location') ?? '', /^http:\/\/localhost:8030\/subscription\//);
  stop();
  assert.ok((await service.subscribe()).endpoint.startsWith('https://push.example.com/'));
  assert.is((await push(service, after, null, { Authorization })).status, 201);
  assert.throws(() => listenAt(coreOf(service), 'localhost'), TypeError);
});

core('an origin of its own stays, wherever a server listens', async () => {
  const service = createPushService({ origin: 'https://push.test.example.com' });
  listenAt(coreOf(service), 'http://localhost:8030');
  assert.ok((await service.subscribe()).endpoint.startsWith('https://push.test.example.com/push/'));
});

core('handle says when the connection is to break', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  service.fail({ reset: 'before' });
  assert.ok(isReset(await rejection(service.handle(new Request(endpoint)))));
  assert.not.ok(isReset(new TypeError('fetch failed')));
  assert.not.ok(isReset(undefined));
});

core('a user agent by HTTP acknowledges with DELETE, which the receipt tells (RFC 8030 §6.2)', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const { store } = coreOf(service);
  const subscriber = addSubscriber(coreOf(service), {});
  const { endpoint } = subscriber;
  const first = await push(service, { endpoint }, null, { Prefer: 'respond-async' });
  const Link = first.headers.get('Link') ?? '';
  const options = { Prefer: 'respond-async', Link, TTL: '1' };
  await push(service, { endpoint }, null, options);
  await push(service, { endpoint }, null, options);
  const [receipts] = store.receipts.values();
  await service.fetch(first.headers.get('Location') ?? '', { method: 'DELETE' });
  assert.equal(receipts?.map(({ status }) => status), [204]);
  clock.pass(1);
  assert.equal(outstanding(coreOf(service), subscriber), []);
  assert.equal(receipts?.map(({ status }) => status), [204, 410, 410]);
  // One that is replaced or taken back was neither delivered nor has it expired.
  const Authorization = await (await createServer()).authorization();
  await push(service, { endpoint }, null, { ...options, Topic: 't' });
  const last = await push(service, { endpoint }, null, { ...options, Topic: 't' });
  await service.fetch(last.headers.get('Location') ?? '', { method: 'DELETE', headers: { Authorization } });
  assert.is(receipts?.length, 3);
  assert.is(store.receipts.size, 1);
});

core('clear forgets all messages, read or not', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'read');
  await push(service, subscription, 'unread');
  await subscription.next();
  clear(coreOf(service));
  assert.equal(subscription.messages, []);
  const { kept, messages, size } = coreOf(service).store;
  assert.equal([kept.size, messages.size, size], [0, 0, 0]);
  assert.is((await push(service, subscription, 'after')).status, 201);
  assert.is((await subscription.next()).text(), 'after');
});

core.run();

const bounds = suite('service: what it keeps is bounded');

bounds('by figures that are not small', () => {
  const { store } = coreOf(createPushService());
  assert.is(store.limits, LIMITS);
  assert.ok(LIMITS.messages >= 10_000 && LIMITS.subscribers >= 100_000);
});

bounds('the oldest messages go when there are too many', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { store } = coreOf(service);
  store.limits = { ...LIMITS, messages: 3 };
  const first = await push(service, subscription, '1');
  for (let i = 2; i <= 5; i++) await push(service, subscription, String(i));
  assert.equal([store.kept.size, store.messages.size], [3, 3]);
  assert.equal(subscription.messages.map((message) => message.text()), ['3', '4', '5']);
  assert.is((await service.fetch(first.headers.get('Location') ?? '', { method: 'DELETE' })).status, 404);
  assert.is((await subscription.next()).text(), '3');
  // One that was read goes like the others.
  await push(service, subscription, '6');
  assert.equal(subscription.messages.map((message) => message.text()), ['4', '5', '6']);
});

bounds('their octets count', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { store } = coreOf(service);
  await push(service, subscription, 'x'.repeat(1000));
  const one = store.size;
  assert.ok(one > 2000 && one < 3000);
  await push(service, subscription, 'x'.repeat(1000));
  assert.is(store.size, 2 * one);
  await subscription.next();
  assert.is(store.size, 2 * one);
  store.limits = { ...LIMITS, octets: 2.5 * one };
  await push(service, subscription, 'x'.repeat(1000));
  assert.is(store.size, 2 * one);
  await subscription.next();
  subscription.unsubscribe();
  assert.is(store.size, one);
});

bounds('receipt subscriptions: 429 with Retry-After for one too many (RFC 8030 §5.1)', async () => {
  const service = createPushService();
  const { endpoint } = addSubscriber(coreOf(service), {});
  const { store } = coreOf(service);
  store.limits = { ...LIMITS, receipts: 1, receiptsOfOne: 2 };
  const Prefer = 'respond-async';
  const { headers } = await push(service, { endpoint }, null, { Prefer });
  const response = await push(service, { endpoint }, null, { Prefer });
  assert.is(response.status, 429);
  assert.is(response.headers.get('Retry-After'), '60');
  const Link = headers.get('Link') ?? '';
  for (let i = 0; i < 3; i++) {
    const { headers } = await push(service, { endpoint }, null, { Prefer, Link });
    await service.fetch(headers.get('Location') ?? '', { method: 'DELETE' });
  }
  assert.is([...store.receipts.values()][0]?.length, 2);
});

bounds('subscriptions: 429 by HTTP, RangeError by subscribe()', async () => {
  const service = createPushService();
  const { store } = coreOf(service);
  store.limits = { ...LIMITS, subscribers: 1 };
  await service.subscribe();
  const response = await service.fetch('https://push.example.com/subscribe', { method: 'POST' });
  assert.is(response.status, 429);
  assert.is(response.headers.get('Retry-After'), '60');
  assert.instance(await rejection(service.subscribe()), RangeError);
});

bounds('endpoints that ended', async () => {
  const service = createPushService({ imitate: 'mozilla' });
  const { store } = coreOf(service);
  store.limits = { ...LIMITS, ended: 2 };
  const first = await service.subscribe();
  first.unsubscribe();
  assert.is((await push(service, first, null)).status, 410);
  for (let i = 0; i < 2; i++) (await service.subscribe()).unsubscribe();
  assert.is(store.ended.size, 2);
  assert.is((await push(service, first, null)).status, 404);
});

bounds.run();
