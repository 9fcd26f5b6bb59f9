/** Encryption: RFC 8291 and RFC 8188 for the sender, and what a caller may do meanwhile. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createRequest, encrypt, MAX_PAYLOAD, MAX_PAYLOAD_EVERYWHERE, send,
} from '../src/index.ts';
import type { Encrypt, Subscription } from '../src/index.ts';
import * as aesgcm from '../src/aesgcm.ts';
import * as aesgcm128 from '../src/aesgcm128.ts';
import { isPoint } from '../src/lib/p256.ts';
import { decrypt } from '../src/receive.ts';
import {
  fetchOf, KEYS, misused, receiver, RECEIVER_KEYS, refused, SUBSCRIPTION, unchecked,
} from './core_support.ts';

interface Door {
  readonly encrypt: Encrypt;
  readonly MAX_PAYLOAD: number;
}

const CODINGS: Readonly<Record<string, Door>> = {
  aes128gcm: { encrypt, MAX_PAYLOAD }, aesgcm, aesgcm128,
};

async function opened(encrypted: Awaited<ReturnType<Encrypt>>): Promise<string> {
  return new TextDecoder().decode(await decrypt(encrypted, await receiver()));
}

/** Every array buffer of another realm that this runtime has a way to make. */
function foreignBytes(text: string): readonly (Uint8Array | ArrayBuffer)[] {
  const bytes = new TextEncoder().encode(text);
  if (typeof SharedArrayBuffer !== 'function') return [];
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  return [unchecked(shared), unchecked(shared.buffer)];
}

const encryption = suite('encrypt');

encryption('RFC 8291 4: header of 86 octets, rs over the record, one record', async () => {
  for (const [length, padTo] of [[1, 0], [40, 0], [40, 100], [3993, 0], [0, 3993]] as const) {
    const { body, headers } = await encrypt(SUBSCRIPTION, new Uint8Array(length), { padTo });
    assert.equal(headers, { 'Content-Encoding': 'aes128gcm' });
    const data = Math.max(length, padTo);
    assert.is(body.length, 86 + data + 1 + 16);
    assert.ok(body.length <= 4096);
    const rs = new DataView(body.buffer, body.byteOffset).getUint32(16);
    assert.ok(rs > data + 1 + 16, 'rs is greater than the record');
    assert.is(body[20], 65);
    assert.is(body[21], 4);
    assert.ok(isPoint(body.subarray(21, 86)));
    assert.is.not(String(body.subarray(21, 86)), String((await receiver()).publicKey));
  }
});

encryption('an empty payload is padded by one byte: Chromium drops 103 bytes', async () => {
  const { body } = await encrypt(SUBSCRIPTION, '');
  assert.is(body.length, 104);
  assert.is((await decrypt(body, await receiver())).length, 0);
  assert.is((await encrypt(SUBSCRIPTION, '', { padTo: 1 })).body.length, 104);
});

encryption('the limits are the codings’: 3,993 and 4,077; 2,912 everywhere', () => {
  assert.is(MAX_PAYLOAD, 4096 - 86 - 16 - 1);
  assert.is(MAX_PAYLOAD_EVERYWHERE, 2912);
  assert.is(aesgcm.MAX_PAYLOAD, 4077);
  assert.is(aesgcm128.MAX_PAYLOAD, 4077);
});

