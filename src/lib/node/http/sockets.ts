/**
 * Sockets that are awaited: each can be given up, none outlives that, and no error goes unheard.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

/** Waits for what cannot be stopped only as long as it is wanted. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    const done = (): void => signal.removeEventListener('abort', stop);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    promise.then(resolve, reject).then(done, done);
  });
}

/** A socket once `event` came; destroyed when it fails before, or is given up. */
export function ready<S extends Socket>(socket: S, event: string, signal: AbortSignal): Promise<S> {
  // For good: what happens to a socket later is told by its 'close', and an 'error' that nobody
  // listens to ends the process.
  socket.on('error', () => {});
  return new Promise<S>((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', stop);
      socket.off('error', fail).off('close', closed).off(event, won);
    };
    const fail = (error: unknown): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const won = (): void => {
      settle();
      resolve(socket);
    };
    const closed = (): void => fail(new Error('the connection was closed'));
    const stop = (): void => fail(signal.reason);
    socket.on('error', fail).on('close', closed).on(event, won);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}

/**
 * TCP to a literal address: nothing is looked up. It keeps no process alive; that is for the timers
 * of those who wait for it.
 */
export async function tcp(address: string, port: number, signal: AbortSignal): Promise<Socket> {
  // With a name, the system would look it up behind our back.
  if (!isIP(address)) throw new TypeError('A connection is made to an IP address');
  const socket = connectTcp({ host: address, port, noDelay: true, autoSelectFamily: false });
  return ready(socket.unref(), 'connect', signal);
}

/** TLS over a connection, with a peer whose certificate bears `hostname`. */
export async function tls(
  below: Socket, hostname: string, options: ConnectionOptions, signal: AbortSignal,
): Promise<Socket> {
  // RFC 6066 §3: the name goes without a trailing dot, and no addresses go at all.
  const host = hostname.replace(/\.$/, '');
  const name = isIP(host) ? {} : { servername: host };
  try {
    const socket = connectTls({ socket: streamOf(below), host, ...name, ...options });
    socket.once('close', () => below.destroy());
    below.on('error', (error) => socket.destroy(error)).on('close', () => socket.destroy());
    if (below.destroyed) socket.destroy();
    return await ready(socket, 'secureConnect', signal);
  } catch (error) {
    below.destroy();
    throw error;
  }
}

/**
 * A connection as a stream in JavaScript. Given the socket itself, Node's TLS takes its handle
 * over, and when a write on it fails, as it does when the peer resets the connection, TLS and
 * HTTP/2 on top of it wait for ever and tell nobody (Node 20 and 24). This costs nothing: with many
 * requests in flight it is faster, since records that are written in one turn go out together.
 */
function streamOf(socket: Socket): Duplex {
  const stream = new Duplex({
    read: () => void socket.resume(),
    write: (chunk, _, done) => void socket.write(chunk, done),
    writev: (chunks, done) => {
      socket.cork();
      for (const [i, { chunk }] of chunks.entries()) {
        socket.write(chunk, i === chunks.length - 1 ? done : undefined);
      }
      socket.uncork();
    },
    final: (done) => void socket.end(done),
    destroy: (error, done) => {
      socket.destroy();
      done(error);
    },
  });
  // The socket's own tell what happened.
  stream.on('error', () => {});
  socket.on('data', (bytes) => {
    if (!stream.push(bytes)) socket.pause();
  });
  socket.on('end', () => stream.push(null)).on('close', () => stream.destroy());
  return stream;
}

/**
 * Tries one address after the other, each `stagger` ms after the last, or at once when that one
 * failed; the first socket wins and the others are destroyed (RFC 8305 §5). Rejects with the only
 * error, or an AggregateError of all.
 */
export function race(
  addresses: readonly string[], stagger: number, signal: AbortSignal,
  attempt: (address: string, signal: AbortSignal) => Promise<Socket>,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const losers = new AbortController();
    const errors: unknown[] = [];
    let timer: NodeJS.Timeout | undefined;
    let next = 0;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      losers.abort();
      settle();
    };
    const stop = (): void => end(() => reject(signal.reason));
    const failed = (error: unknown): void => {
      if (losers.signal.aborted) return;
      errors.push(error);
      if (next < addresses.length) return start();
      if (errors.length < addresses.length) return;
      end(() => reject(errors.length > 1 ? new AggregateError(errors) : error));
    };
    const won = (socket: Socket): void => {
      if (losers.signal.aborted) return void socket.destroy();
      end(() => resolve(socket));
    };
    const start = (): void => {
      clearTimeout(timer);
      attempt(addresses[next++]!, losers.signal).then(won, failed);
      if (next < addresses.length) timer = setTimeout(start, stagger);
    };
    if (signal.aborted || !addresses.length) return stop();
    signal.addEventListener('abort', stop);
    start();
  });
}
