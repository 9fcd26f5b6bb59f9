/** sendMany: how much is in flight, parked and waiting, and that no origin holds up the others. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { SendManyOptions } from '../src/index.ts';
import { deferred, turn } from './core_support.ts';
import { createServices, createWorld, row, rows, sendIn, tally } from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const fair = suite('sendMany fairness');

/** When the last good row was answered, in milliseconds. */
async function timed(given: readonly Row[], stalled: (host: string) => boolean, options: Partial<SendManyOptions<Row>> = {}): Promise<number> {
  const world = createWorld();
  const services = createServices(world, (host) => (stalled(host) ? { stalls: true } : { delay: 50 }));
  const good = given.filter((item) => !stalled(new URL(item.subscription.endpoint).host.split('.')[0] ?? '')).length;
  const { now, sleep } = world;
  const run = sendMany(given, { vapid: null, fetch: services.fetch, now, sleep, timeout: 2 ** 31, ...options });
  return world.live((async () => {
    let done = 0;
    for await (const outcome of run) {
      assert.ok(outcome.ok);
      if (++done === good) break;
    }
    return world.passed();
  })());
}

fair('one stalled origin of four: the others end within 1.2 times what they need alone', async () => {
  const given = rows(2400, (id) => 'abcd'[id % 4] ?? '');
  const alone = await timed(given.filter(({ id }) => id % 4), () => false);
  const together = await timed(given, (host) => host === 'a');
  assert.ok(together <= 1.2 * alone, `${together} ms, alone ${alone} ms`);
});

fair('the same with fewer in flight', async () => {
  for (const concurrency of [16, 64]) {
    const given = rows(1000, (id) => 'abcd'[id % 4] ?? '');
    const alone = await timed(given.filter(({ id }) => id % 4), () => false, { concurrency });
    const together = await timed(given, (host) => host === 'a', { concurrency });
    assert.ok(together <= 1.2 * alone, `${concurrency}: ${together} ms, alone ${alone} ms`);
  }
});

fair('a thousand origins that never answer among 9,000 good rows: those end within 1.5 times', async () => {
  const given = rows(10_000, (id) => (id % 10 ? `good${id % 4}` : `dead${id}`));
  const alone = await timed(given.filter(({ id }) => id % 10), () => false);
  const together = await timed(given, (host) => host.startsWith('dead'));
  assert.ok(together <= 1.5 * alone, `${together} ms, alone ${alone} ms`);
});

fair('a thousand that come first keep the good ones waiting for a timeout, not for all of theirs', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (
    host.startsWith('dead') ? { delay: 30_000, fails: new TypeError('fetch failed') } : { delay: 50 }));
  const given = rows(10_000, (id) => (id >= 1000 ? `good${id % 4}` : `dead${id}`));
  const { outcomes } = await sendIn(world, given, services);
  assert.is(outcomes.filter(({ ok }) => ok).length, 9000);
  const last = services.calls.filter(({ host }) => host.startsWith('good')).at(-1)?.at ?? 0;
  assert.ok(last < 45_000, `the good ones ended after ${last} ms`);
});

fair('no more than concurrency in flight, and no more than perOrigin to one', async () => {
  for (const [concurrency, perOrigin] of [[1, 1], [2, 100], [3, 2], [20, 5], [256, 100], [64, 1]] as const) {
    const world = createWorld();
    const services = createServices(world, () => ({ delay: 20 }));
    const { outcomes } = await sendIn(world, rows(800, (id) => `h${id % 5}`), services, { concurrency, perOrigin });
    assert.equal(tally(outcomes), { 'ok 1': 800 });
    assert.is(services.most.get('*'), Math.min(concurrency, 5 * perOrigin), `${concurrency} ${perOrigin}`);
    for (let id = 0; id < 5; id++) assert.ok((services.most.get(`h${id}`) ?? 0) <= perOrigin);
  }
});

fair('one origin gets perOrigin in the end', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 20 }));
  await sendIn(world, rows(2000), services);
  assert.is(services.most.get('a'), 100);
});

