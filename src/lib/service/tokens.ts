import type { Bytes } from '../../types.ts';
import { encodeBase64url } from '../base64url.ts';
import { zeros } from '../bytes.ts';

/** Octets of randomness in a URI of ours: 192 bits, where RFC 8030 §8.3 asks for 120. */
const OCTETS = 24;

export function randomBytes(length: number): Bytes {
  return crypto.getRandomValues(zeros(length));
}

/** A capability: 32 characters of base64url. Nothing in it tells when or for whom it was made. */
export function randomToken(): string {
  return encodeBase64url(randomBytes(OCTETS));
}

/** Random characters of base64url, for the shapes of vendors' URIs. */
export function randomText(length: number): string {
  return encodeBase64url(randomBytes(Math.ceil((length * 3) / 4))).slice(0, length);
}

export function randomHex(length: number): string {
  let text = '';
  for (const byte of randomBytes(length / 2)) text += (byte < 16 ? '0' : '') + byte.toString(16);
  return text;
}

/** Random letters and digits. */
export function randomAlphanumeric(length: number): string {
  let text = '';
  while (text.length < length) text += randomText(length).replace(/[-_]/g, '');
  return text.slice(0, length);
}
