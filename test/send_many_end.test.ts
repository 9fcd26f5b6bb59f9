/** sendMany: how a batch ends before its time, and what is left then: nothing. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError, sendMany } from '../src/index.ts';
import type { Fetch, Outcome, SendManyOptions } from '../src/index.ts';
import { deferred, failure, turn, unchecked, vapid } from './core_support.ts';
import { collect, createServices, createWorld, row, rows, sendIn, summary, tally } from './send_many_support.ts';
import type { Deed, Row, Services, World } from './send_many_support.ts';

const ends = suite('sendMany ends');

/** A source that says what became of it. */
interface Watched {
  readonly source: Generator<Row>;
  readonly state: { taken: number; closed: boolean };
}

function watch(given: readonly Row[]): Watched {
  const state = { taken: 0, closed: false };
  function* make(): Generator<Row> {
    try {
      for (const item of given) yield (state.taken++, item);
    } finally {
      state.closed = true;
    }
  }
  return { source: make(), state };
}

function start(
  world: World,
  source: Iterable<Row> | AsyncIterable<Row>,
  services: Pick<Services, 'fetch'>,
  options: Partial<SendManyOptions<Row>> = {},
): AsyncGenerator<Outcome<Row>, void, void> {
  const { now, sleep } = world;
  return sendMany(source, { vapid: null, fetch: services.fetch, now, sleep, random: () => 0.5, ...options });
}

/** Some answer, some never, some are tried again later. */
const mixed = (_: string, id: number): Deed =>
  (id % 3 === 0 ? { delay: 1 } : id % 3 === 1 ? { stalls: true } : { delay: 1, status: 500 });

async function untouched(world: World, services: Services): Promise<void> {
  await turn();
  assert.is(services.flying.get('*') ?? 0, 0, 'something is in flight');
  assert.is(world.pending(), 0, 'a timer is left');
  const { length } = services.calls;
  await world.live(world.sleep(1_000_000, new AbortController().signal));
  assert.is(services.calls.length, length, 'something was sent afterwards');
}

ends('leaving the loop aborts what is in flight, closes the source and clears the timers', async () => {
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
});

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
  assert.equal(await Promise.all(waiting), [{ value: undefined, done: true }, { value: undefined, done: true }]);
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

ends('what a source throws when it is closed is thrown to who leaves, and not in the place of a reason', async () => {
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
    for await (const outcome of start(world, source(), services, { signal: controller.signal, concurrency: 4 })) {
      controller.abort(reason);
      yield outcome;
    }
  })()));
  assert.is(thrown?.reason, reason);
});

ends('a source without return() is left alone', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  let id = 0;
  const source: Iterable<Row> = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: row(id++) }) }) };
  await world.live((async () => {
    for await (const _ of start(world, source, services)) break;
  })());
  await untouched(world, services);
});

ends('a signal that fires: outcomes of what was begun, then its reason', async () => {
  const world = createWorld();
  const controller = new AbortController();
  const reason = new Error('enough');
  const services = createServices(world, (host, id) => {
    if (id === 60) controller.abort(reason);
    return mixed(host, id);
  });
  const { source, state } = watch(rows(5000, (id) => `h${id % 3}`));
  const { outcomes, thrown } = await world.live(collect(start(world, source, services, {
    signal: controller.signal, random: () => 0.999,
  })));
  assert.is(thrown?.reason, reason);
  assert.ok(state.closed);
  assert.ok(state.taken >= outcomes.length);
  // Some may have been about to be sent.
  const sent = outcomes.filter(({ attempts }) => attempts > 0);
  const begun = new Set(services.calls.map(({ id }) => id));
  assert.equal(sent.map(({ delivery: { id } }) => id).sort(), [...begun].sort(), 'each begun row once');
  const sum = tally(outcomes);
  delete sum['ERR_ABORTED 0'];
  assert.ok((sum['ERR_ABORTED 1'] ?? 0) > 0 && (sum['ERR_UNAVAILABLE 1'] ?? 0) > 0 && (sum['ok 1'] ?? 0) > 0, JSON.stringify(sum));
  assert.equal(Object.keys(sum).sort(), ['ERR_ABORTED 1', 'ERR_UNAVAILABLE 1', 'ok 1']);
  for (const outcome of outcomes) {
    if (outcome.ok || outcome.error.code !== 'ERR_ABORTED') continue;
    const { error, delivery, attempts } = outcome;
    assert.instance(error, DeliveryError);
    assert.equal([error.sent, error.endpoint], [attempts ? 'maybe' : 'no', delivery.subscription.endpoint]);
    assert.is(error.cause, reason);
  }
  await untouched(world, services);
});

