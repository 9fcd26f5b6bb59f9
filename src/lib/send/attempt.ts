/** One attempt: the request made, sent and answered in one span of time. */
import { acceptAnswer, cleanDetail, rejectAnswer } from '../../answer.ts';
import type { Accepted } from '../../answer.ts';
import { DeliveryError, isPushError } from '../../errors.ts';
import type { PushError, PushErrorCode } from '../../errors.ts';
import type { Attempt, FetchResponse, OwnInit, Transfer } from '../../send.ts';
import { property } from '../bytes.ts';
import { discard, readBody, readField } from '../response.ts';
import { safeCause } from '../secrets.ts';
import { begin, createSpan, race } from './span.ts';
import type { Outgoing, Request, Span } from './span.ts';

/** What a fetch rejected with, as an error that says whom it concerns. */
function networkError(error: unknown, { endpoint, origin }: Outgoing): DeliveryError {
  let code: PushErrorCode = 'ERR_NETWORK';
  let message = `Cannot reach ${origin}`;
  let sent: PushError['sent'] = 'maybe';
  let cause = error;
  try {
    if (isPushError(error)) ({ code, message, sent = 'maybe', cause = error } = error);
    else {
      const inner = property(error, 'cause') ?? error;
      const name = String(property(inner, 'code') ?? property(error, 'code'));
      if (/^[A-Z][A-Z_\d]{1,39}$/.test(name)) message += `: ${name}`;
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
  const good = status >= 200 && status < 300;
  const judge = (text: string): Accepted => {
    const answer = { status, headers, detail: cleanDetail(text) };
    return (good ? acceptAnswer : rejectAnswer)(answer, endpoint, origin, now());
  };
  if (!good) return readBody(response, (promise) => race(span, promise)).then(judge);
  discard(response).catch(() => undefined);
  return judge('');
}

/** Whoever may have to end it gives a `span`. */
export async function attempt(
  transfer: Transfer,
  outgoing: Outgoing,
  number: number = 1,
  span: Span = createSpan(),
): Promise<Accepted> {
  const { signal, onAttempt } = transfer;
  signal?.throwIfAborted();
  const end = begin(span, transfer, outgoing);
  const started = performance.now();
  let bytes = 0;
  let result: Pick<Partial<Attempt>, 'code' | 'status'> = { code: 'ERR_ABORTED' };
  try {
    const request = await race(span, outgoing.build());
    // It may be over since: a request that was ready is not sent then.
    if (span.over) throw span.controller.signal.reason;
    bytes = request.body?.length ?? 0;
    span.sent = true;
    return (result = await answered(transfer, request, outgoing, span));
  } catch (error) {
    if (isPushError(error)) result = error;
    throw error;
  } finally {
    end();
    if (span.sent && onAttempt) {
      const { code, status } = result;
      const { origin } = outgoing;
      const milliseconds = performance.now() - started;
      // A metric that fails, at once or later, must not cost the outcome.
      (async () => onAttempt({ origin, code, status, attempt: number, milliseconds, bytes }))()
        .catch(() => undefined);
    }
  }
}

async function answered(
  transfer: Transfer,
  request: Request,
  outgoing: Outgoing,
  span: Span,
): Promise<Accepted> {
  const { url, method, headers, body, redirect } = request;
  const init: OwnInit = {
    method, headers, body, redirect,
    get signal() { return span.controller.signal; },
    hear: (tell) => (span.tell = tell),
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
