/** Origins: how many requests each may have in flight, and what its answers mean for its other rows. */
import { DeliveryError } from '../../errors.ts';
import type { PushError } from '../../errors.ts';
import type { Job, Lane, Run } from './run.ts';

/** Origins that are remembered without rows. */
const MOST_IDLE = 1000;

export function part(whole: number, of: number): number {
  return Math.max(1, Math.floor(whole / of));
}

/** The lane of an origin, for one row more. */
export function enterLane<T>({ lanes, perOrigin, concurrency }: Run<T>, origin: string): Lane<T> {
  let lane = lanes.get(origin);
  if (!lane) {
    lane = {
      origin, queue: [], tried: 0, rows: 0, busy: 0, answered: false,
      // One that never answers holds a sixteenth: the others hardly notice.
      window: Math.min(perOrigin, part(concurrency, 16)),
      until: 0, armed: 0, pauses: 0, error: undefined, blames: 0, sender: undefined, blame: undefined,
    };
    lanes.set(origin, lane);
    if (lanes.size > MOST_IDLE) forget(lanes);
  }
  lane.rows++;
  return lane;
}

/** Forgets the lane that has been without rows for longest; one with rows is asked again later. */
function forget<T>(lanes: Map<string, Lane<T>>): void {
  for (const [origin, lane] of lanes) {
    lanes.delete(origin);
    if (lane.rows) lanes.set(origin, lane);
    break;
  }
}

/** Has a lane visited, if there is a row. Of strangers, those that many rows go to are the first. */
export function list<T>({ known, crowd, unknown }: Run<T>, lane: Lane<T>): void {
  const { answered, queue } = lane;
  if (queue.length) (answered ? known : queue.length > 1 ? crowd : unknown).add(lane);
}

/**
 * Encrypts the row whose turn is next before there is room for it, so that the place of a request that
 * was answered is taken at once. Further ahead would cost memory and gain nothing.
 */
export function seal<T>({ answered, queue }: Lane<T>): void {
  if (answered) queue[0]?.prepared.seal();
}

/** Takes the next lane to visit off its list: strangers first, so that they cease to be. */
export function nextLane<T>(run: Run<T>): Lane<T> | undefined {
  const { known, crowd, unknown } = run;
  const open = run.strangers < part(run.concurrency, 4);
  for (const lanes of open ? [crowd, unknown, known] : [known]) {
    for (const lane of lanes) {
      lanes.delete(lane);
      return lane;
    }
  }
  return undefined;
}

/** Learns from an answer, or from a failure that others may meet too (`passing`). */
export function learn<T>(run: Run<T>, { lane, sender }: Job<T>, error: PushError | undefined, passing: boolean): void {
  const answered = !error || error.status !== undefined;
  if (answered && !lane.answered) {
    lane.answered = true;
    run.strangers -= lane.busy;
  }
  if (passing) lane.window = part(lane.window, 2);
  else if (answered) {
    lane.pauses = 0;
    if (error?.code === 'ERR_UNAUTHORIZED' || error?.code === 'ERR_KEY_MISMATCH') {
      lane.blames = lane.sender === sender ? lane.blames + 1 : 1;
      lane.sender = sender;
      lane.blame = error;
      return
    }
    if (!error && lane.sender === sender) lane.blames = 0;
    if (!lane.until && lane.window < run.perOrigin) lane.window++;
  }
}

/** Why a row shall not go to its origin, or not in time. */
export function refusal<T>(run: Run<T>, { lane, sender, deadline }: Job<T>): PushError | undefined {
  if (lane.blames >= run.unauthorizedLimit && lane.sender === sender) return lane.blame;
  return lane.until > deadline ? lane.error : undefined;
}

/** An origin's failure as that of a row that was not sent because of it. */
export function echo<T>(error: PushError, { lane, prepared }: Job<T>, time: number): DeliveryError {
  const { origin, endpoint } = prepared;
  // Nobody may delete a row whose own key was not found to be another.
  const code = error.code === 'ERR_KEY_MISMATCH' ? 'ERR_UNAUTHORIZED' : error.code;
  const retryAfter = error.retryAfter && Math.max(0, lane.until - time);
  return new DeliveryError(code, `Not sent: ${error.message}`, {
    ...error, cause: error, sent: 'no', retryAfter, origin, endpoint,
  });
}
