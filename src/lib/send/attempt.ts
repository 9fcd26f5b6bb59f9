/** One attempt: the request made, sent and answered in one span of time. */
import { acceptAnswer, cleanDetail, rejectAnswer } from '../../answer.ts';
import type { Accepted } from '../../answer.ts';
import { DeliveryError, isPushError } from '../../errors.ts';
import type { PushError, PushErrorCode } from '../../errors.ts';
import type { FetchInit, FetchResponse, OwnInit, Transfer } from '../../send.ts';
import { property } from '../bytes.ts';
import { discard, readBody, readField } from '../response.ts';
import { safeCause } from '../secrets.ts';
import { race, startSpan } from './span.ts';
import type { Flight, Outgoing, Span } from './span.ts';

/** What a fetch rejected with, as an error that says whom it concerns. */
function networkError(error: unknown, { endpoint, origin }: Outgoing): DeliveryError {
  let code: PushErrorCode = 'ERR_NETWORK';
  let message = `Cannot reach ${origin}`;
  let sent: PushError['sent'] = 'maybe';
  let cause = error;
  try {
    if (isPushError(error)) ({ code, message, sent, cause = error } = error);
    else {
      const inner = property(error, 'cause') ?? error;
      const name = property(inner, 'code') ?? property(error, 'code');
      if (typeof name === 'string' && /^[A-Z_\d]{1,40}$/.test(name)) message += `: ${name}`;
      // There never was a connection.
      if (/^(connect|getaddrinfo)$/.test(String(property(inner, 'syscall')))) sent = 'no';
    }
  } catch {
    // Its getters throw.
  }
  cause = safeCause(cause, endpoint, origin);
  return new DeliveryError(code, message, { cause, sent, endpoint, origin });
}

/** What an answer means. A status, once read, decides; a success's body is cancelled unread. */
function readAnswer(
  response: FetchResponse,
  status: number,
  { endpoint, origin }: Outgoing,
  { now }: Transfer,
  span: Span,
): Accepted | Promise<Accepted> {
  const headers = { get: (name: string) => readField(response, name) };
  if (status >= 200 && status < 300) {
    discard(response).catch(() => undefined);
    return acceptAnswer({ status, headers, detail: undefined }, endpoint, origin, now());
  }
  return readBody(response, (promise) => race(span, promise)).then((text) =>
    rejectAnswer({ status, headers, detail: cleanDetail(text) }, endpoint, origin, now()));
}

/** Whoever may have to end it gives a `flight`. */
export async function attempt(
  transfer: Transfer,
  outgoing: Outgoing,
  number: number = 1,
  flight: Flight = { abort: () => undefined, sent: false },
): Promise<Accepted> {
  transfer.signal?.throwIfAborted();
  const span = startSpan(transfer, outgoing, flight);
  const started = performance.now();
  let bytes = 0;
  const report = (code: PushErrorCode | undefined, status: number | undefined): void => {
    const { onAttempt } = transfer;
    if (!flight.sent || !onAttempt) return;
    const { origin } = outgoing;
    const milliseconds = performance.now() - started;
    // A metric that fails, at once or later, must not cost the outcome.
    const told = async (): Promise<void> =>
      onAttempt({ origin, code, status, attempt: number, milliseconds, bytes });
    told().catch(() => undefined);
  };
  try {
    const { url, ...init } = await race(span, outgoing.build());
    // It may be over since: a request that was ready is not sent then.
    if (span.over) throw span.controller.signal.reason;
    bytes = init.body?.length ?? 0;
    flight.sent = true;
    const accepted = await answered(transfer, url, init, outgoing, span);
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
  transfer: Transfer,
  url: string,
  { method, headers, body, redirect }: Omit<FetchInit, 'signal'>,
  outgoing: Outgoing,
  span: Span,
): Promise<Accepted> {
  const init: OwnInit = {
    method, headers, body, redirect,
    get signal() { return span.controller.signal; },
    hear: (hearer) => (span.hearer = hearer),
  };
  let running: Promise<FetchResponse> | undefined;
  let response: FetchResponse;
  let status: unknown;
  try {
    const { fetch } = transfer;
    running = fetch(url, init);
    response = await race(span, running);
    status = property(response, 'status');
    if (typeof status !== 'number') throw new TypeError('No Response');
  } catch (error) {
    if (!span.over) throw networkError(error, outgoing);
    // A fetch that does not listen to its signal may answer later.
    running?.then(discard).catch(() => undefined);
    throw span.controller.signal.reason;
  }
  return readAnswer(response, status, outgoing, transfer, span);
}
