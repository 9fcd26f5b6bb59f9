/** HTTP/2 by hand, for servers that do what no library lets them (RFC 9113 §4.1, §6; RFC 7541). */
import type { TLSSocket } from 'node:tls';
import { tlsPeer, type Cleanup, type Listening } from './peers.ts';

export const DATA = 0,
  HEADERS = 1,
  RST_STREAM = 3,
  SETTINGS = 4,
  PUSH_PROMISE = 5,
  PING = 6,
  GOAWAY = 7,
  WINDOW_UPDATE = 8,
  CONTINUATION = 9;
export const END_STREAM = 1,
  ACK = 1,
  END_HEADERS = 4;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
  readonly payload: Buffer;
}

export function frame(
  type: number,
  flags: number,
  id: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

export function u32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32BE(value, 4 * i));
  return bytes;
}

function hpackString(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const size = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) size.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...size, rest]), bytes]);
}

/** A field block of literals that are not indexed. */
export function block(
  status: number | string,
  fields: readonly (readonly [string, string])[] = [],
): Buffer {
  const literals = [[':status', String(status)] as const, ...fields];
  return Buffer.concat(
    literals.flatMap(([name, value]) => [Buffer.from([0]), hpackString(name), hpackString(value)]),
  );
}

export function respond(
  id: number,
  status: number,
  flags: number = END_STREAM | END_HEADERS,
  fields: readonly (readonly [string, string])[] = [],
): Buffer {
  return frame(HEADERS, flags, id, block(status, fields));
}

export const goaway = (lastId: number, code: number): Buffer =>
  frame(GOAWAY, 0, 0, u32(lastId, code));
export const reset = (id: number, code: number): Buffer => frame(RST_STREAM, 0, id, u32(code));

/** Settings by number (RFC 9113 §6.5.2): 3 is MAX_CONCURRENT_STREAMS. */
export function settings(values: Record<number, number> = {}): Buffer {
  const payload = Object.entries(values).map(([key, value]) => {
    const bytes = Buffer.alloc(6);
    bytes.writeUInt16BE(Number(key));
    bytes.writeUInt32BE(value, 2);
    return bytes;
  });
  return frame(SETTINGS, 0, 0, Buffer.concat(payload));
}

export interface Peer {
  readonly socket: TLSSocket;
  /** All frames that came. */
  readonly frames: Frame[];
  readonly send: (...frames: Uint8Array[]) => void;
  readonly of: (type: number, id?: number) => Frame[];
}

export interface FramePeerOptions {
  readonly settings?: Record<number, number> | null;
  readonly answersPing?: boolean;
  readonly onFrame?: (peer: Peer, frame: Frame, index: number) => void;
  /** A request has come to its end. */
  readonly onRequest?: (peer: Peer, id: number, index: number) => void;
}

const PREFACE = 24;

/** A server that does of HTTP/2 what it is told; acknowledges settings and pings. */
export async function framePeer(
  cleanup: Cleanup,
  options: FramePeerOptions,
): Promise<Listening & { readonly peers: Peer[] }> {
  const peers: Peer[] = [];
  const listening = await tlsPeer(
    cleanup,
    (socket) => {
      const frames: Frame[] = [];
      const peer: Peer = {
        socket,
        frames,
        send: (...bytes) => void socket.write(Buffer.concat(bytes)),
        of: (type, id) =>
          frames.filter((f) => f.type === type && (id === undefined || f.id === id)),
      };
      const index = peers.push(peer) - 1;
      if (options.settings !== null) peer.send(settings(options.settings ?? {}));
      let rest: Buffer = Buffer.alloc(0);
      let skipped = false;
      socket.on('data', (bytes: Buffer) => {
        rest = Buffer.concat([rest, bytes]);
        if (!skipped && rest.length >= PREFACE) {
          rest = rest.subarray(PREFACE);
          skipped = true;
        }
        while (skipped && rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
          const size = rest.readUIntBE(0, 3);
          const got: Frame = {
            type: rest[3]!,
            flags: rest[4]!,
            id: rest.readUInt32BE(5) & 0x7fffffff,
            payload: rest.subarray(9, 9 + size),
          };
          rest = rest.subarray(9 + size);
          frames.push(got);
          onFrame(peer, got, index);
        }
      });
    },
    ['h2'],
  );

  function onFrame(peer: Peer, got: Frame, index: number): void {
    const { type, flags, id, payload } = got;
    if (type === SETTINGS && !(flags & ACK)) peer.send(frame(SETTINGS, ACK, 0));
    if (type === PING && !(flags & ACK) && options.answersPing !== false)
      peer.send(frame(PING, ACK, 0, payload));
    options.onFrame?.(peer, got, index);
    if ((type === HEADERS || type === DATA) && flags & END_STREAM)
      options.onRequest?.(peer, id, index);
  }

  return { ...listening, peers };
}
