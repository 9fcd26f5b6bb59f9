/** Bytes that people have as text. */
import { decodeBase64 } from '../lib/base64url.ts';
import { decodeUtf8, property, utf8 } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';

/** Bytes out of hexadecimal, with spaces, colons or line feeds between or not. */
export function decodeHex(text: string): Bytes | undefined {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]+/g, '');
  if (digits.length % 2 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

/** Bytes out of base64 in either alphabet, wrapped or not. */
export function decodeWrapped(text: string): Bytes | undefined {
  return decodeBase64(text.replace(/\s+/g, ''));
}

/** Bytes out of text that is either. What could be both is hexadecimal: that is rare in base64. */
export function decodeEither(text: string): Bytes | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : (decodeHex(trimmed) ?? decodeWrapped(trimmed));
}

/** The text of bytes that are all text. */
export function asText(bytes: Bytes): string | undefined {
  return decodeUtf8(bytes)?.replace(/^\ufeff/, '');
}

function isOctets(list: readonly unknown[]): list is readonly number[] {
  return list.every(
    (octet) => Number.isInteger(octet) && Number(octet) >= 0 && Number(octet) < 256,
  );
}

/**
 * A body in JSON: text in base64 or hexadecimal (other text is taken as it is), a list of octets,
 * or what JSON makes of a Buffer or a Uint8Array.
 */
export function bytesOf(value: unknown): Bytes | undefined {
  if (typeof value === 'string') return decodeEither(value) ?? utf8(value);
  if (typeof value !== 'object' || value === null) return undefined;
  const data = property(value, 'type') === 'Buffer' ? property(value, 'data') : value;
  const list: readonly unknown[] = Array.isArray(data) ? data : Object.values(Object(data));
  return isOctets(list) ? new Uint8Array(list) : undefined;
}
