/** sendMany: rows in, outcomes out. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { Delivery, Fetch, Outcome, Progress, SendManyOptions } from '../src/index.ts';
import { decrypt } from '../src/receive.ts';
import { deferred, failure, receiver, turn, unchecked, vapid } from './core_support.ts';
import { collect, createServices, createWorld, row, rows, sendIn, summary, tally } from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const many = suite('sendMany');

const never: Fetch = () => Promise.reject(new Error('Something was sent'));
const taken = (): { status: number } => ({ status: 201 });

many('every row has one outcome, with the row itself', async () => {
  const world = createWorld();
  const given = rows(300, (id) => `h${id % 7}`);
  const { outcomes, thrown } = await sendIn(world, given, createServices(world, taken));
  assert.is(thrown, undefined);
  assert.equal(tally(outcomes), { 'ok 1': 300 });
  assert.is(new Set(outcomes.map(({ delivery }) => delivery)).size, 300);
  assert.ok(outcomes.every(({ delivery }) => delivery === given[delivery.id]));
  const [first] = outcomes;
  assert.equal(first?.ok && first.accepted, { status: 201 });
});

many('nothing is read or sent before the first next()', async () => {
  let asked = 0;
  const source = { [Symbol.iterator]: () => (asked++, [][Symbol.iterator]()) };
  const run = sendMany(unchecked<Row[]>(source), { vapid: null, fetch: never });
  await turn();
  assert.is(asked, 0);
  assert.equal(await run.next(), { value: undefined, done: true });
  assert.is(asked, 1);
});

many('takes arrays, sets, generators and asynchronous ones', async () => {
  async function* later(): AsyncGenerator<Row> {
    for (const item of rows(5)) {
      await turn();
      yield item;
    }
  }
  function* soon(): Generator<Row> {
    yield* rows(5);
  }
  for (const source of [rows(5), new Set(rows(5)), soon(), later()]) {
    const world = createWorld();
    const { outcomes } = await sendIn(world, source, createServices(world, taken));
    assert.equal(tally(outcomes), { 'ok 1': 5 });
  }
});

many('an empty source gives no outcome', async () => {
  const world = createWorld();
  assert.equal(await sendIn(world, [], createServices(world, taken)), { outcomes: [], thrown: undefined });
});

many('what is not iterable is refused', async () => {
  for (const source of [undefined, null, 5, {}]) {
    const world = createWorld();
    const { outcomes, thrown } = await sendIn(world, unchecked<Row[]>(source), createServices(world, taken));
    assert.equal(outcomes, []);
    assert.instance(thrown?.reason, TypeError);
  }
});

many('a shared payload reaches every row; its own goes before it; null is none', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const given = [row(0), row(1, 'a', { payload: 'own' }), row(2, 'a', { payload: null })];
  const { outcomes } = await sendIn(world, given, services, { payload: new TextEncoder().encode('shared') });
  assert.equal(tally(outcomes), { 'ok 1': 3 });
  const own = await receiver();
  const texts = await Promise.all(services.calls.map(async ({ id, init: { body } }) =>
    [id, body && new TextDecoder().decode(await decrypt(body, own))]));
  assert.equal(texts.sort(), [[0, 'shared'], [1, 'own'], [2, null]]);
});

many('a shared payload is read once, when it is given', async () => {
  const payload = new TextEncoder().encode('before');
  const world = createWorld();
  const seen: unknown[] = [];
  const encrypt: SendManyOptions<Row>['encrypt'] = async (_, bytes) => {
    seen.push(bytes);
    payload.fill(0);
    return { body: new Uint8Array(1), headers: {} };
  };
  await sendIn(world, rows(3), createServices(world, taken), { payload, encrypt });
  assert.is(new Set(seen).size, 1);
  assert.is(new TextDecoder().decode(unchecked<Uint8Array>(seen[0])), 'before');
});

many('a payload function is called once for each row without its own', async () => {
  const world = createWorld();
  const asked: number[] = [];
  const { outcomes } = await sendIn(
    world,
    [...rows(4), row(4, 'a', { payload: 'own' })],
    createServices(world, (_, __, nth) => (nth === 1 ? { status: 500 } : taken())),
    {
      payload: (delivery: Row) => {
        asked.push(delivery.id);
        return delivery.id % 2 ? 'at once' : Promise.resolve('later');
      },
    },
  );
  assert.equal(tally(outcomes), { 'ok 2': 5 });
  assert.equal(asked, [0, 1, 2, 3]);
});

many('a payload function that fails costs its row only, and its cause is kept', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const reason = new Error('database');
  const makers = [
    () => { throw reason; },
    () => Promise.reject(reason),
    () => undefined,
    () => ({ title: 'an object' }),
    () => 'x'.repeat(5000),
    () => 'good',
  ];
  const { outcomes } = await sendIn(world, rows(6), services, {
    payload: unchecked(({ id }: Row) => makers[id]?.()),
  });
  assert.equal(summary(outcomes), {
    0: 'ERR_DELIVERY_INVALID 0', 1: 'ERR_DELIVERY_INVALID 0', 2: 'ERR_DELIVERY_INVALID 0',
    3: 'ERR_DELIVERY_INVALID 0', 4: 'ERR_PAYLOAD_TOO_LARGE 0', 5: 'ok 1',
  });
  const causes = outcomes.map((outcome) => !outcome.ok && outcome.error.cause);
  assert.is(causes.filter((cause) => cause === reason).length, 2);
  assert.is(causes.filter((cause) => cause instanceof TypeError).length, 2);
  assert.is(services.calls.length, 1);
});

many('no payload is made for a row that is wrong otherwise', async () => {
  const world = createWorld();
  const asked: number[] = [];
  const { keys } = row(0).subscription;
  const given: Row[] = [
    { id: 0, subscription: { endpoint: 'https://web.push.apple.com/0', keys }, options: { topic: 'abcde' } },
    { id: 1, subscription: { endpoint: 'http://a.example.com/1', keys } },
    row(2, 'a', { options: { ttl: -1 } }),
    row(3),
  ];
  const { outcomes } = await sendIn(world, given, createServices(world, taken), {
    payload: ({ id }) => (asked.push(id), 'x'),
  });
  assert.equal(summary(outcomes), {
    0: 'ERR_DELIVERY_INVALID 0', 1: 'ERR_SUBSCRIPTION_INVALID 0', 2: 'ERR_DELIVERY_INVALID 0', 3: 'ok 1',
  });
  assert.equal(asked, [3]);
});

many('a payload function runs for several rows at once, but not for all', async () => {
  const world = createWorld();
  let now = 0;
  let most = 0;
  const { outcomes } = await sendIn(world, rows(100), createServices(world, taken), {
    concurrency: 8,
    payload: async () => {
      most = Math.max(most, ++now);
      await world.sleep(50, new AbortController().signal);
      now--;
      return null;
    },
  });
  assert.equal(tally(outcomes), { 'ok 1': 100 });
  assert.ok(most >= 8 && most <= 10, String(most));
});

many('bad rows are outcomes with their own codes', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const { subscription } = row(0);
  const given = [
    { subscription: { endpoint: 'http://a.example.com/1' } },
    { subscription: { endpoint: 'https://permanently-removed.invalid/fcm' } },
    { subscription, payload: { no: 'payload' } },
    { subscription, options: { ttl: -1 } },
    { subscription, options: { topic: 'no spaces' } },
    { subscription: { endpoint: 'https://web.push.apple.com/x', keys: subscription.keys }, options: { topic: 'abcde' } },
    { subscription, options: { headers: { TTL: '5' } } },
    { subscription: { endpoint: subscription.endpoint }, payload: 'text' },
    { subscription, options: { expires: 5 } },
    {}, null, undefined, 'text',
    Object.defineProperty({}, 'subscription', { get: () => { throw new Error('getter'); } }),
    { subscription },
  ];
  const { outcomes, thrown } = await sendIn(world, unchecked<Delivery[]>(given), services);
  assert.is(thrown, undefined);
  const codes = new Map(outcomes.map((outcome) => [outcome.delivery, outcome.ok ? 'ok' : outcome.error.code]));
  assert.equal(given.map((delivery) => codes.get(unchecked(delivery))), [
    'ERR_SUBSCRIPTION_INVALID', 'ERR_SUBSCRIPTION_GONE', 'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID',
    'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID', 'ERR_SUBSCRIPTION_INVALID',
    'ERR_EXPIRED', 'ERR_SUBSCRIPTION_INVALID', 'ERR_DELIVERY_INVALID', 'ERR_DELIVERY_INVALID',
    'ERR_SUBSCRIPTION_INVALID', 'ERR_DELIVERY_INVALID', 'ok',
  ]);
  assert.ok(outcomes.every(({ ok, attempts }) => attempts === Number(ok)));
  assert.is(services.calls.length, 1);
});

many("what a custom encrypt throws is the row's, and its cause is kept", async () => {
  const world = createWorld();
  const reason = new Error('HSM');
  const makers = [() => { throw reason; }, () => Promise.reject(reason)];
  for (const encrypt of makers) {
    const { outcomes } = await sendIn(world, rows(2), createServices(world, taken), { payload: 'x', encrypt });
    assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 2 });
    assert.ok(outcomes.every((outcome) => !outcome.ok && outcome.error.cause === reason));
  }
});

many("a row's options take the place of the shared ones, one by one", async () => {
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
    row(5, 'a', { options: unchecked({ fetch: 5, endpoints: 'bogus', method: 'DELETE', padTo: undefined }) }),
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

many('a row with both ttl and expires is wrong', async () => {
  const world = createWorld();
  const given = [row(0, 'a', { options: { ttl: 5, expires: world.now() + 1000 } })];
  const { outcomes } = await sendIn(world, given, createServices(world, taken), { ttl: 5 });
  assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 1 });
});

many('a row is read when it is taken: what happens to it then is no matter', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 10 }));
  function* source(): Generator<{ subscription: { endpoint: string } }> {
    const reused = { subscription: { endpoint: '' } };
    for (let id = 0; id < 5; id++) {
      reused.subscription.endpoint = `https://a.example.com/${id}`;
      yield reused;
    }
  }
  const { outcomes } = await sendIn(world, source(), services, { concurrency: 1 });
  assert.is(outcomes.length, 5);
  assert.equal(services.calls.map(({ id }) => id), [0, 1, 2, 3, 4]);
});

const WRONG: readonly (readonly [string, typeof TypeError | typeof RangeError])[] = [
  ...['concurrency', 'perOrigin', 'attempts', 'lookahead', 'unauthorizedLimit', 'patience'].map(
    (name) => [`{ "${name}": -1 }`, RangeError] as const),
  ['{ "concurrency": 0 }', RangeError], ['{ "attempts": 1.5 }', RangeError], ['{ "patience": "5" }', TypeError],
  ['{ "retry": 5 }', TypeError], ['{ "onProgress": "x" }', TypeError], ['{ "now": 5 }', TypeError],
  ['{ "random": 1 }', TypeError], ['{ "sleep": {} }', TypeError], ['{ "fetch": 1 }', TypeError],
  ['{ "encrypt": "aesgcm" }', TypeError], ['{ "onAttempt": 1 }', TypeError], ['{ "timeout": 0 }', RangeError],
  ['{ "ttl": -1 }', RangeError], ['{ "ttl": 1, "expires": 5 }', TypeError], ['{ "urgency": "soon" }', RangeError],
  ['{ "topic": "a b" }', RangeError], ['{ "padTo": -1 }', RangeError], ['{ "padTo": 5000 }', RangeError],
  ['{ "headers": { "TTL": "1" } }', TypeError], ['{ "endpoints": "private" }', TypeError],
  ['{ "scheme": "bearer" }', RangeError], ['{ "method": "GET" }', RangeError], ['{ "payload": {} }', TypeError],
];

for (const [text, wanted] of WRONG) {
  many(`${text} is wrong for every row: thrown before anything is taken`, async () => {
    const wrong = unchecked<Partial<SendManyOptions<Row>>>(JSON.parse(text));
    function* source(): Generator<Row> {
      assert.unreachable('a row was taken');
    }
    const run = sendMany(source(), { vapid: null, fetch: never, ...wrong });
    assert.instance(await failure(() => run.next()), wanted);
    assert.equal(await run.next(), { value: undefined, done: true });
  });
}

many('vapid must be given', async () => {
  const run = sendMany(rows(1), unchecked({ fetch: never }));
  assert.instance(await failure(() => run.next()), TypeError);
});

many('keys that are no pair are told before anything is sent', async () => {
  const wrong = vapid({
    keys: { publicKey: vapid().publicKey, privateKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE' },
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

many('progress is told now and then, and at the end', async () => {
  const world = createWorld();
  const told: Progress[] = [];
  const services = createServices(world, (_, id, nth) => ({
    delay: 100, status: id % 10 === 0 ? 410 : id % 10 === 1 && nth === 1 ? 500 : 201,
  }));
  await sendIn(world, rows(400, (id) => `h${id % 4}`), services, {
    concurrency: 20, onProgress: (progress) => void told.push(progress),
  });
  const last = told.at(-1);
  assert.equal({ ...last, perSecond: 0 }, {
    started: 400, done: 400, ok: 360, retries: 40, codes: { ERR_SUBSCRIPTION_GONE: 40 }, perSecond: 0,
  });
  assert.ok(Math.abs((last?.perSecond ?? 0) - 400_000 / world.passed()) < 1e-9);
  assert.ok(told.length > 3, 'more than once');
  assert.ok(told.length <= world.passed() / 250 + 2, 'not for each row');
  told.forEach((progress, i) => {
    assert.ok(progress.done <= progress.started && progress.ok <= progress.done);
    assert.ok(progress.done >= (told[i - 1]?.done ?? 0));
  });
  assert.is.not(told[0]?.codes, last?.codes);
});

many('what onProgress and onAttempt throw is ignored, also what they reject with', async () => {
  for (const bad of [() => { throw new Error('display'); }, async () => { throw new Error('display'); }]) {
    const world = createWorld();
    const services = createServices(world, () => ({ delay: 300 }));
    const { outcomes, thrown } = await sendIn(world, rows(5), services, {
      onProgress: bad, onAttempt: bad, concurrency: 1,
    });
    await turn();
    assert.is(thrown, undefined);
    assert.equal(tally(outcomes), { 'ok 1': 5 });
  }
});

many('onAttempt is told which attempt it was', async () => {
  const world = createWorld();
  const told: string[] = [];
  const services = createServices(world, (_, __, nth) => ({ status: nth < 3 ? 500 : 201 }));
  await sendIn(world, [row(7)], services, {
    onAttempt: ({ attempt, status, code, origin }) => void told.push(`${attempt} ${status} ${code} ${origin}`),
  });
  assert.equal(told, [
    '1 500 ERR_UNAVAILABLE https://a.example.com', '2 500 ERR_UNAVAILABLE https://a.example.com',
    '3 201 undefined https://a.example.com',
  ]);
});

many('outcomes come as they come, not in the order of the rows', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => ({ delay: id === 0 ? 1000 : 10 }));
  const order: number[] = [];
  const { outcomes } = await sendIn(world, rows(10, (id) => `h${id}`), services);
  for (const outcome of outcomes) order.push(outcome.delivery.id);
  assert.is(order.at(-1), 0);
});

many('several next() at once each get an outcome', async () => {
  const world = createWorld();
  const gate = deferred<void>();
  const run = sendMany(rows(4, (id) => `h${id}`), {
    vapid: null, now: world.now, sleep: world.sleep,
    fetch: async () => {
      await gate.promise;
      return new Response(null, { status: 201 });
    },
  });
  const all = Promise.all(Array.from({ length: 6 }, () => run.next()));
  gate.resolve();
  const results = await world.live(all);
  const outcomes = results.flatMap(({ value }): Outcome<Row>[] => (value ? [value] : []));
  assert.equal(tally(outcomes), { 'ok 1': 4 });
  assert.equal(results.map(({ done }) => done), [false, false, false, false, true, true]);
});

many.run();
