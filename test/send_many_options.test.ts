/** sendMany: options, shared and of a row's own, and what happens to wrong ones. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { Delivery, SendManyOptions } from '../src/index.ts';
import { failure, unchecked, vapid } from './core_support.ts';
import {
  collect, createServices, createWorld, never, row, rows, sendIn, taken, tally,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const options = suite('sendMany options');

options('bad rows are outcomes with their own codes', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const { subscription } = row(0);
  const given = [
    { subscription: { endpoint: 'http://a.example.com/1' } },
    { subscription: { endpoint: 'https://permanently-removed.invalid/fcm' } },
    { subscription, payload: { no: 'payload' } },
    { subscription, options: { ttl: -1 } },
    { subscription, options: { topic: 'no spaces' } },
    {
      subscription: { endpoint: 'https://web.push.apple.com/x', keys: subscription.keys },
      options: { topic: 'abcde' },
    },
    { subscription, options: { headers: { TTL: '5' } } },
    { subscription: { endpoint: subscription.endpoint }, payload: 'text' },
    { subscription, options: { expires: 5 } },
    {}, null, undefined, 'text',
    Object.defineProperty({}, 'subscription', { get: () => { throw new Error('getter'); } }),
    { subscription },
  ];
  const { outcomes, thrown } = await sendIn(world, unchecked<Delivery[]>(given), services);
  assert.is(thrown, undefined);
  const codes = new Map(outcomes.map((outcome) =>
    [outcome.delivery, outcome.ok ? 'ok' : outcome.error.code]));
  assert.equal(given.map((delivery) => codes.get(unchecked(delivery))), [
    'ERR_SUBSCRIPTION_INVALID', 'ERR_SUBSCRIPTION_GONE', 'ERR_DELIVERY_INVALID',
    'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID',
    'ERR_SUBSCRIPTION_INVALID', 'ERR_EXPIRED', 'ERR_SUBSCRIPTION_INVALID', 'ERR_DELIVERY_INVALID',
    'ERR_DELIVERY_INVALID', 'ERR_SUBSCRIPTION_INVALID', 'ERR_DELIVERY_INVALID', 'ok',
  ]);
  assert.ok(outcomes.every(({ ok, attempts }) => attempts === Number(ok)));
  assert.is(services.calls.length, 1);
});

options("a row's options take the place of the shared ones, one by one", async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const own = vapid();
  const other = vapid({ subject: 'mailto:other@example.com' });
  const in5 = world.now() + 5000;
  const given = [
    row(0),
    row(1, 'a', { options: { urgency: 'high', topic: 'row' } }),
    row(2, 'a', { options: { ttl: 7 } }),
    row(3, 'a', { options: { vapid: null, headers: { 'X-Row': '1' } } }),
    row(4, 'a', { options: { vapid: other, expires: world.now() + 9000 } }),
    row(5, 'a', {
      options: unchecked({ fetch: 5, endpoints: 'bogus', method: 'DELETE', padTo: undefined }),
    }),
  ];
  const { outcomes } = await sendIn(world, given, services, {
    vapid: own, expires: in5, urgency: 'low', topic: 'all', headers: { 'X-All': '1' },
  });
  assert.equal(tally(outcomes), { 'ok 1': 6 });
  const sent = Object.fromEntries(services.calls.map(({ id, init: { headers } }) => [id, headers]));
  const shown = ['TTL', 'Urgency', 'Topic', 'X-All', 'X-Row'];
  const pick = (id: number): unknown[] => shown.map((name) => sent[id]?.[name]);
  assert.equal(pick(0), ['5', 'low', 'all', '1', undefined]);
  assert.equal(pick(1), ['5', 'high', 'row', '1', undefined]);
  assert.equal(pick(2), ['7', 'low', 'all', '1', undefined]);
  assert.equal(pick(3), ['5', 'low', 'all', undefined, '1']);
  assert.equal(pick(4), ['9', 'low', 'all', '1', undefined]);
  assert.equal(pick(5), pick(0));
  assert.is(sent[0]?.['Authorization'], await own.authorize('https://a.example.com/'));
  assert.is(sent[3]?.['Authorization'], undefined);
  assert.is(sent[4]?.['Authorization'], await other.authorize('https://a.example.com/'));
});

options('a row with both ttl and expires is wrong', async () => {
  const world = createWorld();
  const given = [row(0, 'a', { options: { ttl: 5, expires: world.now() + 1000 } })];
  const { outcomes } = await sendIn(world, given, createServices(world, taken), { ttl: 5 });
  assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 1 });
});

const WRONG: readonly (readonly [string, typeof TypeError | typeof RangeError])[] = [
  ...['concurrency', 'perOrigin', 'attempts', 'lookahead', 'unauthorizedLimit', 'patience'].map(
    (name) => [`{ "${name}": -1 }`, RangeError] as const),
  ['{ "concurrency": 0 }', RangeError], ['{ "attempts": 1.5 }', RangeError],
  ['{ "patience": "5" }', TypeError], ['{ "retry": 5 }', TypeError],
  ['{ "onProgress": "x" }', TypeError], ['{ "now": 5 }', TypeError], ['{ "random": 1 }', TypeError],
  ['{ "sleep": {} }', TypeError], ['{ "fetch": 1 }', TypeError],
  ['{ "encrypt": "aesgcm" }', TypeError], ['{ "onAttempt": 1 }', TypeError],
  ['{ "timeout": 0 }', RangeError], ['{ "ttl": -1 }', RangeError],
  ['{ "ttl": 1, "expires": 5 }', TypeError], ['{ "urgency": "soon" }', RangeError],
  ['{ "topic": "a b" }', RangeError], ['{ "padTo": -1 }', RangeError],
  ['{ "padTo": 5000 }', RangeError], ['{ "headers": { "TTL": "1" } }', TypeError],
  ['{ "endpoints": "private" }', TypeError], ['{ "scheme": "bearer" }', RangeError],
  ['{ "method": "GET" }', RangeError], ['{ "payload": {} }', TypeError],
];

for (const [text, wanted] of WRONG) {
  options(`${text} is wrong for every row: thrown before anything is taken`, async () => {
    const wrong = unchecked<Partial<SendManyOptions<Row>>>(JSON.parse(text));
    function* source(): Generator<Row> {
      assert.unreachable('a row was taken');
    }
    const run = sendMany(source(), { vapid: null, fetch: never, ...wrong });
    assert.instance(await failure(() => run.next()), wanted);
    assert.equal(await run.next(), { value: undefined, done: true });
  });
}

options('vapid must be given', async () => {
  const run = sendMany(rows(1), unchecked({ fetch: never }));
  assert.instance(await failure(() => run.next()), TypeError);
});

options('keys that are no pair are told before anything is sent', async () => {
  const wrong = vapid({
    keys: {
      publicKey: vapid().publicKey,
      privateKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE',
    },
  });
  let takenRows = 0;
  function* source(): Generator<Row> {
    for (const item of rows(3)) yield (takenRows++, item);
  }
  const { outcomes, thrown } = await collect(sendMany(source(), {
    vapid: wrong, fetch: never,
  }));
  assert.equal(outcomes, []);
  assert.is(unchecked<{ code: string }>(thrown?.reason).code, 'ERR_VAPID_INVALID');
  assert.is(takenRows, 0);
});

options.run();
