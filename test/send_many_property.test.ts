/** sendMany: whatever happens, every row has one outcome, and it is true. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { Outcome, SendManyOptions } from '../src/index.ts';
import { generator, turn } from './core_support.ts';
import { createServices, createWorld, row } from './send_many_support.ts';
import type { Deed, Row, Services, World } from './send_many_support.ts';

const property = suite('sendMany properties');

type Draw = () => number;

function pick<T>(draw: Draw, values: readonly T[]): T {
  return values[Math.floor(draw() * values.length)]!;
}

/** What a push service does, the more often the earlier in the list. */
function drawDeed(draw: Draw): Deed {
  const delay = Math.floor(draw() * 300);
  const retryAfter = pick(draw, ['0', '1', '7', '90', '4000', 'soon', 'Sun, 06 Nov 1994 08:49:37 GMT']);
  return pick<Deed>(draw, [
    { delay }, { delay }, { delay }, { delay, status: 500 }, { delay, status: 410 },
    { delay, status: 429 }, { delay, status: pick(draw, [429, 503]), headers: { 'Retry-After': retryAfter } },
    { delay, fails: new TypeError('fetch failed') }, { fails: 'no error' }, { delay, status: 401 },
    { delay: 30_000, fails: new Error('slow') }, { delay, status: pick(draw, [100, 302, 404, 413, 502]) },
  ]);
}

function drawRow(draw: Draw, id: number, hosts: number): Row {
  const host = `h${Math.floor(draw() ** 3 * hosts)}`;
  return pick(draw, [
    row(id, host), row(id, host), row(id, host), row(id, host, { payload: null }),
    row(id, host, { options: { ttl: 5 } }),
    ...(draw() < 0.2 ? [{ id, subscription: { endpoint: 'ftp://x' } }, row(id, host, { options: { ttl: -1 } })] : []),
  ]);
}

interface Scene {
  readonly world: World;
  readonly services: Services;
  readonly given: readonly Row[];
  readonly taken: Row[];
  readonly source: Iterable<Row> | AsyncIterable<Row>;
  readonly options: SendManyOptions<Row>;
  /** By row: what its last request came to. */
  readonly last: Map<number, Deed>;
}

function drawScene(draw: Draw): Scene {
  const world = createWorld();
  const last = new Map<number, Deed>();
  const services = createServices(world, (_, id) => {
    const deed = drawDeed(draw);
    last.set(id, deed);
    return deed;
  });
  const hosts = pick(draw, [1, 3, 10, 200]);
  const given = Array.from({ length: pick(draw, [1, 30, 150]) }, (_, id) => drawRow(draw, id, hosts));
  const taken: Row[] = [];
  function* sync(): Generator<Row> {
    for (const item of given) yield (taken.push(item), item);
  }
  async function* later(): AsyncGenerator<Row> {
    for (const item of sync()) {
      if (draw() < 0.3) await world.sleep(draw() * 50, new AbortController().signal);
      yield item;
    }
  }
  const { now, sleep } = world;
  const options: SendManyOptions<Row> = {
    vapid: null, fetch: services.fetch, now, sleep, random: draw,
    concurrency: pick(draw, [1, 2, 7, 64, 256]), perOrigin: pick(draw, [1, 3, 100]),
    attempts: pick(draw, [1, 2, 3, 8]), patience: pick(draw, [0, 2000, 300_000]),
    lookahead: pick(draw, [1, 5, 1024]), unauthorizedLimit: pick(draw, [1, 3, 20]),
    payload: draw() < 0.5 ? null : async () => {
      if (draw() < 0.5) await sleep(draw() * 20, new AbortController().signal);
      if (draw() < 0.05) throw new Error('payload');
      return null;
    },
  };
  return { world, services, given, taken, options, last, source: draw() < 0.5 ? sync() : later() };
}

