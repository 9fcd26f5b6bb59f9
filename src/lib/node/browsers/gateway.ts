/** The sockets on loopback that browsers connect to. */
import {
  createServer as createHttpServer, type IncomingMessage, type ServerResponse,
} from 'node:http';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Bytes } from '../../../types.ts';
import { type Autopush, SUBPROTOCOL } from './autopush.ts';
import { answer, bridge, type Handler, isLoopbackHost, readBody } from '../bridge.ts';
import type { Certificate } from '../certificate.ts';
import type { Gcm } from './gcm.ts';
import { acceptWebSocket, refuseUpgrade } from './websocket.ts';

export interface GatewayOptions {
  readonly autopush: Autopush;
  readonly gcm: Gcm;
  /** Push resources, and whatever else is asked for. */
  readonly handle: Handler;
  /** The answer to `GET /ready`, which waits. */
  readonly ready: (browser: string | undefined, signal: AbortSignal) => Promise<boolean>;
  /** The text of `GET /browsers.js`. */
  readonly script: () => string;
  readonly certificate: Certificate;
  /** Milliseconds in which a connection has to say who it is; default 10,000. */
  readonly patience?: number | undefined;
}

export interface Gateway {
  readonly httpPort: number;
  readonly mcsPort: number;
  /**
   * Cuts browsers off, until what it answers is called. Chromium's connection is kept and not used:
   * closed, it would be away for half a minute, and for longer each time.
   */
  readonly disconnect: () => () => void;
  readonly close: () => Promise<void>;
}

/** The connections of browsers; `away` counts who wants that there be none. */
interface Connections {
  readonly firefox: Set<Duplex>;
  readonly chromium: Set<Duplex>;
  away: number;
}

/** Whether there is room for another connection, which is then kept until it closes. */
function keep({ firefox, chromium }: Connections, own: Set<Duplex>, socket: Duplex): boolean {
  if (firefox.size + chromium.size >= MAX_CONNECTIONS) return false;
  own.add(socket);
  socket.on('close', () => own.delete(socket));
  return true;
}

function cut(sockets: Set<Duplex>): void {
  for (const socket of sockets) socket.destroy();
}

/** Browsers that may be connected at once, those included that have not said who they are. */
const MAX_CONNECTIONS = 256;
/** The same with pushes, of which a server under test may send many at once. */
const MAX_HTTP = 2048;
const PATIENCE = 10_000;
/** Bytes: of a message from Firefox, of a request, and waiting for a browser that does not read. */
const MAX_MESSAGE = 16_384;
const MAX_BODY = 131_072;
const MAX_WAITING = 4_194_304;

const LOOPBACK = '127.0.0.1';
/** What any page may read: nothing in it is a secret. */
const PUBLIC = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Private-Network': 'true',
  'Cache-Control': 'no-store',
};

/** Closes a connection that does not greet in time. */
function expectGreeting(socket: Duplex, greeted: () => boolean, patience: number): void {
  const timer = setTimeout(() => {
    if (!greeted()) socket.destroy();
  }, patience).unref();
  socket.on('close', () => clearTimeout(timer));
}

