/** Times, sizes and octets as people read them. */

export function clock(time: number): string {
  const date = new Date(time);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

export function exactClock(time: number): string {
  return `${clock(time)}.${String(new Date(time).getMilliseconds()).padStart(3, '0')}`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US');
}

export function octets(value: number): string {
  return `${count(value)} ${value === 1 ? 'byte' : 'bytes'}`;
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** Hexadecimal in groups of four octets, which lines break between. */
export function grouped(hex: string): string {
  return hex.replace(/(.{8})(?=.)/g, '$1 ');
}

/** The text of UTF-8, or `undefined`. */
export function readText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** JSON set for people, or `undefined` for text that is none. */
export function prettyJson(text: string): string | undefined {
  try {
    return /^\s*[[{]/.test(text) ? JSON.stringify(JSON.parse(text), undefined, 2) : undefined;
  } catch {
    return undefined;
  }
}

const WORDS: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  410: 'Gone',
  413: 'Content Too Large',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function statusWords(status: number | null): string {
  return status === null ? 'connection broken' : `${status} ${WORDS[status] ?? ''}`.trim();
}
