/** A request that somebody captured: as HTTP text, or as JSON. */
import { concat, property } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import { asText, bytesOf, decodeEither } from './encoded.ts';

export type Field = readonly [name: string, value: string];

/** `undefined`: the capture does not say. */
export interface Capture {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: readonly Field[];
  readonly body: Bytes | undefined;
}

/** METHOD target, and the version as far as it is there. */
const REQUEST_LINE = /^([A-Z]{3,10}) +(\S+)(?: +HTTP\/\d(?:\.\d)?)?$/;
const FIELD_LINE = /^([!#$%&'*+.^_`|~\w-]+):(.*)$/;

/** A header field such as `Name: value`, or `undefined`. */
export function parseField(line: string): Field | undefined {
  const [, name, value] = FIELD_LINE.exec(line) ?? [];
  // Trimmed by hand: an expression that looks for white space at the end takes quadratic time.
  return name === undefined || value === undefined ? undefined : [name, value.trim()];
}

/** Where the head of a message ends and its body begins; without a blank line it is all head. */
function splitHead(bytes: Bytes): { head: string; body: Bytes | undefined } {
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== 10) continue;
    const blank = bytes[at + 1] === 10 ? 2 : bytes[at + 1] === 13 && bytes[at + 2] === 10 ? 3 : 0;
    if (!blank) continue;
    return { head: latin1(bytes.subarray(0, at)), body: bytes.slice(at + blank) };
  }
  return { head: latin1(bytes), body: undefined };
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** The lines of a head; of what curl -v prints those that were sent. */
function headLines(head: string): string[] {
  const lines = head
    .replace(/\r/g, '')
    .replace(/\n[ \t]+/g, ' ')
    .split('\n');
  const sent = lines.filter((line) => line.startsWith('> '));
  return (sent.length ? sent.map((line) => line.slice(2)) : lines).filter(
    (line) => line.trim() !== '',
  );
}

/** Chunks put together (RFC 9112 §7.1), or `undefined` where they are none. */
function unchunk(body: Bytes): Bytes | undefined {
  const parts: Bytes[] = [];
  for (let at = 0; at < body.length;) {
    const line = /^([0-9a-f]{1,6})[^\n]*\n/i.exec(latin1(body.subarray(at, at + 64)));
    if (!line) return undefined;
    const length = Number.parseInt(line[1] ?? '', 16);
    if (length === 0) return concat(parts);
    at += line[0].length;
    parts.push(body.slice(at, at + length));
    at += length + (body[at + length] === 13 ? 2 : 1);
  }
  return undefined;
}

/** The body as it was on the wire: editors add line feeds, and people write it as base64. */
function readBody(body: Bytes, find: (name: string) => string | undefined): Bytes {
  if (/\bchunked\b/i.test(find('transfer-encoding') ?? '')) return unchunk(body) ?? body;
  const field = find('content-length') ?? '';
  const length = /^\d+$/.test(field) ? Number(field) : undefined;
  if (body.length === length) return body;
  const decoded = decodeEither(asText(body) ?? '');
  if (decoded && (length === undefined || decoded.length === length)) return decoded;
  const bare = latin1(body).replace(/\r?\n$/, '').length;
  return bare === length ? body.slice(0, bare) : body;
}

function finder(headers: readonly Field[]): (name: string) => string | undefined {
  return (name) => headers.find(([other]) => other.toLowerCase() === name)?.[1];
}

function absolute(target: string, host: string | undefined): string | undefined {
  if (/^https?:\/\//i.test(target)) return target;
  return host === undefined ? undefined : `https://${host}${target}`;
}

/** `:method: POST`, as HTTP/2 is shown (RFC 9113 §8.3.1). */
const PSEUDO_LINE = /^:(method|scheme|authority|path):(.*)$/;

/** The request line and Host that an HTTP/2 request would have in HTTP/1.1. */
function plainLines(lines: readonly string[]): readonly string[] {
  const pseudo = new Map(
    lines.flatMap((line) => {
      const [, name, value] = PSEUDO_LINE.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value.trim()] as const];
    }),
  );
  const [method, authority, path] = ['method', 'authority', 'path'].map((name) => pseudo.get(name));
  if (method === undefined || path === undefined) return lines;
  const rest = lines.filter((line) => !PSEUDO_LINE.test(line));
  return [`${method} ${path}`, ...(authority === undefined ? [] : [`Host: ${authority}`]), ...rest];
}

/** HTTP text, or `undefined` where it is none. */
function parseHttp(bytes: Bytes): Capture | undefined {
  const { head, body } = splitHead(bytes);
  const [first = '', ...rest] = plainLines(headLines(head));
  const [, method, target] = REQUEST_LINE.exec(first) ?? [];
  const lines = method === undefined ? [first, ...rest] : rest;
  const headers = lines.flatMap((line) => {
    const field = parseField(line);
    return field ? [field] : [];
  });
  // Without a request line every line has to be a field, or any text would do.
  if (method === undefined && (headers.length < lines.length || body === undefined))
    return undefined;
  const find = finder(headers);
  return {
    method,
    headers,
    url: target === undefined ? undefined : absolute(target, find('host')),
    body: body?.length ? readBody(body, find) : undefined,
  };
}

/** A record, entries, or a list of { name, value } as in HAR files. */
function readFields(value: unknown): readonly Field[] {
  if (!Array.isArray(value)) {
    return Object.entries(Object(value)).map(([name, text]) => [name, String(text)]);
  }
  return value.map((entry: unknown): Field =>
    Array.isArray(entry)
      ? [String(entry[0]), String(entry[1])]
      : [String(property(entry, 'name')), String(property(entry, 'value'))],
  );
}

function textOr(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function parseJsonCapture(value: unknown): Capture | undefined {
  const [headers, body] = [property(value, 'headers'), property(value, 'body')];
  if (headers === undefined && body === undefined) return undefined;
  const bytes = bytesOf(body);
  return {
    method: textOr(property(value, 'method'))?.toUpperCase(),
    url: textOr(property(value, 'url') ?? property(value, 'endpoint')),
    headers: readFields(headers ?? {}),
    body: bytes?.length ? bytes : undefined,
  };
}

/** What JSON text holds; `undefined` for other text. */
export function jsonIn(text: string | undefined): unknown {
  if (!/^\s*[{["]/.test(text ?? '')) return undefined;
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** A capture in either form, or `undefined`. */
export function parseCapture(bytes: Bytes): Capture | undefined {
  const json = jsonIn(asText(bytes));
  return typeof json === 'object' && json !== null ? parseJsonCapture(json) : parseHttp(bytes);
}
