/** One connection of Chromium's Mobile Connection Server protocol: how its pushes arrive. */
import type { Bytes, Now } from '../../../types.ts';
import { concat } from '../../bytes.ts';
import { createFeed, type Parser } from './feed.ts';
import type { Outgoing } from './outbox.ts';
import * as p from './protobuf.ts';

/** The first byte in each direction. */
const VERSION = 41;

/** Each message is a tag, its size as a varint, and Protocol Buffers. */
const HEARTBEAT_PING = 0;
const HEARTBEAT_ACK = 1;
const LOGIN_REQUEST = 2;
const LOGIN_RESPONSE = 3;
const CLOSE = 4;
const IQ_STANZA = 7;
const DATA_MESSAGE_STANZA = 8;
/** The field of each client's message that says how many of the server's it has. */
const LAST_STREAM_ID = /* @__PURE__ */ new Map([
  [HEARTBEAT_PING, 2], [HEARTBEAT_ACK, 2], [IQ_STANZA, 10], [DATA_MESSAGE_STANZA, 11],
]);
/** IqStanza's extension: the persistent ids of messages that came. */
const SELECTIVE_ACK = 12n;

/** Bytes a client's message may have. */
const MAX_MESSAGE = 65_536;

/** Ends a connection. */
export class McsError extends Error {}

/** A push as Chromium wants it: the subscription's registration with it. */
export interface McsMessage extends Outgoing {
  /** The application package of the registration. */
  readonly app: string;
  readonly sender: string;
  readonly subtype: string;
}

export interface Login {
  readonly user: string;
  readonly token: string;
  /** Pushes that came before and whose acknowledgement may have been lost. */
  readonly received: readonly string[];
}

export interface McsHandlers {
  readonly write: (bytes: Bytes) => void;
  /** Checks who the client is, or throws an McsError; answers what to call when pushes may go. */
  readonly login: (login: Login) => () => void;
  readonly acknowledge: (id: string) => void;
}

export interface McsSession {
  /** Takes bytes from the client; throws an McsError when they break the rules. */
  readonly feed: (chunk: Uint8Array) => void;
  readonly push: (message: McsMessage) => void;
}

/** A varint of up to 21 bits, which is more than any size here. */
function* readSize(): Generator<number, number, Bytes> {
  let size = 0;
  for (let shift = 0; shift < 21; shift += 7) {
    const [octet = 0] = yield 1;
    size |= (octet & 127) << shift;
    if (octet < 128) {
      if (size > MAX_MESSAGE) break;
      return size;
    }
  }
  throw new McsError(`A message is over ${MAX_MESSAGE} bytes`);
}

function* readMessages(onMessage: (tag: number, fields: p.Fields) => void): Parser {
  const [version = 0] = yield 1;
  if (version !== VERSION) throw new McsError('The protocol version is unknown');
  while (true) {
    const [tag = 0] = yield 1;
    const size = yield* readSize();
    const fields = p.decodeFields(yield size);
    if (!fields) throw new McsError('A message is malformed');
    onMessage(tag, fields);
  }
}

/** DataMessageStanza: the body as it came, and the fields that tell how to decrypt it. */
function encodePush(message: McsMessage, received: number, now: Now): Bytes {
  const data: Record<string, string> = { subtype: message.subtype };
  for (const name of ['content-encoding', 'encryption', 'crypto-key']) {
    const value = message.headers[name];
    if (value !== undefined && message.data) data[name] = value;
  }
  const pairs = Object.entries(data).map(([key, value]) =>
    p.bytesField(7, concat([p.bytesField(1, key), p.bytesField(2, value)])));
  return concat([
    p.bytesField(2, message.id),
    p.bytesField(3, message.sender),
    p.bytesField(5, message.app),
    ...pairs,
    p.bytesField(9, message.id),
    p.varintField(11, received),
    p.varintField(17, message.ttl),
    p.varintField(18, now()),
    message.data ? p.bytesField(21, message.data) : new Uint8Array(0),
    // immediate_ack: Chromium else acknowledges every tenth only.
    p.varintField(24, 1),
  ]);
}

/** The persistent ids in an IqStanza's SelectiveAck. */
function selective(fields: p.Fields): readonly string[] {
  const value = fields.get(7)?.at(-1);
  const extension = typeof value === 'object' ? p.decodeFields(value) : undefined;
  if (!extension || p.numberOf(extension, 1) !== SELECTIVE_ACK) return [];
  const data = extension.get(2)?.at(-1);
  const ids = typeof data === 'object' ? p.decodeFields(data) : undefined;
  return ids ? p.textsOf(ids, 1) : [];
}

interface State {
  readonly handlers: McsHandlers;
  readonly now: Now;
  /** Messages in each direction, whatever they are: their number is the stream id of the last. */
  sent: number;
  received: number;
  isLoggedIn: boolean;
  /** Ids of pushes that the client has not acknowledged, by stream id. */
  readonly unacknowledged: Map<number, string>;
}

export function createMcsSession(handlers: McsHandlers, now: Now): McsSession {
  const state: State = {
    handlers, now, sent: 0, received: 0, isLoggedIn: false, unacknowledged: new Map(),
  };
  return {
    feed: createFeed(readMessages((tag, fields) => onMessage(state, tag, fields))),
    push: (message) => {
      state.unacknowledged.set(state.sent + 1, message.id);
      write(state, DATA_MESSAGE_STANZA, encodePush(message, state.received, now));
    },
  };
}

function write(state: State, tag: number, body: Bytes): void {
  state.sent++;
  const size = p.encodeVarint(BigInt(body.length));
  state.handlers.write(concat([new Uint8Array([tag]), size, body]));
}

function onMessage(state: State, tag: number, fields: p.Fields): void {
  state.received++;
  if (!state.isLoggedIn) {
    if (tag !== LOGIN_REQUEST) throw new McsError('The first message is no login');
    return login(state, fields);
  }
  acknowledgeTo(state, p.numberOf(fields, LAST_STREAM_ID.get(tag) ?? 0));
  if (tag === HEARTBEAT_PING) write(state, HEARTBEAT_ACK, p.varintField(2, state.received));
  if (tag === IQ_STANZA) selective(fields).forEach((id) => state.handlers.acknowledge(id));
  if (tag === CLOSE) throw new McsError('The client closed the stream');
}

function login(state: State, fields: p.Fields): void {
  const { handlers, now } = state;
  const [user, token] = [p.textOf(fields, 3) ?? '', p.textOf(fields, 5) ?? ''];
  const start = handlers.login({ user, token, received: p.textsOf(fields, 10) });
  state.isLoggedIn = true;
  handlers.write(new Uint8Array([VERSION]));
  // last_stream_id_received (6): the client forgets the persistent ids that it has just told.
  write(state, LOGIN_RESPONSE, concat([
    p.bytesField(1, p.textOf(fields, 1) ?? ''), p.varintField(5, 1), p.varintField(6, 1),
    p.varintField(8, now()),
  ]));
  start();
}

/** A stream id acknowledges every message up to it. */
function acknowledgeTo({ unacknowledged, handlers }: State, last: bigint): void {
  for (const [stream, id] of unacknowledged) {
    if (stream > last) return;
    unacknowledged.delete(stream);
    handlers.acknowledge(id);
  }
}
