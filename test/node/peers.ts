/** Servers for the tests of `http2Fetch`: real TLS on loopback, and what their tests share. */
import { suite } from 'uvu';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { createCertificate, type Certificate } from '../../src/lib/node/certificate.ts';
import {
  createHttp2Fetch,
  type Http2Fetch,
  type Http2Options,
  type Surroundings,
} from '../../src/lib/node/http/http2.ts';
import type { FetchInit, FetchResponse } from '../../src/send.ts';

export const certificate: Certificate = await createCertificate({
  names: ['localhost', 'example.com', '*.example.com', '127.0.0.1', '::1'],
});

/** What a test leaves behind, ended last first. */
export class Cleanup {
  readonly steps: (() => unknown)[] = [];
  add(step: () => unknown): void {
    this.steps.push(step);
  }
  async run(): Promise<void> {
    for (const step of this.steps.reverse()) await step();
  }
}

export interface CleanSuite {
  (name: string, body: (cleanup: Cleanup) => void | Promise<void>): void;
  readonly run: () => void;
}

/** A suite whose tests get a Cleanup, which is run whatever happens. */
export function cleanSuite(name: string): CleanSuite {
  const test = suite(name);
  return Object.assign(
    (title: string, body: Parameters<CleanSuite>[1]) => {
      test(title, async () => {
        const cleanup = new Cleanup();
        try {
          await body(cleanup);
        } finally {
          await cleanup.run();
        }
      });
    },
    { run: () => test.run() },
  );
}

/** Waits until something holds; an Error after ten seconds. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 10_000;
  while (!holds()) {
    if (Date.now() > end) throw new Error(`Never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Lets what has arrived be handled to its end. */
export async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}

export interface Listening {
  readonly port: number;
  readonly sockets: Set<Socket>;
  /** Connections that there have ever been. */
  readonly count: () => number;
}

/** Listens on loopback until the end of the test. */
export async function listen(
  server: Server,
  cleanup: Cleanup,
  host = '127.0.0.1',
): Promise<Listening> {
  const sockets = new Set<Socket>();
  let count = 0;
  server.on('connection', (socket: Socket) => {
    count++;
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  cleanup.add(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  );
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  return { port: address.port, sockets, count: () => count };
}

export async function tcpPeer(
  cleanup: Cleanup,
  onSocket: (socket: Socket) => void,
  host?: string,
): Promise<Listening> {
  const server = createServer((socket) => {
    // Read even by those who do not listen, or the end of the connection would never be seen.
    socket.resume();
    onSocket(socket);
  });
  return listen(server, cleanup, host);
}

/** A TLS server that speaks whatever `onSocket` makes it speak. */
export async function tlsPeer(
  cleanup: Cleanup,
  onSocket: (socket: TLSSocket) => void,
  protocols: string[] = ['http/1.1'],
  host?: string,
): Promise<Listening> {
  const { key, cert } = certificate;
  const server = createTlsServer({ key, cert, ALPNProtocols: protocols }, (socket) => {
    socket.on('error', () => {}).resume();
    onSocket(socket);
  });
  return listen(server, cleanup, host);
}

export interface Http2Server extends Listening {
  readonly sessions: ServerHttp2Session[];
}

/** Node's own HTTP/2 server. */
export async function http2Server(
  cleanup: Cleanup,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  options: SecureServerOptions = {},
): Promise<Http2Server> {
  const { key, cert } = certificate;
  const server = createSecureServer({ key, cert, ...options });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('sessionError', () => {});
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  cleanup.add(() => {
    for (const session of sessions) session.destroy();
  });
  return { ...(await listen(server, cleanup)), sessions };
}

/** Reads a request to its end and answers. */
export function reply(
  stream: ServerHttp2Stream,
  status = 201,
  headers: Record<string, string> = {},
): void {
  stream.resume();
  stream.on('end', () => {
    if (!stream.destroyed) stream.respond({ ':status': status, ...headers }, { endStream: true });
  });
}

/** A fetch that trusts the test's certificate and calls loopback, closed at the end of the test. */
export function createFetch(
  cleanup: Cleanup,
  options: Http2Options = {},
  surroundings: Partial<Surroundings> = {},
): Http2Fetch {
  const loopback = { lookup: async () => [{ address: '127.0.0.1' }], env: {} };
  const fetch = createHttp2Fetch(
    { ca: certificate.ca, addresses: 'any', ...options },
    { ...loopback, ...surroundings },
  );
  cleanup.add(() => fetch.close({ timeout: 0 }));
  return fetch;
}

export const never: AbortSignal = new AbortController().signal;

export function post(
  fetch: Http2Fetch,
  url: string,
  init: Partial<FetchInit> = {},
): Promise<FetchResponse> {
  return fetch(url, {
    method: 'POST',
    headers: {},
    body: new Uint8Array([1, 2, 3]),
    redirect: 'manual',
    signal: never,
    ...init,
  });
}

/** What a promise rejects with; an Error where it does not. */
export async function rejection(
  promise: Promise<unknown>,
): Promise<Record<string, unknown> & Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error as never;
    throw new Error(`Rejected with ${String(error)}`);
  }
  throw new Error('Did not reject');
}

export async function text(response: FetchResponse): Promise<string> {
  let all = '';
  const decoder = new TextDecoder();
  if (!response.body) return all;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return all;
    all += decoder.decode(value, { stream: true });
  }
}
