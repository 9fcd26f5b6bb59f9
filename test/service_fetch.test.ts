/** The service as a fetch, as a server's handler, and as trouble. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService, PushError } from '../src/service.ts';
import type { PushService } from '../src/service.ts';
import { push, rejection, seal } from './service_support.ts';

const fetching = suite('service: fetch');

fetching('fits globalThis.fetch, and works unbound', async () => {
  const service = createPushService();
  const fetch: typeof globalThis.fetch = service.fetch;
  const { endpoint } = await service.subscribe();
  const init = { method: 'POST', headers: { TTL: '1' } };
  for (const input of [endpoint, new URL(endpoint), new Request(endpoint)]) {
    assert.is((await fetch(input, init)).status, 201);
  }
  assert.is((await fetch(new Request(endpoint, init))).status, 201);
  assert.is((await fetch(new Request(endpoint, init), { method: 'DELETE' })).status, 405);
});

fetching('takes every kind of body', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { body, headers } = await seal(subscription.keys, 'hi');
  const padded = new Uint8Array(body.length + 2);
  padded.set(body, 1);
  for (const kind of [body, body.buffer, padded.subarray(1, -1), new Blob([body]), new DataView(body.buffer)]) {
    const init = { method: 'POST', body: kind, headers: { TTL: '1', ...headers } };
    await service.fetch(subscription.endpoint, init);
    assert.is((await subscription.next()).text(), 'hi');
  }
});

fetching('nothing goes to the network: unknown hosts are a TypeError, without their paths', async () => {
  const service = createPushService();
  await service.subscribe();
  for (const url of ['https://secret.example.org/token', 'http://push.example.com/', 'https://push.example.com:8443/', 'http://127.0.0.1:9/']) {
    const error = await rejection(service.fetch(url));
    assert.instance(error, TypeError);
    assert.ok(error instanceof TypeError && error.message.startsWith('fetch failed'));
    assert.ok(error instanceof TypeError && error.message.includes(new URL(url).origin));
    assert.not.ok(error instanceof TypeError && error.message.includes('token'));
  }
  assert.instance(await rejection(service.fetch('/relative')), TypeError);
});

fetching('what this engine\'s Request does not take, it does not take', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  const takes = (init: RequestInit): boolean => {
    try {
      return Boolean(new Request(endpoint, init));
    } catch {
      return false;
    }
  };
  for (const init of [{ method: 'GET', body: 'x' }, { method: 'A B' }, { headers: { 'a b': 'c' } }]) {
    const answered = await service.fetch(endpoint, init).then(() => true, () => false);
    assert.is(answered, takes(init));
  }
});

fetching('a signal that fired before: its reason, and nothing happened', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const reason = new Error('stop');
  const init = { method: 'POST', headers: { TTL: '1' }, signal: AbortSignal.abort(reason) };
  assert.is(await rejection(service.fetch(subscription.endpoint, init)), reason);
  assert.equal(subscription.messages, []);
});

fetching('a signal that fires meanwhile', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const controller = new AbortController();
  const reason = new Error('stop');
  const init = { method: 'POST', headers: { TTL: '1' }, signal: controller.signal };
  const pending = rejection(service.fetch(subscription.endpoint, init));
  controller.abort(reason);
  assert.is(await pending, reason);
});

fetching('redirect: error refuses a redirect, manual and follow hand it on', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  service.fail({ status: 307, times: 3 });
  assert.is((await service.fetch(endpoint, { redirect: 'manual' })).status, 307);
  assert.is((await service.fetch(endpoint)).status, 307);
  let request: Request;
  try {
    request = new Request(endpoint, { redirect: 'error' });
  } catch (error) {
    assert.instance(error, TypeError); // workerd has no such mode.
    return;
  }
  assert.instance(await rejection(service.fetch(request)), TypeError);
});

fetching.run();

const handling = suite('service: handle');

handling('answers by path, whatever the host', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const { pathname } = new URL(subscription.endpoint);
  const { body, headers } = await seal(subscription.keys, 'hi');
  const { handle } = service;
  const init = { method: 'POST', body, headers: { TTL: '1', ...headers } };
  const response = await handle(new Request(`http://127.0.0.1:8030${pathname}`, init));
  assert.is(response.status, 201);
  // Its own origin, not one that a client could make up in Host.
  assert.ok(response.headers.get('Location')?.startsWith('https://push.example.com/message/'));
  assert.is((await subscription.next()).text(), 'hi');
});

handling('HEAD has no content', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  const response = await service.handle(new Request(endpoint, { method: 'HEAD' }));
  assert.is(response.status, 405);
  assert.is(await response.text(), '');
});

handling.run();

const faults = suite('service: fail');

async function statuses(service: PushService, endpoint: string, count: number): Promise<number[]> {
  const result: number[] = [];
  for (let i = 0; i < count; i++) result.push((await push(service, { endpoint }, null)).status);
  return result;
}

faults('status for the next one, or for several, in turn', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ status: 503, times: 2 });
  service.fail({ status: 410 });
  assert.equal(await statuses(service, subscription.endpoint, 4), [503, 503, 410, 201]);
  assert.is(subscription.messages.length, 1);
});

faults('retryAfter in seconds; alone it comes with 429 (RFC 8030 §8.4)', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ status: 503, retryAfter: 120 });
  service.fail({ retryAfter: 0 });
  service.fail({ status: 429 });
  for (const [status, retryAfter] of [[503, '120'], [429, '0'], [429, null]]) {
    const response = await push(service, subscription, null);
    assert.is(response.status, status);
    assert.is(response.headers.get('Retry-After'), retryAfter);
  }
});

faults('every status that a Response can have', async () => {
  const service = createPushService();
  const { endpoint } = await service.subscribe();
  for (const status of [200, 201, 202, 204, 205, 299, 304, 307, 400, 401, 404, 451, 500, 599]) {
    service.fail({ status });
    assert.equal(await statuses(service, endpoint, 1), [status]);
  }
});

faults('reset before: as if the connection broke, and nothing was taken', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ reset: 'before' });
  const error = await rejection(push(service, subscription, 'hi'));
  assert.instance(error, TypeError);
  assert.equal(subscription.messages, []);
});

faults('reset after: the message was taken all the same', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ reset: 'after' });
  assert.instance(await rejection(push(service, subscription, 'hi')), TypeError);
  assert.is((await subscription.next()).text(), 'hi');
});

faults('delay passes before the request has an effect; an abort meanwhile prevents it', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ delay: 60_000 });
  const controller = new AbortController();
  const reason = new Error('too slow');
  const init = { method: 'POST', headers: { TTL: '1' }, signal: controller.signal };
  const pending = rejection(service.fetch(subscription.endpoint, init));
  setTimeout(() => controller.abort(reason), 5);
  assert.is(await pending, reason);
  assert.equal(subscription.messages, []);
  service.fail({ delay: 1 });
  assert.is((await push(service, subscription, 'hi')).status, 201);
  service.fail({ delay: 1, status: 500 });
  assert.is((await push(service, subscription, 'hi')).status, 500);
  assert.is(subscription.messages.length, 1);
});

faults('requests that come while one is delayed are not held up by it', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  service.fail({ delay: 20 });
  const slow = push(service, subscription, null, { Topic: 'slow' });
  await push(service, subscription, null, { Topic: 'fast' });
  await slow;
  assert.equal(subscription.messages.map((message) => message.topic), ['fast', 'slow']);
});

faults('what is no fault', async () => {
  const { fail } = createPushService();
  for (const fault of [
    { status: 99 }, { status: 199 }, { status: 600 }, { status: 404.5 }, { status: NaN }, { status: 500, times: 0 },
    { status: 500, times: 1.5 }, { delay: -1 }, { delay: Infinity }, { retryAfter: -1 }, { retryAfter: 0.5 },
  ]) assert.throws(() => fail(fault), (error: unknown) => error instanceof RangeError);
  for (const fault of [{}, { times: 2 }]) {
    assert.throws(() => fail(fault), (error: unknown) => error instanceof TypeError);
  }
  // @ts-expect-error: not a way to reset
  assert.throws(() => fail({ reset: 'never' }), (error: unknown) => error instanceof TypeError);
  // @ts-expect-error: text
  assert.throws(() => fail({ status: '500' }), (error: unknown) => error instanceof TypeError);
});

faults.run();

const options = suite('service: options');

options('an origin of one\'s own', async () => {
  const service = createPushService({ origin: 'http://localhost:8030/' });
  const { endpoint } = await service.subscribe();
  assert.match(endpoint, /^http:\/\/localhost:8030\/push\/[\w-]{32}$/);
  assert.equal(await statuses(service, endpoint, 1), [201]);
});

options('what is no option is a TypeError', () => {
  for (const origin of ['localhost', 'push.example.com', 'ftp://a.b', 'https://a.b/c', 'https://a.b?c', 'https://u@a.b', '']) {
    assert.throws(() => createPushService({ origin }), (error: unknown) => error instanceof TypeError);
  }
  // @ts-expect-error: nobody
  assert.throws(() => createPushService({ imitate: 'google' }), /imitate is one of/);
  // @ts-expect-error: from a prototype
  assert.throws(() => createPushService({ imitate: 'constructor' }), /imitate is one of/);
  // @ts-expect-error: neither
  assert.throws(() => createPushService({ vapid: 'never' }), /vapid is/);
  // @ts-expect-error: not a clock
  assert.throws(() => createPushService({ now: 5 }), /now is/);
});

options('errors are of the library', () => {
  assert.type(PushError, 'function');
});

options.run();
