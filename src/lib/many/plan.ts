import { checkPolicy } from '../../endpoint.ts';
import { readPayload } from '../../encrypt.ts';
import { readMessage } from '../../request.ts';
import type { Message } from '../../request.ts';
import { readTransfer } from '../../send.ts';
import type { Transfer } from '../../send.ts';
import type { SendManyOptions } from '../../send_many.ts';
import type { Bytes, EndpointPolicy, Now } from '../../types.ts';

type Given<T> = SendManyOptions<T>;

/** The options of a batch, read and checked. */
export interface Plan<T> extends Pick<Given<T>, 'signal' | 'retry' | 'onProgress'> {
  readonly message: Message;
  readonly endpoints: EndpointPolicy | undefined;
  readonly payload: Bytes | null | Extract<Given<T>['payload'], (delivery: T) => unknown>;
  readonly transfer: Transfer;
  readonly concurrency: number;
  readonly perOrigin: number;
  readonly attempts: number;
  readonly patience: number;
  readonly lookahead: number;
  readonly unauthorizedLimit: number;
  readonly now: Now;
  readonly random: () => number;
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** The host's timer. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done);
  });
}

function whole(name: string, value: number, least: number = 1): number {
  if (value >= least && (Number.isInteger(value) || value === Infinity)) return value;
  const Wrong = typeof value === 'number' ? RangeError : TypeError;
  throw new Wrong(`${name} must be a whole number from ${least}`);
}

/** What is wrong here would be wrong for every row: throws TypeError or RangeError. */
export function readPlan<T>(options: Given<T>): Plan<T> {
  const {
    payload = null, endpoints, signal, encrypt, onAttempt, retry, onProgress,
    now = Date.now, random = Math.random, sleep: nap = sleep,
  } = options;
  const functions = { encrypt, onAttempt, retry, onProgress, now, random, sleep: nap };
  for (const [name, value] of Object.entries(functions)) {
    if (value !== undefined && typeof value !== 'function') throw new TypeError(`${name} must be a function`);
  }
  // A function is asked about the rows' endpoints only. This finds what is no policy.
  if (endpoints !== 'known' && typeof endpoints !== 'function') checkPolicy(new URL('https://a.bc'), endpoints);
  return {
    ...readNumbers(options),
    message: readMessage(options, now),
    payload: payload === null || typeof payload === 'function' ? payload : readPayload(payload, Infinity),
    // The batch ends what is in flight by itself: a signal with a listener for each would be slow.
    transfer: { ...readTransfer(options, now), signal: undefined },
    signal, endpoints, retry, onProgress, now, random, sleep: nap,
  };
}

function readNumbers(options: Given<never>): Pick<Plan<never>, 'concurrency' | 'perOrigin' | 'attempts' | 'patience' | 'lookahead' | 'unauthorizedLimit'> {
  const {
    concurrency = 256, perOrigin = 100, attempts = 3, patience = 300_000, lookahead = 1024,
    unauthorizedLimit = 20,
  } = options;
  return {
    concurrency: whole('concurrency', concurrency),
    perOrigin: whole('perOrigin', perOrigin),
    attempts: whole('attempts', attempts),
    patience: whole('patience', patience, 0),
    lookahead: whole('lookahead', lookahead),
    unauthorizedLimit: whole('unauthorizedLimit', unauthorizedLimit),
  };
}
