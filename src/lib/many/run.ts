/** A batch under way: rows come in, attempts go out, outcomes wait for the consumer. */
import type { Accepted } from '../../answer.ts';
import type { PushError, PushErrorCode } from '../../errors.ts';
import type { Prepared } from '../../request.ts';
import type { Outcome } from '../../send_many.ts';
import { abort } from '../send/span.ts';
import type { Span } from '../send/span.ts';
import type { Plan } from './plan.ts';

/** What is known of an origin, and the rows that wait for it. */
export interface Lane<T> {
  readonly origin: string;
  /** Those that were tried before go first: so many. */
  readonly queue: Job<T>[];
  tried: number;
  /** Rows that wait, are in flight, or between two attempts. */
  rows: number;
  /** Requests in flight, and how many there may be: more with every good answer. */
  busy: number;
  window: number;
  answered: boolean;
  /** The end of a pause, in milliseconds since the epoch; 0: none. What a timer runs for. */
  until: number;
  armed: number;
  /** Pauses since the last good answer, and what made the last. */
  pauses: number;
  error?: PushError | undefined;
  /** Answers in a row that blame a sender's token or key, whose, and the last. */
  blames: number;
  sender?: string | undefined;
  blame?: PushError | undefined;
}

/** A row on its way. */
export interface Job<T> {
  readonly delivery: T;
  readonly prepared: Prepared;
  readonly lane: Lane<T>;
  /** The public key that signs. */
  readonly sender: string | undefined;
  /** The last instants at which a wait may end. */
  readonly deadline: number;
  readonly expires: number;
  /** Attempts begun, and those whose request was sent. */
  tries: number;
  attempts: number;
  /** The last failure. */
  error?: PushError | undefined;
  span?: Span | undefined;
}

export interface Run<T> extends Plan<T> {
  /** By origin; those without rows are forgotten, the longest without first. */
  readonly lanes: Map<string, Lane<T>>;
  /** Lanes with a row that may be started or ended, in turn; those that never answered apart. */
  readonly known: Set<Lane<T>>;
  readonly crowd: Set<Lane<T>>;
  readonly unknown: Set<Lane<T>>;
  /** Requests in flight; those of them to origins that never answered. */
  flying: number;
  strangers: number;
  /** Rows that wait, and those whose payload is being made. */
  parked: number;
  asked: number;
  /** Rows that were tried and have no outcome yet. */
  readonly begun: Set<Job<T>>;
  /** Outcomes that wait for the consumer. */
  readonly done: Outcome<T>[];
  /** The source, its next row under way, its end. */
  source?: Iterator<T> | AsyncIterator<T> | undefined;
  pulling?: boolean | undefined;
  drained?: boolean | undefined;
  /** Ends the timers, one each: Node warns of a signal that more than ten listen to. */
  readonly naps: Set<AbortController>;
  /** Set when nothing more is to be begun: what the requests in flight are aborted with. */
  stopped?: Error | undefined;
  /** What the consumer is thrown at last. */
  failure?: { readonly reason: unknown } | undefined;
  readonly pump: (run: Run<T>) => void;
  pumping?: boolean | undefined;
  /** Goes on where the consumer waits. */
  wake: () => void;
  /** What `onProgress` is told; when the batch began, and when that was told last. */
  readonly progress: { started: number; done: number; ok: number; retries: number };
  readonly codes: Partial<Record<PushErrorCode, number>>;
  readonly since: number;
  told: number;
}

export function createRun<T>(plan: Plan<T>, pump: Run<T>['pump']): Run<T> {
  const since = plan.now();
  return {
    ...plan, pump, since, told: since,
    lanes: new Map(), known: new Set(), crowd: new Set(), unknown: new Set(),
    begun: new Set(), naps: new Set(), done: [], codes: {},
    flying: 0, strangers: 0, parked: 0, asked: 0,
    progress: { started: 0, done: 0, ok: 0, retries: 0 }, wake: () => undefined,
  };
}

/** Whether no outcome is to come. */
export function isOver<T>({ stopped, begun, drained, progress }: Run<T>): boolean | undefined {
  return stopped ? !begun.size : drained && progress.started === progress.done;
}

/** Does what an event asks for. What is thrown here comes from a caller's function. */
export function act<T>(run: Run<T>, work?: () => void): void {
  try {
    if (!run.stopped) work?.();
    run.pump(run);
  } catch (reason) {
    stop(run, { reason });
  }
  if (run.done.length || isOver(run)) run.wake();
}

/** Goes on with what comes of a caller's function. */
export function follow<T, V>(
  run: Run<T>,
  call: () => V | PromiseLike<V>,
  then: (value: V) => void,
  failed: (reason: unknown) => void,
): void {
  (async () => call())().then(
    (value) => act(run, () => then(value)),
    (reason: unknown) => act(run, () => failed(reason)),
  );
}

/** Begins nothing more, ends what is in flight; rows that were tried get their outcomes. */
export function stop<T>(run: Run<T>, failure?: Run<T>['failure']): void {
  if (run.stopped) return;
  run.failure ??= failure;
  run.stopped = new Error('The batch was ended', { cause: failure?.reason });
  for (const nap of run.naps) nap.abort();
  for (const job of run.begun) {
    if (job.span) abort(job.span, run.stopped);
    else finish(run, job, job.error);
  }
  run.wake();
}

export function end<T>(run: Run<T>, outcome: Outcome<T>): void {
  const { progress, codes } = run;
  progress.done++;
  if (outcome.ok) progress.ok++;
  else codes[outcome.error.code] = (codes[outcome.error.code] ?? 0) + 1;
  run.done.push(outcome);
}

/** Ends a row that stands in a lane. */
export function finish<T>(
  run: Run<T>,
  job: Job<T>,
  error: PushError | undefined,
  accepted?: Accepted,
): void {
  const { delivery, attempts, lane } = job;
  run.begun.delete(job);
  if (!--lane.rows) {
    run.lanes.delete(lane.origin);
    run.lanes.set(lane.origin, lane);
  }
  end(run, accepted
    ? { ok: true, delivery, accepted, attempts }
    : { ok: false, delivery, error: error!, attempts });
}
