/** Keeps a batch going: what can be started is; else a row is taken from the source. */
import type { Delivery } from '../../send_many.ts';
import { serve } from './flight.ts';
import { admit } from './intake.ts';
import { nextLane, part } from './lanes.ts';
import { follow } from './run.ts';
import type { Run } from './run.ts';

/** Milliseconds between two reports: often enough for a bar, seldom enough for a log. */
const INTERVAL = 250;

/**
 * Does all that can be done now. Callers' functions may come back here: then it is done already.
 */
export function pump<T extends Delivery>(run: Run<T>): void {
  if (run.pumping) return;
  run.pumping = true;
  try {
    while (step(run));
  } finally {
    run.pumping = false;
  }
  if (run.now() - run.told >= INTERVAL) void tell(run);
}

/** Starts or ends a row; false: there is nothing to do until something happens. */
function step<T extends Delivery>(run: Run<T>): boolean {
  // A consumer that does not pull gets no more than this and what is in flight.
  if (run.stopped || run.done.length >= run.concurrency) return false;
  while (run.flying < run.concurrency) {
    const lane = nextLane(run);
    if (!lane) break;
    if (serve(run, lane)) return true;
  }
  const { flying, asked, parked, concurrency, lookahead } = run;
  // When the network is full, a few rows more stand ready.
  const most = flying + asked < concurrency ? lookahead : part(concurrency, 8);
  if (parked + asked < Math.min(most, lookahead) && !run.pulling && !run.drained) pull(run);
  return false;
}

function pull<T extends Delivery>(run: Run<T>): void {
  const { source } = run;
  if (!source) return;
  run.pulling = true;
  follow<T, IteratorResult<T>>(run, () => source.next(), ({ done, value }) => {
    run.pulling = false;
    if (done) run.drained = true;
    else admit(run, value);
  }, (reason) => {
    run.pulling = false;
    run.drained = true;
    run.failure ??= { reason };
  });
}

/** `onProgress` may be an async function; a display that fails must not cost an outcome. */
export async function tell<T>(run: Run<T>): Promise<void> {
  const { progress, codes, since } = run;
  try {
    const time = run.now();
    run.told = time;
    const perSecond = time > since ? (progress.done * 1000) / (time - since) : 0;
    await run.onProgress({ ...progress, codes: { ...codes }, perSecond });
  } catch {
    // Nobody asked for it to be right.
  }
}
