/** What time does to lines: one timer for all of them, and none for a request. */
import { clearInterval, setInterval } from 'node:timers';
import { PushError } from '../../errors.ts';
import { fail, type Exchange } from './exchange.ts';
import type { Line } from './line.ts';
import { end } from './pool.ts';
import type { Pool } from './pool_state.ts';

/** Milliseconds from one look at the lines to the next. */
const BEAT = 1_000;
/** Beats after which a stream is reset that its caller has left and the peer does not end. */
const LINGER = 2;

/** Looks after the lines of a pool as long as there are any. The timer keeps no process alive. */
export function keepBeat(pool: Pool): void {
  const { idle, quiet, grace } = pool.options;
  const period = Math.max(5, Math.min(BEAT, idle / 2, quiet / 2, grace / 2));
  let timer: NodeJS.Timeout | undefined;
  pool.wake = () => {
    if (timer) return;
    timer = setInterval(() => {
      // In beats and not by the clock: after the process was stopped or busy for long, what the peer
      // has sent meanwhile is still to be read.
      for (const line of [...pool.lines.keys()]) beat(pool, line, period);
      if (pool.lines.size) return;
      clearInterval(timer);
      timer = undefined;
    }, period);
    timer.unref();
  };
}

function beat(pool: Pool, line: Line, period: number): void {
  const { now, idle } = pool.options;
  for (const exchange of line.exchanges) linger(exchange, period, idle);
  if (line.exchanges.size || line.probing) return listen(pool, line, period);
  if (Math.abs(now() - line.idleSince) >= Math.min(idle, line.keep)) end(pool, line);
}

/**
 * A peer that owes something and is silent gets a ping, and is dead when it does not answer that. So is
 * a session that Node 20 has given up for a fault of the peer: it stops reading, and tells nobody.
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
  exchange.stale = exchange.body?.wanted() ? 0 : exchange.stale + 1;
  if (exchange.phase === 'done') {
    if (exchange.stale >= LINGER) exchange.reset?.();
  } else if (exchange.phase === 'answered' && exchange.stale * period >= idle) {
    const { origin } = exchange.outgoing.target;
    const message = `Nobody read the answer of ${origin} for ${idle} ms`;
    fail(exchange, new PushError('ERR_TIMEOUT', message, { origin, sent: 'maybe' }));
    exchange.reset?.();
  }
}
