import type { Bytes } from '../types.ts';

/** Zeroed bytes. */
export function zeros(length: number): Bytes {
  return new Uint8Array(length);
}

export function utf8(text: string): Bytes {
  return new TextEncoder().encode(text) as Bytes;
}

/** The text of UTF-8 bytes, or `undefined` when they are none. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** One byte a character; for protocol strings, whose characters are all ASCII. */
export function ascii(text: string): Bytes {
  const bytes = zeros(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = zeros(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/**
 * A copy of a caller's bytes, or `undefined` for anything else. By brand and not by `instanceof`:
 * test runners and sandboxes hand over arrays of another realm.
 */
export function copyBytes(value: unknown): Bytes | undefined {
  const brand = Object.prototype.toString.call(value);
  if (ArrayBuffer.isView(value)) {
    return brand === '[object Uint8Array]' ? new Uint8Array(value as Uint8Array) : undefined;
  }
  if (brand !== '[object ArrayBuffer]') return undefined;
  try {
    return new Uint8Array(ArrayBuffer.prototype.slice.call(value as ArrayBuffer, 0));
  } catch {
    return undefined;
  }
}

/** A property's value by any name, for values whose shape is not known yet. */
export function property(value: unknown, name: string): unknown {
  return value === null || value === undefined
    ? undefined
    : (value as Record<string, unknown>)[name];
}
