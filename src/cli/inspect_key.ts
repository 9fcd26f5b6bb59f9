/** Keys as text: what they are, and what is probably wrong with them. */
import { decodeBase64, decodeBase64url } from '../lib/base64url.ts';
import { isPoint } from '../lib/p256.ts';
import type { Bytes } from '../types.ts';
import { ok, wrong } from './findings.ts';
import type { Finding } from './findings.ts';
import { many } from './layout.ts';

/** How base64 text is spelled, where that is worth a word. */
function spelling(text: string): string {
  const parts = [
    ...(/[+/]/.test(text) ? ['the standard alphabet'] : []),
    ...(text.endsWith('=') ? ['padding'] : []),
  ];
  return parts.length
    ? ` (with ${parts.join(' and ')}, which subtle-push forgives and others do not)`
    : '';
}

/** The bytes of base64, or what is wrong with it. */
export function readBase64(field: string, value: unknown): Bytes | Finding {
  if (value === undefined || value === null) return wrong(field, 'is missing');
  if (typeof value !== 'string')
    return wrong(field, `must be text in base64url, not of type ${typeof value}`);
  const bytes = decodeBase64(value);
  if (bytes) return bytes;
  const strange = /[^\w+/=-]/.exec(value)?.[0];
  const why =
    strange === undefined
      ? 'its length or its last character does not fit: was it cut off?'
      : /\s/.test(strange)
        ? 'it has white space in it'
        : 'it has characters that base64 does not know';
  return wrong(field, `is not base64url: ${why}`);
}

export function isFinding(value: Bytes | Finding): value is Finding {
  return 'verdict' in value;
}

/** What bytes are that should be a point, by their length and beginning. */
function notPoint(bytes: Bytes): string {
  const { length } = bytes;
  const has = `has ${many(length, 'byte')}, an uncompressed point of P-256 has 65`;
  if (length === 65 && bytes[0] === 4)
    return 'is no point of the curve P-256: a digit of it is wrong';
  if (length === 65)
    return `must begin with 04 (it begins with ${bytes[0]?.toString(16).padStart(2, '0')})`;
  if (length === 64) return `${has}: the 04 at its beginning is missing`;
  if (length === 33) return `${has}: it is compressed, export it as uncompressed`;
  if (length === 91)
    return `${has}: it is SubjectPublicKeyInfo (DER), its last 65 bytes are the point`;
  if (length === 32) return `${has}: is it a private key?`;
  return has;
}

/** A public key in text. `what`: whose it is. */
export function inspectPoint(field: string, value: unknown, what: string): Finding {
  const bytes = readBase64(field, value);
  if (isFinding(bytes)) return bytes;
  if (!isPoint(bytes)) return wrong(field, notPoint(bytes));
  return ok(field, `65 bytes, a point of P-256: ${what}${spelling(String(value))}`);
}

/** The point of a text, where it has one. */
export function pointIn(value: unknown): Bytes | undefined {
  const bytes = typeof value === 'string' ? decodeBase64(value) : undefined;
  return bytes && isPoint(bytes) ? bytes : undefined;
}

export function inspectAuth(value: unknown): Finding {
  const bytes = readBase64('auth', value);
  if (isFinding(bytes)) return bytes;
  if (bytes.length === 16)
    return ok('auth', `16 bytes, a secret (not shown)${spelling(String(value))}`);
  const old =
    bytes.length === 12
      ? ': Firefox 46 and 47 had such, no push service of today does'
      : bytes.length === 65
        ? ': this is a public key, are auth and p256dh mixed up?'
        : '';
  return wrong(
    'auth',
    `has ${many(bytes.length, 'byte')}, 16 are wanted (RFC 8291 section 3.2)${old}`,
  );
}

/** Whether text is base64url as the RFCs have it, without padding. */
export function isStrict(text: string): boolean {
  return decodeBase64url(text) !== undefined;
}
