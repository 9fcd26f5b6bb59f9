import type { Accepted } from './answer.ts';
import { DeliveryError, isPushError } from './errors.ts';
import type { PushError, PushErrorCode } from './errors.ts';
import { checkPolicy, parseEndpoint } from './endpoint.ts';
import { attempt } from './lib/send/attempt.ts';
import type { Outgoing } from './lib/send/span.ts';
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

/**
 * What `http2Fetch` takes instead of the signal, which is made when it is first read: in Node that
 * costs a tenth of a request.
 */
export interface OwnInit extends FetchInit {
  /** Has `abort` called when the time is over. */
  readonly hear?: ((abort: (reason: unknown) => void) => void) | undefined;
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
    throw new RangeError('timeout must be milliseconds above 0');
  }
  return { fetch, signal, timeout: Math.min(timeout, MAX_TIMER), onAttempt, now };
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
