/** DER (X.690), written by hand: what a certificate needs and no more. */
import type { Bytes } from '../../types.ts';
import { concat, utf8, zeros } from '../bytes.ts';

/** X.690 §8.1: identifier octets. */
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const OCTET_STRING = 0x04;
const OBJECT_IDENTIFIER = 0x06;
const SEQUENCE = 0x30;
const SET = 0x31;

/** X.690 §10.1: the definite form with the fewest octets. */
function lengthOctets(length: number): Bytes {
  if (length < 0x80) return new Uint8Array([length]);
  if (length < 0x100) return new Uint8Array([0x81, length]);
  return new Uint8Array([0x82, length >> 8, length & 255]);
}

/** One value; `tag` is the whole identifier octet. Contents up to 65,535 bytes. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Bytes {
  const value = concat(contents);
  if (value.length > 0xffff) throw new RangeError('A certificate holds at most 65535 bytes');
  return concat([new Uint8Array([tag]), lengthOctets(value.length), value]);
}

export function sequence(...values: readonly Uint8Array[]): Bytes {
  return der(SEQUENCE, ...values);
}

/** A set of one value, so that X.690 §11.6 leaves nothing to sort. */
export function setOf(value: Uint8Array): Bytes {
  return der(SET, value);
}

/** A positive INTEGER of big-endian bytes: as few octets as hold it and its sign (§8.3.2). */
export function integer(bytes: Uint8Array): Bytes {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const magnitude = bytes.subarray(at);
  return (magnitude[0] ?? 0) < 0x80
    ? der(INTEGER, magnitude)
    : der(INTEGER, zeros(1), magnitude);
}

export function octetString(bytes: Uint8Array): Bytes {
  return der(OCTET_STRING, bytes);
}

/** `unused`: how many low bits of the last byte do not count (§8.6.2.2). */
export function bitString(bytes: Uint8Array, unused = 0): Bytes {
  return der(BIT_STRING, new Uint8Array([unused]), bytes);
}

/** An object identifier in dots; its arcs are under 2^31 (§8.19). */
export function oid(dotted: string): Bytes {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) {
    const digits = [arc & 127];
    for (let left = arc >> 7; left; left >>= 7) digits.unshift(0x80 | (left & 127));
    octets.push(...digits);
  }
  return der(OBJECT_IDENTIFIER, new Uint8Array(octets));
}

/** RFC 5280 §4.1.2.5: UTCTime to the end of 2049, GeneralizedTime from then on; whole seconds. */
export function time(milliseconds: number): Bytes {
  const iso = new Date(milliseconds).toISOString();
  const digits = `${iso.slice(0, 19).replace(/\D/g, '')}Z`;
  return iso < '2050' ? der(0x17, utf8(digits.slice(2))) : der(0x18, utf8(digits));
}

/** An ECDSA signature as WebCrypto gives it (r and s, 32 bytes each) in RFC 3279 §2.2.3's form. */
export function ecdsaSignature(raw: Uint8Array): Bytes {
  return sequence(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
}

/** RFC 7468 §2. */
export function pem(label: string, bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  const lines = btoa(binary).replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
