/** sendMany: a consumer that leaves, a source that fails, and what is left then: nothing. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Outcome } from '../src/index.ts';
import { deferred, failure, turn, unchecked, vapid } from './core_support.ts';
import {
  collect, createServices, createWorld, mixed, row, rows, sendIn, start, summary, tally, untouched,
  watch,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const ends = suite('sendMany ends');

ends(
  'leaving the loop aborts what is in flight, closes the source and clears the timers',
  async () => {
    const world = createWorld();
    const services = createServices(world, mixed);
    const { source, state } = watch(rows(5000, (id) => `h${id % 40}`));
    await world.live((async () => {
      let seen = 0;
      for await (const _ of start(world, source, services)) if (++seen === 5) break;
    })());
    assert.ok(state.closed);
    assert.ok(state.taken < 5000);
    await untouched(world, services);
  },
);

ends('throwing in the loop does the same', async () => {
  const world = createWorld();
  const services = createServices(world, mixed);
  const { source, state } = watch(rows(100, (id) => `h${id}`));
  const reason = new Error('consumer');
  const thrown = await failure(world.live((async () => {
    for await (const _ of start(world, source, services)) throw reason;
  })()));
  assert.is(thrown, reason);
  assert.ok(state.closed);
  await untouched(world, services);
});

ends('return() while a next() waits ends it', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  const { source, state } = watch(rows(100));
  const run = start(world, source, services);
  const waiting = [run.next(), run.next()];
  await turn();
  assert.ok((services.flying.get('*') ?? 0) > 0);
  assert.equal(await world.live(run.return()), { value: undefined, done: true });
  assert.equal(await Promise.all(waiting), [
    { value: undefined, done: true }, { value: undefined, done: true },
  ]);
  assert.ok(state.closed);
  await untouched(world, services);
  assert.equal(await run.next(), { value: undefined, done: true });
});

ends('return() before the first next() takes nothing', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { source, state } = watch(rows(3));
  const run = start(world, source, services);
  assert.equal(await run.return(), { value: undefined, done: true });
  assert.equal(state, { taken: 0, closed: false });
  assert.equal(await run.next(), { value: undefined, done: true });
});

ends('return() while the keys are proved takes nothing', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { source, state } = watch(rows(3));
  const ready = deferred<void>();
  const run = start(world, source, services, { vapid: { ...vapid(), ready: () => ready.promise } });
  const first = run.next();
  await run.return();
  assert.equal(await first, { value: undefined, done: true });
  ready.resolve();
  await turn();
  assert.equal(state, { taken: 0, closed: false });
});

ends('an asynchronous source is closed before the loop is left', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 1 }));
  let closed = false;
  async function* source(): AsyncGenerator<Row> {
    try {
      for (let id = 0; ; id++) {
        await world.sleep(3, new AbortController().signal);
        yield row(id);
      }
    } finally {
      await world.sleep(3, new AbortController().signal);
      closed = true;
    }
  }
  await world.live((async () => {
    for await (const _ of start(world, source(), services)) break;
  })());
  await world.live(world.sleep(100, new AbortController().signal));
  assert.ok(closed);
  await untouched(world, services);
});

ends('a source that never gives its next row does not hold a consumer that leaves', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  async function* source(): AsyncGenerator<Row> {
    yield row(0);
    await new Promise(() => {});
  }
  await world.live((async () => {
    for await (const _ of start(world, source(), services)) break;
  })());
  await untouched(world, services);
});

ends(
  'what a source throws when it is closed is thrown to who leaves, '
  + 'and not in the place of a reason',
  async () => {
    const closing = new Error('closing');
    const source = (): Iterable<Row> => ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: row(0) }),
        return: () => {
          throw closing;
        },
      }),
    });
    const world = createWorld();
    const services = createServices(world, () => ({}));
    assert.is(await failure(world.live((async () => {
      for await (const _ of start(world, source(), services)) break;
    })())), closing);
    const controller = new AbortController();
    const reason = new Error('signal');
    const { thrown } = await world.live(collect((async function* watched() {
      for await (const outcome of start(world, source(), services, {
        signal: controller.signal, concurrency: 4,
      })) {
        controller.abort(reason);
        yield outcome;
      }
    })()));
    assert.is(thrown?.reason, reason);
  },
);

ends('a source without return() is left alone', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  let id = 0;
  const source: Iterable<Row> = {
    [Symbol.iterator]: () => ({ next: () => ({ done: false, value: row(id++) }) }),
  };
  await world.live((async () => {
    for await (const _ of start(world, source, services)) break;
  })());
  await untouched(world, services);
});

ends('what a source throws is thrown after the outcomes of the rows that it gave', async () => {
  const reason = new Error('cursor');
  function* sync(): Generator<Row> {
    yield* rows(50, (id) => `h${id % 4}`);
    throw reason;
  }
  async function* later(): AsyncGenerator<Row> {
    yield* sync();
  }
  for (const source of [sync(), later()]) {
    const world = createWorld();
    const services = createServices(world, (_, id, nth) => (
      { delay: 20, status: nth === 1 && id % 2 ? 500 : 201 }));
    const { outcomes, thrown } = await sendIn(world, source, services, { concurrency: 4 });
    assert.is(thrown?.reason, reason);
    assert.equal(tally(outcomes), { 'ok 1': 25, 'ok 2': 25 });
    await untouched(world, services);
  }
});

ends(
  'a source that breaks the protocol is a TypeError, and what it gave has outcomes',
  async () => {
    for (const next of [() => undefined, () => null, () => Promise.resolve(undefined)]) {
      const world = createWorld();
      const services = createServices(world, () => ({}));
      const source = unchecked<Iterable<Row>>({ [Symbol.iterator]: () => ({ next }) });
      const { outcomes, thrown } = await sendIn(world, source, services);
      assert.equal(outcomes, []);
      assert.instance(thrown?.reason, TypeError);
    }
  },
);

ends('of a source that fails and a signal that fires then, the source is told of', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  const controller = new AbortController();
  const reason = new Error('cursor');
  function* source(): Generator<Row> {
    yield row(0);
    throw reason;
  }
  const ended = world.live(collect(start(world, source(), services, {
    signal: controller.signal,
  })));
  for (let i = 0; i < 5; i++) await turn();
  controller.abort();
  const { outcomes, thrown } = await ended;
  assert.is(thrown?.reason, reason);
  assert.equal(tally(outcomes), { 'ERR_ABORTED 1': 1 });
});

ends('a source that leaves the loop itself', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  let left: Promise<unknown> = Promise.resolve();
  function* source(): Generator<Row> {
    yield row(0);
    left = run.return();
    yield row(1);
  }
  const run: AsyncGenerator<Outcome<Row>, void, void> = start(world, source(), services);
  assert.equal(await world.live(run.next()), { value: undefined, done: true });
  await left;
  await untouched(world, services);
});

ends('after the end, next() says so again and again', async () => {
  const world = createWorld();
  const run = start(world, rows(2), createServices(world, () => ({})));
  await world.live(collect(run));
  for (let i = 0; i < 3; i++) assert.equal(await run.next(), { value: undefined, done: true });
  assert.equal(summary([]), {});
});

ends.run();
