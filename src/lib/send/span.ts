/** The time that one attempt has. */
import { DeliveryError } from '../../errors.ts';
import type { FetchInit, Transfer } from '../../send.ts';

/** A request in the making. */
export interface Outgoing {
  readonly endpoint: string;
  readonly origin: string;
  readonly build: () => Promise<Omit<FetchInit, 'signal'> & { readonly url: string }>;
}

/** An attempt under way, for whoever may have to end it. */
export interface Flight {
  /** Ends it with a reason; there as soon as it has begun. */
  abort: (reason: unknown) => void;
  /** Whether the request was handed to `fetch`. */
  sent: boolean;
}

/** The span of time that one attempt has. */
export interface Span {
  readonly controller: AbortController;
  over: boolean;
  /** Who is told that it is over: whoever waits, and the fetch. */
  fail: (reason: unknown) => void;
  hearer: (reason: unknown) => void;
  readonly end: () => void;
}

export function startSpan(transfer: Transfer, outgoing: Outgoing, flight: Flight): Span {
  const { signal: outer, timeout } = transfer;
  const passOn = (): void => abort(span, outer?.reason);
  const timer = setTimeout(() => abort(span, tooLate(transfer, outgoing, flight.sent)), timeout);
  const end = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', passOn);
  };
  const nobody = (): void => undefined;
  const span: Span = {
    controller: new AbortController(), over: false, fail: nobody, hearer: nobody, end,
  };
  outer?.addEventListener('abort', passOn);
  flight.abort = (reason) => abort(span, reason);
  return span;
}

/** What the promise gives, or the reason why the time is over. */
export function race<T>(span: Span, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    span.fail = reject;
    if (span.over) reject(span.controller.signal.reason);
    Promise.resolve(promise).then(resolve, reject);
  });
}

function abort(span: Span, why: unknown): void {
  const { controller } = span;
  span.over = true;
  controller.abort(why);
  const { reason } = controller.signal;
  span.hearer(reason);
  span.fail(reason);
}

function tooLate({ timeout }: Transfer, { endpoint, origin }: Outgoing, sent: boolean): Error {
  const what = sent ? `${origin} did not answer` : 'The push was not ready';
  return new DeliveryError('ERR_TIMEOUT', `${what} within ${timeout} ms`, {
    sent: sent ? 'maybe' : 'no', endpoint, origin,
  });
}
