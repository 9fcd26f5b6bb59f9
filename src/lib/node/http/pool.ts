/**
 * All lines of one `http2Fetch`: which request goes on which line, when another line is made, and
 * which one ends for it.
 */
import type { PushError } from '../../../errors.ts';
import { unreachable } from './connect.ts';
import { dialLine } from './dial.ts';
import { fail, type Exchange } from './exchange.ts';
import type { Line } from './line.ts';
import {
  drain, dropDial, hasRoom, isFull, tidy, usableLines, type Origin, type Pool, type PoolOptions,
} from './pool_state.ts';

/** Lines in the making for one origin at once. */
const MAX_DIALS = 8;
/** Milliseconds for which an origin makes do with its lines when no further one can be made. */
const GROW_PAUSE = 1_000;

export function createPool(options: PoolOptions): Pool {
  const pool: Pool = {
    options, origins: new Map(), lines: new Map(), idle: new Set(), hungry: new Set(),
    open: new Set(), closing: new Set(), dials: 0, closed: false, settled: () => {}, wake: () => {},
    hold: () => {},
    lineEvents: {
      changed: (line) => changed(pool, line),
      left: (line, exchange, error) => {
        line.exchanges.delete(exchange);
        exchange.reset = undefined;
        if (error) failed(pool, line, exchange, error);
        freed(pool, line);
      },
      closed: (line) => {
        forget(pool, line);
        pool.closing.delete(line);
        pool.settled();
      },
    },
    exchangeEvents: {
      lastSignal: undefined,
      aborted: (exchange) => withdraw(pool, exchange),
      done: (exchange) => {
        pool.open.delete(exchange);
        if (!pool.open.size) pool.hold(false);
        pool.settled();
      },
    },
  };
  return pool;
}

/** Sends a request on a line that has room, or queues it for one. */
export function submit(pool: Pool, exchange: Exchange): void {
  const { target } = exchange.outgoing;
  let origin = pool.origins.get(target.origin);
  if (!origin) {
    origin = {
      target, lines: new Set(), queue: new Set(), dials: new Set(), perLine: Infinity, growAfter: 0,
    };
    pool.origins.set(target.origin, origin);
  }
  for (const line of origin.lines) {
    if (line !== exchange.avoid && hasRoom(line) && isFresh(pool, line)) {
      return carry(pool, line, exchange);
    }
  }
  origin.queue.add(exchange);
  grow(pool, origin);
}

function carry(pool: Pool, line: Line, exchange: Exchange): void {
  if (!line.exchanges.size) {
    pool.idle.delete(line);
    line.silence = 0;
  }
  line.exchanges.add(exchange);
  line.send(exchange);
}

/**
 * Whether a line is surely alive: networks drop connections that are silent for long without a
 * word, and what is sent on them is lost. If not, a ping goes ahead and the request waits for it.
 */
function isFresh(pool: Pool, line: Line): boolean {
  const { now, quiet } = pool.options;
  if (line.exchanges.size || !line.ping || Math.abs(now() - line.idleSince) < quiet) return true;
  line.probing = true;
  line.silence = 0;
  pool.idle.delete(line);
  line.ping(() => {
    line.probing = false;
    if (!pool.lines.has(line)) return;
    rest(pool, line);
    freed(pool, line);
  });
  return false;
}

/** A line carries nothing: it may end. */
function rest(pool: Pool, line: Line): void {
  line.idleSince = pool.options.now();
  pool.idle.delete(line);
  pool.idle.add(line);
}

/** A line may have room. */
function freed(pool: Pool, line: Line): void {
  const origin = pool.lines.get(line);
  if (!origin) return;
  if (hasRoom(line)) {
    for (const exchange of origin.queue) {
      if (exchange.avoid === line) continue;
      origin.queue.delete(exchange);
      carry(pool, line, exchange);
      if (!hasRoom(line)) break;
    }
  }
  if (line.exchanges.size || line.probing) return;
  if (line.draining || pool.closed) return end(pool, line);
  rest(pool, line);
  feed(pool);
}

function changed(pool: Pool, line: Line): void {
  const origin = pool.lines.get(line);
  if (!origin) return;
  origin.perLine = Math.max(1, line.limit);
  freed(pool, line);
  if (line.draining) grow(pool, origin);
}

/**
 * Tries a request again that surely was not sent, once; tells the caller of every other failure.
 */
function failed(pool: Pool, line: Line, exchange: Exchange, error: PushError): void {
  if (exchange.phase !== 'waiting' || error.sent !== 'no' || exchange.retried) {
    return fail(exchange, error);
  }
  exchange.retried = true;
  exchange.avoid = line;
  submit(pool, exchange);
}

