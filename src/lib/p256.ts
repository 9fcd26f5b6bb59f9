import type { Bytes, CryptoKey, KeyPair } from '../types.ts';
import { decodeBase64url, encodeBase64url } from './base64url.ts';
import { concat } from './bytes.ts';

const ECDH = { name: 'ECDH', namedCurve: 'P-256' } as const;

/** An uncompressed point: 0x04, x, y (SEC 1 §2.3.3). */
export const POINT_LENGTH = 65;

/** The field prime and the coefficient b of P-256 (FIPS 186-5, SP 800-186 §3.2.1.3). */
const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

/** 32 bytes, big-endian (SEC 1 §2.3.6). */
function readField(view: DataView, at: number): bigint {
  let n = 0n;
  for (let end = at + 32; at < end; at += 8) n = (n << 64n) | view.getBigUint64(at);
  return n;
}

/**
 * Whether these are the 65 bytes of an uncompressed point of the curve. WebCrypto cannot be left to
 * say so: Node takes compressed points as `raw`, WebKitGTK derives bits with a point off the curve
 * (which gives the private key away, piece by piece), Deno throws a TypeError late. The curve's
 * cofactor is 1, so a point of the curve is in the group (RFC 8291 §7).
 */
export function isPoint(bytes: Uint8Array): boolean {
  if (bytes.length !== POINT_LENGTH || bytes[0] !== 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const x = readField(view, 1);
  const y = readField(view, 33);
  return x < P && y < P && (y * y - (x * x - 3n) * x - B) % P === 0n;
}

/** A fresh key pair for one message (RFC 8291 §3.1). */
export function generateEcdh(extractable: boolean = EXTRACTABLE): Promise<KeyPair> {
  return crypto.subtle.generateKey(ECDH, extractable, ['deriveBits']);
}

/**
 * Deno exports a public key ten times faster inside a private one (32 microseconds against 323 for
 * raw and 239 for JWK), Node 20 as JWK ten times faster than raw (4.5 against 61); on other
 * runtimes they are alike. Only this needs private keys that can be exported.
 */
const EXTRACTABLE = 'Deno' in globalThis;

/** The 65 bytes of the public key of a pair that `generateEcdh` made, in the cheapest way. */
export async function publicPoint(pair: KeyPair): Promise<Bytes> {
  return EXTRACTABLE
    ? new Uint8Array(await crypto.subtle.exportKey('pkcs8', pair.privateKey)).slice(-POINT_LENGTH)
    : exportPoint(pair.publicKey);
}

/**
 * The 65 bytes of any public key of P-256; a JWK has both coordinates in full (RFC 7518 §6.2.1).
 */
export async function exportPoint(key: CryptoKey): Promise<Bytes> {
  const { x, y } = await crypto.subtle.exportKey('jwk', key);
  return concat([new Uint8Array([4]), decodeBase64url(x ?? '')!, decodeBase64url(y ?? '')!]);
}

/** The x coordinate of `own` times `point`: 32 bytes. `point` was checked by `isPoint`. */
export async function ecdh(own: Promise<KeyPair> | KeyPair, point: Bytes): Promise<Bytes> {
  const imported = crypto.subtle.importKey('raw', point, ECDH, false, []);
  const [{ privateKey }, theirs] = await Promise.all([own, imported]);
  const algorithm = { name: 'ECDH', public: theirs };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, privateKey, 256));
}

/** A pair from its parts; engines differ in what they do when the two do not belong. */
export async function importEcdh(point: Uint8Array, d: Uint8Array): Promise<KeyPair> {
  const [publicKey, privateKey] = await Promise.all([
    crypto.subtle.importKey('jwk', jwkOf(point), ECDH, true, []),
    crypto.subtle.importKey('jwk', jwkOf(point, d), ECDH, true, ['deriveBits']),
  ]);
  return { publicKey, privateKey };
}

/** A private key as a JWK: what every engine imports (some refuse one without x and y). */
export function jwkOf(point: Uint8Array, d?: Uint8Array): JsonWebKey {
  const x = encodeBase64url(point.subarray(1, 33));
  const y = encodeBase64url(point.subarray(33));
  const base = { kty: 'EC', crv: 'P-256', x, y };
  return d ? { ...base, d: encodeBase64url(d) } : base;
}
