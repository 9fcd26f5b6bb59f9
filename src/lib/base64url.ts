import type { Bytes } from '../types.ts';
import { zeros } from './bytes.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** base64url without padding (RFC 4648 §5, RFC 7515 §2). */
export function encodeBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const rest = bytes.length - i;
    const group =
      ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    if (rest > 1) text += ALPHABET.charAt((group >> 6) & 63);
    if (rest > 2) text += ALPHABET.charAt(group & 63);
  }
  return text;
}

/** The six bits of a character of the URL-safe alphabet, or -1. */
function sextet(code: number): number {
  if (code > 64 && code < 91) return code - 65;
  if (code > 96 && code < 123) return code - 71;
  if (code > 47 && code < 58) return code + 4;
  return code === 45 ? 62 : code === 95 ? 63 : -1;
}

/**
 * The bytes of base64url without padding, or `undefined`. Trailing bits that are not zero are
 * refused (RFC 4648 §3.5), so that bytes have one spelling only.
 */
export function decodeBase64url(text: string): Bytes | undefined {
  const bytes = zeros((text.length * 3) >> 2);
  let bits = 0;
  let group = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const six = sextet(text.charCodeAt(i));
    if (six < 0) return undefined;
    group = ((group << 6) | six) & 0xffff;
    bits += 6;
    if (bits > 7) {
      bits -= 8;
      bytes[at++] = group >> bits;
    }
  }
  const left = group & ((1 << bits) - 1);
  return text.length % 4 === 1 || left ? undefined : bytes;
}

/** The same for either alphabet, padded or not: what people's databases hold. */
export function decodeBase64(text: string): Bytes | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (padding && text.length % 4) return undefined;
  const bare = text.slice(0, text.length - padding);
  return decodeBase64url(bare.replace(/\+/g, '-').replace(/\//g, '_'));
}
