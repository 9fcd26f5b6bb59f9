/** Trouble that a test has ordered. */
import type { Core } from './core.ts';
import { refusal } from './refusal.ts';
import type { Refusal } from './refusal.ts';
import type { Fault } from './types.ts';

/** A fault that was checked. */
export interface PlannedFault {
  readonly status: number | undefined;
  readonly retryAfter: number | undefined;
  readonly reset: 'before' | 'after' | undefined;
  readonly delay: number;
  times: number;
}

function number(name: string, value: unknown, least: number, most: number, whole: boolean): void {
  if (value === undefined) return;
  if (typeof value !== 'number') throw new TypeError(`A fault's ${name} must be a number`);
  if (!(value >= least && value <= most) || (whole && !Number.isInteger(value))) {
    const kind = whole ? 'a whole number' : 'a number';
    throw new RangeError(`A fault's ${name} must be ${kind} from ${least} to ${most}`);
  }
}

/** Lets the next requests meet a fault, after those that are planned already. */
export function plan(core: Core, fault: Fault): void {
  const { status, retryAfter, reset, delay, times = 1 } = fault;
  // What a Response can be made with.
  number('status', status, 200, 599, true);
  number('retryAfter', retryAfter, 0, 2 ** 31, true);
  number('delay', delay, 0, 2 ** 31 - 1, false);
  number('times', times, 1, Number.MAX_SAFE_INTEGER, true);
  if (reset !== undefined && reset !== 'before' && reset !== 'after') {
    throw new TypeError("A fault's reset is 'before' or 'after'");
  }
  if ([status, retryAfter, reset, delay].every((one) => one === undefined)) {
    throw new TypeError('A fault needs a status, retryAfter, reset or delay');
  }
  const answered = status ?? (retryAfter === undefined ? undefined : 429);
  core.faults.push({ status: answered, retryAfter, reset, delay: delay ?? 0, times });
}

/** The fault that the request which has come now meets. */
export function takeFault(core: Core): PlannedFault | undefined {
  const [fault] = core.faults;
  if (fault && --fault.times === 0) core.faults.shift();
  return fault;
}

/** The refusal that stands for a status. */
export function faultRefusal(status: number, retryAfter: number | undefined): Refusal {
  return { ...refusal(status, 'fault', 'This answer was ordered by a test'), retryAfter };
}

const RESET = 'ECONNRESET';

/** As fetch fails when a connection breaks. */
export function resetError(): TypeError {
  const cause = Object.assign(new Error('The connection was reset'), { code: RESET });
  return new TypeError('fetch failed', { cause });
}

/** Whether `handle` wants the connection to break. */
export function isReset(error: unknown): boolean {
  const cause: unknown = error instanceof TypeError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === RESET;
}

/** Waits, or rejects with the signal's reason. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
  });
}
