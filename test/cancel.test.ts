/** Taking back a message that waits: DELETE on its location, as autopush does it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cancel } from '../src/index.ts';
import type { Attempt, Fetch } from '../src/index.ts';
import {
  CAPABILITY, claimsOf, failure, fetchOf, misused, ORIGIN, refused, turn, unchecked, vapid,
} from './core_support.ts';

const LOCATION = `${ORIGIN}/m/${CAPABILITY}`;
const OPEN = { vapid: null } as const;

const cancelling = suite('cancel');

cancelling('sends one DELETE without body, signed for the location’s origin', async () => {
  const { fetch, calls } = fetchOf({ status: 204 });
  assert.is(await cancel(LOCATION, { vapid: vapid(), fetch }), undefined);
  assert.is(calls.length, 1);
  const { url, init } = calls[0]!;
  assert.is(url, LOCATION);
  assert.is(init.method, 'DELETE');
  assert.is(init.body, null);
  assert.is(init.redirect, 'manual');
  assert.equal(Object.keys(init.headers), ['Authorization']);
  const { Authorization = '' } = init.headers;
  const [, token = ''] = /^vapid t=([\w.-]+), k=[\w-]{87}$/.exec(Authorization) ?? [];
  assert.is(claimsOf(token)['aud'], ORIGIN);
});

cancelling('without a Vapid sends no Authorization; that has to be said', async () => {
  const { fetch, calls } = fetchOf({ status: 200 });
  await cancel(LOCATION, { ...OPEN, fetch });
  assert.equal(calls[0]?.init.headers, {});
  await misused(cancel(LOCATION, unchecked({ fetch })), TypeError, 'vapid');
  assert.is(calls.length, 1);
});

cancelling('a message that no longer waits says nothing of its subscription', async () => {
  for (const status of [404, 410]) {
    const { fetch } = fetchOf({ status });
    const error = await refused(cancel(LOCATION, { ...OPEN, fetch }), 'ERR_REJECTED');
    assert.is(error.name, 'DeliveryError');
    assert.is(error.status, status);
    assert.is(error.endpoint, LOCATION);
    assert.is(error.origin, ORIGIN);
    assert.not.match(String(error.stack), CAPABILITY);
  }
});

cancelling('other answers mean what they mean to send', async () => {
  for (const [status, code] of [[401, 'ERR_UNAUTHORIZED'], [429, 'ERR_RATE_LIMITED'],
    [503, 'ERR_UNAVAILABLE'], [405, 'ERR_REJECTED'], [302, 'ERR_REJECTED']] as const) {
    const { fetch } = fetchOf({ status, headers: { 'Retry-After': '7' } });
    const error = await refused(cancel(LOCATION, { ...OPEN, fetch }), code);
    assert.is(error.status, status);
    assert.is(error.retryAfter, 7000);
  }
  const reset: Fetch = () => Promise.reject(new TypeError('reset'));
  await refused(cancel(LOCATION, { ...OPEN, fetch: reset }), 'ERR_NETWORK');
});

cancelling('has a timeout and a signal as send has', async () => {
  const never: Fetch = () => new Promise(() => {});
  const late = await refused(
    cancel(LOCATION, { ...OPEN, fetch: never, timeout: 10 }), 'ERR_TIMEOUT',
  );
  assert.is(late.sent, 'maybe');
  const controller = new AbortController();
  const caught = failure(cancel(LOCATION, { ...OPEN, fetch: never, signal: controller.signal }));
  await turn();
  controller.abort('stop');
  assert.is(await caught, 'stop');
});

cancelling('applies the policy again: a stored location may be anybody’s', async () => {
  const { fetch, calls } = fetchOf();
  const asked: Attempt[] = [];
  const others = [
    'http://push.example.com/m', 'https://10.0.0.1/m', 'https://localhost/m', '/m/1',
    'https://u:p@push.example.com/m', 'blob:https://push.example.com/m', '', undefined, null, 5, {},
  ];
  for (const location of others) {
    await refused(
      cancel(unchecked(location), { ...OPEN, fetch }), 'ERR_SUBSCRIPTION_INVALID', String(location),
    );
  }
  await refused(
    cancel(LOCATION, { ...OPEN, fetch, endpoints: 'known' }), 'ERR_SUBSCRIPTION_INVALID',
  );
  await refused(
    cancel(LOCATION, { ...OPEN, fetch, endpoints: () => false }), 'ERR_SUBSCRIPTION_INVALID',
  );
  await misused(
    cancel(LOCATION, { ...OPEN, fetch, endpoints: unchecked('x') }), TypeError, 'policy',
  );
  assert.equal([...calls, ...asked], []);
});

cancelling.run();
