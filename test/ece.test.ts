/** ./ece: content of any length, whole and as streams (RFC 8188; the older aesgcm). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decrypt, decryptAesgcm, decryptStream, encrypt, encryptAesgcm, encryptStream, isPushError,
} from '../src/ece.ts';
import type { Bytes, OpenOptions, SealOptions } from '../src/ece.ts';
import { generateReceiver, toSubscription } from '../src/receive.ts';

const test = suite('ece');

const key = new Uint8Array(16).map((_, i) => i * 7 + 1);
const SIZES = [0, 1, 7, 8, 16, 82, 83, 84, 98, 166, 167, 196, 1000];

function content(length: number): Bytes {
  return new Uint8Array(length).map((_, i) => (i * 31 + length) % 251);
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(() => undefined, (reason: unknown) => reason);
  if (isPushError(error)) return error.code;
  return error instanceof Error ? error.name : String(error);
}

/** A stream of the bytes in chunks of `size`. */
function chunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.slice(at, (at += size)));
    },
  });
}

async function collect(stream: ReadableStream<Uint8Array>): Promise<Bytes> {
  const parts: Bytes[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    parts.push(value.slice());
  }
}

async function* ways(): AsyncGenerator<readonly [SealOptions, OpenOptions]> {
  yield [{ key, keyid: 'a1' }, { key: (id) => (id[0] === 97 && id[1] === 49 ? key : undefined) }];
  const receiver = await generateReceiver();
  const { keys } = toSubscription(receiver, 'https://push.example.com/1');
  yield [{ to: keys }, { receiver }];
}

test('what is encrypted decrypts, for sizes around the edges of records', async () => {
  for await (const [seal, open] of ways()) {
    for (const rs of [18, 25, 100, 4096]) {
      for (const length of SIZES) {
        const data = content(length);
        assert.equal(await decrypt(await encrypt(data, { ...seal, rs }), open), data);
        const message = await encryptAesgcm(data, { ...seal, rs });
        assert.equal(await decryptAesgcm(message, open), data);
      }
    }
  }
});

test('streams are the same coding, whatever the chunks', async () => {
  const data = content(1000);
  for (const size of [1, 3, 99, 100, 101, 5000]) {
    const encrypted = await collect(chunks(data, size).pipeThrough(encryptStream({ key, rs: 100 })));
    assert.is(encrypted.length, 21 + 1000 + 13 * 17);
    assert.equal(await decrypt(encrypted, { key }), data);
    const opened = await collect(chunks(encrypted, size).pipeThrough(decryptStream({ key })));
    assert.equal(opened, data);
  }
});

test('RFC 8188 §2: a body has one record at least, and as few as can be', async () => {
  assert.is((await encrypt('', { key })).length, 21 + 17);
  assert.is((await encrypt(content(8), { key, rs: 25 })).length, 21 + 25);
  assert.is((await encrypt(content(9), { key, rs: 25 })).length, 21 + 25 + 18);
});

test('more records than an engine takes arguments', async () => {
  assert.is((await encrypt(content(126_000), { key, rs: 18 })).length, 21 + 126_000 * 18);
});

test('a chunk may be used again once it was written, a body and a key once the call was made', async () => {
  const own = key.slice();
  const body = content(300);
  const encrypting = encrypt(body, { key: own, rs: 100 });
  own.fill(0);
  body.fill(0);
  const sealed = await encrypting;
  const copy = sealed.slice();
  const decrypting = decrypt(copy, { key });
  copy.fill(0);
  assert.equal(await decrypting, content(300));
  const { readable, writable } = encryptStream({ key, rs: 100 });
  const collecting = collect(readable);
  const writer = writable.getWriter();
  const chunk = new Uint8Array(250);
  for (let i = 0; i < 4; i++) {
    chunk.set(content(1000).subarray(i * 250, i * 250 + 250));
    await writer.write(chunk);
  }
  await writer.close();
  assert.equal(await decrypt(await collecting, { key }), content(1000));
});

test('a keyid for aesgcm that no field can hold is refused', async () => {
  for (const keyid of ['\u00e9', '\n', new Uint8Array([255])]) {
    assert.is(await codeOf(encryptAesgcm('x', { key, keyid })), 'TypeError');
  }
  const message = await encryptAesgcm('x', { key, keyid: 'a "b" \\ c' });
  let seen = '';
  const lookup = (id: Uint8Array): Uint8Array => {
    seen = new TextDecoder().decode(id);
    return key;
  };
  assert.is((await decryptAesgcm(message, { key: lookup })).length, 1);
  assert.is(seen, 'a "b" \\ c');
});

test('padding: to a multiple, at random, over several records', async () => {
  for (const length of [0, 1, 63, 64, 65]) {
    const body = await encrypt(content(length), { key, rs: 30, padding: { multiple: 64 } });
    const octets = Math.max(64, Math.ceil(length / 64) * 64);
    const records = Math.ceil((length === 0 ? 1 : octets) / 13);
    assert.is(body.length, 21 + (length === 0 ? 0 : octets) + records * 17);
    assert.equal(await decrypt(body, { key }), content(length));
    const older = await encryptAesgcm(content(length), { key, rs: 30, padding: { multiple: 64 } });
    assert.equal(await decryptAesgcm(older, { key }), content(length));
  }
  const seen = new Set<number>();
  for (let i = 0; i < 40; i++) {
    const body = await encrypt('x', { key, padding: { random: 9 } });
    seen.add(body.length - 21 - 18);
    assert.is((await decrypt(body, { key })).length, 1);
  }
  assert.ok(Math.min(...seen) >= 0 && Math.max(...seen) <= 9 && seen.size > 3);
});