fair('origins that have not answered share a quarter', async () => {
  for (const [concurrency, wanted] of [[256, 64], [10, 2], [3, 1], [1, 1]] as const) {
    const world = createWorld();
    const services = createServices(world, () => ({ stalls: true }));
    const controller = new AbortController();
    const ended = sendIn(world, rows(300, (id) => `h${id}`), services, { concurrency, signal: controller.signal });
    for (let i = 0; i < 20; i++) await turn();
    assert.is(services.flying.get('*'), wanted);
    controller.abort();
    await ended;
  }
});

fair('rows for busy origins are parked, and then the source is left alone', async () => {
  for (const lookahead of [1, 10, 1024]) {
    const world = createWorld();
    const services = createServices(world, (host) => (host === 'slow' ? { stalls: true } : { delay: 5 }));
    let taken = 0;
    function* source(): Generator<Row> {
      for (; taken < 5000; taken++) yield row(taken, 'slow');
    }
    const controller = new AbortController();
    const ended = sendIn(world, source(), services, { lookahead, signal: controller.signal });
    for (let i = 0; i < 100; i++) await turn();
    const flying = services.flying.get('slow') ?? 0;
    assert.ok(flying >= 1 && taken <= flying + lookahead, `${taken} taken, ${flying} in flight`);
    assert.ok(taken >= flying + lookahead - 1);
    controller.abort();
    await ended;
  }
});

fair('rows parked to the last place go on when their origin does', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 100 }));
  const { outcomes } = await sendIn(world, rows(200), services, { lookahead: 1, perOrigin: 2 });
  assert.equal(tally(outcomes), { 'ok 1': 200 });
});

fair('all parked rows paused at one origin: the rest is sent when the pause is over', async () => {
  const world = createWorld();
  const services = createServices(world, (host, id) => (
    host === 'a' && id === 0 && world.passed() < 9000 ? { status: 503, headers: { 'Retry-After': '9' } } : { delay: 10 }));
  const given = rows(3000, (id) => (id < 1500 ? 'a' : 'b'));
  const { outcomes } = await sendIn(world, given, services, { lookahead: 100 });
  assert.equal(tally(outcomes), { 'ok 1': 2999, 'ok 2': 1 });
});

fair('origins take turns', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 10 }));
  const given = rows(300, (id) => (id < 270 ? 'big' : `small${id % 3}`));
  await sendIn(world, given, services, { concurrency: 8 });
  const last = (host: string): number => services.calls.map((call) => call.host.startsWith(host)).lastIndexOf(true);
  assert.ok(last('small') < 200, `the last of the small: ${last('small')}`);
});

fair('a consumer that does not pull stops the batch after a bounded number of outcomes', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (id % 3 ? {} : { status: 410 }));
  let taken = 0;
  function* source(): Generator<Row> {
    for (let id = 0; id < 100_000; id++, taken++) yield row(id, id % 7 ? 'a' : 'b', id % 5 ? {} : { payload: 'x'.repeat(9000) });
  }
  const run = sendMany(source(), { vapid: null, fetch: services.fetch, now: world.now, sleep: world.sleep, concurrency: 16 });
  await run.next();
  for (let i = 0; i < 50; i++) await turn();
  assert.ok(taken < 100, `${taken} rows were taken`);
  let more = 0;
  for (; more < 1000; more++) assert.is((await world.live(run.next())).done, false);
  await run.return();
});

fair('a slow consumer does not keep the network idle', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 10 }));
  const run = sendMany(rows(200), { vapid: null, fetch: services.fetch, now: world.now, sleep: world.sleep });
  await world.live(run.next());
  await world.live(world.sleep(500, new AbortController().signal));
  assert.ok(services.calls.length > 150, `${services.calls.length} requests`);
  await run.return();
});

