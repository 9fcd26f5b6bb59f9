/**
 * SHA-256, HMAC and HKDF, synchronous. Through WebCrypto the key schedule of one message costs ten
 * times as much, in task switches. No branch or look-up depends on the data, so none leaks by time.
 */
import type { Bytes } from '../types.ts';
import { concat, zeros } from './bytes.ts';

const BLOCK = 64;

/** FIPS 180-4 §4.2.2. */
const K: Int32Array = /* @__PURE__ */ new Int32Array([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]);

/** FIPS 180-4 §5.3.3. */
function initialState(): Int32Array {
  return new Int32Array([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
  ]);
}

/** FIPS 180-4 §6.2.2 step 1: the message schedule of the block at `at`. */
function schedule(w: Int32Array, bytes: Uint8Array, at: number): void {
  for (let t = 0, i = at; t < 16; t++, i += 4) {
    w[t] =
      (bytes[i]! << 24) | (bytes[i + 1]! << 16) | (bytes[i + 2]! << 8) | bytes[i + 3]!;
  }
  for (let t = 16; t < 64; t++) {
    const x = w[t - 2]!;
    const y = w[t - 15]!;
    const s1 = ((x >>> 17) | (x << 15)) ^ ((x >>> 19) | (x << 13)) ^ (x >>> 10);
    const s0 = ((y >>> 7) | (y << 25)) ^ ((y >>> 18) | (y << 14)) ^ (y >>> 3);
    w[t] = (s1 + w[t - 7]! + s0 + w[t - 16]!) | 0;
  }
}

/** FIPS 180-4 §6.2.2 steps 2 to 4. `w`: 64 words of scratch space. */
function compress(state: Int32Array, w: Int32Array, bytes: Uint8Array, at: number): void {
  schedule(w, bytes, at);
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!;
  let e = state[4]!, f = state[5]!, g = state[6]!, h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[t]! + w[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
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

/** Hashes `bytes` on top of `state`, which has taken `before` bytes (whole blocks) already. */
function finish(state: Int32Array, bytes: Uint8Array, before: number): Bytes {
  const w = new Int32Array(64);
  const whole = bytes.length - (bytes.length % BLOCK);
  for (let at = 0; at < whole; at += BLOCK) compress(state, w, bytes, at);
  const rest = bytes.length - whole;
  const tail = zeros(rest > 55 ? 2 * BLOCK : BLOCK);
  tail.set(bytes.subarray(whole));
  tail[rest] = 0x80;
  const bits = (before + bytes.length) * 8;
  const view = new DataView(tail.buffer);
  view.setUint32(tail.length - 8, bits / 2 ** 32);
  view.setUint32(tail.length - 4, bits >>> 0);
  for (let at = 0; at < tail.length; at += BLOCK) compress(state, w, tail, at);
  const digest = zeros(32);
  for (let i = 0; i < 32; i++) digest[i] = state[i >> 2]! >>> (24 - (i & 3) * 8);
  return digest;
}

/** SHA-256 (FIPS 180-4): 32 bytes. */
export function sha256(bytes: Uint8Array): Bytes {
  return finish(initialState(), bytes, 0);
}

/** An HMAC key whose two padded blocks are hashed once, for any number of messages. */
export interface HmacKey {
  readonly inner: Int32Array;
  readonly outer: Int32Array;
}

/** RFC 2104 §4. A key longer than a block is hashed first (§2). */
export function hmacKey(key: Uint8Array): HmacKey {
  const short = key.length > BLOCK ? sha256(key) : key;
  const pad = new Uint8Array(BLOCK).fill(0x36);
  for (let i = 0; i < short.length; i++) pad[i]! ^= short[i]!;
  const w = new Int32Array(64);
  const inner = initialState();
  compress(inner, w, pad, 0);
  for (let i = 0; i < BLOCK; i++) pad[i]! ^= 0x36 ^ 0x5c;
  const outer = initialState();
  compress(outer, w, pad, 0);
  return { inner, outer };
}

/** HMAC-SHA-256 (RFC 2104): 32 bytes. */
export function hmac(key: HmacKey, bytes: Uint8Array): Bytes {
  return finish(key.outer.slice(), finish(key.inner.slice(), bytes, BLOCK), BLOCK);
}

/** HKDF-Extract (RFC 5869 §2.2), as a key ready for `expand`. */
export function extract(salt: Uint8Array, ikm: Uint8Array): HmacKey {
  return hmacKey(hmac(hmacKey(salt), ikm));
}

/** HKDF-Expand (RFC 5869 §2.3). `length`: bytes, up to 255 * 32. */
export function expand(prk: HmacKey, info: Uint8Array, length: number): Bytes {
  const okm = zeros(length);
  let block: Uint8Array = zeros(0);
  for (let at = 0, counter = 1; at < length; at += 32, counter++) {
    block = hmac(prk, concat(block, info, new Uint8Array([counter])));
    okm.set(block.subarray(0, length - at), at);
  }
  return okm;
}
