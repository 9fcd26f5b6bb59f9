/** WebSocket frames as a server reads and writes them (RFC 6455 §5). */
import type { Bytes } from '../../../types.ts';
import { concat, decodeUtf8, zeros } from '../../bytes.ts';
import type { Parser } from './feed.ts';

/** §5.2, §11.8. */
export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

/** §7.4.1. */
export const NORMAL = 1000;
export const GOING_AWAY = 1001;
export const PROTOCOL_ERROR = 1002;
export const UNSUPPORTED = 1003;
export const NOT_UTF8 = 1007;
export const TOO_BIG = 1009;

/** What ends a connection: the close code that tells the peer why. */
export class WebSocketError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A whole message, or a control frame. */
export type OnMessage = (opcode: number, data: Bytes) => void;

interface Head {
  readonly final: boolean;
  readonly opcode: number;
  readonly length: number;
}

/** §5.1: a client masks every frame; §5.2: no reserved bit without an extension, known opcodes. */
function checkHead(first: number, second: number): void {
  const opcode = first & 15;
  if (first & 0x70) throw new WebSocketError(PROTOCOL_ERROR, 'A reserved bit is set');
  if (!(second & 0x80)) throw new WebSocketError(PROTOCOL_ERROR, 'A frame is not masked');
  if (opcode > PONG || (opcode > BINARY && opcode < CLOSE)) {
    throw new WebSocketError(PROTOCOL_ERROR, 'An opcode is unknown');
  }
  // §5.5: control frames are whole and short.
  if (opcode >= CLOSE && (!(first & 0x80) || (second & 127) > 125)) {
    throw new WebSocketError(PROTOCOL_ERROR, 'A control frame is in parts or over 125 bytes');
  }
}

/** The number of big-endian bytes, in the fewest that hold it (§5.2); up to 2^53 by `limit`. */
function lengthOf(bytes: Bytes, limit: number): number {
  let length = 0;
  for (const byte of bytes) length = length * 256 + byte;
  if (length < (bytes.length === 2 ? 126 : 0x10000)) {
    throw new WebSocketError(PROTOCOL_ERROR, 'A length is not in its shortest form');
  }
  if (length > limit) throw new WebSocketError(TOO_BIG, `A message is over ${limit} bytes`);
  return length;
}

function* readHead(limit: number): Generator<number, Head, Bytes> {
  const [first = 0, second = 0] = yield 2;
  checkHead(first, second);
  const short = second & 127;
  const length = short < 126 ? short : lengthOf(yield short === 126 ? 2 : 8, limit);
  return { final: first > 127, opcode: first & 15, length };
}

/** §5.3. */
function unmask(data: Bytes, key: Bytes): void {
  for (let i = 0; i < data.length; i++) data[i]! ^= key[i & 3]!;
}

/** The parts of a message in one allocation, which doubles: parts may hold a byte each. */
interface Gathered {
  readonly opcode: number;
  bytes: Bytes;
  length: number;
}

function gather(whole: Gathered, part: Bytes, limit: number): void {
  const length = whole.length + part.length;
  if (length > limit) throw new WebSocketError(TOO_BIG, `A message is over ${limit} bytes`);
  if (length > whole.bytes.length) {
    const room = zeros(length * 2 - whole.length);
    whole.bytes = concat([whole.bytes.subarray(0, whole.length), room]);
  }
  whole.bytes.set(part, whole.length);
  whole.length = length;
}

/** Reads frames, puts messages together (§5.4) and hands them on; control frames come between. */
export function* readMessages(limit: number, onMessage: OnMessage): Parser {
  let whole: Gathered | undefined;
  while (true) {
    const { final, opcode, length } = yield* readHead(limit);
    const key = yield 4;
    const data = yield length;
    unmask(data, key);
    if (opcode >= CLOSE || (final && opcode !== CONTINUATION && !whole)) {
      onMessage(opcode, data);
      continue;
    }
    if ((opcode === CONTINUATION) !== (whole !== undefined)) {
      throw new WebSocketError(PROTOCOL_ERROR, 'The parts of a message are out of order');
    }
    whole ??= { opcode, bytes: zeros(0), length: 0 };
    gather(whole, data, limit);
    if (!final) continue;
    onMessage(whole.opcode, whole.bytes.slice(0, whole.length));
    whole = undefined;
  }
}

/** §5.1: a server's frames are not masked. */
export function encodeFrame(opcode: number, data: Uint8Array): Bytes {
  const { length } = data;
  const head = zeros(length < 126 ? 2 : length < 0x10000 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 126 ? length : length < 0x10000 ? 126 : 127;
  const view = new DataView(head.buffer);
  if (head.length === 4) view.setUint16(2, length);
  if (head.length === 10) view.setBigUint64(2, BigInt(length));
  return concat([head, data]);
}

/** §7.4: codes that may stand in a frame, those registered since among them. */
function isCloseCode(code: number): boolean {
  return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006))
    || (code >= 3000 && code <= 4999);
}

/** §5.5.1: the code of a close frame, or `undefined` when it has none. */
export function closeCode(data: Bytes): number | undefined {
  if (!data.length) return undefined;
  const code = ((data[0] ?? 0) << 8) | (data[1] ?? 0);
  if (data.length < 2 || !isCloseCode(code)) {
    throw new WebSocketError(PROTOCOL_ERROR, 'A close frame has no valid code');
  }
  if (decodeUtf8(data.subarray(2)) === undefined) {
    throw new WebSocketError(NOT_UTF8, 'The reason of a close frame is not UTF-8');
  }
  return code;
}
