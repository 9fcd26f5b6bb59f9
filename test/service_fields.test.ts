/** The push service by RFC 8030: TTL, Urgency and Topic, sections 5.2 to 5.4. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import { createClock, location, push, refused } from './service_support.ts';

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
