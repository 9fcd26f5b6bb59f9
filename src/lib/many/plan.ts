import { checkPolicy } from '../../endpoint.ts';
import { readPayload } from '../../encrypt.ts';
import type { PushError } from '../../errors.ts';
import { readMessage } from '../../request.ts';
import type { Message } from '../../request.ts';
import { retryDelay } from '../../retry.ts';
import type { RetryOptions } from '../../retry.ts';
import { readTransfer } from '../../send.ts';
import type { Transfer } from '../../send.ts';
import type { SendManyOptions } from '../../send_many.ts';
import type { Bytes } from '../../types.ts';

type Given<T> = SendManyOptions<T>;
type Name =
  | 'concurrency' | 'perOrigin' | 'attempts' | 'patience' | 'lookahead' | 'unauthorizedLimit'
  | 'now' | 'random' | 'sleep' | 'onProgress' | 'onAttempt' | 'encrypt';

/** What has a default. */
type Tuning<T> = { -readonly [N in Name]: NonNullable<Given<T>[N]> } & {
  retry: (error: PushError, attempt: number, options: RetryOptions) => number | undefined;
};

/** The options of a batch, read and checked. */
export interface Plan<T> extends Readonly<Tuning<T>>, Pick<Given<T>, 'signal' | 'endpoints'> {
  readonly message: Message;
  readonly payload: Bytes | null | Extract<Given<T>['payload'], (delivery: T) => unknown>;
  readonly transfer: Transfer;
}

/** The host's timer. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)));
  });
}

/** Puts what was given in the place of the defaults, whose types it must have. */
function tune<D extends object>(
  defaults: D,
  options: { readonly [N in keyof D]?: D[N] | undefined },
): D {
  for (const name in defaults) {
    const otherwise = defaults[name];
    const value = options[name] ?? otherwise;
    const wanted = typeof otherwise;
    if (typeof value !== wanted) throw new TypeError(`${name} must be a ${wanted}`);
    // Infinity is as good as whole.
    if (typeof value === 'number' && (!(value >= Number(name !== 'patience')) || value % 1)) {
      throw new RangeError(`${name} must be a whole number from 1`);
    }
    defaults[name] = value;
  }
  return defaults;
}

/** What is wrong here would be wrong for every row: throws TypeError or RangeError. */
export function readPlan<T>(options: Given<T>): Plan<T> {
  const { payload = null, signal, endpoints } = options;
  const tuning = tune<Tuning<T>>({
    concurrency: 256, perOrigin: 100, attempts: 3, patience: 300_000, lookahead: 1024,
    unauthorizedLimit: 20,
    now: Date.now, random: Math.random, sleep, retry: retryDelay, onProgress: () => undefined,
    // Others read these. Here it is found out in time whether they are functions.
    onAttempt: () => undefined, encrypt: () => Promise.reject(),
  }, options);
  // A function is asked about the rows' endpoints only. This finds what is no policy.
  if (endpoints !== 'known' && typeof endpoints !== 'function') {
    checkPolicy(new URL('https://a.bc'), endpoints);
  }
  return {
    ...tuning,
    signal,
    endpoints,
    message: readMessage(options, tuning.now),
    payload: payload === null || typeof payload === 'function'
      ? payload
      : readPayload(payload, Infinity),
    // The batch ends what is in flight by itself: a signal with a listener for each would be slow.
    transfer: { ...readTransfer(options, tuning.now), signal: undefined },
  };
}
