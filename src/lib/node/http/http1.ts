/** An HTTP/1.1 connection (RFC 9112) as a line: one request at a time. */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { endBody, pushBody, type Source } from './body.ts';
import { why } from './connect.ts';
import { answer, lost, type Exchange } from './exchange.ts';
import { createParser, type Head, type Parser } from './http1_parser.ts';
import { MAX_DISCARD, type Line, type LineEvents } from './line.ts';
import type { Outgoing } from './outgoing.ts';

/** The request that the connection is busy with. */
interface Current {
  readonly exchange: Exchange;
  readonly parser: Parser;
  /** Bytes of the body that nobody wanted. */
  discarded: number;
  /** The answer is whole, and whether the connection can go on after it. */
  end: { readonly reusable: boolean } | undefined;
}

interface Connection {
  readonly line: Line;
  readonly events: LineEvents;
  readonly socket: Socket;
  current: Current | undefined;
  cause: unknown;
}

/** A line on a connection that is ready for a request. */
export function openHttp1(socket: Socket, events: LineEvents): Line {
  const line: Line = {
    exchanges: new Set(), limit: 1, draining: false, idleSince: 0, keep: Infinity, silence: 0,
    gone: false, probing: false, ping: undefined,
    send: (exchange) => send(connection, exchange),
    destroy: (cause) => {
      connection.cause ??= cause;
      socket.destroy();
    },
  };
  const connection: Connection = { line, events, socket, current: undefined, cause: undefined };
  listen(connection);
  return line;
}

function listen(connection: Connection): void {
  const { socket, events, line } = connection;
  socket.on('error', (error) => {
    connection.cause ??= error;
  });
  socket.on('data', (bytes: Uint8Array) => feed(connection, (parser) => parser.write(bytes)));
  socket.on('end', () => feed(connection, (parser) => parser.close()));
  socket.on('close', () => {
    line.draining = true;
    line.gone = true;
    const what = connection.cause === undefined
      ? 'the connection was closed' : `the connection was lost (${why(connection.cause)})`;
    leave(connection, what);
    events.closed(line);
  });
}

function send(connection: Connection, exchange: Exchange): void {
  const { socket, line, events } = connection;
  if (socket.destroyed || socket.readableEnded || !socket.writable) {
    line.draining = true;
    return events.left(line, exchange, lost(exchange, 'no', 'the connection was closed'));
  }
  const current: Current = {
    exchange, discarded: 0, end: undefined,
    parser: createParser(exchange.outgoing.headers[':method'] ?? '', {
      head: (head) => respond(connection, exchange, head),
      data: (bytes) => take(connection, current, bytes),
      end: (reusable) => {
        current.end = { reusable };
        if (exchange.body) endBody(exchange.body);
      },
    }),
  };
  connection.current = current;
  exchange.reset = () => line.destroy();
  socket.resume();
  write(socket, exchange.outgoing);
}

/**
 * In one piece: a server that has read half of a request must not be able to take it for a whole.
 */
function write(socket: Socket, { headers, body }: Outgoing): void {
  let head = `${headers[':method']} ${headers[':path']} HTTP/1.1\r\n`;
  head += `host: ${headers[':authority']}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith(':')) head += `${name}: ${value}\r\n`;
  }
  // Bytes and no encoding: Deno takes no notice of one.
  const bytes = Buffer.from(`${head}\r\n`, 'latin1');
  socket.write(body ? Buffer.concat([bytes, body]) : bytes);
}

/** What the peer sends, or that it sends no more. */
function feed(connection: Connection, how: (parser: Parser) => void): void {
  const { current, line, socket } = connection;
  // Nothing was asked: a goodbye such as 408, or worse.
  if (!current) return line.destroy();
  line.silence = 0;
  try {
    how(current.parser);
  } catch (error) {
    connection.cause ??= error;
    line.draining = true;
    leave(connection, `the server ${why(error)}`);
    return line.destroy(error);
  }
  // Not in the parser's callback: the next request may go out while it is left.
  if (!current.end) return;
  const reusable = current.end.reusable && socket.writableLength === 0 && socket.writable;
  if (!reusable) line.draining = true;
  // A body's last piece leaves it paused, and deaf to the peer's goodbye.
  socket.resume();
  leave(connection, '');
  if (!reusable) line.destroy();
}

/** Takes the current request off the connection. */
function leave(connection: Connection, what: string): void {
  const { current, line, events, cause } = connection;
  if (!current) return;
  connection.current = undefined;
  const { exchange } = current;
  const whole = exchange.phase === 'done';
  events.left(line, exchange, whole ? undefined : lost(exchange, 'maybe', what, cause));
}

function respond(connection: Connection, exchange: Exchange, head: Head): void {
  const { line, socket } = connection;
  const { status, fields, hasBody } = head;
  const keep = /(^|[\s,;])timeout=([0-9]{1,6})/i.exec(fields.get('keep-alive') ?? '');
  // A second less, so that our request and their close do not cross.
  if (keep) line.keep = Number(keep[2]) * 1000 - 1000;
  const length = Number(fields.get('content-length') ?? 0);
  const source: Source = {
    resume: () => void socket.resume(),
    pause: () => void socket.pause(),
    cancel: () => void (length > MAX_DISCARD ? line.destroy() : socket.resume()),
  };
  const get = (name: string): string | null => fields.get(name.toLowerCase()) ?? null;
  answer(exchange, status, get, hasBody ? source : undefined);
}

function take({ line }: Connection, current: Current, bytes: Uint8Array): void {
  const { body, phase } = current.exchange;
  if (phase === 'answered' && body) pushBody(body, bytes);
  else if ((current.discarded += bytes.length) > MAX_DISCARD) line.destroy();
}
