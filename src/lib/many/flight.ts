/** A row's attempts, and the waits between them. */
import { DeliveryError, isPushError, PushError } from '../../errors.ts';
import { retryDelay } from '../../retry.ts';
import { attempt, MAX_TIMER } from '../../send.ts';
import { echo, learn, list, refusal, seal } from './lanes.ts';
import { act, finish, follow } from './run.ts';
import type { Accepted } from '../../answer.ts';
import type { Job, Lane, Run } from './run.ts';

/** The error of a row that cannot be sent as it is. */
export function invalid(cause: unknown): PushError {
  return new PushError('ERR_DELIVERY_INVALID', "The row's options or payload are wrong; see cause", { cause });
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
  if (job.tries) lane.tried--;
  run.parked--;
  if (why) finish(run, job, job.error ?? echo(why, job, time));
  else launch(run, job);
  list(run, lane);
  seal(lane);
  return true;
}

function launch<T>(run: Run<T>, job: Job<T>): void {
  const { lane } = job;
  const flight = { controller: new AbortController(), sent: false };
  job.flight = flight;
  run.begun.add(job);
  run.flying++;
  lane.busy++;
  if (!lane.answered) run.strangers++;
  if (job.tries++) run.retries++;
  const landed = (error: unknown, accepted?: Accepted): void => {
    job.flight = undefined;
    run.flying--;
    lane.busy--;
    if (!lane.answered) run.strangers--;
    if (flight.sent) job.attempts++;
    land(run, job, accepted ? undefined : toError(run, job, error, flight.sent), accepted);
  };
  attempt(run.transfer, job.prepared, job.attempts + 1, flight)
    .then((accepted) => landed(undefined, accepted), landed);
}

/** What an attempt was rejected with, as an error of ours. */
function toError<T>({ halt }: Run<T>, { prepared }: Job<T>, cause: unknown, sent: boolean): PushError {
  const { endpoint, origin } = prepared;
  if (halt.signal.aborted && cause === halt.signal.reason) {
    return new DeliveryError('ERR_ABORTED', 'Aborted in flight', {
      cause, sent: sent ? 'maybe' : 'no', endpoint, origin,
    });
  }
  return isPushError(cause) ? cause : invalid(cause);
}

function land<T>(run: Run<T>, job: Job<T>, error: PushError | undefined, accepted: Accepted | undefined): void {
  job.error = error;
  if (accepted || run.halt.signal.aborted) finish(run, job, error, accepted);
  act(run, () => {
    if (error) fail(run, job, error);
    else learn(run, job, undefined, false);
    list(run, job.lane);
  });
}

/** Tries a row again after a while, if it may be; has its origin pause, if that asks for it. */
function fail<T>(run: Run<T>, job: Job<T>, error: PushError): void {
  const { lane, tries } = job;
  const { code, status, retryAfter } = error;
  const time = run.now();
  const passing = retryDelay(error, 1) !== undefined;
  // An origin with one request left in its window that fails still is felt for more and more seldom.
  const asks = retryAfter !== undefined || code === 'ERR_RATE_LIMITED' || status === 503
    || (passing && lane.window < 2);
  const usual = asks
    ? retryDelay(error, Math.max(tries, lane.pauses), { random: run.random, maxDelay: Math.max(300_000, 2 * run.patience) })
    : retryDelay(error, tries, run);
  const chosen = tries < run.attempts ? (run.retry ?? (() => usual))(error, tries) : undefined;
  const wait = typeof chosen === 'number' && chosen >= 0 ? chosen : undefined;
  learn(run, job, error, passing);
  if (asks) {
    if (lane.until <= time) lane.pauses++;
    lane.window = 1;
    const until = time + (wait ?? usual ?? retryAfter ?? 0);
    if (until > lane.until) {
      lane.until = until;
      lane.error = error;
    }
  }
  if (wait === undefined || time + wait > job.deadline || time + wait >= job.expires) {
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
    if (lane.armed === until) lane.armed = 0;
    if (lane.until === until) lane.until = 0;
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
