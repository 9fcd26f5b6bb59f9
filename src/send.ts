import { acceptAnswer, cleanDetail, rejectAnswer } from './answer.ts';
import type { Accepted } from './answer.ts';
import { DeliveryError, isPushError } from './errors.ts';
import type { PushError, PushErrorCode } from './errors.ts';
import { checkPolicy, parseEndpoint } from './endpoint.ts';
import { property } from './lib/bytes.ts';
import { discard, readBody, readField } from './lib/response.ts';
import { safeCause } from './lib/secrets.ts';
import { prepare } from './request.ts';
import type { RequestOptions } from './request.ts';
import type { Bytes, EndpointPolicy, Now, Payload, Subscription } from './types.ts';
import type { Vapid } from './vapid.ts';

/** What is asked of a fetch; every host's own fits. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Bytes | null;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}

export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;

/** For metrics: no endpoint, low cardinality. `code`: undefined for success; `bytes`: the body. */
export interface Attempt {
  readonly origin: string;
  readonly code: PushErrorCode | undefined;
  readonly status: number | undefined;
  readonly attempt: number;
  readonly milliseconds: number;
  readonly bytes: number;
}

/** `fetch`: default the host's. `timeout`: milliseconds for an attempt, default 30,000. */
export interface TransferOptions {
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}

/** `onAttempt`: told of each attempt that reached the network; what it throws is ignored. */
export interface SendOptions extends RequestOptions, TransferOptions {
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}

/** setTimeout takes no more. */
export const MAX_TIMER: number = 2 ** 31 - 1;


/** The options of a transfer, read and checked. */
export interface Transfer {
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  readonly onAttempt: ((attempt: Attempt) => void) | undefined;
  readonly now: Now;
}

export function readTransfer(
  options: TransferOptions & Pick<SendOptions, 'onAttempt'>,
  now: Now = Date.now,
): Transfer {
  const { fetch = globalThis.fetch, signal, timeout = 30_000, onAttempt } = options;
  if (typeof fetch !== 'function') throw new TypeError('fetch is wanted: this host has none');
  if (typeof timeout !== 'number' || !(timeout > 0)) {
    throw new RangeError('timeout must be a number of milliseconds above 0');
  }
  return { fetch, signal, timeout: Math.min(timeout, MAX_TIMER), onAttempt, now };
}

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
interface Span {
  readonly signal: AbortSignal;
  /** What the promise gives, or the reason why the time is over. */
  readonly race: <T>(promise: Promise<T>) => Promise<T>;
  readonly abort: (reason: unknown) => void;
  readonly end: () => void;
}

function startSpan({ signal: outer, timeout }: Transfer, tooLate: () => Error): Span {
  const controller = new AbortController();
  const { signal } = controller;
  let fail = (_: unknown): void => undefined;
  const over = new Promise<never>((_, reject) => (fail = reject));
  over.catch(() => undefined);
  const abort = (reason: unknown): void => {
    controller.abort(reason);
    fail(signal.reason);
  };
  const timer = setTimeout(() => abort(tooLate()), timeout);
  const passOn = (): void => abort(outer?.reason);
  outer?.addEventListener('abort', passOn);
  const end = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', passOn);
  };
  return { signal, race: (promise) => Promise.race([promise, over]), abort, end };
}

function tooLate({ timeout }: Transfer, { endpoint, origin }: Outgoing, sent: boolean): Error {
  const what = sent ? `${origin} did not answer` : 'The push was not ready';
  return new DeliveryError('ERR_TIMEOUT', `${what} within ${timeout} ms`, {
    sent: sent ? 'maybe' : 'no', endpoint, origin,
  });
}

/** Whether a failed fetch proves that nothing was sent: there never was a connection. */
function neverSent(error: unknown): boolean {
  const syscall = property(property(error, 'cause') ?? error, 'syscall');
  return syscall === 'connect' || syscall === 'getaddrinfo';
}

/** What a fetch rejected with, as an error that says whom it concerns. */
function networkError(error: unknown, { endpoint, origin }: Outgoing): DeliveryError {
  if (isPushError(error)) {
    const { code, message, sent } = error;
    const cause = safeCause(error.cause ?? error, endpoint, origin);
    return new DeliveryError(code, message, { cause, sent, endpoint, origin });
  }
  const code = property(property(error, 'cause'), 'code') ?? property(error, 'code');
  const why = typeof code === 'string' && /^[A-Z_\d]{1,40}$/.test(code) ? `: ${code}` : '';
  return new DeliveryError('ERR_NETWORK', `Cannot reach ${origin}${why}`, {
    cause: safeCause(error, endpoint, origin),
    sent: neverSent(error) ? 'no' : 'maybe',
    endpoint,
    origin,
  });
}

/** What an answer means. A status, once read, decides; a success's body is cancelled unread. */
async function readAnswer(
  response: FetchResponse,
  { endpoint, origin }: Outgoing,
  span: Span,
  now: Now,
): Promise<Accepted> {
  const { status } = response;
  const headers = { get: (name: string) => readField(response, name) };
  if (status >= 200 && status < 300) {
    discard(response).catch(() => undefined);
    return acceptAnswer({ status, headers, detail: undefined }, endpoint, origin, now());
  }
  const detail = cleanDetail(await readBody(response, span.race));
  return rejectAnswer({ status, headers, detail }, endpoint, origin, now());
}