for (const [name, coding] of Object.entries(CODINGS)) {
  encryption(`${name}: text is UTF-8, bytes are bytes, in every kind of buffer`, async () => {
    const text = 'Grüße 👋';
    const bytes = new TextEncoder().encode(text);
    const inside = new Uint8Array([1, 2, ...bytes, 3]);
    const payloads: readonly unknown[] = [
      text, bytes, bytes.buffer, inside.subarray(2, 2 + bytes.length),
      new DataView(inside.buffer, 2, bytes.length), ...foreignBytes(text),
    ];
    for (const payload of payloads) {
      assert.is(await opened(await coding.encrypt(SUBSCRIPTION, unchecked(payload))), text);
    }
    // A lone surrogate is no character: UTF-8 has none for it.
    assert.is(await opened(await coding.encrypt(SUBSCRIPTION, 'a\ud800b')), 'a\ufffdb');
  });

  encryption(`${name}: the limit counts bytes, and is kept to the byte`, async () => {
    const most = coding.MAX_PAYLOAD;
    const full = await coding.encrypt(SUBSCRIPTION, new Uint8Array(most).fill(7));
    assert.ok(full.body.length <= 4096);
    assert.is((await decrypt(full, await receiver())).length, most);
    const over: readonly unknown[] = [
      'x'.repeat(most + 1), new Uint8Array(most + 1), '👋'.repeat(most / 4 + 1),
      new ArrayBuffer(1e6),
    ];
    for (const payload of over) {
      const work = coding.encrypt(SUBSCRIPTION, unchecked(payload));
      const { message } = await refused(work, 'ERR_PAYLOAD_TOO_LARGE');
      assert.match(
        message, /^Cannot encrypt \d+ bytes: a push message carries at most (3993|4077)$/,
      );
    }
  });

  encryption(`${name}: padTo hides the length, a longer payload goes unpadded`, async () => {
    const lengths = await Promise.all(['', 'a', 'x'.repeat(99), 'x'.repeat(100)].map(
      async (text) => {
        const encrypted = await coding.encrypt(SUBSCRIPTION, text, { padTo: 100 });
        assert.is(await opened(encrypted), text);
        return encrypted.body.length;
      },
    ));
    assert.is(new Set(lengths).size, 1);
    const longer = await coding.encrypt(SUBSCRIPTION, 'x'.repeat(101), { padTo: 100 });
    assert.is(longer.body.length, lengths[0]! + 1);
    for (const padTo of [-1, 0.5, NaN, Infinity, coding.MAX_PAYLOAD + 1, '100', null]) {
      await misused(
        coding.encrypt(SUBSCRIPTION, 'x', { padTo: unchecked(padTo) }), RangeError, String(padTo),
      );
    }
  });

  encryption(`${name}: what is neither text nor bytes is a TypeError`, async () => {
    const detached = new Uint8Array(4);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    const others: readonly unknown[] = [
      undefined, null, 5, true, {}, [], [1, 2], new Date(), Symbol('x'), new Blob(['x']),
      { length: 3 },
      { buffer: new ArrayBuffer(8), byteOffset: 0, byteLength: 8 }, detached.buffer,
    ];
    for (const payload of others) {
      await misused(coding.encrypt(SUBSCRIPTION, unchecked(payload)), TypeError, String(payload));
    }
  });

  encryption(`${name}: a fresh key pair and salt for every message, also at once`, async () => {
    const many = await Promise.all(
      Array.from({ length: 30 }, () => coding.encrypt(SUBSCRIPTION, 'same')),
    );
    const seen = new Set(many.map(({ body, headers }) =>
      (name === 'aes128gcm' ? String(body.subarray(0, 86)) : JSON.stringify(headers))));
    assert.is(seen.size, 30);
    assert.is(new Set(many.map(({ body }) => String(body.slice(-20)))).size, 30);
    const keys = many.map(({ body, headers }) => (name === 'aes128gcm'
      ? [String(body.subarray(0, 16)), String(body.subarray(21, 86))]
      : [headers['Encryption'] ?? '', headers['Crypto-Key'] ?? '']));
    for (const part of [0, 1]) assert.is(new Set(keys.map((key) => key[part])).size, 30, `${part}`);
  });
}

const copies = suite('encrypt: what the caller does meanwhile');

