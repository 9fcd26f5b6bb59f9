/** An HTTP/2 session (RFC 9113) as a line: many requests at once, each on a stream of its own. */
import { connect } from 'node:http2';
import type { Socket } from 'node:net';
import { lost } from './exchange.ts';
import type { Line, LineEvents } from './line.ts';
import { ending, sendStream, type Session } from './stream.ts';

/**
 * RFC 9113 §6.5.2. No pushes. A window as small as the answers of push services: it bounds what a
 * body that nobody reads costs.
 */
const SETTINGS = { enablePush: false, initialWindowSize: 16_384, maxHeaderListSize: 16_384 };
/**
 * Of a peer that allows more streams, so many are used: 4 KB each stay under Node's 10 MB a
 * session.
 */
const MAX_STREAMS = 1_000;

/** A session on a connection, once the peer has said how many streams it allows. */
export function openSession(
  socket: Socket, origin: string, events: LineEvents, signal: AbortSignal,
): Promise<Line> {
  return new Promise((resolve, reject) => {
    const http2 = connect(origin, { createConnection: () => socket, settings: SETTINGS });
    const line = createLine(() => session);
    const session: Session = { line, events, http2, socket, cause: undefined, goaway: undefined };
    listen(session);
    const settle = (then: () => void): void => {
      signal.removeEventListener('abort', stop);
      http2.off('remoteSettings', opened);
      socket.off('close', closed);
      then();
    };
    const refuse = (error: unknown): void => settle(() => {
      line.destroy(error);
      reject(error);
    });
    const opened = (): void => {
      if (line.limit > 0) settle(() => resolve(line));
    };
    const closed = (): void => {
      refuse(session.cause ?? new Error('the server closed the connection'));
    };
    const stop = (): void => refuse(signal.reason);
    http2.on('remoteSettings', opened);
    socket.on('close', closed);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}

function createLine(session: () => Session): Line {
  return {
    exchanges: new Set(), limit: 0, draining: false, idleSince: 0, keep: Infinity, silence: 0,
    gone: false, probing: false,
    send: (exchange) => sendStream(session(), exchange),
    ping: (answered) => ping(session(), answered),
    destroy: (cause) => destroy(session(), cause),
  };
}

/**
 * Each event has a listener before anything can happen: an 'error' without one ends the process.
 */
function listen(session: Session): void {
  const { http2, socket, line, events } = session;
  http2.on('error', (error) => {
    session.cause ??= error;
    line.draining = true;
    events.changed(line);
  });
  http2.on('remoteSettings', ({ maxConcurrentStreams = MAX_STREAMS }) => {
    line.silence = 0;
    line.limit = Math.min(maxConcurrentStreams, MAX_STREAMS);
    events.changed(line);
  });
  http2.on('goaway', (code: number, lastId: number) => {
    // Of several, the last one counts: its lastId can only be less (RFC 9113 §6.8).
    session.goaway = { code, lastId };
    line.draining = true;
    events.changed(line);
  });
  socket.on('error', (error) => {
    session.cause ??= error;
  });
  // No more frames will come: it may take a while until the socket is closed.
  socket.on('end', () => {
    line.draining = true;
    events.changed(line);
  });
  // After the 'close' of the streams, which tells more.
  socket.on('close', () => setImmediate(() => {
    line.draining = true;
    line.gone = true;
    http2.destroy();
    for (const exchange of line.exchanges) {
      events.left(line, exchange, lost(exchange, 'maybe', ending(session), session.cause));
    }
    events.closed(line);
  }));
}

/**
 * With a GOAWAY if the peer takes it; Node waits for a dead peer to do so, hence the socket too.
 */
function destroy(session: Session, cause: unknown): void {
  const { http2, socket } = session;
  session.cause ??= cause;
  http2.destroy();
  if (cause === undefined) setImmediate(() => socket.destroy());
  else socket.destroy();
}

function ping(session: Session, answered: () => void): void {
  const { http2 } = session;
  if (http2.destroyed || http2.closed) return destroy(session, undefined);
  http2.ping((error) => {
    if (!error) answered();
  });
}
