import { PushError } from '../../../errors.ts';

/** `timeout`: ms, default 60,000: browsers may start slowly. */
export interface Waiting {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where to wait for something to be so. */
export interface Bell {
  /** Whoever waits looks again. */
  readonly ring: () => void;
  /**
   * Resolves with what `look` finds, now or when the bell rings. Rejects with ERR_TIMEOUT, whose
   * message `late` is, or with the signal's reason.
   */
  readonly until: <T>(look: () => T | undefined, late: string, waiting?: Waiting) => Promise<T>;
}

const TIMEOUT = 60_000;
/** Longer timers fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

export function createBell(): Bell {
  const waiters = new Set<() => void>();
  return {
    ring: () => waiters.forEach((look) => look()),
    until: async (look, late, { timeout = TIMEOUT, signal } = {}) => {
      signal?.throwIfAborted();
      if (!(timeout >= 0)) throw new RangeError('The timeout must be 0 ms or more');
      return look() ?? await wait(waiters, look, late, Math.min(timeout, MAX_TIMER), signal);
    },
  };
}

function wait<T>(
  waiters: Set<() => void>,
  look: () => T | undefined,
  late: string,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiters.delete(again);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const again = (): void => {
      const found = look();
      if (found === undefined) return;
      leave();
      resolve(found);
    };
    const abort = (): void => {
      leave();
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      leave();
      reject(new PushError('ERR_TIMEOUT', late));
    }, timeout);
    signal?.addEventListener('abort', abort);
    waiters.add(again);
  });
}
