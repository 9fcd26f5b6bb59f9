import type { Bytes, CryptoKey } from '../types.ts';
import { zeros } from './bytes.ts';
import { jwkOf } from './p256.ts';

/** RFC 7518 §3.4. */
const ES256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** The length of r and of s. */
const HALF = 32;

/** A signature r||s, 64 bytes. */
export async function signEs256(key: CryptoKey, data: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ES256, key, data));
}

/** `point` was checked by `isPoint`. `signature`: r||s. */
export async function verifyEs256(
  point: Uint8Array,
  signature: Bytes,
  data: Bytes,
): Promise<boolean> {
  const key = await crypto.subtle.importKey('jwk', jwkOf(point), ES256, false, ['verify']);
  return crypto.subtle.verify(ES256, key, signature, data);
}

/**
 * A private key with its public point. Engines differ in what they do when the two do not belong.
 */
export function importSigningKey(point: Uint8Array, d: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey('jwk', jwkOf(point, d), ES256, false, ['sign']);
}

/**
 * r||s from what a signer answered: as it is, or out of DER (RFC 3279 §2.2.3), which most hardware
 * and key services give. `undefined` for anything else.
 */
export function rawSignature(signature: Uint8Array): Bytes | undefined {
  if (signature.length === 2 * HALF) return new Uint8Array(signature);
  if (signature[0] !== 0x30 || signature[1] !== signature.length - 2) return undefined;
  const raw = zeros(2 * HALF);
  const middle = integer(signature, 2, raw.subarray(0, HALF));
  const end = middle && integer(signature, middle, raw.subarray(HALF));
  return end === signature.length ? raw : undefined;
}

/** Reads the DER INTEGER at `at` into `into`, big-endian; the place behind it, or `undefined`. */
function integer(der: Uint8Array, at: number, into: Uint8Array): number | undefined {
  const end = at + 2 + (der[at + 1] ?? 0);
  if (der[at] !== 2 || end > der.length) return undefined;
  let value = der.subarray(at + 2, end);
  while (value.length > HALF && value[0] === 0) value = value.subarray(1);
  if (value.length === 0 || value.length > HALF) return undefined;
  into.set(value, HALF - value.length);
  return end;
}
