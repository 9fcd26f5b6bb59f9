/** What time does to lines: one timer for all of them, and none for a request. */
import { clearInterval, setInterval } from 'node:timers';
import { PushError } from '../../../errors.ts';
import { fail, type Exchange } from './exchange.ts';
import type { Line } from './line.ts';
import { end, grow } from './pool.ts';
import type { Pool } from './pool_state.ts';

/** Milliseconds from one look at the lines to the next. */
const BEAT = 1_000;
/** Beats after which a stream is reset that its caller has left and the peer does not end. */
const LINGER = 2;
/** Beats after which a stream that is reset and still there shows that nothing moves any more. */
const STUCK = 4;

/**
 * Looks after the lines of a pool as long as there are any. It is the timer, too, that keeps the
 * process alive while requests are in flight, and their sockets do not: one of which Node has
 * stopped reading would let the process end in the middle of a request.
 */
export function keepBeat(pool: Pool): void {
  const { idle, quiet, grace } = pool.options;
  const period = Math.max(5, Math.min(BEAT, idle / 2, quiet / 2, grace / 2));
  let timer: NodeJS.Timeout | undefined;
  pool.wake = () => {
    if (timer) return;
    timer = setInterval(() => {
      // In beats and not by the clock: after the process was stopped or busy for long, what the
      // peer has sent meanwhile is still to be read.
      for (const line of [...pool.lines.keys()]) beat(pool, line, period);
      // After a pause because a line could not be made, nobody else would think of those who wait.
      for (const origin of [...pool.origins.values()]) grow(pool, origin);
      if (pool.lines.size) return;
      clearInterval(timer);
      timer = undefined;
    }, period);
    if (!pool.open.size) timer.unref();
  };
  pool.hold = (on) => void (on ? timer?.ref() : timer?.unref());
}

function beat(pool: Pool, line: Line, period: number): void {
  const { now, idle } = pool.options;
  let stuck = 0;
  for (const exchange of line.exchanges) {
    linger(exchange, period, idle);
    if (exchange.phase === 'done' && exchange.stale >= STUCK) stuck++;
  }
  if (stuck) giveUp(pool, line, stuck);
  if (line.exchanges.size || line.probing) return listen(pool, line, period);
  if (Math.abs(now() - line.idleSince) >= Math.min(idle, line.keep)) end(pool, line);
}

/**
 * A session that hangs takes no more; it ends when nobody waits for it. After a failed write, or a
 * fault of the peer, Node stops to read from a session and tells nobody.
 */
function giveUp(pool: Pool, line: Line, stuck: number): void {
  if (stuck === line.exchanges.size) return end(pool, line, new Error('the connection hangs'));
  line.draining = true;
  pool.lineEvents.changed(line);
}

/**
 * A peer that owes something and is silent gets a ping, and is dead when it does not answer that.
 */
function listen(pool: Pool, line: Line, period: number): void {
  if (!line.ping) return;
  const { quiet, grace } = pool.options;
  const before = line.probing ? 0 : Math.ceil(quiet / period);
  line.silence++;
  if (line.silence === before) {
    line.ping(() => {
      line.silence = 0;
    });
  } else if (line.silence >= before + Math.ceil(grace / period)) {
    end(pool, line, new Error('the server gave no sign of life'));
  }
}

/** Bodies that nobody reads or wants must not hold a stream for ever. */
function linger(exchange: Exchange, period: number, idle: number): void {
  exchange.stale = exchange.body?.wanted ? 0 : exchange.stale + 1;
  if (exchange.phase === 'done') {
    if (exchange.stale >= LINGER) exchange.reset?.();
    // The first beat may have come right after the last move.
  } else if (exchange.phase === 'answered' && (exchange.stale - 1) * period >= idle) {
    const { origin } = exchange.outgoing.target;
    const message = `Nobody read the answer of ${origin} for ${idle} ms`;
    fail(exchange, new PushError('ERR_TIMEOUT', message, { origin, sent: 'maybe' }));
    exchange.reset?.();
  }
}