copies('buffers may be overwritten as soon as the call has returned', async () => {
  for (const { encrypt: own } of Object.values(CODINGS)) {
    const payload = new TextEncoder().encode('before');
    const pending = own(SUBSCRIPTION, payload);
    payload.fill(0);
    assert.is(await opened(await pending), 'before');
  }
  const payload = new TextEncoder().encode('before');
  const { fetch, calls } = fetchOf();
  const pending = send(SUBSCRIPTION, payload, { vapid: null, fetch });
  payload.fill(0);
  await pending;
  const body = calls[0]?.init.body ?? new Uint8Array();
  assert.is(new TextDecoder().decode(await decrypt(body, await receiver())), 'before');
});

copies('a buffer may be overwritten before an encryption of the caller\'s own reads it', async () => {
  const payload = new TextEncoder().encode('before');
  const late: Encrypt = async (_, given) => {
    await Promise.resolve();
    return { body: new Uint8Array(unchecked<Uint8Array>(given)), headers: {} };
  };
  const pending = createRequest(SUBSCRIPTION, payload, { vapid: null, encrypt: late });
  payload.fill(0);
  assert.is(new TextDecoder().decode((await pending).body ?? undefined), 'before');
});

copies('objects may be changed as soon as the call has returned', async () => {
  const { fetch, calls } = fetchOf();
  const keys: Record<string, unknown> = { ...KEYS };
  const row: Record<string, unknown> = { ...SUBSCRIPTION, keys };
  const headers: Record<string, string> = { 'X-A': 'before' };
  const expires = new Date(Date.now() + 50_000);
  const options: Record<string, unknown> = {
    vapid: null, fetch, headers, expires, urgency: 'low', topic: 'before', padTo: 10,
  };
  const pending = send(unchecked(row), 'x', unchecked(options));
  Object.assign(keys, { p256dh: 'x', auth: 'x' });
  Object.assign(row, { endpoint: 'https://10.0.0.1/', keys: {} });
  Object.assign(headers, { 'X-A': 'after', 'X-B': 'after' });
  Object.assign(options, { urgency: 'high', topic: 'after', padTo: 0, fetch: undefined, vapid: 5 });
  expires.setTime(0);
  await pending;
  const { url, init } = calls[0]!;
  assert.is(url, SUBSCRIPTION.endpoint);
  assert.is(init.headers['X-A'], 'before');
  assert.is(init.headers['Urgency'], 'low');
  assert.is(init.headers['Topic'], 'before');
  assert.not.ok('X-B' in init.headers);
  assert.is(init.body?.length, 86 + 10 + 1 + 16);
  assert.ok(Number(init.headers['TTL']) > 40);
});

copies('no argument is changed: frozen ones will do', async () => {
  const { fetch } = fetchOf();
  const payload = new TextEncoder().encode('as it was');
  const before = String(payload);
  const row: Subscription = Object.freeze({ ...SUBSCRIPTION, keys: Object.freeze({ ...KEYS }) });
  const headers = Object.freeze({ 'X-A': 'b' });
  const options = Object.freeze({ vapid: null, fetch, headers, ttl: 5, padTo: 50 });
  await send(row, payload, options);
  for (const { encrypt: own } of Object.values(CODINGS)) await own(row, payload, Object.freeze({}));
  assert.is(String(payload), before);
});

copies('a payload that grows or lies meanwhile gets nowhere', async () => {
  let reads = 0;
  const options = {
    get padTo(): number { return reads++ ? 3993 : 10; },
  };
  const { body } = await encrypt(SUBSCRIPTION, 'x', options);
  assert.is(body.length, 86 + 10 + 1 + 16);
  assert.is(reads, 1);
  const lying = Object.defineProperty(new Uint8Array(4), 'length', { value: 4000 });
  assert.is((await decrypt(await encrypt(SUBSCRIPTION, lying), await receiver())).length, 4);
});

copies('no other receiver, and not the right one with another secret, reads it', async () => {
  const { body } = await encrypt(SUBSCRIPTION, 'secret');
  const own = await receiver();
  const other = { ...own, auth: new Uint8Array(16) };
  await refused(decrypt(body, other), 'ERR_DECRYPT_FAILED');
  assert.is(RECEIVER_KEYS.auth, KEYS.auth);
});

encryption.run();
copies.run();
