/** sendMany: callers' functions that fail, never end, come back in or end the batch. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outcome, SendManyOptions } from '../src/index.ts';
import { unchecked } from './core_support.ts';
import {
  collect, createServices, createWorld, rows, sendIn, start, summary, tally, untouched, watch,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const callers = suite('sendMany callers');

callers('an encryption that never ends is a timeout, and the batch ends', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { outcomes } = await sendIn(world, rows(3), services, {
    payload: 'x', encrypt: () => new Promise(() => {}), timeout: 3,
  });
  assert.equal(tally(outcomes), { 'ERR_TIMEOUT 0': 3 });
});

callers('a caller\'s function that fails ends the batch with its error', async () => {
  const reason = new Error('mine');
  const fails = (): never => {
    throw reason;
  };
  let asked = 0;
  const options: readonly Partial<SendManyOptions<Row>>[] = [
    { retry: fails }, { random: fails }, { now: () => (asked++ > 3 ? fails() : 5) },
  ];
  for (const option of options) {
    const world = createWorld();
    const services = createServices(world, (_, id) => (
      id ? { stalls: true } : { delay: 1, status: 500 }));
    const { source, state } = watch(rows(300));
    const { outcomes, thrown } = await sendIn(world, source, services, option);
    assert.is(thrown?.reason, reason, Object.keys(option)[0]);
    assert.ok(state.closed);
    assert.is(new Set(services.calls.map(({ id }) => id)).size, outcomes.length);
    await untouched(world, services);
  }
});

callers("callers' functions that come back in do no harm", async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 1 }));
  const more: Promise<IteratorResult<Outcome<Row>>>[] = [];
  const run: AsyncGenerator<Outcome<Row>, void, void> = start(world, rows(30), services, {
    payload: () => {
      if (more.length < 5) more.push(run.next());
      return null;
    },
    onProgress: () => void more.push(run.next()),
  });
  const { outcomes } = await world.live(collect(run));
  const others = await Promise.all(more);
  const all = [
    ...outcomes, ...others.flatMap(({ value }): Outcome<Row>[] => (value ? [value] : [])),
  ];
  assert.equal(tally(all), { 'ok 1': 30 });
});

/** Where a caller's function may be called from, and abort the batch. */
const CALLBACKS: Readonly<Record<string, (strike: () => void) => Partial<SendManyOptions<Row>>>> = {
  retry: (strike) => ({ retry: () => void strike() }),
  'retry that goes on': (strike) => ({ retry: () => (strike(), 5) }),
  random: (strike) => ({ random: () => (strike(), 0.5) }),
  payload: (strike) => ({ payload: () => (strike(), 'x') }),
  onAttempt: (strike) => ({ onAttempt: strike }),
  onProgress: (strike) => ({ onProgress: strike }),
  endpoints: (strike) => ({ endpoints: () => (strike(), true) }),
  encrypt: (strike) => ({
    payload: 'x', encrypt: async () => (strike(), { body: new Uint8Array(1), headers: {} }),
  }),
};

for (const [name, options] of Object.entries(CALLBACKS)) {
  for (const how of ['abort', 'return'] as const) {
    callers(`${name} that ends the batch (${how}): no row has two outcomes`, async () => {
      for (let nth = 1; nth <= 40; nth += 3) {
        const world = createWorld();
        const services = createServices(world, (_, id, tries) => ({
          delay: id % 5, status: id % 3 && tries === 1 ? [500, 429][id % 2] : 201,
        }));
        const controller = new AbortController();
        let struck = 0;
        const strike = (): void => {
          if (++struck !== nth) return;
          if (how === 'abort') controller.abort(name);
          else void run.return();
        };
        const run: AsyncGenerator<Outcome<Row>, void, void> = start(
          world, rows(60, (id) => `h${id % 4}`), services,
          { signal: controller.signal, ...options(strike) },
        );
        const { outcomes, thrown } = await world.live(collect(run));
        summary(outcomes);
        if (struck < nth) assert.is(outcomes.length, 60);
        else if (how === 'abort') assert.is(thrown?.reason, name);
        const known = new Set(outcomes.map(({ delivery: { id } }) => id));
        if (how === 'abort') assert.ok(services.calls.every(({ id }) => known.has(id)));
        await untouched(world, services);
      }
    });
  }
}

callers('a clock that asks for the next outcome does not send twice', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 1 }));
  const more: Promise<IteratorResult<Outcome<Row>>>[] = [];
  let asked = 0;
  const run: AsyncGenerator<Outcome<Row>, void, void> = start(
    world, rows(60, (id) => `h${id % 3}`), services,
    {
      now: () => {
        if (++asked % 3 === 0 && more.length < 40) more.push(run.next());
        return world.now();
      },
    },
  );
  const outcomes: Outcome<Row>[] = [];
  await world.live((async () => {
    for await (const outcome of run) {
      outcomes.push(outcome);
      // While the consumer is busy, next() goes on with the generator at once.
      await world.sleep(2, new AbortController().signal);
    }
  })());
  const others = await Promise.all(more);
  const all = [
    ...outcomes, ...others.flatMap(({ value }): Outcome<Row>[] => (value ? [value] : [])),
  ];
  assert.equal(tally(all), { 'ok 1': 60 });
  assert.is(services.calls.length, 60);
});

callers('an onProgress that never ends does not hold the batch', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 300 }));
  const onProgress = unchecked<() => void>(() => new Promise(() => {}));
  const { outcomes } = await sendIn(world, rows(3), services, { onProgress, concurrency: 1 });
  assert.is(outcomes.length, 3);
});

callers('what rejects with nothing is no abort', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { outcomes } = await sendIn(world, rows(2), services, {
    payload: 'x', encrypt: () => Promise.reject(),
  });
  assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 2 });
});

callers('timeouts end what never answers, also a fetch that does not listen', async () => {
  const world = createWorld();
  const fetch = (): Promise<never> => new Promise(() => {});
  const { outcomes } = await sendIn(world, rows(20, (id) => `h${id}`), { fetch }, {
    timeout: 3, attempts: 2,
  });
  assert.equal(tally(outcomes), { 'ERR_TIMEOUT 2': 20 });
});

callers.run();
