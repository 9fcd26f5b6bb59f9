/** The push service of the torture test: a process of its own, real TLS and HTTP/2. It is told to fail. */
import { createSecureServer } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { createCertificate } from '../../src/lib/node/certificate.ts';
import { faultOf } from './torture_faults.ts';
import type { Kind, Log } from './torture_faults.ts';

const [seed = 1, rows = 0, origins = 1] = process.argv.slice(2).map(Number);
const accepted = new Uint8Array(rows);
const gone = new Uint8Array(rows);
const tries = new Uint8Array(rows);
const kinds: Record<string, number> = {};
const invalid: string[] = [];
let requests = 0;

const { NGHTTP2_REFUSED_STREAM, NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL } = constants;
const FILLER = Buffer.alloc(65_536, 'huge ');

/** Writes without end, until the client has had enough. */
function pour(stream: ServerHttp2Stream): void {
  while (!stream.destroyed && stream.write(FILLER));
  if (!stream.destroyed) stream.once('drain', () => pour(stream));
}

function respond(stream: ServerHttp2Stream, status: number, headers = {}, body = ''): void {
  if (stream.destroyed) return;
  stream.respond({ ':status': status, ...headers }, { endStream: !body });
  if (body) stream.end(body);
}

/** By the client's port: a session does not let its socket be touched. */
const sockets = new Map<number | undefined, Socket>();

type Act = (stream: ServerHttp2Stream, session: Session) => void;
type Session = NonNullable<ServerHttp2Stream['session']>;

/** The highest stream of each session; the last one served, once it has said goodbye. */
const streams = new WeakMap<Session, { highest: number; last: number }>();

/**
 * A GOAWAY that is true. Node's own tells which stream was the last when it is asked for, and serves
 * those that come until it is on its way.
 */
function sayGoodbye(session: Session): void {
  const state = streams.get(session);
  if (!state || session.destroyed) return;
  state.last = state.highest;
  session.goaway(0, state.last);
}

/** Counts a stream; false: it came after the goodbye, and is not looked at. */
function isServed(session: Session, id: number): boolean {
  const state = streams.get(session) ?? { highest: 0, last: Infinity };
  streams.set(session, state);
  state.highest = Math.max(state.highest, id);
  return id <= state.last;
}

/** What is done when the request was read. */
const ACTS: Readonly<Record<Exclude<Kind, 'refused' | 'resetBefore'>, Act>> = {
  accept: (stream) => respond(stream, 201, { location: '/m/1', ttl: '60' }),
  acceptWithBody: (stream) => respond(stream, 200, {}, '{"ok":true}'),
  gone: (stream) => respond(stream, 410, {}, 'push subscription has unsubscribed or expired.\n'),
  notFound: (stream) => respond(stream, 404, {}, '{"code":404,"errno":102}'),
  tooLarge: (stream) => respond(stream, 413),
  limited: (stream) => respond(stream, 429),
  limitedFor: (stream) => respond(stream, 429, { 'retry-after': '1' }),
  limitedNonsense: (stream) => respond(stream, 429, { 'retry-after': 'tomorrow' }),
  broken: (stream) => respond(stream, 500, {}, 'Internal error'),
  unavailable: (stream) => respond(stream, 503),
  unavailableFor: (stream) => respond(stream, 503, { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }),
  hugeError: (stream) => {
    stream.respond({ ':status': 502 });
    pour(stream);
  },
  hugeAccept: (stream) => {
    stream.respond({ ':status': 201 });
    pour(stream);
  },
  halfAccept: (stream) => {
    stream.respond({ ':status': 201, 'content-length': '100' });
    stream.write('half', () => stream.close(NGHTTP2_INTERNAL_ERROR));
  },
  halfError: (stream) => {
    stream.respond({ ':status': 500, 'content-length': '100' });
    stream.write('half', () => stream.close(NGHTTP2_INTERNAL_ERROR));
  },
  resetAfter: (stream) => stream.close(NGHTTP2_INTERNAL_ERROR),
  resetAfterAccept: (stream) => stream.close(NGHTTP2_CANCEL),
  stall: () => {},
  stallAfterAccept: () => {},
  goaway: (stream, session) => {
    respond(stream, 503);
    sayGoodbye(session);
    setTimeout(() => session.close(), 20);
  },
  goawayAfterAccept: (stream, session) => {
    respond(stream, 201);
    sayGoodbye(session);
  },
  socketReset: (_, { socket }) => void sockets.get(socket.remotePort)?.resetAndDestroy(),
};

const ACCEPTING: readonly Kind[] = [
  'accept', 'acceptWithBody', 'hugeAccept', 'halfAccept', 'resetAfterAccept', 'stallAfterAccept', 'goawayAfterAccept',
];

/** What is wrong with a request, if it is no push. */
function judge(headers: IncomingHttpHeaders, body: Buffer): string | undefined {
  if (headers[':method'] !== 'POST') return `method ${String(headers[':method'])}`;
  if (!/^vapid t=[\w.-]+, k=[\w-]{87}$/.test(headers.authorization ?? '')) return 'authorization';
  if (headers['ttl'] !== '60') return `ttl ${String(headers['ttl'])}`;
  if (headers['content-encoding'] !== 'aes128gcm') return 'content-encoding';
  // Salt, record size, key identifier (RFC 8188 section 2.1), and a payload of 5 bytes.
  if (body.length !== 86 + 5 + 17 || body.readUInt32BE(16) !== 4096 || body[20] !== 65) return `body ${body.length}`;
  return undefined;
}

function serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.on('error', () => {});
  const { session, id = 0 } = stream;
  if (!session || !isServed(session, id)) return;
  const row = Number(headers[':path']?.slice(1));
  const kind = faultOf(seed, row, ++tries[row]!);
  requests++;
  kinds[kind] = (kinds[kind] ?? 0) + 1;
  if (kind === 'refused') return stream.close(NGHTTP2_REFUSED_STREAM);
  if (kind === 'resetBefore') return stream.close(NGHTTP2_INTERNAL_ERROR);
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => void parts.push(part));
  stream.on('end', () => {
    const wrong = judge(headers, Buffer.concat(parts));
    if (wrong !== undefined) invalid.push(wrong);
    if (ACCEPTING.includes(kind)) accepted[row]!++;
    if (kind === 'gone' || kind === 'notFound') gone[row] = 1;
    if (!stream.destroyed) ACTS[kind](stream, session);
  });
}

const { key, cert, ca } = await createCertificate({ names: ['localhost'] });
const ports: number[] = [];
for (let i = 0; i < origins; i++) {
  const server = createSecureServer({ key, cert });
  server.on('session', (session) => session.on('error', () => {}));
  server.on('sessionError', () => {});
  server.on('stream', serve);
  server.on('connection', (socket: Socket) => {
    sockets.set(socket.remotePort, socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address && typeof address === 'object') ports.push(address.port);
}

process.on('message', () => {
  const log: Log = { accepted: [...accepted], gone: [...gone], requests, kinds, invalid: invalid.slice(0, 10) };
  process.send?.(log);
});
process.on('disconnect', () => process.exit());
process.send?.({ ports, ca });
