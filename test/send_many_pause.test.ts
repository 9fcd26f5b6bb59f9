/** sendMany: how long an origin is left alone, and what its rows do meanwhile. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError } from '../src/index.ts';
import type { PushError } from '../src/index.ts';
import { unchecked } from './core_support.ts';
import {
  createServices, createWorld, instants, row, rows, sendIn, summary, tally,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const pauses = suite('sendMany pauses');

pauses('an origin that asks for a pause waits, the others go on', async () => {
  const world = createWorld();
  const services = createServices(world, (host, id) => (
    host === 'a' && id === 0 && world.passed() < 20_000
      ? { status: 429, headers: { 'Retry-After': '20' } }
      : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(400, (id) => 'ab'[id % 2] ?? ''), services, {
    concurrency: 16,
  });
  assert.equal(tally(outcomes), { 'ok 1': 399, 'ok 2': 1 });
  const a = services.calls.filter(({ host }) => host === 'a').map(({ at }) => at);
  const b = services.calls.filter(({ host }) => host === 'b').map(({ at }) => at);
  assert.ok(Math.max(...b) < 3000, `b ended at ${Math.max(...b)}`);
  assert.equal(a.filter((at) => at > 0 && at < 20_000), []);
  assert.is(a.length, 201);
  assert.equal(world.slept.filter((ms) => ms > 10), [20_000], 'one timer for all');
});

pauses(
  'a 503 without a time, among good answers, has its own row wait and nobody else',
  async () => {
    const world = createWorld();
    const services = createServices(world, (_, id, nth) => (
      { delay: 10, status: id % 50 === 25 && nth === 1 ? 503 : 201 }));
    const { outcomes } = await sendIn(world, rows(2000), services);
    assert.equal(tally(outcomes), { 'ok 1': 1960, 'ok 2': 40 });
    const firsts = services.calls.slice(0, 2000).map(({ at }) => at);
    assert.ok(Math.max(...firsts) <= 500, `the last row began at ${Math.max(...firsts)}`);
    assert.ok(world.passed() <= 1020, `${world.passed()} ms`);
  },
);

pauses('a 429 without a time has its whole origin wait', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    { delay: 10, status: id === 100 && world.passed() < 500 ? 429 : 201 }));
  await sendIn(world, rows(1000), services);
  const { at } = services.calls.find(({ id }) => id === 100)!;
  // What was in flight with it is answered; nobody else begins until its jitter of 500 ms is over.
  const begun = services.calls.filter((call) => call.at > at + 10 && call.at < at + 510);
  assert.equal(begun, []);
});

pauses('an origin that answers nothing but 503 is felt for with one request', async () => {
  const world = createWorld();
  const up = (): boolean => world.passed() >= 20_000;
  const services = createServices(world, (_, id) => (
    { delay: 10, status: id < 100 || up() ? 201 : 503 }));
  await sendIn(world, rows(1000), services, { attempts: 9, random: () => 0.999999 });
  const down = services.calls.filter(({ at }) => at > 1000 && at < 20_000);
  assert.ok(down.length <= 25, `${down.length} requests while it was down`);
  assert.is(services.most.get('a'), 100);
});

pauses('a good answer ends the doubling of pauses', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    { status: id % 2 && nth === 1 ? 429 : 201 }));
  await sendIn(world, rows(10), services, { concurrency: 1, random: () => 0.999999 });
  assert.equal(world.slept, [1000, 1000, 1000, 1000, 1000]);
});

pauses('after a pause an origin is felt for with one request, then two, then four', async () => {
  const world = createWorld();
  let asked = 0;
  const services = createServices(world, () => (
    asked++ === 0 ? { status: 503, headers: { 'Retry-After': '60' } } : { delay: 100 }));
  await sendIn(world, rows(60), services);
  const waves = new Map<number, number>();
  for (const { at } of services.calls) if (at >= 60_000) waves.set(at, (waves.get(at) ?? 0) + 1);
  assert.equal(
    [...waves].slice(0, 5),
    [[60_000, 1], [60_100, 2], [60_200, 4], [60_300, 8], [60_400, 16]],
  );
});

pauses('the row that met the pause goes first', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    id < 3 && nth === 1 ? { status: 429, headers: { 'Retry-After': '5' } } : { delay: 10 }));
  await sendIn(world, rows(40), services, { concurrency: 48 });
  const after = services.calls.filter(({ at }) => at >= 5000).map(({ id }) => id);
  assert.equal(after.slice(0, 3).sort(), [0, 1, 2]);
});

pauses('the longest pause of several counts', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    nth > 1 ? {} : { status: 429, headers: { 'Retry-After': String([5, 50, 20][id] ?? 1) } }));
  const { outcomes } = await sendIn(world, rows(3), services, { concurrency: 64 });
  assert.equal(tally(outcomes), { 'ok 2': 3 });
  assert.ok(services.calls.slice(3).every(({ at }) => at >= 50_000));
  assert.is(world.pending(), 0);
});

pauses(
  'a pause longer than the patience ends the further rows with that error, and no attempt',
  async () => {
    const world = createWorld();
    const services = createServices(world, (host) => (
      host === 'a' ? { status: 429, headers: { 'Retry-After': '3600' } } : { delay: 10 }));
    const { outcomes } = await sendIn(world, rows(2000, (id) => 'ab'[id % 2] ?? ''), services);
    const sum = tally(outcomes);
    const met = sum['ERR_RATE_LIMITED 1'] ?? 0;
    assert.equal(
      sum, { 'ok 1': 1000, 'ERR_RATE_LIMITED 1': met, 'ERR_RATE_LIMITED 0': 1000 - met },
    );
    assert.ok(met >= 1 && met <= 16, `${met} requests`);
    const unsent = outcomes.filter((outcome) => !outcome.ok && outcome.attempts === 0);
    for (const { delivery, ...outcome } of unsent) {
      const error = unchecked<{ error: PushError }>(outcome).error;
      assert.instance(error, DeliveryError);
      assert.is(error.endpoint, delivery.subscription.endpoint, "the row's own endpoint");
      assert.is(error.origin, 'https://a.example.com');
      assert.equal([error.status, error.sent], [429, 'no']);
      assert.ok(error.retryAfter! > 3_590_000 && error.retryAfter! <= 3_600_000);
    }
    assert.equal(world.slept.filter((ms) => ms > 10), [], 'nothing waits for it');
  },
);

pauses('rows that wait already end too when the pause becomes too long for them', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0
      ? { delay: 100, status: 503, headers: { 'Retry-After': '9000' } }
      : { delay: 50, status: 500 }));
  const { outcomes } = await sendIn(world, rows(50), services, {
    concurrency: 64, random: () => 0.999999,
  });
  const ends = tally(outcomes);
  assert.is(ends['ERR_UNAVAILABLE 1'], 4, JSON.stringify(ends));
  assert.is(ends['ERR_UNAVAILABLE 0'], 46);
  assert.ok(world.passed() < 2000, `took ${world.passed()}`);
});

pauses('when the pause has become shorter than the patience, rows wait for it again', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { status: 429, headers: { 'Retry-After': '1000' } } : {}));
  async function* source(): AsyncGenerator<Row> {
    yield row(0);
    for (const [id, at] of [[1, 600_000], [2, 700_001], [3, 800_000]] as const) {
      await world.sleep(at - world.passed(), new AbortController().signal);
      yield row(id);
    }
  }
  const { outcomes } = await sendIn(world, source(), services);
  assert.equal(summary(outcomes), {
    0: 'ERR_RATE_LIMITED 1', 1: 'ERR_RATE_LIMITED 0', 2: 'ok 1', 3: 'ok 1',
  });
  assert.equal(services.calls.map(({ at }) => at), [0, 1_000_000, 1_000_000]);
  const unsent = outcomes.find(({ delivery: { id } }) => id === 1);
  assert.is(unsent && !unsent.ok && unsent.error.retryAfter, 400_000, 'what is left of it');
});

pauses('a pause that nobody waited for is over when its time has come', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { status: 429, headers: { 'Retry-After': '1000' } } : {}));
  async function* source(): AsyncGenerator<Row> {
    yield row(0);
    await world.sleep(1_000_001, new AbortController().signal);
    yield row(1);
  }
  const { outcomes } = await sendIn(world, source(), services);
  assert.equal(summary(outcomes), { 0: 'ERR_RATE_LIMITED 1', 1: 'ok 1' });
});

pauses('429 without Retry-After: the origin backs off with jitter, longer each time', async () => {
  const { at } = await instants((nth) => (nth < 5 ? { status: 429 } : {}), {
    attempts: 9, random: () => 0.999999,
  });
  assert.equal(at, [0, 1000, 3000, 7000, 15_000]);
  const world = createWorld();
  const services = createServices(world, () => (world.passed() < 60_000 ? { status: 429 } : {}));
  const { outcomes } = await sendIn(world, rows(300), services, { random: () => 0.999999 });
  assert.ok(services.calls.filter(({ at: time }) => time < 60_000).length < 30, 'felt for seldom');
  assert.ok((tally(outcomes)['ok 1'] ?? 0) > 250, JSON.stringify(tally(outcomes)));
});

pauses('an origin that serves ten a second gets its rows delivered in three attempts', async () => {
  const world = createWorld();
  let second = 0;
  let served = 0;
  const services = createServices(world, () => {
    if (Math.floor(world.passed() / 1000) !== second)
      [second, served] = [Math.floor(world.passed() / 1000), 0];
    return served++ < 10
      ? { delay: 50 }
      : { delay: 50, status: 429, headers: { 'Retry-After': '1' } };
  });
  const { outcomes } = await sendIn(world, rows(500), services);
  // Sent as fast as may be, most would meet three 429s.
  assert.ok(outcomes.filter(({ ok }) => ok).length >= 498, JSON.stringify(tally(outcomes)));
  assert.ok(world.passed() < 120_000, `took ${world.passed()}`);
});

pauses('an answer with Retry-After and a final error pauses its origin all the same', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { status: 413, headers: { 'Retry-After': '30' } } : {}));
  const { outcomes } = await sendIn(world, rows(3), services, { concurrency: 1 });
  assert.equal(summary(outcomes), { 0: 'ERR_PAYLOAD_TOO_LARGE 1', 1: 'ok 1', 2: 'ok 1' });
  assert.equal(services.calls.map(({ at }) => at), [0, 30_000, 30_000]);
});

pauses('retry that gives a row up does not spare its origin the pause', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { status: 429, headers: { 'Retry-After': '8' } } : {}));
  await sendIn(world, rows(2), services, { retry: () => undefined, concurrency: 1 });
  assert.equal(services.calls.map(({ at }) => at), [0, 8000]);
});

pauses('an origin that only fails is felt for more and more seldom; its rows end', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (
    host === 'a' ? { delay: 1000, fails: new TypeError('fetch failed') } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(8000, (id) => (id % 4 ? 'b' : 'a')), services, {
    random: Math.random,
  });
  const sum = tally(outcomes);
  assert.is(sum['ok 1'], 6000);
  const calls = services.calls.filter(({ host }) => host === 'a').length;
  assert.ok(calls < 300, `${calls} calls`);
  assert.ok(world.passed() < 3_600_000, `took ${world.passed() / 60_000} minutes`);
});

pauses.run();
