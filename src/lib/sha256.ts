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
 * Behind them are as many zeros.
 */
function fractions(count: number, power: number): Int32Array {
  const words = new Int32Array(count * 2);
  for (let i = 0, n = 2; i < count; n++) {
    let divisor = 2;
    while (n % divisor) divisor++;
    if (divisor === n) words[i++] = (n ** power % 1) * 2 ** 32;
  }
  return words;
}

/**
 * FIPS 180-4 §5.3.3, and as many zeros: HMAC and HKDF hash digests, so every state is as long as a
 * block. To go through bytes in between takes a sixth of the key schedule's time on Bun.
 */
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

/** FIPS 180-4 §6.2.2 on the block whose 16 words are in `W`. */
function compress(state: Int32Array): void {
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
function finish(from: Int32Array, bytes: Uint8Array, before: number): Int32Array {
  const state = new Int32Array(from);
  const { length } = bytes;
  let at = 0;
  let t = 0;
  for (; at + 4 <= length; at += 4) {
    W[t++] =
      (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
    if (t > 15) {
      compress(state);
      t = 0;
    }
  }
  // The rest, 0x80, zeros, the length in bits as 64 bits (FIPS 180-4 §5.1.1).
  let last = 1 << 31;
  for (let i = length - 1; i >= at; i--) last = (last >>> 8) | (bytes[i]! << 24);
  W.fill(0, t);
  W[t] = last;
  if (t > 13) {
    compress(state);
    W.fill(0);
  }
  W[14] = (before + length) / 2 ** 29;
  W[15] = (before + length) * 8;
  compress(state);
  return state;
}

/** The first `length` bytes of a digest. */
function toBytes(state: Int32Array, length: number = 32): Bytes {
  const bytes = zeros(length);
  for (let i = 0; i < length; i++) bytes[i] = state[i >> 2]! >>> (24 - (i & 3) * 8);
  return bytes;
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(bytes: Uint8Array): Bytes {
  return toBytes(finish(H, bytes, 0));
}

/** An HMAC key whose two padded blocks are hashed once, for any number of messages. */
export interface HmacKey {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

/** The state after `from` and one block more, each of its words XOR `pad`. */
function follow(from: Int32Array, block: Int32Array, pad: number): Int32Array {
  const state = new Int32Array(from);
  for (let t = 0; t < 16; t++) W[t] = block[t]! ^ pad;
  compress(state);
  return state;
}

/** RFC 2104 §2; `block`: the key and zeros. */
function blockKey(block: Int32Array): HmacKey {
  return { inner: follow(H, block, 0x36363636), outer: follow(H, block, 0x5c5c5c5c) };
}

/** RFC 2104 §2. A key longer than a block is hashed first. */
export function hmacKey(key: Uint8Array): HmacKey {
  const short = key.length > BLOCK ? sha256(key) : key;
  const block = new Int32Array(16);
  for (let i = 0; i < short.length; i++) block[i >> 2]! |= short[i]! << (24 - (i & 3) * 8);
  return blockKey(block);
}

/** HMAC-SHA-256 as words. */
function mac(key: HmacKey, bytes: Uint8Array): Int32Array {
  const inner = finish(key.inner, bytes, BLOCK);
  // One block: the digest, 0x80, zeros, the length in bits.
  inner[8] = 1 << 31;
  inner[15] = (BLOCK + 32) * 8;
  return follow(key.outer, inner, 0);
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes, or the first `length` of them. */
export function hmac(key: HmacKey, bytes: Uint8Array, length?: number): Bytes {
  return toBytes(mac(key, bytes), length);
}

/** HKDF-Extract (RFC 5869 §2.2), as a key ready for `expand`. */
export function extract(salt: Uint8Array, ikm: Uint8Array): HmacKey {
  return blockKey(mac(hmacKey(salt), ikm));
}

/** The counter of HKDF-Expand's first block. */
export const FIRST: Bytes = /* @__PURE__ */ new Uint8Array([1]);

/**
 * HKDF-Expand (RFC 5869 §2.3) as far as its first block: `length` up to 32 bytes, the default, and
 * no key or nonce of these protocols is longer.
 */
export function expand(prk: HmacKey, info: Uint8Array, length?: number): Bytes {
  return hmac(prk, concat([info, FIRST]), length);
}
