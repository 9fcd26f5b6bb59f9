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

/** The parts one after another. Taken as an array: calls take some ten thousand arguments. */
export function concat(parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = zeros(length);
  length = 0;
  for (const part of parts) {
    whole.set(part, length);
    length += part.length;
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
 * A copy of a caller's bytes, or `undefined` for anything else. Not by `instanceof`: test runners
 * and sandboxes hand over arrays of another realm.
 */
export function copyBytes(value: unknown): Bytes | undefined {
  return viewBytes(value)?.slice();
}

/** The same without the copy. */
export function viewBytes(value: unknown): Uint8Array | undefined {
  try {
    // A DataView takes an ArrayBuffer of any realm, and nothing else.
    const view = ArrayBuffer.isView(value) ? value : new DataView(value as ArrayBuffer);
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
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
