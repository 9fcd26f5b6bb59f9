import type { Accepted } from './answer.ts';
import type { PushError, PushErrorCode } from './errors.ts';
import { readPlan } from './lib/many/plan.ts';
import { pump, tell } from './lib/many/pump.ts';
import { act, createRun, follow, isOver, stop } from './lib/many/run.ts';
import type { Run } from './lib/many/run.ts';
import type { OwnOptions } from './request.ts';
import type { SendOptions } from './send.ts';
import type { Now, Payload, Subscription } from './types.ts';

/**
 * A row of any shape with these members. `payload`: `undefined` for the shared one, `null` for a
 * push without payload. `options` take the place of the shared ones, one by one; `ttl` and
 * `expires` of each other.
 */
export interface Delivery {
  readonly subscription: Subscription;
  readonly payload?: Payload | null | undefined;
  readonly options?: OwnOptions | undefined;
}

/**
 * How far a batch is: rows begun and done, those accepted, attempts after the first, failures by
 * code, and rows a second since the start.
 */
export interface Progress {
  readonly started: number;
  readonly done: number;
  readonly ok: number;
  readonly retries: number;
  readonly codes: Readonly<Partial<Record<PushErrorCode, number>>>;
  readonly perSecond: number;
}

export interface SendManyOptions<T> extends SendOptions {
  /** For rows without their own; a function is called once for each of these. */
  readonly payload?:
    | Payload | null | ((delivery: T) => Payload | null | PromiseLike<Payload | null>) | undefined;
  /** In flight at once: 256. */
  readonly concurrency?: number | undefined;
  /** The same to one origin: 100. It begins with fewer, and again with one after a pause. */
  readonly perOrigin?: number | undefined;
  /** Attempts for one row: 3. */
  readonly attempts?: number | undefined;
  /** Milliseconds that a row may take with all its waits: 300,000. A longer wait is not begun. */
  readonly patience?: number | undefined;
  /** Rows parked for busy origins before the source is left alone: 1,024. */
  readonly lookahead?: number | undefined;
  /**
   * Answers in a row that blame the token or key, with no success among them, after which an origin
   * is left alone: 20.
   */
  readonly unauthorizedLimit?: number | undefined;
  /** Instead of `retryDelay`: milliseconds to wait, or `undefined` to give the row up. */
  readonly retry?: ((error: PushError, attempt: number) => number | undefined) | undefined;
  /** Told a few times a second and at the end; what it throws is ignored. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly now?: Now | undefined;
  readonly random?: (() => number) | undefined;
  /** For the waits between attempts; may end early when the signal fires. */
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}

/**
 * What came of a row: `delivery` is the caller's own object. `attempts`: requests that were sent;
 * with 0 the push service was not asked, because the row is wrong or its origin was left alone.
 */
export type Outcome<T> =
  | {
    readonly ok: true;
    readonly delivery: T;
    readonly accepted: Accepted;
    readonly attempts: number;
  }
  | {
    readonly ok: false;
    readonly delivery: T;
    readonly error: PushError;
    readonly attempts: number;
  };

/** Milliseconds that a source has for closing while it makes a row. */
const CLOSING = 1000;

function iterate<T>(source: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in source
    ? source[Symbol.asyncIterator]()
    : source[Symbol.iterator]();
}

/** Opens the source when the keys are proved to be a pair: else every row would fail. */
function begin<T>(run: Run<T>, source: Iterable<T> | AsyncIterable<T>): void {
  const open = async (): Promise<void> => {
    await run.message.vapid?.ready();
    // After a consumer has left meanwhile, nobody would close it.
    if (!run.stopped) run.source = iterate(source);
  };
  follow(run, open, () => undefined, (reason) => stop(run, { reason }));
}

/** Closes the source, unless it has come to its end by itself. */
async function close<T>({ source, drained, pulling, failure }: Run<T>): Promise<void> {
  if (!source || drained) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // A generator closes when it has made the row that it is making, which may be never.
  const late = new Promise<void>((resolve) => {
    timer = pulling ? setTimeout(resolve, CLOSING) : undefined;
  });
  try {
    await Promise.race([late, source.return?.()]);
  } catch (error) {
    if (!failure) throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function* consume<T extends Delivery>(
  options: SendManyOptions<T>,
  source: Iterable<T> | AsyncIterable<T>,
  started: (run: Run<T>) => void,
): AsyncGenerator<Outcome<T>, void, void> {
  const run = createRun(readPlan(options), pump);
  const { done, signal } = run;
  const abort = (): void => stop(run, { reason: signal?.reason });
  started(run);
  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', abort);
    begin(run, source);
    // Without a failure it was stopped by a consumer who has left.
    while (!run.stopped || run.failure) {
      act(run);
      const outcome = done.shift();
      if (outcome) yield outcome;
      else if (isOver(run)) break;
      else await new Promise<void>((resolve) => (run.wake = resolve));
    }
    if (run.failure) throw run.failure.reason;
  } finally {
    signal?.removeEventListener('abort', abort);
    stop(run);
    void tell(run);
    await close(run);
  }
}

/**
 * Sends to many: pulls rows as it can send them, has each origin take as much as it answers for,
 * tries again what may pass, and gives every row exactly one outcome, in the order in which they
 * come.
 *
 * Nothing is begun before the first `next()`. An origin that answers 429 or Retry-After, or fails
 * again and again, pauses while the others go on; when its pause is longer than a
 * row's patience, the row ends with that error and `attempts` 0. Origins that have not answered
 * yet share a quarter of `concurrency`. Leaving the loop aborts what is in flight and closes the
 * source. After an abort by `signal` come the outcomes of what was begun, ERR_ABORTED for what was
 * in flight, then `signal.reason` is thrown; rows without an outcome were not sent. What a source
 * throws is thrown after the outcomes of the rows that it gave.
 *
 * @param deliveries Any iterable or async iterable, such as a database cursor.
 * @param options As for `send`, for all rows. Times in milliseconds, `ttl` in seconds.
 * @returns Outcomes; a row's errors never end the loop. Beside those of `send`:
 * ERR_DELIVERY_INVALID for a row's own options and payload (`cause` kept), and an origin's error
 * for rows not sent to it.
 * @throws {TypeError} Options that are wrong for every row, and {RangeError}; ERR_VAPID_INVALID for
 * keys that are no pair: before anything is sent.
 * @example
 * const rows = [{ id: 1, subscription }, { id: 2, subscription }];
 * for await (const outcome of sendMany(rows, { vapid, fetch, payload: 'Hello' })) {
 *   if (!outcome.ok && isDead(outcome.error)) console.log('delete', outcome.delivery.id);
 * }
 */
export function sendMany<T extends Delivery>(
  deliveries: Iterable<T> | AsyncIterable<T>,
  options: SendManyOptions<NoInfer<T>>,
): AsyncGenerator<Outcome<T>, void, void> {
  let leave = (): void => undefined;
  const generator = consume(options, deliveries, (run) => (leave = () => stop(run)));
  const { return: end } = generator;
  // A generator that waits would take note of it only when it yields.
  generator.return = (value) => {
    leave();
    return end.call(generator, value);
  };
  return generator;
}