/** Takes a request back whose caller has gone. */
function withdraw(pool: Pool, exchange: Exchange): void {
  exchange.reset?.();
  const origin = pool.origins.get(exchange.outgoing.target.origin);
  if (!origin?.queue.delete(exchange) || origin.queue.size) return;
  // Nobody waits any more for what is in the making.
  for (const dial of origin.dials) stopDial(pool, origin, dial);
  pool.hungry.delete(origin);
  tidy(pool, origin);
  feed(pool);
}

/** Ends a line; what it carries fails with `cause`. */
export function end(pool: Pool, line: Line, cause?: unknown): void {
  if (!line.gone) pool.closing.add(line);
  line.destroy(cause);
  forget(pool, line);
}

function forget(pool: Pool, line: Line): void {
  const origin = pool.lines.get(line);
  if (!origin) return;
  pool.lines.delete(line);
  pool.idle.delete(line);
  origin.lines.delete(line);
  // Before the line's own origin takes the room again.
  feed(pool);
  grow(pool, origin);
  tidy(pool, origin);
}

/** Makes the lines that the queue asks for. */
export function grow(pool: Pool, origin: Origin): void {
  const { queue, dials, perLine } = origin;
  if (!queue.size) return;
  const usable = usableLines(origin);
  if (usable.length && pool.options.now() < origin.growAfter) return settle(pool, origin, usable);
  const coming = dials.size + usable.filter((line) => line.probing).length;
  const wanted = Math.min(MAX_DIALS, Math.max(1, Math.ceil(queue.size / perLine))) - coming;
  for (let n = 0; n < wanted; n++) {
    if (!makeRoom(pool)) return starve(pool, origin, usable);
    startDial(pool, origin);
  }
}

/** Whether another line may be made, if need be instead of one that carries nothing. */
function makeRoom(pool: Pool): boolean {
  while (isFull(pool)) {
    const [line] = pool.idle;
    if (!line) return false;
    end(pool, line);
  }
  return true;
}

/** There is no room: an origin without any line waits for one. */
function starve(pool: Pool, origin: Origin, usable: readonly Line[]): void {
  if (usable.length) return settle(pool, origin, usable);
  if (origin.dials.size) return;
  pool.hungry.add(origin);
  drain(pool);
}

/** An origin makes do with the lines it has, also for what one of them has refused. */
function settle(pool: Pool, { queue }: Origin, usable: readonly Line[]): void {
  for (const exchange of queue) exchange.avoid = undefined;
  for (const line of usable) freed(pool, line);
}

/** Room has become free: the hungry take it, each in turn. */
function feed(pool: Pool): void {
  for (const origin of pool.hungry) {
    if (isFull(pool) && !pool.idle.size) return;
    pool.hungry.delete(origin);
    grow(pool, origin);
  }
}

function startDial(pool: Pool, origin: Origin): void {
  const dial = new AbortController();
  origin.dials.add(dial);
  pool.dials++;
  // One that was stopped is none of the origin's any more.
  dialLine(pool.options, origin.target, pool.lineEvents, dial).then((line) => {
    if (dropDial(pool, origin, dial)) opened(pool, origin, line);
    else line.destroy();
  }, (error: unknown) => {
    if (dropDial(pool, origin, dial)) refused(pool, origin, error);
  });
}

function stopDial(pool: Pool, origin: Origin, dial: AbortController): void {
  dropDial(pool, origin, dial);
  dial.abort(new Error('nobody waits for it'));
}

function opened(pool: Pool, origin: Origin, line: Line): void {
  if (line.draining) {
    // A server that ends each connection at once would be dialled without end.
    line.destroy();
    const cause = new Error('the server ended the connection at once');
    return refused(pool, origin, unreachable(origin.target, cause));
  }
  pool.lines.set(line, origin);
  origin.lines.add(line);
  origin.perLine = Math.max(1, line.limit);
  rest(pool, line);
  pool.wake();
  freed(pool, line);
  grow(pool, origin);
}

/** One failure is that of all who wait, unless another line can still serve them. */
function refused(pool: Pool, origin: Origin, error: unknown): void {
  const usable = usableLines(origin);
  if (usable.length) {
    origin.growAfter = pool.options.now() + GROW_PAUSE;
    settle(pool, origin, usable);
  } else if (!origin.dials.size) {
    for (const exchange of [...origin.queue]) {
      origin.queue.delete(exchange);
      fail(exchange, error);
    }
  }
  feed(pool);
  tidy(pool, origin);
}

/** Gives everything up; exchanges fail with `errorFor`. */
export function abandon(pool: Pool, errorFor: (exchange: Exchange) => unknown): void {
  for (const exchange of [...pool.open]) {
    fail(exchange, errorFor(exchange));
    withdraw(pool, exchange);
  }
  for (const origin of pool.origins.values()) {
    for (const dial of origin.dials) stopDial(pool, origin, dial);
  }
  for (const line of [...pool.lines.keys()]) end(pool, line);
}
