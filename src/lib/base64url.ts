import type { Bytes } from '../types.ts';
import { zeros } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** base64url without padding (RFC 4648 §5, RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group =
      ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let bits = 18; bits >= 0; bits -= 6) text += ALPHABET.charAt((group >> bits) & 63);
  }
  return text.slice(0, Math.ceil((bytes.length * 4) / 3));
}

/** The six bits of a character of either alphabet, or -1. */
function sextet(code: number): number {
  if (code > 64 && code < 91) return code - 65;
  if (code > 96 && code < 123) return code - 71;
  if (code > 47 && code < 58) return code + 4;
  return code === 45 || code === 43 ? 62 : code === 95 || code === 47 ? 63 : -1;
}

/**
 * The bytes of base64 in either alphabet (RFC 4648 §4 and §5), padded or not, or `undefined`: what
 * people's databases hold. Trailing bits that are not zero are refused (§3.5), so that bytes have
 * one spelling in an alphabet.
 */
export function decodeBase64(text: string): Bytes | undefined {
  const bare = text.length % 4 ? text : text.replace(/==?$/, '');
  const bytes = zeros((bare.length * 3) >> 2);
  let bits = 0;
  let group = 0;
  let at = 0;
  for (let i = 0; i < bare.length; i++) {
    const six = sextet(bare.charCodeAt(i));
    if (six < 0) return undefined;
    group = (group << 6) | six;
    bits += 6;
    if (bits > 7) {
      bits -= 8;
      bytes[at++] = group >> bits;
      group &= (1 << bits) - 1;
    }
  }
  return bits > 5 || group ? undefined : bytes;
}

/** The same of a value of any type; no bytes for what is no base64. */
export function readBase64(value: unknown): Bytes {
  return (typeof value === 'string' && decodeBase64(value)) || zeros(0);
}

/** The bytes of base64url without padding (RFC 7515 §2), or `undefined`. */
export function decodeBase64url(text: string): Bytes | undefined {
  return /[^\w-]/.test(text) ? undefined : decodeBase64(text);
}
