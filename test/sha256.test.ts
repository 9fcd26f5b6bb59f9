/** Every length around words and blocks, against WebCrypto; published cases are in vectors/. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { expand, extract, hmac, hmacKey, sha256 } from '../src/lib/sha256.ts';
import type { Bytes } from '../src/types.ts';

const test = suite('SHA-256, HMAC, HKDF');
const { subtle } = globalThis.crypto;

/** Bytes that differ from each other; not the whole of their buffer. */
function sample(length: number): Bytes {
  return new Uint8Array(length + 3).map((_, i) => i * 151 + length).subarray(3);
}

const hash = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await subtle.digest('SHA-256', bytes));

async function mac(key: Bytes, bytes: Bytes): Promise<Bytes> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await subtle.importKey('raw', key, algorithm, false, ['sign']);
  return new Uint8Array(await subtle.sign('HMAC', imported, bytes));
}

test('SHA-256 of 0 to 200 bytes', async () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = sample(length);
    assert.equal(sha256(bytes), await hash(bytes), `${length} bytes`);
  }
});

// Engines do not all import an HMAC key of no bytes; RFC 5869 A.3, among the vectors, has one.
test('HMAC with keys of 1 to 130 bytes', async () => {
  for (let length = 1; length <= 130; length++) {
    const [key, bytes] = [sample(length), sample(130 - length)];
    assert.equal(hmac(hmacKey(key), bytes), await mac(key, bytes), `${length} bytes`);
  }
});

test('HKDF: the first 1 to 32 bytes, and a key that serves twice', async () => {
  const [salt, ikm, info] = [sample(16), sample(32), sample(30)];
  const prk = extract(salt, ikm);
  const whole = await mac(await mac(salt, ikm), new Uint8Array([...info, 1]));
  for (let length = 1; length <= 32; length++) {
    assert.equal(expand(prk, info, length), whole.slice(0, length), `${length} bytes`);
  }
});

test.run();
