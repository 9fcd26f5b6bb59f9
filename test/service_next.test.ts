/** What a test reads from its subscription. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService, PushError } from '../src/service.ts';
import { createClock, push, rejection, seal, sealAesgcm } from './service_support.ts';

const reading = suite('service: next() and messages');

async function codeOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await rejection(promise);
  return error instanceof PushError ? error.code : error;
}

reading('a message with everything that is known of it', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, '{"a":[1]}', { TTL: '30', Urgency: 'low', Topic: 'news' });
  const message = await subscription.next();
  assert.equal(message.json(), { a: [1] });
  assert.is(message.text(), '{"a":[1]}');
  assert.equal(message.data, new TextEncoder().encode('{"a":[1]}'));
  assert.is(message.ttl, 30);
  assert.is(message.urgency, 'low');
  assert.is(message.topic, 'news');
  assert.is(message.coding, 'aes128gcm');
  assert.is(message.vapid, undefined);
  assert.match(message.id, /^[\w-]{32}$/);
  assert.equal(subscription.messages, [message]);
});

reading('waits for one that comes later, in the order of asking', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { next } = subscription;
  const waiting = [next(), next(), next()];
  for (const text of ['1', '2', '3']) await push(service, subscription, text);
  const got = await Promise.all(waiting);
  assert.equal(got.map((message) => message.text()), ['1', '2', '3']);
  assert.is(subscription.messages.length, 3);
});

reading('reads what came before, in the order of coming, once', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (let i = 0; i < 20; i++) await push(service, subscription, String(i));
  for (let i = 0; i < 20; i++) assert.is((await subscription.next()).text(), String(i));
  assert.is(await codeOf(subscription.next({ timeout: 0 })), 'ERR_TIMEOUT');
});

reading('many pushes at once: each once', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const texts = Array.from({ length: 50 }, (_, i) => String(i));
  await Promise.all(texts.map((text) => push(service, subscription, text)));
  const read = subscription.messages.map((message) => message.text());
  assert.equal([...read].sort(), [...texts].sort());
});

reading('each subscription has its own', async () => {
  const service = createPushService();
  const [one, two] = [await service.subscribe(), await service.subscribe()];
  await push(service, two, 'two');
  await push(service, one, 'one');
  assert.is((await one.next()).text(), 'one');
  assert.is((await two.next()).text(), 'two');
});

reading('without payload: null, and no text', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, null);
  const message = await subscription.next();
  assert.is(message.data, null);
  assert.is(message.text(), '');
  assert.is(message.coding, undefined);
  assert.throws(() => message.json(), (error: unknown) => error instanceof SyntaxError);
});

reading('an empty payload is not none', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, '');
  assert.equal((await subscription.next()).data, new Uint8Array(0));
});

reading('bytes that are no UTF-8, and a byte order mark, as a browser reads them', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { body, headers } = await seal(subscription.keys, new Uint8Array([0xef, 0xbb, 0xbf, 0x41, 0xff]));
  await service.fetch(subscription.endpoint, { method: 'POST', body, headers: { TTL: '1', ...headers } });
  const message = await subscription.next();
  assert.is(message.text(), 'A\ufffd');
  assert.is(message.data?.length, 5);
});

reading('aesgcm', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { body, headers } = await sealAesgcm(subscription.keys, 'old');
  await service.fetch(subscription.endpoint, { method: 'POST', body, headers: { TTL: '1', ...headers } });
  const message = await subscription.next();
  assert.is(message.text(), 'old');
  assert.is(message.coding, 'aesgcm');
  assert.match(message.headers['crypto-key'] ?? '', /^dh=/);
});

reading('a message that does not decrypt is answered 201, then next() rejects with ERR_DECRYPT_FAILED', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const other = await service.subscribe();
  const wrongKey = await seal(other.keys, 'not for you');
  const flipped = await seal(subscription.keys, 'hi');
  flipped.body[flipped.body.length - 1]! ^= 1;
  const good = await seal(subscription.keys, 'hi');
  const cases = [
    wrongKey, flipped, { body: new Uint8Array([1, 2, 3]), headers: good.headers },
    { body: good.body, headers: {} }, { body: good.body, headers: { 'Content-Encoding': 'gzip' } },
    { body: good.body, headers: { 'Content-Encoding': 'aesgcm' } },
  ];
  const waiting = codeOf(subscription.next());
  for (const { body, headers } of cases) {
    const response = await service.fetch(subscription.endpoint, {
      method: 'POST', body, headers: { TTL: '60', ...headers },
    });
    assert.is(response.status, 201);
  }
  for (let i = 1; i < cases.length; i++) {
    assert.is(await codeOf(subscription.next({ timeout: 0 })), 'ERR_DECRYPT_FAILED', String(i));
  }
  assert.is(await waiting, 'ERR_DECRYPT_FAILED');
  assert.equal(subscription.messages, []);
  await push(service, subscription, 'after');
  assert.is((await subscription.next()).text(), 'after');
});

reading.run();

const patience = suite('service: the patience of next()');

patience('a timeout is ERR_TIMEOUT, and says what may have happened', async () => {
  const service = createPushService({ vapid: 'required' });
  const subscription = await service.subscribe();
  const silent = await rejection(subscription.next({ timeout: 5 }));
  assert.ok(silent instanceof PushError);
  assert.is(silent.code, 'ERR_TIMEOUT');
  assert.match(silent.message, /^No push message came within 5 ms: nothing unread was sent/);
  await push(service, subscription, 'hi');
  const refused = await rejection(subscription.next({ timeout: 1 }));
  assert.ok(refused instanceof PushError);
  assert.match(refused.message, /the last push was refused: 401 missing-authorization/);
  for (const error of [silent, refused]) {
    assert.not.ok(error.message.includes(subscription.endpoint));
    assert.not.match(error.message, /\.$/);
  }
});

patience('who gave up takes nothing away', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const controller = new AbortController();
  const reason = new Error('enough');
  const given = [
    rejection(subscription.next({ timeout: 1 })),
    rejection(subscription.next({ signal: controller.signal })),
  ];
  const later = subscription.next();
  await given[0];
  controller.abort(reason);
  assert.is(await given[1], reason);
  await push(service, subscription, 'hi');
  assert.is((await later).text(), 'hi');
});

patience('a signal that fired before', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'hi');
  const reason = { any: 'thing' };
  assert.is(await rejection(subscription.next({ signal: AbortSignal.abort(reason) })), reason);
  assert.is((await subscription.next()).text(), 'hi');
});

patience('Infinity waits without a timer, huge timeouts are cut', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const waiting = [subscription.next({ timeout: Infinity }), subscription.next({ timeout: 1e12 })];
  await push(service, subscription, '1');
  await push(service, subscription, '2');
  assert.equal((await Promise.all(waiting)).map((message) => message.text()), ['1', '2']);
});

patience('wrong options', async () => {
  const subscription = await createPushService().subscribe();
  for (const timeout of [-1, NaN, -Infinity]) {
    assert.instance(await rejection(subscription.next({ timeout })), RangeError);
  }
  // @ts-expect-error: text
  assert.instance(await rejection(subscription.next({ timeout: '5' })), TypeError);
});

patience('unsubscribe ends the waiting: ERR_SUBSCRIPTION_GONE', async () => {
  const subscription = await createPushService().subscribe();
  const waiting = codeOf(subscription.next());
  const { unsubscribe, next } = subscription;
  unsubscribe();
  assert.is(await waiting, 'ERR_SUBSCRIPTION_GONE');
  assert.is(await codeOf(next()), 'ERR_SUBSCRIPTION_GONE');
});

patience('a message that expires unread is passed over', async () => {
  const clock = createClock();
  const service = createPushService({ now: clock.now });
  const subscription = await service.subscribe();
  await push(service, subscription, 'old', { TTL: '1' });
  clock.pass(1);
  const waiting = subscription.next();
  await push(service, subscription, 'new', { TTL: '1' });
  assert.is((await waiting).text(), 'new');
});

patience.run();
