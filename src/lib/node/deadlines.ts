/**
 * Ends connections that are slow on purpose. Node has limits of its own for HTTP/1.1, but on a TLS
 * server that speaks both versions Node 20 keeps none of them, and a body over HTTP/2 has none.
 */
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';

/** Milliseconds for the head of a request, and for its body. */
export interface Limits {
  readonly head: number;
  readonly body: number;
}

/** A connection over which HTTP/1.1 is spoken. */
interface Seen {
  /** Requests that are being answered. */
  active: number;
  /** Bytes that had come when nothing was left to answer. */
  bytes: number;
  /** When a head was first seen unfinished. */
  since: number | undefined;
}

export interface Deadlines {
  /** Has to be told of every request. */
  readonly watch: (request: IncomingMessage, response: ServerResponse) => void;
  readonly stop: () => void;
}

function isSlow(socket: Socket, seen: Seen, now: number, head: number): boolean {
  const isUnfinished = seen.active === 0 && socket.bytesRead > seen.bytes;
  if (!isUnfinished) seen.since = undefined;
  else seen.since ??= now;
  return seen.since !== undefined && now - seen.since >= head;
}

function isHttp2(socket: Socket): boolean {
  return 'alpnProtocol' in socket && socket.alpnProtocol === 'h2';
}

export function keepDeadlines(server: Server, tls: boolean, { head, body }: Limits): Deadlines {
  const seen = new Map<Socket, Seen>();
  server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (isHttp2(socket)) return;
    seen.set(socket, { active: 0, bytes: 0, since: undefined });
    socket.once('close', () => seen.delete(socket));
  });
  const timer = setInterval(() => {
    const now = Date.now();
    for (const [socket, one] of seen) if (isSlow(socket, one, now, head)) socket.destroy();
  }, Math.max(10, head / 4)).unref();
  const watch = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const one = seen.get(socket);
    if (one) one.active++;
    const late = setTimeout(() => {
      if (!request.complete) response.destroy();
    }, body).unref();
    response.once('close', () => {
      clearTimeout(late);
      if (!one) return;
      one.active--;
      one.bytes = socket.bytesRead;
    });
  };
  return { watch, stop: () => clearInterval(timer) };
}
