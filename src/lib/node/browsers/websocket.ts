/** The server's side of a WebSocket (RFC 6455) on a socket that node:http has upgraded. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Bytes } from '../../../types.ts';
import { decodeUtf8, utf8 } from '../../bytes.ts';
import { createFeed } from './feed.ts';
import * as f from './frames.ts';

export interface WebSocketOptions {
  readonly onText: (text: string) => void;
  readonly onClose?: (() => void) | undefined;
  /** The subprotocol to agree to where the client offers it. */
  readonly protocol?: string | undefined;
  /** Bytes a message may have; default 65,536. */
  readonly maxMessage?: number | undefined;
  /** Bytes that may wait to be read by a slow peer before it is cut off; default 1,048,576. */
  readonly maxWaiting?: number | undefined;
  /** Milliseconds of silence after which the peer is pinged, and then dropped; default 30,000. */
  readonly idle?: number | undefined;
}

export interface WebSocketConnection {
  readonly send: (text: string) => void;
  /** Says goodbye with a code of §7.4.1; the socket goes when the peer agrees or a second later. */
  readonly close: (code?: number) => void;
}

/** §1.3: appended to the client's key before it is hashed. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const CLOSE_TIMEOUT = 1000;

/** The tokens of a comma-separated header field. */
function tokens(field: string | undefined): string[] {
  return (field ?? '').split(',').map((each) => each.trim());
}

/** What §4.2.1 demands of the request, or the status that refuses it. */
function refusal({ method, headers }: IncomingMessage): string | undefined {
  if (headers['sec-websocket-version'] !== '13') {
    return '426 Upgrade Required\r\nSec-WebSocket-Version: 13\r\nUpgrade: websocket';
  }
  const fine = method === 'GET'
    && headers.upgrade?.toLowerCase() === 'websocket'
    && tokens(headers.connection?.toLowerCase()).includes('upgrade')
    && /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers['sec-websocket-key'] ?? '');
  return fine ? undefined : '400 Bad Request';
}

/** §4.2.2. */
function welcome({ headers }: IncomingMessage, protocol: string | undefined): string {
  const key = `${headers['sec-websocket-key'] ?? ''}${ACCEPT_SUFFIX}`;
  const accept = createHash('sha1').update(key).digest('base64');
  const agreed = protocol && tokens(headers['sec-websocket-protocol']).includes(protocol)
    ? `Sec-WebSocket-Protocol: ${protocol}\r\n`
    : '';
  return 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + `Sec-WebSocket-Accept: ${accept}\r\n${agreed}\r\n`;
}

/** Answers an upgrade with a status and ends it. */
export function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  socket.resume();
  socket.once('finish', () => socket.destroy());
}

/**
 * Takes a request that node:http emitted as `upgrade`. Answers `undefined`, and the client with a
 * status, when it is no WebSocket of version 13. Whatever the peer sends, nothing throws here:
 * a violation ends the connection with the close code that names it.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  options: WebSocketOptions,
): WebSocketConnection | undefined {
  const status = refusal(request);
  if (status) {
    refuseUpgrade(socket, status);
    return undefined;
  }
  socket.write(welcome(request, options.protocol));
  return open(socket, head, options);
}

interface State {
  readonly socket: Duplex;
  readonly maxWaiting: number;
  readonly onText: (text: string) => void;
  /** Whether a close frame was sent. */
  isClosing: boolean;
  /** Whether a ping was sent since the last byte that came. */
  isAsked: boolean;
}

function open(socket: Duplex, head: Uint8Array, options: WebSocketOptions): WebSocketConnection {
  const { maxMessage = 65_536, maxWaiting = 1_048_576, idle = 30_000, onText } = options;
  const state: State = { socket, maxWaiting, onText, isClosing: false, isAsked: false };
  const feed = createFeed(f.readMessages(maxMessage, (...message) => onMessage(state, ...message)));
  const timer = setInterval(() => askOrDrop(state), idle).unref();
  // Put back, so that nothing comes before the caller has what this function answers.
  if (head.length) socket.unshift(head);
  socket.on('data', (chunk) => onData(state, feed, chunk));
  socket.on('error', () => socket.destroy());
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    clearInterval(timer);
    options.onClose?.();
  });
  return {
    send: (text) => write(state, f.TEXT, utf8(text)),
    close: (code) => close(state, code),
  };
}

function write({ socket, maxWaiting }: State, opcode: number, data: Uint8Array): void {
  if (!socket.writable) return;
  socket.write(f.encodeFrame(opcode, data));
  if (socket.writableLength > maxWaiting) socket.destroy();
}

function close(state: State, code: number = f.NORMAL): void {
  if (state.isClosing) return;
  state.isClosing = true;
  write(state, f.CLOSE, new Uint8Array([code >> 8, code & 255]));
  state.socket.end();
  setTimeout(() => state.socket.destroy(), CLOSE_TIMEOUT).unref();
}

function onData(state: State, feed: (chunk: Uint8Array) => void, chunk: Uint8Array): void {
  state.isAsked = false;
  try {
    feed(chunk);
  } catch (error) {
    if (error instanceof f.WebSocketError) close(state, error.code);
    else state.socket.destroy();
  }
}

function onMessage(state: State, opcode: number, data: Bytes): void {
  if (opcode === f.CLOSE) close(state, f.closeCode(data));
  // §1.4: after its own close frame an endpoint has no more to say, and waits for the other's.
  else if (state.isClosing) return;
  else if (opcode === f.PING) write(state, f.PONG, data);
  else if (opcode !== f.PONG) state.onText(textOf(opcode, data));
}

/** A peer that has not even answered a ping is gone, whatever its socket says. */
function askOrDrop(state: State): void {
  if (state.isAsked) state.socket.destroy();
  else write(state, f.PING, utf8(''));
  state.isAsked = true;
}

/** §8.1: text that is not UTF-8 fails the connection. */
function textOf(opcode: number, data: Bytes): string {
  const text = opcode === f.TEXT ? decodeUtf8(data) : undefined;
  if (opcode !== f.TEXT) throw new f.WebSocketError(f.UNSUPPORTED, 'A message is not text');
  if (text === undefined) throw new f.WebSocketError(f.NOT_UTF8, 'A text is not UTF-8');
  return text;
}
