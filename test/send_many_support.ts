/** What the tests of sendMany share: rows, a world with its own time, push services in it. */
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type {
  Delivery, Fetch, FetchInit, FetchResponse, Outcome, SendManyOptions,
} from '../src/index.ts';
import { answer, KEYS, NOW, turn } from './core_support.ts';
import type { Said } from './core_support.ts';

export interface Row extends Delivery {
  readonly id: number;
}

export function row(id: number, host = 'a', more: Partial<Delivery> = {}): Row {
  return {
    id, subscription: { endpoint: `https://${host}.example.com/${id}`, keys: KEYS }, ...more,
  };
}

export function rows(count: number, host: (id: number) => string = () => 'a'): Row[] {
  return Array.from({ length: count }, (_, id) => row(id, host(id)));
}

/** The host's first label and the row's number, out of an endpoint. */
export function place(url: string): { readonly host: string; readonly id: number } {
  const [, host = '', id = ''] = /^https:\/\/([^.]+)[^/]*\/(\d+)/.exec(url) ?? [];
  return { host, id: Number(id) };
}

/** A world whose time passes only when everything in it waits. */
export interface World {
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** What was slept for, in the order of asking. */
  readonly slept: number[];
  /** Timers that nobody has ended. */
  readonly pending: () => number;
  /** Milliseconds since the world began. */
  readonly passed: () => number;
  /** Waits for a promise and lets the time pass meanwhile. */
  readonly live: <T>(promise: Promise<T>) => Promise<T>;
}

interface Timer {
  readonly at: number;
  readonly fire: () => void;
}

/**
 * A task, as `turn`, but without the milliseconds that hosts put before timers. Not in workerd:
 * there messages come before what promises of the runtime have to say, and time would run ahead.
 */
function task(): Promise<void> {
  if (globalThis.navigator?.userAgent === 'Cloudflare-Workers') return turn();
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') return void setImmediate(resolve);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export function createWorld(): World {
  let time = NOW;
  const timers = new Set<Timer>();
  const slept: number[] = [];
  const sleep: World['sleep'] = (milliseconds, signal) => {
    slept.push(milliseconds);
    return new Promise((resolve) => {
      const timer = { at: time + milliseconds, fire: () => {
        timers.delete(timer);
        signal.removeEventListener('abort', timer.fire);
        resolve();
      } };
      timers.add(timer);
      signal.addEventListener('abort', timer.fire);
      if (signal.aborted) timer.fire();
    });
  };
  const pass = (): void => {
    const next = Math.min(...[...timers].map(({ at }) => at));
    if (next === Infinity) return;
    time = Math.max(time, next);
    for (const timer of [...timers]) if (timer.at <= time) timer.fire();
  };
  const live: World['live'] = async (promise) => {
    let settled = false;
    const mark = (): void => void (settled = true);
    promise.then(mark, mark);
    for (let idle = 0; !settled; idle = timers.size ? 0 : idle + 1) {
      await (idle < 100 ? task() : turn());
      if (!settled) pass();
      if (idle > 2000) throw new Error('Everything waits, and nothing will happen');
    }
    return promise;
  };
  return {
    now: () => time, sleep, slept, live, pending: () => timers.size, passed: () => time - NOW,
  };
}

/** What a push service does with a request: answers, after a while, fails, or never answers. */
export interface Deed extends Said {
  readonly delay?: number | undefined;
  readonly fails?: unknown;
  readonly stalls?: boolean | undefined;
}

export interface Services {
  readonly fetch: Fetch;
  readonly calls: {
    readonly host: string; readonly id: number; readonly at: number; readonly init: FetchInit;
  }[];
  /** In flight now, and the most there were. */
  readonly flying: Map<string, number>;
  readonly most: Map<string, number>;
}

function waitFor(signal: AbortSignal, world: World, { delay, stalls }: Deed): Promise<void> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  aborted.catch(() => undefined);
  if (stalls) return aborted;
  return delay === undefined
    ? Promise.resolve()
    : Promise.race([world.sleep(delay, signal), aborted]);
}

