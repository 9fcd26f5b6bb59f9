/**
 * Origins: how many requests each may have in flight, and what its answers mean for its other rows.
 */
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
      until: 0, armed: 0, pauses: 0, blames: 0,
    };
    lanes.set(origin, lane);
    if (lanes.size > MOST_IDLE) forget(lanes);
  }
  lane.rows++;
  return lane;
}

/** Forgets the lane that has been without rows for longest; one with rows goes to the end. */
function forget<T>(lanes: Map<string, Lane<T>>): void {
  for (const [origin, lane] of lanes) {
    lanes.delete(origin);
    if (lane.rows) lanes.set(origin, lane);
    break;
  }
}

/**
 * Has a lane visited, if there is a row. Of strangers, those that many rows go to are the first.
 * The row whose turn is next is encrypted before there is room for it, so that the place of a
 * request that was answered is taken at once; further ahead would cost memory and gain nothing.
 */
export function list<T>(run: Run<T>, lane: Lane<T>): void {
  const [first, second] = lane.queue;
  if (first) (lane.answered ? run.known : second ? run.crowd : run.unknown).add(lane);
  if (lane.answered) first?.prepared.seal();
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

/** An origin has answered: well, or what is no fault of its own. */
export function learn<T>(run: Run<T>, { lane, sender }: Job<T>, error?: PushError): void {
  lane.pauses = 0;
  if (error?.code === 'ERR_UNAUTHORIZED' || error?.code === 'ERR_KEY_MISMATCH') {
    lane.blames = lane.sender === sender ? lane.blames + 1 : 1;
    lane.sender = sender;
    lane.blame = error;
  } else {
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
  const facts = {
    ...error, cause: error, sent: 'no', origin, endpoint,
    retryAfter: error.retryAfter && Math.max(0, lane.until - time),
  } as const;
  // Nobody may delete a row of which this was not found: it is the sender's key that seems wrong.
  return error.code === 'ERR_KEY_MISMATCH'
    ? new DeliveryError('ERR_UNAUTHORIZED', `${origin} knows another VAPID key; check it`, facts)
    : new DeliveryError(error.code, error.message, facts);
}
