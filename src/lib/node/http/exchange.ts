/** One request, from the call to the end of its answer. */
import { setMaxListeners } from 'node:events';
import { PushError } from '../../../errors.ts';
import {
  createBody, discardBody, failBody, streamOf, type Body, type Source,
} from './body.ts';
import type { FetchResponse } from '../../../send.ts';
import type { Line } from './line.ts';
import type { Outgoing } from './outgoing.ts';

/** What `send` may do with an answer, too. */
interface OwnResponse extends FetchResponse {
  /** Instead of `body?.cancel()`: no stream is made for it. */
  readonly discard: () => void;
}

export interface Exchange {
  readonly outgoing: Outgoing;
  readonly resolve: (response: FetchResponse) => void;
  readonly reject: (reason: unknown) => void;
  readonly events: ExchangeEvents;
  /** 'answered' while a body lasts; 'done': the caller hears no more of it. */
  phase: 'waiting' | 'answered' | 'done';
  body: Body | undefined;
  /** Gives up its stream or connection; there while a line carries it. */
  reset: (() => void) | undefined;
  /** It was surely not sent, and is tried a second time. */
  retried: boolean;
  /** The line of the first time. */
  avoid: Line | undefined;
  /** Beats since anything moved, counted where somebody has to move. */
  stale: number;
  abort: (() => void) | undefined;
}

/** What an exchange tells its pool. */
export interface ExchangeEvents {
  /** Its signal fired; the caller knows already. */
  readonly aborted: (exchange: Exchange) => void;
  /** Once for each. */
  readonly done: (exchange: Exchange) => void;
  /** That of the request before. */
  lastSignal: AbortSignal | undefined;
}

/** Takes a request up; throws the reason of a signal that has fired already. */
export function createExchange(
  outgoing: Outgoing, resolve: (response: FetchResponse) => void, reject: (reason: unknown) => void,
  events: ExchangeEvents,
): Exchange {
  const { signal, hear } = outgoing;
  if (signal?.aborted) throw signal.reason;
  const exchange: Exchange = {
    outgoing, resolve, reject, events,
    phase: 'waiting', body: undefined, reset: undefined, retried: false, avoid: undefined,
    stale: 0, abort: undefined,
  };
  const giveUp = (reason: unknown): void => {
    if (exchange.phase === 'done') return;
    fail(exchange, reason);
    events.aborted(exchange);
  };
  hear?.(giveUp);
  if (signal) {
    exchange.abort = () => giveUp(signal.reason);
    // One signal for a whole batch is no leak, of which Node would warn from the eleventh on.
    if (signal === events.lastSignal) setMaxListeners(0, signal);
    events.lastSignal = signal;
    signal.addEventListener('abort', exchange.abort);
  }
  return exchange;
}

/** Hands the head of an answer over, and its body if `source` has one. */
export function answer(
  exchange: Exchange, status: number, get: (name: string) => string | null,
  source: Source | undefined,
): void {
  if (exchange.phase !== 'waiting') return;
  const headers = { get };
  if (!source) {
    finish(exchange);
    return exchange.resolve({ status, headers, body: null });
  }
  exchange.phase = 'answered';
  exchange.stale = 0;
  const resume = (): void => {
    exchange.stale = 0;
    source.resume();
  };
  const body = createBody({ ...source, resume }, () => finish(exchange));
  exchange.body = body;
  const response: OwnResponse = {
    status, headers, get body() { return streamOf(body); }, discard: () => discardBody(body),
  };
  exchange.resolve(response);
}

/** Tells the caller that there is no answer, or no more of it. */
export function fail(exchange: Exchange, error: unknown): void {
  const { phase } = exchange;
  if (phase === 'done') return;
  finish(exchange);
  if (phase === 'waiting') exchange.reject(error);
  else if (exchange.body) failBody(exchange.body, error);
}

function finish(exchange: Exchange): void {
  if (exchange.phase === 'done') return;
  exchange.phase = 'done';
  exchange.stale = 0;
  const { abort, outgoing, events } = exchange;
  if (abort) outgoing.signal?.removeEventListener('abort', abort);
  events.done(exchange);
}

/** The error of a request that a connection was lost with, `sent` 'no' only where that is sure. */
export function lost(
  { outgoing }: Exchange, sent: 'no' | 'maybe', what: string, cause?: unknown,
): PushError {
  const { origin } = outgoing.target;
  const message = `No answer from ${origin}: ${what}`;
  return new PushError('ERR_NETWORK', message, { cause, origin, sent });
}