ends('a signal that fired before: nothing is taken', async () => {
  const world = createWorld();
  const { source, state } = watch(rows(3));
  const reason = new Error('before');
  const services = createServices(world, () => ({}));
  const { outcomes, thrown } = await sendIn(world, source, services, { signal: AbortSignal.abort(reason) });
  assert.equal([outcomes, thrown?.reason, state], [[], reason, { taken: 0, closed: false }]);
});

ends('a signal whose reason is one of our errors is no failure of the rows', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  const controller = new AbortController();
  const reason = new DeliveryError('ERR_UNAVAILABLE', 'x', { endpoint: 'https://x.example', origin: 'https://x.example' });
  const ended = world.live(collect(start(world, rows(5), services, { signal: controller.signal })));
  await turn();
  controller.abort(reason);
  const { outcomes, thrown } = await ended;
  assert.is(thrown?.reason, reason);
  assert.equal(tally(outcomes), { 'ERR_ABORTED 1': 5 });
});

ends('an abort while the source is asked, the payload is made or the keys are proved', async () => {
  const hang = (): Promise<never> => new Promise(() => {});
  const endless: AsyncIterable<Row> = { [Symbol.asyncIterator]: () => ({ next: hang, return: hang }) };
  const cases: readonly (readonly [AsyncIterable<Row> | Iterable<Row>, Partial<SendManyOptions<Row>>])[] = [
    [endless, {}],
    [rows(3), { payload: hang }],
    [rows(3), { vapid: { ...vapid(), ready: hang } }],
  ];
  for (const [source, options] of cases) {
    const world = createWorld();
    const services = createServices(world, () => ({}));
    const controller = new AbortController();
    const ended = world.live(collect(start(world, source, services, { signal: controller.signal, ...options })));
    await turn();
    controller.abort();
    const { outcomes, thrown } = await ended;
    assert.equal([outcomes, unchecked<Error>(thrown?.reason).name], [[], 'AbortError']);
    await untouched(world, services);
  }
});

ends('an abort while encryption never ends: sent no', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const controller = new AbortController();
  const ended = world.live(collect(start(world, rows(1), services, {
    signal: controller.signal, payload: 'x', encrypt: () => new Promise(() => {}),
  })));
  await turn();
  controller.abort();
  const { outcomes } = await ended;
  assert.equal(tally(outcomes), { 'ERR_ABORTED 0': 1 });
  const [only] = outcomes;
  assert.is(only && !only.ok && only.error.sent, 'no');
});

ends('nothing is handed to fetch once the time is over, whenever the signal fires', async () => {
  for (let depth = 0; depth < 40; depth++) {
    const controller = new AbortController();
    let late = 0;
    const fetch: Fetch = async (_, { signal }) => {
      if (signal.aborted) late++;
      return new Response(null, { status: 201 });
    };
    const ended = collect(sendMany(rows(2), { vapid: null, fetch, signal: controller.signal }));
    for (let i = 0; i < depth; i++) await undefined;
    controller.abort();
    await ended;
    assert.is(late, 0, `after ${depth} microtasks`);
  }
});

ends('an encryption that never ends is a timeout, and the batch ends', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { outcomes } = await sendIn(world, rows(3), services, {
    payload: 'x', encrypt: () => new Promise(() => {}), timeout: 3,
  });
  assert.equal(tally(outcomes), { 'ERR_TIMEOUT 0': 3 });
});

ends('no signal has more than ten listeners, of which Node would warn', async () => {
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => ({ delay: 10, status: nth === 1 ? 500 : 201 }));
  const listeners = new Map<AbortSignal, number>();
  const { outcomes } = await sendIn(world, rows(500, (id) => `h${id % 10}`), services, {
    sleep: (milliseconds, signal) => {
      listeners.set(signal, (listeners.get(signal) ?? 0) + 1);
      return world.sleep(milliseconds, signal);
    },
  });
  assert.equal(tally(outcomes), { 'ok 2': 500 });
  assert.ok(Math.max(...listeners.values()) <= 10);
});

ends("no listener stays at the caller's signal", async () => {
  const world = createWorld();
  const { signal } = new AbortController();
  let listeners = 0;
  const watched = unchecked<AbortSignal>({
    get aborted() { return signal.aborted; },
    throwIfAborted: () => signal.throwIfAborted(),
    addEventListener: () => void listeners++,
    removeEventListener: () => void listeners--,
  });
  const services = createServices(world, (_, __, nth) => ({ status: nth === 1 ? 500 : 201 }));
  await sendIn(world, rows(100), services, { signal: watched });
  assert.is(listeners, 0);
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
    const services = createServices(world, (_, id, nth) => ({ delay: 20, status: nth === 1 && id % 2 ? 500 : 201 }));
    const { outcomes, thrown } = await sendIn(world, source, services, { concurrency: 4 });
    assert.is(thrown?.reason, reason);
    assert.equal(tally(outcomes), { 'ok 1': 25, 'ok 2': 25 });
    await untouched(world, services);
  }
});

