/** One request on a stream of an HTTP/2 session. */
import {
  constants, type ClientHttp2Session, type ClientHttp2Stream, type IncomingHttpHeaders,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { PushError } from '../../../errors.ts';
import { endBody, pushBody, type Source } from './body.ts';
import { why } from './connect.ts';
import { answer, lost, type Exchange } from './exchange.ts';
import { MAX_DISCARD, type Line, type LineEvents } from './line.ts';

const { NGHTTP2_CANCEL, NGHTTP2_FLAG_END_STREAM, NGHTTP2_REFUSED_STREAM } = constants;

/** A session and what became of it. */
export interface Session {
  readonly line: Line;
  readonly events: LineEvents;
  readonly http2: ClientHttp2Session;
  readonly socket: Socket;
  cause: unknown;
  /** What the last GOAWAY said (RFC 9113 §6.8). */
  goaway: { readonly code: number; readonly lastId: number } | undefined;
}

/** Identifiers end at 2^31-1 (RFC 9113 §5.1.1). */
const LAST_ID = 2 ** 31 - 10_000;
const WITH_BODY = { endStream: false };
const WITHOUT = { endStream: true };

/** RFC 9113 §7, by number. */
const CODES = [
  'NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT',
  'STREAM_CLOSED', 'FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR',
  'CONNECT_ERROR', 'ENHANCE_YOUR_CALM', 'INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED',
];

/** Sends a request; its events tell the rest. */
export function sendStream(session: Session, exchange: Exchange): void {
  const { line, events, http2 } = session;
  const { headers, body } = exchange.outgoing;
  let stream: ClientHttp2Stream;
  try {
    stream = http2.request(headers, body ? WITH_BODY : WITHOUT);
  } catch (cause) {
    // The session ended in this very turn of the event loop.
    line.draining = true;
    return events.left(line, exchange, lost(exchange, 'no', ending(session), cause));
  }
  let cause: unknown;
  exchange.reset = () => stream.close(NGHTTP2_CANCEL);
  stream.on('response', (fields, flags) => {
    line.silence = 0;
    respond(exchange, stream, fields, (flags & NGHTTP2_FLAG_END_STREAM) !== 0);
  });
  stream.on('error', (error) => {
    cause = error;
  });
  // The one event that every stream ends with, on every runtime.
  stream.on('close', () => {
    if (!line.exchanges.has(exchange)) return;
    // It says so itself only when its socket is closed.
    if (http2.destroyed || http2.closed) line.draining = true;
    const error = exchange.phase === 'done' ? undefined : failure(session, exchange, stream, cause);
    events.left(line, exchange, error);
  });
  if (body) stream.end(body);
  if (stream.id !== undefined && stream.id > LAST_ID) line.draining = true;
}

/** The error of a stream that closed before its answer was whole. */
function failure(
  session: Session, exchange: Exchange, stream: ClientHttp2Stream, cause: unknown,
): PushError {
  const { goaway, socket, http2 } = session;
  // What a GOAWAY leaves out was not looked at (RFC 9113 §6.8); nor was what is refused (§8.7). But
  // when the session ends with an error, its streams bear that error's code, whatever became of
  // them.
  const unsent = stream.id === undefined || (goaway !== undefined && stream.id > goaway.lastId)
    || (stream.rstCode === NGHTTP2_REFUSED_STREAM && !goaway?.code);
  const reset = !socket.destroyed && !http2.destroyed;
  const what = reset
    ? `the server reset the stream (${codeName(stream.rstCode)})` : ending(session);
  return lost(exchange, unsent ? 'no' : 'maybe', what, cause ?? session.cause);
}

function codeName(code: number): string {
  return CODES[code] ?? String(code);
}

/** What ended a session. */
export function ending({ goaway, cause }: Session): string {
  if (goaway?.code) return `the server ended the session (${codeName(goaway.code)})`;
  return cause === undefined
    ? 'the connection was closed' : `the connection was lost (${why(cause)})`;
}

function respond(
  exchange: Exchange, stream: ClientHttp2Stream, fields: IncomingHttpHeaders, whole: boolean,
): void {
  const status = Number(fields[':status']);
  const length = fields['content-length'];
  const get = (name: string): string | null => fieldOf(fields, name.toLowerCase());
  if (!whole && length !== '0') {
    return answer(exchange, status, get, createSource(exchange, stream, length));
  }
  // Its end is still to be read, or the stream never closes.
  stream.resume();
  // An answer before the whole request was taken: nobody will take the rest.
  if (!stream.writableFinished) stream.close(NGHTTP2_CANCEL);
  answer(exchange, status, get, undefined);
}

/** Pseudo-header fields are none to a caller; a runtime's object may have inherited names. */
function fieldOf(fields: IncomingHttpHeaders, name: string): string | null {
  const value = name.startsWith(':') || !Object.hasOwn(fields, name) ? undefined : fields[name];
  return value === undefined ? null : Array.isArray(value) ? value.join(', ') : String(value);
}

/**
 * The body, which flows only while somebody reads; what was cancelled is thrown away as it comes.
 */
function createSource(
  exchange: Exchange, stream: ClientHttp2Stream, length: string | undefined,
): Source {
  let bytes = 0;
  stream.pause();
  stream.on('data', (part: Uint8Array) => {
    bytes += part.length;
    const { body, phase } = exchange;
    if (phase === 'answered' && body) pushBody(body, part);
    else if (bytes > MAX_DISCARD) stream.close(NGHTTP2_CANCEL);
  });
  stream.on('end', () => {
    // Also told for a stream that was cut off, which 'close' will say.
    const whole = stream.rstCode === 0 && (length === undefined || bytes === Number(length));
    if (whole && exchange.body) endBody(exchange.body);
  });
  return {
    resume: () => void stream.resume(),
    pause: () => void stream.pause(),
    // Not reset at once: servers take many resets for an attack (CVE-2023-44487) and end the
    // session.
    cancel: () => {
      if (Number(length) > MAX_DISCARD) stream.close(NGHTTP2_CANCEL);
      else stream.resume();
    },
  };
}