/** What must hold of every outcome. */
function check({ services, options, last }: Scene, outcomes: readonly Outcome<Row>[]): void {
  const requests = new Map<number, number>();
  for (const { id } of services.calls) requests.set(id, (requests.get(id) ?? 0) + 1);
  for (const outcome of outcomes) {
    const { delivery: { id }, attempts } = outcome;
    assert.is(attempts, requests.get(id) ?? 0, `row ${id}: attempts are requests`);
    assert.ok(attempts <= (options.attempts ?? 3));
    const { status = 201, fails } = last.get(id) ?? { fails: true };
    const accepted = fails === undefined && status === 201;
    const aborted = !outcome.ok && outcome.error.code === 'ERR_ABORTED';
    if (!aborted) assert.is(outcome.ok, accepted, `row ${id}: accepted when the service took it`);
    if (!outcome.ok && outcome.error.code === 'ERR_SUBSCRIPTION_GONE') assert.ok([404, 410].includes(status));
    if (!outcome.ok && attempts && !aborted && fails === undefined) assert.is(outcome.error.status, status);
  }
  assert.ok((services.most.get('*') ?? 0) <= (options.concurrency ?? 256));
  for (const [host, most] of services.most) {
    if (host !== '*') assert.ok(most <= (options.perOrigin ?? 100), `${host}: ${most} in flight`);
  }
}

async function settled({ world, services }: Scene): Promise<void> {
  await turn();
  assert.is(services.flying.get('*') ?? 0, 0, 'in flight afterwards');
  const { length } = services.calls;
  for (let i = 0; i < 3; i++) await world.live(world.sleep(400_000, new AbortController().signal));
  assert.is(services.calls.length, length, 'sent afterwards');
  assert.is(world.pending(), 0, 'timers afterwards');
}

const SEEDS = 40;

property('every row has exactly one outcome, and it is true', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const draw = generator(seed);
    const scene = drawScene(draw);
    const outcomes: Outcome<Row>[] = [];
    await scene.world.live((async () => {
      for await (const outcome of sendMany(scene.source, scene.options)) {
        outcomes.push(outcome);
        if (draw() < 0.02) await scene.world.sleep(draw() * 1000, new AbortController().signal);
      }
    })());
    try {
      const ids = outcomes.map(({ delivery: { id } }) => id).sort((a, b) => a - b);
      assert.equal(ids, scene.given.map(({ id }) => id));
      assert.ok(outcomes.every(({ delivery }) => delivery === scene.given[delivery.id]));
      check(scene, outcomes);
      await settled(scene);
    } catch (error) {
      throw new Error(`Seed ${seed}: ${String(error)}`, { cause: error });
    }
  }
});

property('ended anywhere by the signal or a return: what was sent has one outcome', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const draw = generator(10_000 + seed);
    const scene = drawScene(draw);
    const controller = new AbortController();
    const how = pick(draw, ['signal', 'return']);
    const after = draw() * 60;
    const outcomes: Outcome<Row>[] = [];
    const run = sendMany(scene.source, { ...scene.options, signal: controller.signal });
    let ended = false;
    const leave = scene.world.sleep(after * 50, new AbortController().signal).then(async () => {
      if (how === 'return') await run.return();
      else controller.abort(how);
    });
    await scene.world.live((async () => {
      try {
        for await (const outcome of run) outcomes.push(outcome);
        ended = true;
      } catch (reason) {
        assert.is(reason, how);
      }
      await leave;
    })());
    try {
      assert.is(new Set(outcomes.map(({ delivery }) => delivery)).size, outcomes.length, 'no row twice');
      assert.ok(outcomes.every(({ delivery }) => scene.taken.includes(delivery)));
      const known = new Set(outcomes.map(({ delivery: { id } }) => id));
      if (how === 'signal') assert.ok(scene.services.calls.every(({ id }) => known.has(id)), 'what was sent has an outcome');
      if (how === 'signal' && ended) assert.is(known.size, scene.given.length);
      check(scene, how === 'signal' ? outcomes : []);
      await settled(scene);
    } catch (error) {
      throw new Error(`Seed ${seed}, ${how}: ${String(error)}`, { cause: error });
    }
  }
});

property.run();
