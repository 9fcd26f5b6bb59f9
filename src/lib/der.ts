/**
 * The private keys that tools write: PKCS#8 (RFC 5958) and SEC1 (RFC 5915), as DER or PEM (RFC
 * 7468).
 */
import type { Bytes } from '../types.ts';
import { decodeBase64 } from './base64url.ts';

/** The parts of a private key of P-256, not checked; `point` where the file has it. */
export interface KeyParts {
  readonly d: Bytes;
  readonly point: Bytes | undefined;
}

/** prime256v1 (RFC 5480 §2.1.1.1). */
const CURVE = '06082a8648ce3d030107';
/** ecPublicKey (RFC 5480 §2.1.1), on it. */
const ALGORITHM = `06072a8648ce3d0201${CURVE}`;

interface Element {
  readonly tag: number;
  readonly content: Bytes;
}

/** The elements of a DER sequence's content, or `undefined` where it is none. */
function elements(der: Bytes): readonly Element[] | undefined {
  const found: Element[] = [];
  for (let at = 0; at < der.length; ) {
    const [tag, first, second] = [der[at]!, der[at + 1] ?? 0, der[at + 2] ?? 0];
    // Lengths below 256 are enough: these keys have at most 150 bytes.
    const long = first === 0x81;
    const start = at + (long ? 3 : 2);
    const end = start + (long ? second : first);
    if ((first > 127 && !long) || end > der.length) return undefined;
    found.push({ tag, content: der.slice(start, end) });
    at = end;
  }
  return found;
}

/** The content of the one element that the bytes are. */
function only(der: Bytes, tag: number): Bytes | undefined {
  const [element, ...more] = elements(der) ?? [];
  return element?.tag === tag && more.length === 0 ? element.content : undefined;
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** ECPrivateKey (RFC 5915 §3): version 1, the key, parameters, the public key. */
function decodeSec1(der: Bytes): KeyParts | undefined {
  const sequence = only(der, 0x30);
  const [version, key, ...rest] = (sequence && elements(sequence)) ?? [];
  if (version?.tag !== 2 || version.content[0] !== 1 || key?.tag !== 4) return undefined;
  // The number would do for any curve of this size, such as secp256k1.
  const curve = rest.find(({ tag }) => tag === 0xa0);
  if (curve && hex(curve.content) !== CURVE) return undefined;
  const wrapped = rest.find(({ tag }) => tag === 0xa1);
  const bits = wrapped && only(wrapped.content, 3);
  return { d: key.content, point: bits?.slice(1) };
}

/** The parts of a private key, or `undefined` for what is no private key of P-256. */
export function decodePrivateKey(der: Bytes): KeyParts | undefined {
  const sequence = only(der, 0x30);
  const [version, second, third] = (sequence && elements(sequence)) ?? [];
  if (version?.content[0] !== 0) return decodeSec1(der);
  const known = second?.tag === 0x30 && hex(second.content) === ALGORITHM;
  return known && third?.tag === 4 ? decodeSec1(third.content) : undefined;
}

/**
 * The private key's DER in PEM text, or `undefined`. Other blocks, such as EC PARAMETERS, stand
 * aside.
 */
export function decodePem(text: string): Bytes | undefined {
  const block = /-----BEGIN (?:EC )?PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END/.exec(text)?.[1];
  return block === undefined ? undefined : decodeBase64(block.replace(/\s/g, ''));
}

/** PKCS#8 without a public key, for platforms that derive it. `d`: 32 bytes. */
export function encodePkcs8(d: Uint8Array): Bytes {
  const head = `3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420`;
  const bytes = new Uint8Array(head.length / 2 + d.length);
  for (let i = 0; i < head.length / 2; i++) bytes[i] = parseInt(head.slice(2 * i, 2 * i + 2), 16);
  bytes.set(d, head.length / 2);
  return bytes;
}
