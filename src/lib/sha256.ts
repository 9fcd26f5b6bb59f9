/**
 * SHA-256, HMAC and HKDF, synchronous. Through WebCrypto the key schedule of one message costs ten
 * times as much, in task switches. No branch or look-up depends on the data, so none leaks by time.
 */
import type { Bytes } from '../types.ts';
import { concat, zeros } from './bytes.ts';

const BLOCK = 64;

/**
 * The first 32 bits of the fractional parts of roots of the first primes, as FIPS 180-4 defines its
 * constants; computed, because the table would be a fifth of the bytes of `encrypt`. The error of
 * `**` is 2^-18 of the last bit kept, and a test compares the published table in every runtime.
 */
function fractions(count: number, power: number): Int32Array {
  const words = new Int32Array(count);
  for (let i = 0, n = 2; i < count; n++) {
    let divisor = 2;
    while (n % divisor) divisor++;
    if (divisor === n) words[i++] = (n ** power % 1) * 2 ** 32;
  }
  return words;
}

/** FIPS 180-4 §5.3.3. */
const H: Int32Array = /* @__PURE__ */ fractions(8, 1 / 2);
/** FIPS 180-4 §4.2.2. */
const K: Int32Array = /* @__PURE__ */ fractions(64, 1 / 3);

function rotr(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n));
}

/**
 * The message schedule of the block being hashed. Not made anew for each block: V8 allocates arrays
 * of more than 64 bytes outside its heap, which costs as much as hashing a block does.
 */
const W: Int32Array = /* @__PURE__ */ new Int32Array(64);

/** FIPS 180-4 §6.2.2 on the block at `at`. */
function compress(state: Int32Array, bytes: Uint8Array, at: number): void {
  for (let t = 0, i = at; t < 16; t++, i += 4) {
    W[t] = (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = W[t - 2]!;
    const y = W[t - 15]!;
    const s1 = ((rotr(x, 17) ^ rotr(x, 19) ^ (x >>> 10)) + W[t - 7]!) | 0;
    W[t] = s1 + (rotr(y, 7) ^ rotr(y, 18) ^ (y >>> 3)) + W[t - 16]!;
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = (h + s1 + (g ^ (e & (f ^ g))) + K[t]! + W[t]!) | 0;
    const t2 = ((rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + ((a & b) | (c & (a | b)))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

/** Hashes `bytes` on top of the state `from`, which took `before` bytes (whole blocks) already. */
function finish(from: Int32Array, bytes: Uint8Array, before: number): Bytes {
  const state = new Int32Array(from);
  let at = 0;
  for (; at + BLOCK <= bytes.length; at += BLOCK) compress(state, bytes, at);
  // The rest, 0x80, zeros, the length in bits as 64 bits (FIPS 180-4 §5.1.1).
  const block = zeros(BLOCK);
  const rest = bytes.length - at;
  for (let i = 0; i < rest; i++) block[i] = bytes[at + i]!;
  block[rest] = 0x80;
  if (rest > 55) {
    compress(state, block, 0);
    block.fill(0);
  }
  for (let i = 63, bits = (before + bytes.length) * 8; bits > 0; i--) {
    block[i] = bits % 256;
    bits = Math.floor(bits / 256);
  }
  compress(state, block, 0);
  const digest = zeros(32);
  for (let i = 0; i < 32; i++) digest[i] = state[i >> 2]! >>> (24 - (i & 3) * 8);
  return digest;
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(bytes: Uint8Array): Bytes {
  return finish(H, bytes, 0);
}

/** An HMAC key whose two padded blocks are hashed once, for any number of messages. */
export interface HmacKey {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

/** The state after a block of key XOR `pad`. */
function padded(key: Uint8Array, pad: number): Int32Array {
  const block = zeros(BLOCK).fill(pad);
  for (let i = 0; i < key.length; i++) block[i]! ^= key[i]!;
  const state = new Int32Array(H);
  compress(state, block, 0);
  return state;
}

/** RFC 2104 §2. A key longer than a block is hashed first. */
export function hmacKey(key: Uint8Array): HmacKey {
  const short = key.length > BLOCK ? sha256(key) : key;
  return { inner: padded(short, 0x36), outer: padded(short, 0x5c) };
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmac(key: HmacKey, bytes: Uint8Array): Bytes {
  return finish(key.outer, finish(key.inner, bytes, BLOCK), BLOCK);
}

/** HKDF-Extract (RFC 5869 §2.2), as a key ready for `expand`. */
export function extract(salt: Uint8Array, ikm: Uint8Array): HmacKey {
  return hmacKey(hmac(hmacKey(salt), ikm));
}

/** The counter of HKDF-Expand's first block. */
export const FIRST: Bytes = /* @__PURE__ */ new Uint8Array([1]);

/**
 * HKDF-Expand (RFC 5869 §2.3) as far as its first block: `length` up to 32 bytes, and no key or
 * nonce of these protocols is longer.
 */
export function expand(prk: HmacKey, info: Uint8Array, length: number): Bytes {
  return hmac(prk, concat(info, FIRST)).subarray(0, length);
}
