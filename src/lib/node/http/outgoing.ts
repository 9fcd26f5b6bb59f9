/** The border of `http2Fetch`: a caller's URL and init, each property read once, bytes copied. */
import { Buffer } from 'node:buffer';
import { copyBytes } from '../../bytes.ts';
import type { Target } from './connect.ts';
import type { OwnInit } from '../../../send.ts';

/** A request as both protocols send it. */
export interface Outgoing {
  readonly target: Target;
  /** Pseudo-header fields first (RFC 9113 §8.3), then fields with names in lower case. */
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | null;
  readonly signal: AbortSignal | undefined;
  /** Takes what is to be called instead of the signal, which then is not made. */
  readonly hear: OwnInit['hear'];
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/**
 * RFC 9110 §5.5: CR, LF and NUL, which would end the field in HTTP/1.1, and every other control.
 */
const CONTROL = /[^\t\x20-\x7e\x80-\xff]/;
/** Not part of a value (RFC 9113 §8.2.1). */
const AROUND = /^[\t ]+|[\t ]+$/g;

/**
 * Fields that belong to a connection (RFC 9110 §7.6.1, RFC 9113 §8.2.2) or are ours to set.
 * `expect` too: a request of one piece waits for no 100 (Continue).
 */
const OURS: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'connection', 'content-length', 'expect', 'host', 'http2-settings', 'keep-alive',
  'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade',
]);

/** What pushes bear, for speed: lower case made anew is looked up by each who uses it as a name. */
const USUAL: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['TTL', 'ttl'], ['Urgency', 'urgency'], ['Topic', 'topic'], ['Prefer', 'prefer'],
  ['Authorization', 'authorization'], ['Content-Type', 'content-type'],
  ['Content-Encoding', 'content-encoding'], ['Encryption', 'encryption'],
  ['Crypto-Key', 'crypto-key'], ['X-WNS-Cache-Policy', 'x-wns-cache-policy'],
]);

/**
 * Methods whose requests say how long their content is, also when there is none (RFC 9110 §8.6).
 */
const WITH_CONTENT: ReadonlySet<string> = /* @__PURE__ */ new Set(['POST', 'PUT', 'PATCH']);
/** As fetch has it: they mean something else to a connection. */
const FORBIDDEN: ReadonlySet<string> = /* @__PURE__ */ new Set(['CONNECT', 'TRACE', 'TRACK']);

/** Throws TypeError for what cannot be sent. */
export function createOutgoing(url: string, init: OwnInit): Outgoing {
  const parsed = parse(url);
  const { protocol, hostname, port, host, pathname, search, username, password, origin } = parsed;
  const secure = protocol === 'https:';
  if (!secure && protocol !== 'http:') throw new TypeError('The URL must be https: or http:');
  // Sent without it, a request would not be the one that its owner means.
  if (username || password) throw new TypeError('The URL must not hold a user or password');
  const method = methodOf(init.method);
  const body = bodyOf(init.body);
  const headers = headersOf(init.headers, {
    ':method': method, ':scheme': secure ? 'https' : 'http', ':authority': host,
    ':path': pathname + search,
  });
  if (body || WITH_CONTENT.has(method)) headers['content-length'] = String(body?.length ?? 0);
  const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const target = { origin, secure, hostname: name, port: Number(port) || (secure ? 443 : 80) };
  return { target, headers, body, ...giveUpOf(init) };
}

/** The runtime's own error has the whole URL as a property, and with it a capability. */
function parse(url: string): URL {
  try {
    return new URL(url);
  } catch {
    throw new TypeError('The URL is not valid');
  }
}

function methodOf(given: unknown): string {
  const method = typeof given === 'string' ? given.toUpperCase() : '';
  if (TOKEN.test(method) && !FORBIDDEN.has(method)) return method;
  throw new TypeError('The method must be that of an HTTP request, and not CONNECT or TRACE');
}

function bodyOf(body: unknown): Uint8Array | null {
  if (body === null || body === undefined) return null;
  // A Buffer of this size comes from a pool, at a tenth of what an array of its own costs.
  const bytes = body instanceof Uint8Array ? Buffer.from(body) : copyBytes(body);
  if (!bytes) throw new TypeError('The body must be bytes or null');
  return bytes.length ? bytes : null;
}

/** A signal that is made when it is read is not; an init that was copied has one that was read. */
function giveUpOf(init: OwnInit): Pick<Outgoing, 'signal' | 'hear'> {
  const { hear } = init;
  const unread = hear && Object.getOwnPropertyDescriptor(init, 'signal')?.get;
  if (unread) return { signal: undefined, hear };
  return { signal: init.signal ?? undefined, hear: undefined };
}

/** Adds the fields that are the caller's to set to `headers`. */
function headersOf(
  given: Readonly<Record<string, string>>, headers: Record<string, string>,
): Record<string, string> {
  // A Headers or a Map has no properties of its own: all its fields would silently be lost.
  if (typeof given !== 'object' || given === null || Symbol.iterator in given) {
    throw new TypeError('The headers must be a record of strings');
  }
  let nominated = '';
  for (const key of Object.keys(given)) {
    const value: unknown = given[key];
    const name = USUAL.get(key) ?? fieldName(key);
    if (name === 'connection') nominated = String(value);
    else if (!OURS.has(name)) headers[name] = fieldValue(name, value);
  }
  // What a Connection field names belongs to the connection as well (RFC 9110 §7.6.1).
  for (const name of nominated ? nominated.toLowerCase().split(/[\s,]+/) : []) {
    if (TOKEN.test(name)) delete headers[name];
  }
  return headers;
}

function fieldName(key: string): string {
  if (!TOKEN.test(key)) throw new TypeError('The name of a header field must be a token');
  return key.toLowerCase();
}

function fieldValue(name: string, value: unknown): string {
  if (typeof value === 'string' && !CONTROL.test(value)) {
    const bare = value.charCodeAt(0) > 0x20 && value.charCodeAt(value.length - 1) > 0x20;
    return bare ? value : value.replace(AROUND, '');
  }
  throw new TypeError(`Header field ${name} must be a string without control characters`);
}