/** `deed` is asked with the host, the row and which request for it this is, from 1. */
export function createServices(
  world: World,
  deed: (host: string, id: number, nth: number) => Deed,
): Services {
  const calls: Services['calls'] = [];
  const flying = new Map<string, number>();
  const most = new Map<string, number>();
  const nths = new Map<number, number>();
  const move = (name: string, by: number): void => {
    const now = (flying.get(name) ?? 0) + by;
    flying.set(name, now);
    most.set(name, Math.max(most.get(name) ?? 0, now));
  };
  const fetch = async (url: string, init: FetchInit): Promise<FetchResponse> => {
    const { host, id } = place(url);
    const nth = (nths.get(id) ?? 0) + 1;
    nths.set(id, nth);
    calls.push({ host, id, at: world.passed(), init });
    for (const name of ['*', host]) move(name, 1);
    try {
      const done = deed(host, id, nth);
      await waitFor(init.signal, world, done);
      if (done.fails !== undefined) throw done.fails;
      return answer(done);
    } finally {
      for (const name of ['*', host]) move(name, -1);
    }
  };
  return { fetch, calls, flying, most };
}

/** Where nothing may be sent. */
export const never: Fetch = () => Promise.reject(new Error('Something was sent'));
/** Every message is accepted. */
export const taken = (): { status: number } => ({ status: 201 });

/** Every outcome, and what was thrown at last. */
export interface Ended<T> {
  readonly outcomes: Outcome<T>[];
  readonly thrown: { readonly reason: unknown } | undefined;
}

export async function collect<T>(run: AsyncIterable<Outcome<T>>): Promise<Ended<T>> {
  const outcomes: Outcome<T>[] = [];
  try {
    for await (const outcome of run) outcomes.push(outcome);
  } catch (reason) {
    return { outcomes, thrown: { reason } };
  }
  return { outcomes, thrown: undefined };
}

/** A batch in a world of its own. Without options that say otherwise: no payload, no VAPID. */
export function start<T extends Delivery>(
  world: World,
  source: Iterable<T> | AsyncIterable<T>,
  services: Pick<Services, 'fetch'>,
  options: Partial<SendManyOptions<T>> = {},
): AsyncGenerator<Outcome<T>, void, void> {
  const { now, sleep } = world;
  const { fetch } = services;
  return sendMany(source, { vapid: null, fetch, now, sleep, random: () => 0.5, ...options });
}

/** The same, to its end. */
export async function sendIn<T extends Delivery>(
  world: World,
  source: Iterable<T> | AsyncIterable<T>,
  services: Pick<Services, 'fetch'>,
  options: Partial<SendManyOptions<T>> = {},
): Promise<Ended<T>> {
  return world.live(collect(start(world, source, services, options)));
}

/** A source that says what became of it. */
export interface Watched {
  readonly source: Generator<Row>;
  readonly state: { taken: number; closed: boolean };
}

export function watch(given: readonly Row[]): Watched {
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

/** Some answer, some never, some are tried again later. */
export const mixed = (_: string, id: number): Deed =>
  (id % 3 === 0 ? { delay: 1 } : id % 3 === 1 ? { stalls: true } : { delay: 1, status: 500 });

/** Nothing is in flight, no timer is left, and nothing is sent later. */
export async function untouched(world: World, services: Services): Promise<void> {
  await turn();
  assert.is(services.flying.get('*') ?? 0, 0, 'something is in flight');
  assert.is(world.pending(), 0, 'a timer is left');
  const { length } = services.calls;
  await world.live(world.sleep(1_000_000, new AbortController().signal));
  assert.is(services.calls.length, length, 'something was sent afterwards');
}

/** `ok`, or the code, and the attempts: by row. */
export function summary(outcomes: readonly Outcome<Row>[]): Record<number, string> {
  const sum: Record<number, string> = {};
  for (const outcome of outcomes) {
    const { delivery: { id }, attempts } = outcome;
    assert.is(sum[id], undefined, `row ${id} has two outcomes`);
    sum[id] = `${outcome.ok ? 'ok' : outcome.error.code} ${attempts}`;
  }
  return sum;
}

/** How often each summary occurs. */
export function tally(outcomes: readonly Outcome<Row>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const text of Object.values(summary(outcomes))) sum[text] = (sum[text] ?? 0) + 1;
  return sum;
}

export interface Instants {
  readonly at: number[];
  readonly sum: string | undefined;
  readonly slept: number[];
}

/** The instants of the requests for a row. */
export async function instants(
  deed: (nth: number, world: World) => Deed,
  options = {},
): Promise<Instants> {
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => deed(nth, world));
  const { outcomes } = await sendIn(world, [row(0)], services, options);
  assert.is(world.pending(), 0, 'a timer was left');
  return { at: services.calls.map(({ at }) => at), sum: summary(outcomes)[0], slept: world.slept };
}
