/** sendMany: a signal that fires, and who listens to signals. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError, sendMany } from '../src/index.ts';
import type { Fetch, SendManyOptions } from '../src/index.ts';
import { turn, unchecked, vapid } from './core_support.ts';
import {
  collect, createServices, createWorld, mixed, rows, sendIn, start, tally, untouched, watch,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const aborts = suite('sendMany aborts');

aborts('a signal that fires: outcomes of what was begun, then its reason', async () => {
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
  assert.equal(
    sent.map(({ delivery: { id } }) => id).sort(), [...begun].sort(), 'each begun row once',
  );
  const sum = tally(outcomes);
  delete sum['ERR_ABORTED 0'];
  assert.ok(
    (sum['ERR_ABORTED 1'] ?? 0) > 0
    && (sum['ERR_UNAVAILABLE 1'] ?? 0) > 0
    && (sum['ok 1'] ?? 0) > 0,
    JSON.stringify(sum),
  );
  assert.equal(Object.keys(sum).sort(), ['ERR_ABORTED 1', 'ERR_UNAVAILABLE 1', 'ok 1']);
  for (const outcome of outcomes) {
    if (outcome.ok || outcome.error.code !== 'ERR_ABORTED') continue;
    const { error, delivery, attempts } = outcome;
    assert.instance(error, DeliveryError);
    assert.equal(
      [error.sent, error.endpoint],
      [attempts ? 'maybe' : 'no', delivery.subscription.endpoint],
    );
    assert.is(error.cause, reason);
  }
  await untouched(world, services);
});

aborts('a signal that fired before: nothing is taken', async () => {
  const world = createWorld();
  const { source, state } = watch(rows(3));
  const reason = new Error('before');
  const services = createServices(world, () => ({}));
  const { outcomes, thrown } = await sendIn(world, source, services, {
    signal: AbortSignal.abort(reason),
  });
  assert.equal([outcomes, thrown?.reason, state], [[], reason, { taken: 0, closed: false }]);
});

aborts('a signal whose reason is one of our errors is no failure of the rows', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ stalls: true }));
  const controller = new AbortController();
  const reason = new DeliveryError('ERR_UNAVAILABLE', 'x', {
    endpoint: 'https://x.example', origin: 'https://x.example',
  });
  const ended = world.live(collect(start(world, rows(5), services, { signal: controller.signal })));
  await turn();
  controller.abort(reason);
  const { outcomes, thrown } = await ended;
  assert.is(thrown?.reason, reason);
  assert.equal(tally(outcomes), { 'ERR_ABORTED 1': 5 });
});

aborts(
  'an abort while the source is asked, the payload is made or the keys are proved',
  async () => {
    const hang = (): Promise<never> => new Promise(() => {});
    const endless: AsyncIterable<Row> = {
      [Symbol.asyncIterator]: () => ({ next: hang, return: hang }),
    };
    const cases: readonly (readonly [
      AsyncIterable<Row> | Iterable<Row>, Partial<SendManyOptions<Row>>,
    ])[] = [
      [endless, {}],
      [rows(3), { payload: hang }],
      [rows(3), { vapid: { ...vapid(), ready: hang } }],
    ];
    for (const [source, options] of cases) {
      const world = createWorld();
      const services = createServices(world, () => ({}));
      const controller = new AbortController();
      const ended = world.live(collect(start(world, source, services, {
        signal: controller.signal, ...options,
      })));
      await turn();
      controller.abort();
      const { outcomes, thrown } = await ended;
      assert.equal([outcomes, unchecked<Error>(thrown?.reason).name], [[], 'AbortError']);
      await untouched(world, services);
    }
  },
);

aborts('an abort while encryption never ends: sent no', async () => {
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

aborts('nothing is handed to fetch once the time is over, whenever the signal fires', async () => {
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

aborts('no signal has more than ten listeners, of which Node would warn', async () => {
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => (
    { delay: 10, status: nth === 1 ? 500 : 201 }));
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

aborts("no listener stays at the caller's signal", async () => {
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

aborts('a timer that has ended is not ended again', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    { status: nth === 1 ? [500, 429][id % 2] : 201 }));
  const signals: AbortSignal[] = [];
  await sendIn(world, rows(50, (id) => `h${id % 5}`), services, {
    sleep: (milliseconds, signal) => (signals.push(signal), world.sleep(milliseconds, signal)),
  });
  assert.ok(signals.length > 0 && signals.every(({ aborted }) => !aborted));
});

aborts.run();
