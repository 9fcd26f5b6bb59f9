/** The state of one `http2Fetch`: its origins, their lines and what waits for them. */
import type { Network, Target } from './connect.ts';
import type { Exchange, ExchangeEvents } from './exchange.ts';
import type { Line, LineEvents } from './line.ts';

/** Times are milliseconds. */
export interface PoolOptions {
  readonly network: Network;
  readonly now: () => number;
  /** Lines in all, those that are being made included. */
  readonly sessions: number;
  /** After which a line that carries nothing ends, and a body that nobody reads is given up. */
  readonly idle: number;
  /** For the making of a line. */
  readonly connectTimeout: number;
  /** After which a peer that is silent is asked for a sign of life. */
  readonly quiet: number;
  /** After which a peer that gave no sign of life is dead. */
  readonly grace: number;
}

/** What there is for one origin. */
export interface Origin {
  readonly target: Target;
  readonly lines: Set<Line>;
  /** Requests that no line carries yet. */
  readonly queue: Set<Exchange>;
  /** Lines in the making. */
  readonly dials: Set<AbortController>;
  /** Exchanges on its newest line at most; what the number of further lines is reckoned by. */
  perLine: number;
  /** No more lines before this instant: the last one could not be made. */
  growAfter: number;
}

export interface Pool {
  readonly options: PoolOptions;
  readonly origins: Map<string, Origin>;
  readonly lines: Map<Line, Origin>;
  /** Those that carry nothing, the least recently used first. */
  readonly idle: Set<Line>;
  /** Origins that wait for room for a line. */
  readonly hungry: Set<Origin>;
  /** Every exchange that is not done. */
  readonly open: Set<Exchange>;
  /** Lines whose sockets are not closed yet. */
  readonly closing: Set<Line>;
  dials: number;
  closed: boolean;
  readonly lineEvents: LineEvents;
  readonly exchangeEvents: ExchangeEvents;
  /** Called when something ended that `close` may wait for. */
  settled: () => void;
  /** Called when there is a line to look after. */
  wake: () => void;
  /** Called when the first exchange begins and the last is done. */
  hold: (on: boolean) => void;
}

export function hasRoom(line: Line): boolean {
  return !line.draining && !line.probing && line.exchanges.size < line.limit;
}

export function usableLines({ lines }: Origin): Line[] {
  return [...lines].filter((line) => !line.draining);
}

export function isFull(pool: Pool): boolean {
  return pool.lines.size + pool.dials >= pool.options.sessions;
}

export function tidy(pool: Pool, origin: Origin): void {
  const { lines, queue, dials, target } = origin;
  if (lines.size || queue.size || dials.size) return;
  if (pool.origins.get(target.origin) === origin) pool.origins.delete(target.origin);
}

/**
 * For each hungry origin a line ends with its exchanges: one of several if there is one, an old
 * one.
 */
export function drain(pool: Pool): void {
  let missing = pool.hungry.size;
  for (const line of pool.lines.keys()) if (line.draining) missing--;
  for (const least of [2, 1]) {
    for (const [line, origin] of pool.lines) {
      if (missing <= 0) return;
      if (line.draining || usableLines(origin).length < least) continue;
      line.draining = true;
      missing--;
      // What it will not carry any more waits for room like the others.
      if (origin.queue.size && !usableLines(origin).length) pool.hungry.add(origin);
    }
  }
}

/** Whether a dial was still the origin's; it is no more. */
export function dropDial(pool: Pool, origin: Origin, dial: AbortController): boolean {
  if (!origin.dials.delete(dial)) return false;
  pool.dials--;
  return true;
}
