/** From a Request to a Response. */
import { readHeaders } from '../headers.ts';
import { readBody } from './body.ts';
import type { Core } from './core.ts';
import { faultRefusal, pause, resetError, takeFault } from './faults.ts';
import { refusal, toResponse } from './refusal.ts';
import type { Answer } from './refusal.ts';
import { route } from './resources.ts';
import { refuse } from './visit.ts';
import type { Visit } from './visit.ts';

/** Characters of all header fields together, as HTTP servers have it. */
const MAX_FIELDS = 16_384;

/**
 * Answers a request by its path, whatever its host. Rejects with the reason of its signal, and with
 * what `isReset` knows where the connection is to break.
 */
export async function handle(core: Core, request: Request): Promise<Response> {
  const fault = takeFault(core);
  const signal = request.signal ?? undefined;
  if (fault && fault.delay > 0) await pause(fault.delay, signal);
  if (fault?.reset === 'before') throw resetError();
  const visit = await openVisit(core, request, signal);
  const isOrdered = fault?.status !== undefined && fault.reset === undefined;
  if (isOrdered) visit.subscriber = core.store.subscribers.get(visit.path);
  const given = isOrdered
    ? refuse(visit, faultRefusal(fault.status, fault.retryAfter))
    : await answerVisit(visit);
  const answer = core.vendor.cors ? withCors(given) : given;
  report(visit, request.url, fault?.reset ? undefined : answer);
  if (fault?.reset) throw resetError();
  return toResponse(answer, request.method);
}

async function openVisit(
  core: Core,
  request: Request,
  signal: AbortSignal | undefined,
): Promise<Visit> {
  const { pathname, search, origin } = new URL(request.url);
  const fields = [...request.headers];
  return {
    core, method: request.method, path: pathname + search, origin, fields,
    header: readHeaders(fields), body: await readBody(request, core.vendor.maxBody), signal,
    subscriber: undefined, message: undefined, refusal: undefined,
  };
}

function answerVisit(visit: Visit): Answer | Promise<Answer> {
  const length = visit.fields.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  return length > MAX_FIELDS
    ? refuse(visit, refusal(431, 'too-many-fields', `The header is longer than ${MAX_FIELDS}`))
    : route(visit);
}

function withCors({ status, headers, body }: Answer): Answer {
  const cors = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Expose-Headers': '*' };
  return { status, headers: { ...cors, ...headers }, body };
}

function report(visit: Visit, url: string, answer: Answer | undefined): void {
  const { core, method, fields, body, subscriber, message, refusal } = visit;
  for (const observer of core.observers) {
    observer.exchanged?.({
      time: core.now(), method, url, headers: fields, body: body.bytes, subscriber, message,
      refusal, answer,
    });
  }
}
