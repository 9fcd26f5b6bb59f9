/** A server around a handler of Requests, on HTTP/1.1, and on HTTP/2 where it speaks TLS. */
import {
  createServer, type IncomingMessage, type RequestListener, type ServerResponse,
} from 'node:http';
import { createSecureServer, type ServerHttp2Session } from 'node:http2';
import { isIP, type Server, type Socket } from 'node:net';
import type { PushService } from '../../service.ts';
import { coreOf, listenAt } from '../service/core.ts';
import { bridge, type Handler } from './bridge.ts';
import { createCertificate } from './certificate.ts';
import { keepDeadlines } from './deadlines.ts';
import type { Limits } from './deadlines.ts';

/**
 * `port`: default 0, any that is free. `host`: where to listen, default this machine alone, as
 * `localhost`. `tls`: true makes a certificate for this run; or give one as PEM.
 */
export interface ListenOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly tls?: boolean | { readonly key: string; readonly cert: string } | undefined;
}

/** `ca`: PEM of the certificate's authority, when it was made for this run. */
export interface Listening {
  readonly url: string;
  readonly ca: string | undefined;
  readonly close: () => Promise<void>;
}

/** Bytes of a request's body that are read; a push service answers 413 to far fewer. */
const MAX_BODY = 131_072;
/** Milliseconds for the head of a request, and for all of it: a half-open connection ends then. */
const HEAD_TIMEOUT = 10_000;
const REQUEST_TIMEOUT = 30_000;
const LIMITS: Limits = { head: HEAD_TIMEOUT, body: REQUEST_TIMEOUT };
/** Milliseconds that a connection may say nothing. */
const IDLE_TIMEOUT = 120_000;
const MAX_CONNECTIONS = 2_048;

interface Tls {
  readonly key: string;
  readonly cert: string;
  readonly ca: string | undefined;
}

async function readTls(tls: ListenOptions['tls'], host: string): Promise<Tls | undefined> {
  if (tls === undefined || tls === false) return undefined;
  if (tls !== true) return { key: tls.key, cert: tls.cert, ca: undefined };
  const names = [...new Set(['localhost', '127.0.0.1', '::1', host])];
  const { key, cert, ca } = await createCertificate({ names });
  return { key, cert, ca };
}

function createTlsServer({ key, cert }: Tls, listener: RequestListener): Server {
  const server = createSecureServer({
    key, cert, allowHTTP1: true, handshakeTimeout: HEAD_TIMEOUT,
  });
  server.setTimeout(IDLE_TIMEOUT);
  // Node calls it with the request and response of either version, whose members are the same.
  server.on('request', listener);
  server.on('session', (session: ServerHttp2Session) =>
    session.on('error', () => session.destroy()));
  return server;
}

/** Listens, or rejects as the system says it. Answers the port. */
function bind(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' ? address?.port ?? port : port);
    });
  });
}

/** What ends a server: no new connections, and those that are open are cut. */
function stopper(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>();
  server.maxConnections = MAX_CONNECTIONS;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  });
  return () => new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}

export interface ServeOptions extends ListenOptions {
  /** Answers what is not for the handler, in a stream if it wants; `false`: it does not. */
  readonly before?: Before | undefined;
  readonly limits?: Limits | undefined;
}

export type Before = (
  request: IncomingMessage,
  response: ServerResponse,
  protocol: 'http' | 'https',
) => boolean;

/** Serves a handler; `localhost` is both of this machine's loopback addresses where it has them. */
export async function serve(handler: Handler, options: ServeOptions = {}): Promise<Listening> {
  const { port = 0, host = 'localhost', before, limits = LIMITS } = options;
  const secure = await readTls(options.tls, host);
  const protocol = secure ? 'https' : 'http';
  const listener: RequestListener = (request, response) => {
    if (before?.(request, response, protocol)) return;
    bridge(request, response, handler, { protocol, limit: MAX_BODY }).catch(() => undefined);
  };
  const create = (): Server => {
    const server = secure ? createTlsServer(secure, listener) : createServer(
      { headersTimeout: HEAD_TIMEOUT, requestTimeout: REQUEST_TIMEOUT }, listener,
    );
    const { watch, stop } = keepDeadlines(server, secure !== undefined, limits);
    server.on('request', watch).on('close', stop);
    return server;
  };
  const first = create();
  const stops = [stopper(first)];
  const own = await bind(first, port, host === 'localhost' ? '127.0.0.1' : host);
  if (host === 'localhost') {
    const second = create();
    // A machine without IPv6 has no ::1.
    await bind(second, own, '::1').then(() => stops.push(stopper(second)), () => undefined);
  }
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return {
    url: `${protocol}://${name}:${own}`,
    ca: secure?.ca,
    close: async () => {
      await Promise.all(stops.map((stop) => stop()));
    },
  };
}

/**
 * Serves a push service on this machine, so that any server, in any language, can push to it. New
 * subscriptions get endpoints below its URL.
 *
 * @param options `port` (default one that is free), `host` (default this machine alone), `tls`.
 * @returns `url`, an origin; `ca`, PEM, when `tls` is true; `close`, which cuts what is open.
 * @example
 * const server = await listen(createPushService());
 * console.log(new URL(server.url).hostname); // localhost
 * await server.close();
 */
export async function listen(
  service: PushService,
  options: ListenOptions = {},
): Promise<Listening> {
  const server = await serve((request) => service.handle(request), options);
  const forget = listenAt(coreOf(service), server.url);
  const close = async (): Promise<void> => {
    forget();
    await server.close();
  };
  return { ...server, close };
}