test('RFC 8188 §4.2, §4.3: what was changed, cut, reordered, repeated or extended is refused', async () => {
  const body = await encrypt(content(30), { key, rs: 27 });
  const record = (i: number): Bytes => body.slice(21 + i * 27, 48 + i * 27);
  const build = (...parts: readonly Bytes[]): Promise<ArrayBuffer> =>
    new Blob([body.slice(0, 21), ...parts]).arrayBuffer();
  const hostile: Record<string, ArrayBuffer | Bytes> = {
    'the last record missing': await build(record(0), record(1)),
    'two swapped': await build(record(1), record(0), record(2)),
    'one repeated': await build(record(0), record(0), record(1), record(2)),
    'the first missing': await build(record(1), record(2)),
    'one appended': await build(record(0), record(1), record(2), record(2)),
    'an octet appended': await build(record(0), record(1), record(2), new Uint8Array(1)),
    'no record': body.slice(0, 21),
    'half a header': body.slice(0, 12),
    'nothing': new Uint8Array(),
  };
  const other = await encrypt(content(30), { key, rs: 27 });
  hostile['spliced with another body'] = await build(record(0), other.slice(48));
  for (const [name, bytes] of Object.entries(hostile)) {
    assert.is(await codeOf(decrypt(bytes, { key })), 'ERR_DECRYPT_FAILED', name);
    const stream = chunks(new Uint8Array(bytes), 10).pipeThrough(decryptStream({ key }));
    assert.is(await codeOf(collect(stream)), 'ERR_DECRYPT_FAILED', `${name}, as a stream`);
  }
  for (let i = 0; i < body.length; i++) {
    const changed = body.slice();
    changed[i] = (changed[i] ?? 0) ^ 1;
    // The record size is not authenticated; one that is larger than all there is still opens.
    if (i >= 16 && i < 20) continue;
    assert.is(await codeOf(decrypt(changed, { key })), 'ERR_DECRYPT_FAILED', `octet ${i}`);
  }
});

test('a stream gives a record only after its tag: nothing of a first record that is wrong', async () => {
  const body = await encrypt(content(100), { key, rs: 50 });
  body[30] = (body[30] ?? 0) ^ 1;
  let given = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk) => void (given += chunk.length),
  });
  const stream = chunks(body, 7).pipeThrough(decryptStream({ key })).pipeThrough(counting);
  assert.is(await codeOf(collect(stream)), 'ERR_DECRYPT_FAILED');
  assert.is(given, 0);
});

test('a record size of 4 GiB for a short body costs no memory; a record over the limit ends', async () => {
  const body = await encrypt('Hello', { key, rs: 2 ** 32 - 1 });
  assert.is(new TextDecoder().decode(await decrypt(body, { key })), 'Hello');
  const endless = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(body.slice(0, 21)),
    pull: (controller) => controller.enqueue(new Uint8Array(10_000)),
  });
  const stream = endless.pipeThrough(decryptStream({ key, maxRecordSize: 50_000 }));
  assert.is(await codeOf(collect(stream)), 'ERR_DECRYPT_FAILED');
});

test('back-pressure: a reader that stops stops the source', async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(100));
    },
  });
  const reader = source.pipeThrough(encryptStream({ key, rs: 117 })).getReader();
  await reader.read();
  await reader.read();
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
  assert.ok(pulled < 60, `${pulled} chunks were taken`);
  await reader.cancel();
});

test('keys: unknown ids, short keys, bad points, both or none', async () => {
  const body = await encrypt('x', { key, keyid: 'b' });
  assert.is(await codeOf(decrypt(body, { key: () => undefined })), 'ERR_DECRYPT_FAILED');
  assert.is(await codeOf(decrypt(body, { key: key.slice(1) })), 'ERR_KEY_INVALID');
  assert.is(await codeOf(encrypt('x', { key: key.slice(1) })), 'ERR_KEY_INVALID');
  const auth = 'BTBZMqHH6r4Tts7J_aSIgg';
  const off = `BA${'A'.repeat(85)}`;
  assert.is(await codeOf(encrypt('x', { to: { p256dh: off, auth } })), 'ERR_KEY_INVALID');
  assert.is(await codeOf(encrypt('x', {})), 'TypeError');
  assert.is(await codeOf(encrypt('x', { key, to: { p256dh: off, auth } })), 'TypeError');
  assert.is(await codeOf(decrypt(body, {})), 'TypeError');
  assert.is(await codeOf(encrypt('x', { key, rs: 17 })), 'RangeError');
  assert.is(await codeOf(encrypt('x', { key, rs: 2 ** 32 })), 'RangeError');
  assert.is(await codeOf(encryptAesgcm('x', { key, rs: 2 })), 'RangeError');
  assert.is(await codeOf(encrypt('x', { key, keyid: 'x'.repeat(256) })), 'RangeError');
  assert.is(await codeOf(encrypt('x', { key, padding: { multiple: 0 } })), 'RangeError');
});

test.run();
