/** sendMany: rows in, outcomes out, and what it tells meanwhile. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { Outcome, Progress } from '../src/index.ts';
import { deferred, turn, unchecked } from './core_support.ts';
import {
  createServices, createWorld, never, row, rows, sendIn, taken, tally,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const many = suite('sendMany');

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
  assert.equal(
    await sendIn(world, [], createServices(world, taken)),
    { outcomes: [], thrown: undefined },
  );
});

many('what is not iterable is refused', async () => {
  for (const source of [undefined, null, 5, {}]) {
    const world = createWorld();
    const { outcomes, thrown } = await sendIn(
      world, unchecked<Row[]>(source), createServices(world, taken),
    );
    assert.equal(outcomes, []);
    assert.instance(thrown?.reason, TypeError);
  }
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
    started: 400, done: 400, ok: 360, retries: 40, codes: { ERR_SUBSCRIPTION_GONE: 40 },
    perSecond: 0,
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
  for (const bad of [
    () => { throw new Error('display'); },
    async () => { throw new Error('display'); },
  ]) {
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
    onAttempt: ({ attempt, status, code, origin }) =>
      void told.push(`${attempt} ${status} ${code} ${origin}`),
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
