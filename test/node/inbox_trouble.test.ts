/** `subtle-push serve`: trouble as ordered, and refusals as vendors word them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../../src/index.ts';
import type { PushError } from '../../src/index.ts';
import {
  command,
  failure,
  lastOf,
  OPTIONS,
  plain,
  prepare,
  served,
  vapid,
} from './inbox_served_support.ts';
import { openLive, startServe } from './inbox_support.ts';

const test = suite('inbox trouble');
prepare(test);

test('trouble: as ordered, for as many requests as ordered, then none', async () => {
  const subscription = await served.subscribe();
  const order = async (fault: object): Promise<PushError> => {
    assert.is((await served.act('fail', fault)).status, 200);
    return failure(subscription);
  };
  const limited = await order({ status: 429, retryAfter: 30 });
  assert.equal([limited.code, limited.retryAfter], ['ERR_RATE_LIMITED', 30_000]);
  assert.is((await order({ status: 503 })).code, 'ERR_UNAVAILABLE');
  assert.is((await order({ status: 410 })).code, 'ERR_SUBSCRIPTION_GONE');
  assert.is((await order({ status: 413 })).code, 'ERR_PAYLOAD_TOO_LARGE');
  assert.is((await order({ reset: 'before' })).code, 'ERR_NETWORK');
  assert.is((await order({ reset: 'after' })).sent, 'maybe');
  await served.act('fail', { delay: 60_000 });
  assert.is((await failure(subscription, { timeout: 50 })).code, 'ERR_TIMEOUT');
  await served.act('fail', { status: 503, times: 2 });
  assert.is((await failure(subscription)).status, 503);
  await served.act('calm');
  await send(plain(subscription), 'x', OPTIONS);
});

test('what was broken off is listed, and planned trouble is told as it is used up', async () => {
  const subscription = await served.subscribe();
  await served.act('fail', { reset: 'before' });
  const cut = await lastOf(() => failure(subscription));
  assert.equal([cut.status, cut.reason], [null, 'reset']);
  await served.act('fail', { delay: 60_000 });
  const live = await openLive(served);
  const left = await lastOf(() => failure(subscription, { timeout: 50 }));
  assert.equal([left.status, left.reason], [null, 'gave-up']);
  assert.is((await served.detail(left.id)).answer, null);
  await live.until((events) =>
    events.find((event) => event.type === 'side' && event.faults.length === 0));
  live.close();
});

test('what is no trouble is refused', async () => {
  for (const fault of [
    {},
    { status: 9 },
    { times: 0, status: 503 },
    { reset: 'x' },
    { delay: -1 },
  ]) {
    assert.is((await served.act('fail', fault)).status, 400, JSON.stringify(fault));
  }
});

/** Each vendor's own word for a push without a token. */
const VENDORS = [
  ['fcm', 400, 'UnauthorizedRegistration'],
  ['mozilla', 401, 'wpush/v2'],
  ['apple', 403, 'BadJwtToken'],
  ['wns', 401, 'JWT Authentication Failed'],
  ['ntfy', 200, ''],
] as const;

for (const [vendor, status, words] of VENDORS) {
  test(`refuses as ${vendor} does`, async () => {
    const other = await startServe(command, ['--imitate', vendor]);
    const { endpoint } = await other.subscribe({ tls: false, key: vapid.publicKey });
    const response = await fetch(endpoint, { method: 'POST', headers: { TTL: '60' } });
    const text = (await response.text()) + JSON.stringify([...response.headers]);
    assert.is(response.status, status);
    if (vendor !== 'mozilla') assert.match(text, words);
    else assert.match(new URL(endpoint).pathname, words);
    const detail = await other.detail(1);
    assert.is(detail.answer?.status, status);
    await other.close();
  });
}

test.run();