ends('a source that breaks the protocol is a TypeError, and what it gave has outcomes', async () => {
  for (const next of [() => undefined, () => null, () => Promise.resolve(undefined)]) {
    const world = createWorld();
    const services = createServices(world, () => ({}));
    const source = unchecked<Iterable<Row>>({ [Symbol.iterator]: () => ({ next }) });
    const { outcomes, thrown } = await sendIn(world, source, services);
    assert.equal(outcomes, []);
    assert.instance(thrown?.reason, TypeError);
  }
});

ends('a caller\'s function that fails ends the batch with its error', async () => {
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
    const services = createServices(world, (_, id) => (id ? { stalls: true } : { delay: 1, status: 500 }));
    const { source, state } = watch(rows(300));
    const { outcomes, thrown } = await sendIn(world, source, services, option);
    assert.is(thrown?.reason, reason, Object.keys(option)[0]);
    assert.ok(state.closed);
    assert.is(new Set(services.calls.map(({ id }) => id)).size, outcomes.length);
    await untouched(world, services);
  }
});

ends("callers' functions that come back in do no harm", async () => {
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
  const all = [...outcomes, ...others.flatMap(({ value }): Outcome<Row>[] => (value ? [value] : []))];
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
  encrypt: (strike) => ({ payload: 'x', encrypt: async () => (strike(), { body: new Uint8Array(1), headers: {} }) }),
};

for (const [name, options] of Object.entries(CALLBACKS)) {
  for (const how of ['abort', 'return'] as const) {
    ends(`${name} that ends the batch (${how}): no row has two outcomes`, async () => {
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

ends('a timer that has ended is not ended again', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => ({ status: nth === 1 ? [500, 429][id % 2] : 201 }));
  const signals: AbortSignal[] = [];
  await sendIn(world, rows(50, (id) => `h${id % 5}`), services, {
    sleep: (milliseconds, signal) => (signals.push(signal), world.sleep(milliseconds, signal)),
  });
  assert.ok(signals.length > 0 && signals.every(({ aborted }) => !aborted));
});

ends('a clock that asks for the next outcome does not send twice', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 1 }));
  const more: Promise<IteratorResult<Outcome<Row>>>[] = [];
  let asked = 0;
  const run: AsyncGenerator<Outcome<Row>, void, void> = start(world, rows(60, (id) => `h${id % 3}`), services, {
    now: () => {
      if (++asked % 3 === 0 && more.length < 40) more.push(run.next());
      return world.now();
    },
  });
  const outcomes: Outcome<Row>[] = [];
  await world.live((async () => {
    for await (const outcome of run) {
      outcomes.push(outcome);
      // While the consumer is busy, next() goes on with the generator at once.
      await world.sleep(2, new AbortController().signal);
    }
  })());
  const others = await Promise.all(more);
  const all = [...outcomes, ...others.flatMap(({ value }): Outcome<Row>[] => (value ? [value] : []))];
  assert.equal(tally(all), { 'ok 1': 60 });
  assert.is(services.calls.length, 60);
});

ends('of a source that fails and a signal that fires then, the source is told of', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  const controller = new AbortController();
  const reason = new Error('cursor');
  function* source(): Generator<Row> {
    yield row(0);
    throw reason;
  }
  const ended = world.live(collect(start(world, source(), services, { signal: controller.signal })));
  for (let i = 0; i < 5; i++) await turn();
  controller.abort();
  const { outcomes, thrown } = await ended;
  assert.is(thrown?.reason, reason);
  assert.equal(tally(outcomes), { 'ERR_ABORTED 1': 1 });
});

ends('an onProgress that never ends does not hold the batch', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ delay: 300 }));
  const onProgress = unchecked<() => void>(() => new Promise(() => {}));
  const { outcomes } = await sendIn(world, rows(3), services, { onProgress, concurrency: 1 });
  assert.is(outcomes.length, 3);
});

ends('what rejects with nothing is no abort', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({}));
  const { outcomes } = await sendIn(world, rows(2), services, { payload: 'x', encrypt: () => Promise.reject() });
  assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 2 });
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

ends('timeouts end what never answers, also a fetch that does not listen', async () => {
  const world = createWorld();
  const fetch = (): Promise<never> => new Promise(() => {});
  const { outcomes } = await sendIn(world, rows(20, (id) => `h${id}`), { fetch }, { timeout: 3, attempts: 2 });
  assert.equal(tally(outcomes), { 'ERR_TIMEOUT 2': 20 });
});

ends('after the end, next() says so again and again', async () => {
  const world = createWorld();
  const run = start(world, rows(2), createServices(world, () => ({})));
  await world.live(collect(run));
  for (let i = 0; i < 3; i++) assert.equal(await run.next(), { value: undefined, done: true });
  assert.equal(summary([]), {});
});

ends.run();