/** Firefox sends the server's own address as Origin, or none; a page anywhere sends the page's. */
function isForeign({ headers }: IncomingMessage): boolean {
  const origin = headers.origin?.replace(/^\w+:\/\//, '').replace(/\/$/, '');
  return !isLoopbackHost(headers.host) || (origin !== undefined && origin !== headers.host);
}

function upgrade(
  { autopush, patience = PATIENCE }: GatewayOptions,
  connections: Connections,
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
): void {
  if (isForeign(request)) return refuseUpgrade(socket, '403 Forbidden');
  if (connections.away || !keep(connections, connections.firefox, socket)) {
    return refuseUpgrade(socket, '503 Service Unavailable');
  }
  // The session is made before the connection, whose first bytes may be here already.
  const peer = {
    send: (text: string) => connection?.send(text),
    close: (code: number) => connection?.close(code),
  };
  const session = autopush.connect(peer);
  const connection = acceptWebSocket(request, socket, head, {
    onText: session.onText,
    onClose: session.onClose,
    protocol: SUBPROTOCOL,
    maxMessage: MAX_MESSAGE,
    maxWaiting: MAX_WAITING,
  });
  expectGreeting(socket, session.greeted, patience);
}

function acceptMcs({ gcm, patience = PATIENCE }: GatewayOptions, socket: Socket): void {
  const session = gcm.connect({
    write: (bytes: Bytes) => {
      if (socket.writable) socket.write(bytes);
      if (socket.writableLength > MAX_WAITING) socket.destroy();
    },
    close: () => socket.destroy(),
  });
  socket.on('data', session.onData);
  socket.on('close', session.onClose);
  socket.on('error', () => socket.destroy());
  expectGreeting(socket, session.greeted, patience);
}

/** Chromium's two requests. */
async function handleGcm(gcm: Gcm, request: IncomingMessage, to: ServerResponse): Promise<void> {
  const body = await readBody(request, MAX_BODY);
  if (!body) return answer(to, 413);
  if (request.url === '/checkin') {
    const [status, text] = gcm.checkIn(body);
    return answer(to, status, text, { 'Content-Type': 'application/x-protobuf' });
  }
  const form = new URLSearchParams(Buffer.from(body).toString());
  const [status, text] = gcm.register(request.headers.authorization ?? '', form);
  answer(to, status, text, { 'Content-Type': 'text/plain' });
}

async function handleReady(
  options: GatewayOptions,
  request: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  to.on('close', () => gone.abort());
  const { searchParams } = new URL(request.url ?? '/', 'http://localhost');
  const ready = await options.ready(searchParams.get('browser') ?? undefined, gone.signal);
  answer(to, ready ? 204 : 504, '', PUBLIC);
}

async function route(
  options: GatewayOptions,
  request: IncomingMessage,
  to: ServerResponse,
): Promise<void> {
  const path = request.url?.replace(/\?.*$/s, '');
  if (!isLoopbackHost(request.headers.host)) {
    return answer(to, 421, 'This service answers to the names of this machine alone');
  }
  if (request.method === 'GET' && path === '/ready') return handleReady(options, request, to);
  if (request.method === 'GET' && path === '/browsers.js') {
    return answer(to, 200, options.script(), { ...PUBLIC, 'Content-Type': 'text/javascript' });
  }
  if (request.method === 'POST' && (path === '/checkin' || path === '/c2dm/register3')) {
    return isForeign(request) ? answer(to, 403) : handleGcm(options.gcm, request, to);
  }
  return bridge(request, to, options.handle, { protocol: 'http', limit: MAX_BODY });
}

/** Starts listening on a free port of loopback. */
function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const address = server.address();
      resolve(typeof address === 'object' ? address?.port ?? 0 : 0);
    });
  });
}

export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { certificate: { key, cert }, patience = PATIENCE } = options;
  const connections: Connections = { firefox: new Set(), chromium: new Set(), away: 0 };
  const timeouts = {
    headersTimeout: patience,
    requestTimeout: 3 * patience,
    connectionsCheckingInterval: patience / 4,
  };
  const http = createHttpServer(timeouts, (request, response) => {
    route(options, request, response).catch(() => response.destroy());
  });
  http.maxConnections = MAX_HTTP;
  http.on('upgrade', (request, socket, head) => {
    upgrade(options, connections, request, socket, head);
  });
  const mcs = createTlsServer({ key, cert, handshakeTimeout: patience }, (socket) => {
    acceptMcs(options, socket);
  });
  // Node leaves a socket open whose handshake took too long.
  mcs.on('tlsClientError', (_error, socket) => socket.destroy());
  mcs.on('connection', (socket: Socket) => {
    if (connections.away || !keep(connections, connections.chromium, socket)) socket.destroy();
  });
  const [httpPort, mcsPort] = await Promise.all([listen(http), listen(mcs)]);
  return {
    httpPort,
    mcsPort,
    disconnect: () => disconnect(options.gcm, connections),
    close: async () => {
      cut(connections.firefox);
      cut(connections.chromium);
      http.closeAllConnections();
      await Promise.all([http, mcs].map((server) => new Promise((done) => server.close(done))));
    },
  };
}

function disconnect(gcm: Gcm, connections: Connections): () => void {
  connections.away++;
  gcm.hold(true);
  cut(connections.firefox);
  let isBack = false;
  return () => {
    if (isBack) return;
    isBack = true;
    connections.away--;
    gcm.hold(connections.away > 0);
  };
}
