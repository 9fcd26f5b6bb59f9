import { isPushError } from './errors.ts';
import type { PushErrorCode } from './errors.ts';

/**
 * `maxDelay`: the longest backoff in milliseconds, default 300,000. `random`: default Math.random.
 */
export interface RetryOptions {
  readonly random?: (() => number) | undefined;
  readonly maxDelay?: number | undefined;
}

/**
 * What a job queue does with a failed delivery: try again after `delay` milliseconds; `delete` the
 * subscription; `resubscribe`: delete it, the page makes another; `stop` sending to this origin
 * until the configuration is right (not to all: any subscriber can name one that refuses every
 * token); `report` it to a person.
 */
export type NextStep =
  | { readonly do: 'retry'; readonly delay: number }
  | { readonly do: 'delete' | 'resubscribe' | 'stop' | 'report' };

/** setTimeout takes no more; a longer delay would be none. */
const MAX_TIMER = 2 ** 31 - 1;
/** The backoff's first upper bound, in milliseconds; it doubles with each attempt. */
const BASE_DELAY = 1000;

function codeOf(error: unknown): PushErrorCode | undefined {
  return isPushError(error) ? error.code : undefined;
}

/**
 * How long to wait before the next attempt, if there should be one: what the push service asked
 * for, else exponential backoff with full jitter. A pure function but for `random`.
 *
 * @param error What `send` threw, or what its `toJSON()` gave.
 * @param attempt Attempts made so far, from 1.
 * @returns Milliseconds, or `undefined`: do not try again. Never less than the service asked for,
 * so it may be more than `maxDelay`.
 * @example
 * const delay = retryDelay(error, 1);
 */
export function retryDelay(
  error: unknown,
  attempt: number,
  { random = Math.random, maxDelay = 300_000 }: RetryOptions = {},
): number | undefined {
  switch (codeOf(error)) {
    case 'ERR_RATE_LIMITED':
    case 'ERR_UNAVAILABLE':
    case 'ERR_NETWORK':
    case 'ERR_TIMEOUT': {
      const wait = isPushError(error) ? error.retryAfter : undefined;
      if (typeof wait === 'number' && wait >= 0) return Math.min(wait, MAX_TIMER);
      // A delay of NaN would be none to timers, and a queue without a count try for ever at once.
      if (!(attempt >= 0 && maxDelay >= 0)) {
        throw new RangeError('attempt counts attempts made, from 1, and maxDelay milliseconds');
      }
      return Math.round(random() * Math.min(maxDelay, BASE_DELAY * 2 ** (attempt - 1)));
    }
    default:
      return undefined;
  }
}

/**
 * Whether a subscription is of no more use: gone, invalid, or made with another key. The row can be
 * deleted. Never true for what is the sender's own fault.
 *
 * @example
 * if (isDead(error)) rows.delete(subscriptionId(subscription));
 */
export function isDead(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ERR_SUBSCRIPTION_GONE' || code === 'ERR_SUBSCRIPTION_INVALID'
    || code === 'ERR_KEY_MISMATCH';
}

/**
 * The same for a job queue, as one decision.
 *
 * @param attempt Attempts made so far, from 1.
 * @param options `attempts`: how many there may be in all, default no limit; as for `retryDelay`.
 * @example
 * const step = nextStep(error, job.attempts, { attempts: 5 });
 */
export function nextStep(
  error: unknown,
  attempt: number,
  options: RetryOptions & { readonly attempts?: number | undefined } = {},
): NextStep {
  const code = codeOf(error);
  if (code === 'ERR_KEY_MISMATCH') return { do: 'resubscribe' };
  if (isDead(error)) return { do: 'delete' };
  if (code === 'ERR_UNAUTHORIZED' || code === 'ERR_VAPID_INVALID') return { do: 'stop' };
  const delay = retryDelay(error, attempt, options);
  const again = delay !== undefined && attempt < (options.attempts ?? Infinity);
  return again ? { do: 'retry', delay } : { do: 'report' };
}
