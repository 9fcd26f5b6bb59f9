/** `http2Fetch`: a fetch over kept HTTP/2 sessions. */
import process from 'node:process';
import { PushError } from '../../../errors.ts';
import { keepBeat } from './beat.ts';
import { systemLookup, type Lookup, type Target } from './connect.ts';
import { createExchange, lost } from './exchange.ts';
import type { Fetch, OwnInit } from '../../../send.ts';
import { createOutgoing } from './outgoing.ts';
import { abandon, createPool, end, submit } from './pool.ts';
import type { Pool, PoolOptions } from './pool_state.ts';
import { proxySelector, type Environment } from './proxy.ts';

/** How `http2Fetch` connects. */
export interface Http2Options {
  /**
   * What a name may resolve to. `'public'` (default): addresses that are anybody's to call;
   * `'any'`: also loopback, private and the like, for tests.
   */
  readonly addresses?: 'public' | 'any' | undefined;
  /** PEM of the authorities to trust, one or more: only these, instead of the runtime's own. */
  readonly ca?: string | undefined;
  /**
   * The URL of an http: or https: proxy that takes CONNECT, with user and password if it wants
   * them; or `'env'`: what HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY say when `http2Fetch` is
   * called.
   */
  readonly proxy?: string | undefined;
  /** Milliseconds after which a session that carries nothing is closed; default 60,000. */
  readonly idle?: number | undefined;
  /**
   * Sessions in all, kept HTTP/1.1 connections included, the least recently used idle one making
   * room for another; default 256.
   */
  readonly sessions?: number | undefined;
}

/** A fetch that keeps its sessions until it is closed. */
export interface Http2Fetch extends Fetch {
  /**
   * Takes no more requests, waits for those in flight and closes every session. `timeout`:
   * milliseconds after which what is still in flight fails with ERR_NETWORK; default 30,000.
   */
  readonly close: (options?: { readonly timeout?: number | undefined }) => Promise<void>;
}

/** What tests put in the place of the machine. */
export interface Surroundings
  extends Pick<PoolOptions, 'now' | 'connectTimeout' | 'quiet' | 'grace'> {
  readonly lookup: Lookup;
  readonly env: Environment;
}

/** A timer's longest time: 2^31-1 ms; beyond, timers fire at once. */
const MAX_DELAY = 2 ** 31 - 1;

const machine = (): Surroundings => ({
  lookup: systemLookup, env: process.env, now: Date.now,
  connectTimeout: 10_000, quiet: 5_000, grace: 5_000,
});

/** `http2Fetch` with other surroundings: private, since a name is to be resolved by the system. */
export function createHttp2Fetch(
  options: Http2Options, given: Partial<Surroundings> = {},
): Http2Fetch {
  const surroundings = { ...machine(), ...given };
  const pool = createPool({ ...surroundings, ...readOptions(options, surroundings) });
  keepBeat(pool);
  const fetch: Fetch = (url, init: OwnInit) => new Promise((resolve, reject) => {
    const outgoing = createOutgoing(url, init);
    if (pool.closed) throw closedError(outgoing.target);
    const exchange = createExchange(outgoing, resolve, reject, pool.exchangeEvents);
    if (!pool.open.size) pool.hold(true);
    pool.open.add(exchange);
    submit(pool, exchange);
  });
  let closing: Promise<void> | undefined;
  return Object.assign(fetch, {
    close: ({ timeout = 30_000 }: { readonly timeout?: number | undefined } = {}) => {
      const limit = milliseconds(timeout, 'timeout');
      return (closing ??= close(pool, limit));
    },
  });
}

type Settings = Pick<PoolOptions, 'network' | 'sessions' | 'idle'>;

function readOptions(options: Http2Options, { lookup, env }: Surroundings): Settings {
  const { addresses = 'public', ca, proxy, idle = 60_000, sessions = 256 } = options;
  if (addresses !== 'public' && addresses !== 'any') {
    throw new TypeError("The addresses option is 'public' or 'any'");
  }
  if (ca !== undefined && (typeof ca !== 'string' || !ca.includes('-----BEGIN CERTIFICATE-----'))) {
    throw new TypeError('The ca option is one or more certificates as PEM text');
  }
  if (proxy !== undefined && typeof proxy !== 'string') {
    throw new TypeError("The proxy option is a URL or 'env'");
  }
  if (typeof sessions !== 'number' || !Number.isInteger(sessions)) {
    throw new TypeError('The sessions option is an integer');
  }
  if (sessions < 1) throw new RangeError('The sessions option is at least 1');
  return {
    idle: milliseconds(idle, 'idle'), sessions,
    network: { lookup, addresses, ca, proxyFor: proxySelector(proxy, env) },
  };
}

function milliseconds(value: unknown, name: string): number {
  const wanted = `The ${name} option is a number of milliseconds from 0`;
  if (typeof value !== 'number') throw new TypeError(wanted);
  if (value >= 0) return Math.min(value, MAX_DELAY);
  throw new RangeError(wanted);
}

function closedError({ origin }: Target): PushError {
  const message = `Cannot reach ${origin}: this http2Fetch was closed`;
  return new PushError('ERR_NETWORK', message, { origin, sent: 'no' });
}

/** Waits for what is in flight, gives up what is left then, and waits for the sockets. */
async function close(pool: Pool, timeout: number): Promise<void> {
  pool.closed = true;
  for (const line of [...pool.idle]) end(pool, line);
  await settled(pool, timeout, () => pool.open.size === 0);
  abandon(pool, (exchange) => {
    return lost(exchange, exchange.reset ? 'maybe' : 'no', 'http2Fetch was closed');
  });
  await settled(pool, MAX_DELAY, () => pool.closing.size === 0);
}

function settled(pool: Pool, timeout: number, isSettled: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done(), timeout);
    const done = (): void => {
      pool.settled = () => {};
      clearTimeout(timer);
      resolve();
    };
    pool.settled = () => {
      if (isSettled()) done();
    };
    pool.settled();
  });
}

/**
 * A `fetch` for `send` and `sendMany` that keeps HTTP/2 sessions: one per origin, more where a
 * server limits its streams; HTTP/1.1 with kept connections where a server has no HTTP/2. A name is
 * resolved once, every address checked, and the connection made to an address that was checked. No
 * redirects, no server push, header fields of an answer up to 16 KiB.
 *
 * Rejects with `ERR_ADDRESS_REFUSED`, or `ERR_NETWORK` with `sent` 'no' where the request surely
 * did not reach the server (it was then tried twice, on two sessions); with the signal's reason
 * when that fires. Sessions that carry nothing keep no process alive.
 *
 * @example
 * ```ts
 * import { http2Fetch } from 'subtle-push/node';
 *
 * const fetch = http2Fetch({ idle: 30_000 });
 * // send(subscription, 'Hello', { vapid, fetch })
 * await fetch.close();
 * ```
 */
export function http2Fetch(options: Http2Options = {}): Http2Fetch {
  return createHttp2Fetch(options);
}
