/** The time that one attempt has. */
import { DeliveryError } from '../../errors.ts';
import type { FetchInit, Transfer } from '../../send.ts';

export interface Request extends Omit<FetchInit, 'signal'> {
  readonly url: string;
}

/** A request in the making. */
export interface Outgoing {
  readonly endpoint: string;
  readonly origin: string;
  readonly build: () => Promise<Request>;
}

/** The time that one attempt has; also for whoever may have to end it. */
export interface Span {
  readonly controller: AbortController;
  over: boolean;
  /** Whether the request was handed to `fetch`. */
  sent: boolean;
  /** When it is over, whoever waits is told, and a fetch that takes no signal. */
  fail?: (reason: unknown) => void;
  tell?: (reason: unknown) => void;
}

export function createSpan(): Span {
  return { controller: new AbortController(), over: false, sent: false };
}

/** Ends an attempt. */
export function abort(span: Span, why: unknown): void {
  span.over = true;
  span.controller.abort(why);
  const { reason } = span.controller.signal;
  span.tell?.(reason);
  span.fail?.(reason);
}

/** Has the time begin; what it answers, stops the clock. */
export function begin(
  span: Span,
  { signal, timeout }: Transfer,
  { endpoint, origin }: Outgoing,
): () => void {
  const timer = setTimeout(() => {
    const { sent } = span;
    const what = sent ? `${origin} did not answer` : 'The push was not ready';
    abort(span, new DeliveryError('ERR_TIMEOUT', `${what} within ${timeout} ms`, {
      sent: sent ? 'maybe' : 'no', endpoint, origin,
    }));
  }, timeout);
  const passOn = (): void => abort(span, signal?.reason);
  signal?.addEventListener('abort', passOn);
  return () => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', passOn);
  };
}

/** What the promise gives, or the reason why the time is over. */
export function race<T>(span: Span, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    span.fail = reject;
    if (span.over) reject(span.controller.signal.reason);
    Promise.resolve(promise).then(resolve, reject);
  });
}