fair('the next row of each origin is encrypted ahead of a full network, and no more', async () => {
  const world = createWorld();
  const gate = deferred<void>();
  const services = createServices(world, () => ({ delay: 10 }));
  let sealed = 0;
  let calls = 0;
  const ended = sendIn(world, rows(500, (id) => `h${id % 4}`), {
    fetch: async (url, init) => {
      if (++calls > 100) await gate.promise;
      return services.fetch(url, init);
    },
  }, {
    concurrency: 64,
    payload: 'x',
    encrypt: async () => (sealed++, { body: new Uint8Array(1), headers: {} }),
  });
  for (let i = 0; i < 300 && calls < 164; i++) await turn();
  for (let i = 0; i < 10; i++) await turn();
  assert.is(calls, 164);
  assert.is(sealed, 164 + 4);
  gate.resolve();
  assert.equal(tally((await ended).outcomes), { 'ok 1': 500 });
  assert.is(sealed, 500, 'each once');
});

fair('every row another origin: all are sent, and origins are forgotten', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 1 }));
  const { outcomes } = await sendIn(world, rows(2500, (id) => `h${id}`), services);
  assert.equal(tally(outcomes), { 'ok 1': 2500 });
});

fair('origins that answer while more of their requests are in flight cease to be strangers', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => ({ delay: 10 + (id * 7) % 90 }));
  const { outcomes } = await sendIn(world, rows(1200, (id) => `h${Math.floor(id / 4)}`), services);
  assert.equal(tally(outcomes), { 'ok 1': 1200 });
});

fair('an origin with rows is not forgotten, whatever others come', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => ({ delay: host === 'slow' ? 1000 : 1 }));
  const given = rows(3000, (id) => (id % 300 ? `h${id}` : 'slow'));
  const { outcomes } = await sendIn(world, given, services, { perOrigin: 1, concurrency: 64 });
  assert.equal(tally(outcomes), { 'ok 1': 3000 });
  assert.is(services.most.get('slow'), 1);
});

fair('when the network is full a few rows are taken, to stand ready', async () => {
  const world = createWorld();
  const gate = deferred<void>();
  const services = createServices(world, () => ({ delay: 10 }));
  let taken = 0;
  let calls = 0;
  function* source(): Generator<Row> {
    for (let id = 0; id < 1000; id++) yield (taken++, row(id, `h${id % 4}`));
  }
  const ended = sendIn(world, source(), {
    fetch: async (url, init) => {
      if (++calls > 500) await gate.promise;
      return services.fetch(url, init);
    },
  }, { concurrency: 16, lookahead: 2 });
  for (let i = 0; i < 500 && calls < 516; i++) await turn();
  for (let i = 0; i < 5; i++) await turn();
  assert.equal([calls, taken], [516, 516 + 2]);
  gate.resolve();
  await ended;
});

fair('an origin that is used again and again is not forgotten for others that are not', async () => {
  const world = createWorld();
  let first = 0;
  const services = createServices(world, (host) => {
    if (host !== 'a') return {};
    return first++ ? {} : { status: 429, headers: { 'Retry-After': '9999' } };
  });
  const given = rows(5000, (id) => (id % 500 ? `h${id}` : 'a'));
  const { outcomes } = await sendIn(world, given, services, { concurrency: 4 });
  const sum = tally(outcomes);
  assert.equal(sum, { 'ok 1': 4990, 'ERR_RATE_LIMITED 1': 1, 'ERR_RATE_LIMITED 0': 9 });
});

fair('a batch of one in flight is a queue', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 10 }));
  const { outcomes } = await sendIn(world, rows(50, (id) => `h${id % 3}`), services, { concurrency: 1, perOrigin: 1, lookahead: 1 });
  assert.equal(tally(outcomes), { 'ok 1': 50 });
  assert.is(world.passed(), 500);
});

fair('unlimited concurrency takes what the source has', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 10 }));
  const { outcomes } = await sendIn(world, rows(300), services, {
    concurrency: Infinity, perOrigin: Infinity, lookahead: Infinity,
  });
  assert.is(outcomes.length, 300);
  assert.is(services.most.get('*'), 300);
});

fair.run();
