/**
 * HTTP/1.1 answers from bytes, as strictly as RFC 9112 allows: what two parsers could read
 * differently is an error. Knows no socket; node:http cannot be used, since under some runtimes it
 * makes its own connections, to addresses that nobody has checked.
 */

/** The head of an answer. */
export interface Head {
  readonly status: number;
  /** Names in lower case; repeated ones joined by commas (RFC 9110 §5.3). */
  readonly fields: ReadonlyMap<string, string>;
  readonly hasBody: boolean;
}

export interface ParserEvents {
  /** The head of the final answer; interim ones (1xx) are left out (RFC 9110 §15.2). */
  readonly head: (head: Head) => void;
  readonly data: (bytes: Uint8Array) => void;
  /** `reusable`: the connection can take another request. */
  readonly end: (reusable: boolean) => void;
}

export interface Parser {
  /** Throws an Error with a sentence for bytes that are no HTTP/1.1. */
  readonly write: (bytes: Uint8Array) => void;
  /** The peer has closed its side. Throws where that cuts an answer off. */
  readonly close: () => void;
}

/** All lines of a head, of trailers, or one line between chunks: as in HTTP/2. */
export const MAX_HEAD = 16_384;
/** Interim answers to one request. */
const MAX_INTERIM = 32;

const STATUS = /^HTTP\/1\.([01]) ([1-5][0-9]{2})( [\t\x20-\x7e\x80-\xff]*)?$/;
/** RFC 9110 §5.1 and §5.5; no folding (RFC 9112 §5.2), no space before the colon (§5.1). */
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const LENGTH = /^[0-9]{1,15}$/;
const CHUNK = /^([0-9A-Fa-f]{1,12})[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?$/;

type Mode =
  | 'status' | 'fields' | 'length' | 'size' | 'chunk' | 'after' | 'trailers' | 'close' | 'done';

interface State {
  readonly method: string;
  readonly events: ParserEvents;
  mode: Mode;
  /** Bytes left of a body or chunk. */
  left: number;
  /** The line so far, and the bytes of the lines before it. */
  line: string;
  used: number;
  interim: number;
  version: string;
  status: number;
  fields: Map<string, string>;
  reusable: boolean;
}

/** A parser for the answers to one request. */
export function createParser(method: string, events: ParserEvents): Parser {
  const state: State = {
    method, events, mode: 'status', left: 0, line: '', used: 0, interim: 0,
    version: '', status: 0, fields: new Map(), reusable: false,
  };
  return { write: (bytes) => write(state, bytes), close: () => close(state) };
}

function write(state: State, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) {
    if (state.mode === 'done') throw new Error('sent more than its answer');
    at = state.mode === 'length' || state.mode === 'chunk' || state.mode === 'close'
      ? takeBody(state, bytes, at) : takeLine(state, bytes, at);
  }
}

function close(state: State): void {
  if (state.mode === 'close') return end(state);
  if (state.mode === 'done') return;
  const none = state.mode === 'status' && !state.line && !state.interim;
  throw new Error(none ? 'closed the connection without an answer' : 'cut its answer off');
}

function end(state: State): void {
  state.mode = 'done';
  state.events.end(state.reusable);
}

function takeBody(state: State, bytes: Uint8Array, at: number): number {
  const stop = Math.min(bytes.length, at + state.left);
  state.left -= stop - at;
  state.events.data(bytes.subarray(at, stop));
  if (state.left) return stop;
  if (state.mode === 'length') end(state);
  else state.mode = 'after';
  return stop;
}

function takeLine(state: State, bytes: Uint8Array, at: number): number {
  const feed = bytes.indexOf(0x0a, at);
  const stop = feed < 0 ? bytes.length : feed + 1;
  if (state.used + state.line.length + stop - at > MAX_HEAD) {
    throw new Error(`sent header fields of more than ${MAX_HEAD} bytes`);
  }
  state.line += String.fromCharCode(...bytes.subarray(at, stop));
  if (feed < 0) return stop;
  const line = state.line;
  state.line = '';
  state.used += line.length;
  // RFC 9112 §2.2 lets a recipient take a bare LF for an end of line; smugglers count on it.
  if (!line.endsWith('\r\n')) throw new Error('sent a line without CR');
  onLine(state, line.slice(0, -2));
  return stop;
}

function onLine(state: State, line: string): void {
  switch (state.mode) {
    case 'status': return onStatus(state, line);
    case 'size': return onSize(state, line);
    case 'fields': return line ? onField(state.fields, line) : onHead(state);
    case 'trailers': return line ? onField(new Map(), line) : end(state);
    default:
      if (line) throw new Error('sent a chunk longer than its size');
      enter(state, 'size');
  }
}

/** Each head, each line of a chunk and the trailers have the whole allowance. */
function enter(state: State, mode: Mode): void {
  state.mode = mode;
  state.used = 0;
}

function onStatus(state: State, line: string): void {
  const [, version = '', status] = STATUS.exec(line) ?? [];
  if (!status) throw new Error('did not answer in HTTP/1.1');
  state.version = version;
  state.status = Number(status);
  state.fields = new Map();
  state.mode = 'fields';
}

function onField(fields: Map<string, string>, line: string): void {
  const [, name, value = ''] = FIELD.exec(line) ?? [];
  if (!name) throw new Error('sent a malformed header field');
  const key = name.toLowerCase();
  const before = fields.get(key);
  fields.set(key, before === undefined ? value : `${before}, ${value}`);
}

/** RFC 9112 §6.3: how long the body is. */
function onHead(state: State): void {
  const { status, fields } = state;
  // RFC 9110 §15.2.2: only where we asked to switch.
  if (status === 101) throw new Error('switched to another protocol unasked');
  if (status < 200) {
    if (++state.interim > MAX_INTERIM) throw new Error('sent too many interim answers');
    return enter(state, 'status');
  }
  const mode = framing(state);
  const hasBody = mode !== 'done';
  state.reusable = mode !== 'close' && persists(state);
  enter(state, hasBody ? mode : 'status');
  state.events.head({ status, fields, hasBody });
  if (!hasBody) end(state);
}

function framing(state: State): Mode {
  const { status, fields, method } = state;
  const coding = fields.get('transfer-encoding');
  const length = lengthOf(fields.get('content-length'));
  if (coding !== undefined && (length !== undefined || state.version === '0')) {
    throw new Error('framed its answer in two ways');
  }
  if (method === 'HEAD' || status === 204 || status === 304) return 'done';
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked') throw new Error('used an unknown transfer coding');
    return 'size';
  }
  state.left = length ?? Infinity;
  return length === undefined ? 'close' : length ? 'length' : 'done';
}

/** The same length several times is one length (RFC 9110 §8.6). */
function lengthOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [first = '', ...more] = text.split(', ');
  if (!LENGTH.test(first) || more.some((other) => other !== first)) {
    throw new Error('sent an invalid Content-Length');
  }
  return Number(first);
}

/** RFC 9112 §9.3. */
function persists({ version, fields }: State): boolean {
  const tokens = (fields.get('connection') ?? '').toLowerCase().split(/[\s,]+/);
  return !tokens.includes('close') && (version === '1' || tokens.includes('keep-alive'));
}

/** RFC 9112 §7.1; what extensions say is of no use. */
function onSize(state: State, line: string): void {
  const [, size] = CHUNK.exec(line) ?? [];
  if (!size) throw new Error('sent a malformed chunk');
  state.left = Number.parseInt(size, 16);
  enter(state, state.left ? 'chunk' : 'trailers');
}