/** One attempt: the request made, sent and answered in one span of time. */
export async function attempt(
  transfer: Transfer,
  outgoing: Outgoing,
  number: number = 1,
  flight: Flight = { abort: () => undefined, sent: false },
): Promise<Accepted> {
  const { signal, onAttempt } = transfer;
  const { origin } = outgoing;
  signal?.throwIfAborted();
  const span = startSpan(transfer, () => tooLate(transfer, outgoing, flight.sent));
  flight.abort = span.abort;
  const started = performance.now();
  let bytes = 0;
  const report = (code: PushErrorCode | undefined, status: number | undefined): void => {
    if (!flight.sent || !onAttempt) return;
    const milliseconds = performance.now() - started;
    // A metric that fails, at once or later, must not cost the outcome.
    const told = async (): Promise<void> =>
      onAttempt({ origin, code, status, attempt: number, milliseconds, bytes });
    told().catch(() => undefined);
  };
  try {
    const { url, ...init } = await span.race(outgoing.build());
    // It may be over since: a request that was ready is not sent then.
    span.signal.throwIfAborted();
    bytes = init.body?.length ?? 0;
    flight.sent = true;
    const request = { ...init, signal: span.signal };
    const accepted = await answered(transfer, url, request, outgoing, span);
    report(undefined, accepted.status);
    return accepted;
  } catch (error) {
    if (isPushError(error)) report(error.code, error.status);
    else report('ERR_ABORTED', undefined);
    throw error;
  } finally {
    span.end();
  }
}

async function answered(
  { fetch, now }: Transfer,
  url: string,
  init: FetchInit,
  outgoing: Outgoing,
  span: Span,
): Promise<Accepted> {
  let running: Promise<FetchResponse> | undefined;
  let response: FetchResponse;
  try {
    running = fetch(url, init);
    response = await span.race(running);
    if (typeof property(response, 'status') !== 'number') throw new TypeError('No Response');
  } catch (error) {
    if (!span.signal.aborted) throw networkError(error, outgoing);
    // A fetch that does not listen to its signal may answer later.
    running?.then(discard).catch(() => undefined);
    throw span.signal.reason;
  }
  return readAnswer(response, outgoing, span, now);
}

/**
 * Encrypts, signs and sends one push: one attempt (RFC 8030 §5). What to do next after a failure,
 * `retryDelay`, `isDead` and `nextStep` tell.
 *
 * @param subscription Checked as `parseSubscription` does.
 * @param payload Text, bytes, or `null` for a push without payload.
 * @param options `vapid` is wanted (or `null`); `ttl` in seconds, `timeout` in milliseconds.
 * @returns That the push service has taken the message; no proof of delivery.
 * @throws {DeliveryError} What the push service answered, or ERR_NETWORK, ERR_TIMEOUT,
 * ERR_ADDRESS_REFUSED. Before sending a PushError, as `createRequest`. The signal's own reason.
 * @example
 * const { status } = await send(subscription, 'Hello', { vapid, fetch });
 */
export async function send(
  subscription: Subscription,
  payload: Payload | null,
  options: SendOptions,
): Promise<Accepted> {
  const transfer = readTransfer(options);
  return attempt(transfer, prepare(subscription, payload, options));
}

/**
 * Takes back a message that waits: DELETE on its location (RFC 8030 §5, as push services do it).
 *
 * @param location From `Accepted`; the endpoint policy is applied to it again.
 * @throws {DeliveryError} As `send`; ERR_REJECTED with status 404 or 410 when the message no longer
 * waits.
 * @example
 * const { location } = await send(subscription, 'Hello', { vapid, fetch });
 * if (location) await cancel(location, { vapid, fetch });
 */
export async function cancel(
  location: string,
  options: TransferOptions & {
    readonly vapid: Vapid | null;
    readonly endpoints?: EndpointPolicy | undefined;
  },
): Promise<void> {
  const { vapid } = options;
  if (vapid === undefined) throw new TypeError('vapid must be given; null for none');
  const transfer = readTransfer(options);
  const url = parseEndpoint(location);
  checkPolicy(url, options.endpoints);
  const build: Outgoing['build'] = async () => {
    const authorization = await vapid?.authorize(url);
    const headers = authorization === undefined ? {} : { Authorization: authorization };
    return { url: location, method: 'DELETE', headers, body: null, redirect: 'manual' };
  };
  const outgoing = { endpoint: location, origin: url.origin, build };
  await attempt(transfer, outgoing).catch((error: unknown) => {
    throw isPushError(error) ? waitsNoMore(error, outgoing) : error;
  });
}

/** A message that is gone says nothing of its subscription. */
function waitsNoMore(error: PushError, { endpoint, origin }: Outgoing): PushError {
  const { status } = error;
  if (error.code !== 'ERR_SUBSCRIPTION_GONE') return error;
  return new DeliveryError('ERR_REJECTED', 'The message no longer waits', {
    cause: error, status, endpoint, origin,
  });
}
