/** A row's attempts, and the waits between them. */
import type { Accepted } from '../../answer.ts';
import { DeliveryError, isPushError, PushError } from '../../errors.ts';
import { MAX_TIMER } from '../../send.ts';
import { attempt } from '../send/attempt.ts';
import { createSpan } from '../send/span.ts';
import { echo, learn, list, part, refusal } from './lanes.ts';
import { act, finish, follow } from './run.ts';
import type { Job, Lane, Run } from './run.ts';

/** The error of a row that cannot be sent as it is. */
export function invalid(cause: unknown): PushError {
  const message = 'The options or payload of this row are wrong';
  return new PushError('ERR_DELIVERY_INVALID', message, { cause });
}

/** Starts or ends a lane's next row; false: none can be. */
export function serve<T>(run: Run<T>, lane: Lane<T>): boolean {
  const [job] = lane.queue;
  if (!job) return false;
  const time = run.now();
  if (lane.until <= time) lane.until = 0;
  const why = refusal(run, job);
  if (!why && lane.until) arm(run, lane, time);
  if (!why && (lane.until || lane.busy >= lane.window)) return false;
  lane.queue.shift();
  run.parked--;
  if (job.tries) lane.tried--;
  if (why) finish(run, job, job.error ?? echo(why, job, time));
  else launch(run, job);
  list(run, lane);
  return true;
}

function launch<T>(run: Run<T>, job: Job<T>): void {
  const { lane } = job;
  job.span = createSpan();
  run.begun.add(job);
  move(run, lane, 1);
  if (job.tries++) run.progress.retries++;
  attempt(run.transfer, job.prepared, job.attempts + 1, job.span).then(
    (accepted) => land(run, job, undefined, accepted),
    (error: unknown) => land(run, job, error),
  );
}

/** Counts a request that begins or ends. */
function move<T>(run: Run<T>, lane: Lane<T>, by: number): void {
  run.flying += by;
  lane.busy += by;
  if (!lane.answered) run.strangers += by;
}

/** What an attempt was rejected with, as an error of ours. */
function toError<T>(
  { stopped }: Run<T>,
  { prepared, span }: Job<T>,
  cause: unknown,
): PushError {
  const { endpoint, origin } = prepared;
  if (!stopped || cause !== stopped) return isPushError(cause) ? cause : invalid(cause);
  return new DeliveryError('ERR_ABORTED', 'The batch was ended while this was in flight', {
    cause: stopped.cause, sent: span?.sent ? 'maybe' : 'no', endpoint, origin,
  });
}

function land<T>(run: Run<T>, job: Job<T>, reason: unknown, accepted?: Accepted): void {
  const { lane } = job;
  const error = accepted ? undefined : toError(run, job, reason);
  move(run, lane, -1);
  if (job.span?.sent) job.attempts++;
  job.span = undefined;
  job.error = error;
  if (accepted || run.stopped) finish(run, job, error, accepted);
  act(run, () => {
    if ((!error || error.status !== undefined) && !lane.answered) {
      lane.answered = true;
      run.strangers -= lane.busy;
    }
    if (error) fail(run, job, error);
    else learn(run, job, error);
    list(run, lane);
  });
}

/** Tries a row again after a while, if it may be; has its origin pause, if that asks for it. */
function fail<T>(run: Run<T>, job: Job<T>, error: PushError): void {
  const { lane, tries } = job;
  const { code, status, retryAfter } = error;
  const time = run.now();
  const wait = run.retry(error, tries, { random: run.random }) ?? -1;
  // It may have ended the batch, and with it this row.
  if (run.stopped) return;
  // An origin that fails while there is one request in its window is felt for more and more seldom.
  // One 503 among many good answers is that of one machine of theirs, and no word to all.
  const asks = retryAfter !== undefined || code === 'ERR_RATE_LIMITED'
    || (wait >= 0 && lane.window < 2);
  if (wait >= 0) lane.window = part(lane.window, 2);
  else if (status !== undefined) learn(run, job, error);
  if (asks) {
    if (lane.until <= time) lane.pauses++;
    lane.window = 1;
    // Without a time that was said, each pause in a row is twice as long.
    const times = retryAfter === undefined ? 2 ** Math.max(0, lane.pauses - tries) : 1;
    const until = time + (wait >= 0 ? wait : retryAfter ?? 0) * times;
    if (until > lane.until) {
      lane.until = until;
      lane.error = error;
    }
  }
  const last = tries >= run.attempts || !(wait >= 0);
  if (last || time + wait > job.deadline || time + wait >= job.expires) {
    return finish(run, job, error);
  }
  run.parked++;
  const back = (): void => {
    // The more often a row was tried, the sooner: it has the fewest attempts left.
    lane.queue.splice(tries > 1 ? 0 : lane.tried, 0, job);
    lane.tried++;
    list(run, lane);
  };
  if (asks) back();
  else nap(run, wait, back);
}

/** Opens a lane when its pause is over: when the sleep ends, whatever a clock says. */
function arm<T>(run: Run<T>, lane: Lane<T>, time: number): void {
  const { until } = lane;
  if (lane.armed === until) return;
  lane.armed = until;
  nap(run, until - time, () => {
    if (lane.until === until) lane.until = lane.armed = 0;
    list(run, lane);
  });
}

/** Timers are cut at what they take. */
function nap<T>(run: Run<T>, wait: number, then: () => void): void {
  const controller = new AbortController();
  const over = (): void => {
    run.naps.delete(controller);
    then();
  };
  run.naps.add(controller);
  follow(run, () => run.sleep(Math.min(wait, MAX_TIMER), controller.signal), over, over);
}
