/** The user agent: its keys, and what it makes of messages (RFC 8291, RFC 8188). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encrypt } from '../src/index.ts';
import {
  decrypt, exportReceiver, generateReceiver, importReceiver, toSubscription,
} from '../src/receive.ts';
import type { Receiver, ReceiverKeys } from '../src/receive.ts';
import { decodeBase64url, encodeBase64url } from '../src/lib/base64url.ts';
import { concat, zeros } from '../src/lib/bytes.ts';
import {
  contentKeys, delimit, importContentKey, recordNonce, sealRecord, writeHeader,
} from '../src/lib/records.ts';
import { combineKeys } from '../src/lib/webpush.ts';
import { ecdh, generateEcdh, publicPoint } from '../src/lib/p256.ts';
import type { Bytes } from '../src/types.ts';
import {
  BAD_POINTS, ENDPOINT, failure, KEYS, misused, receiver, RECEIVER_KEYS, refused, SUBSCRIPTION,
  unchecked,
} from './core_support.ts';
import { unhex } from './vectors/format.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const GONE_WRONG = 'Cannot decrypt this message';

/** Refused with one code and one sentence: nothing more is told. */
async function closed(message: unknown, own?: Receiver, name?: string): Promise<void> {
  const work = decrypt(unchecked(message), own ?? await receiver());
  const error = await refused(work, 'ERR_DECRYPT_FAILED', name);
  assert.equal(
    error.toJSON(), { name: 'PushError', code: 'ERR_DECRYPT_FAILED', message: GONE_WRONG },
  );
  for (const fact of ['cause', 'detail', 'reason', 'endpoint', 'origin'] as const) {
    assert.is(error[fact], undefined, name);
  }
}

/** A message by hand, of records that each test chooses. */
async function sealed(
  records: readonly Bytes[],
  { rs = 4096, keyid, salt = zeros(16) }: { rs?: number; keyid?: Bytes; salt?: Bytes } = {},
): Promise<Bytes> {
  const pair = await generateEcdh();
  const sender = await publicPoint(pair);
  const { point, auth } = {
    point: decodeBase64url(KEYS.p256dh)!, auth: decodeBase64url(KEYS.auth)!,
  };
  const keys = contentKeys(salt, combineKeys(await ecdh(pair, point), auth, point, sender));
  const key = await importContentKey(keys.cek, 'encrypt');
  const parts = await Promise.all(
    records.map((record, i) => sealRecord(key, recordNonce(keys.nonce, i), record)),
  );
  return concat([writeHeader(salt, rs, keyid ?? sender), ...parts]);
}

const data = (value: string): Bytes => new Uint8Array(new TextEncoder().encode(value));

const keys = suite('receiver: keys');

keys('generated ones are a P-256 pair and 16 random octets (RFC 8291 3.1, 3.2)', async () => {
  const [one, two] = await Promise.all([generateReceiver(), generateReceiver()]);
  assert.is(one.publicKey.length, 65);
  assert.is(one.auth.length, 16);
  assert.is.not(String(one.auth), String(two.auth));
  assert.is.not(String(one.publicKey), String(two.publicKey));
});

keys('go out as text and come in again', async () => {
  const own = await generateReceiver();
  const exported = await exportReceiver(own);
  assert.match(exported.publicKey, /^B[\w-]{86}$/);
  assert.match(exported.privateKey, /^[\w-]{43}$/);
  assert.match(exported.auth, /^[\w-]{22}$/);
  const again = await importReceiver(JSON.parse(JSON.stringify(exported)));
  const message = await encrypt(toSubscription(own, ENDPOINT), 'round');
  assert.is(text(await decrypt(message, again)), 'round');
  assert.equal(await exportReceiver(again), exported);
  assert.equal(await exportReceiver(await receiver()), RECEIVER_KEYS);
});

keys('are taken in both alphabets, padded or not', async () => {
  const standard = Object.fromEntries(Object.entries(RECEIVER_KEYS).map(
    ([name, value]) => [name, `${value.replace(/-/g, '+').replace(/_/g, '/')}`],
  ));
  const padded = {
    publicKey: `${RECEIVER_KEYS.publicKey}=`,
    privateKey: `${RECEIVER_KEYS.privateKey}=`,
    auth: `${RECEIVER_KEYS.auth}==`,
  };
  for (const form of [standard, padded]) {
    const own = await importReceiver(unchecked<ReceiverKeys>(form));
    assert.equal(await exportReceiver(own), RECEIVER_KEYS);
  }
});

keys('what is no pair, no point, no scalar or no secret is refused', async () => {
  const other = await exportReceiver(await generateReceiver());
  const N = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
  const wrong: readonly object[] = [
    { privateKey: other.privateKey }, { publicKey: other.publicKey },
    ...Object.values(BAD_POINTS).map((point) => ({ publicKey: encodeBase64url(point) })),
    ...['00'.repeat(32), N, 'ff'.repeat(32), '01', `00${'11'.repeat(32)}`].map(
      (d) => ({ privateKey: encodeBase64url(unhex(d)) }),
    ),
    ...[0, 12, 15, 17, 32].map((length) => ({ auth: encodeBase64url(zeros(length)) })),
    { publicKey: undefined }, { privateKey: null }, { auth: 5 }, { publicKey: new Uint8Array(65) },
    { privateKey: `${RECEIVER_KEYS.privateKey}\n` },
  ];
  for (const change of wrong) {
    const work = importReceiver(unchecked<ReceiverKeys>({ ...RECEIVER_KEYS, ...change }));
    const error = await refused(work, 'ERR_KEY_INVALID', JSON.stringify(change));
    assert.not.match(`${String(error.stack)}${JSON.stringify(error)}`, RECEIVER_KEYS.privateKey);
    assert.not.match(`${String(error.stack)}${JSON.stringify(error)}`, RECEIVER_KEYS.auth);
  }
});

keys('a private key that cannot be exported is told so', async () => {
  const pair = await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'],
  );
  const own = { ...await generateReceiver(), keys: pair };
  assert.match((await refused(exportReceiver(own), 'ERR_KEY_INVALID')).message, 'extractable');
});

keys('the subscription of a receiver is what a page’s would be', async () => {
  assert.equal(toSubscription(await receiver(), ENDPOINT), SUBSCRIPTION);
});

const messages = suite('decrypt');

messages('a message as bytes, as a buffer, with and without header fields', async () => {
  const own = await receiver();
  const { body, headers } = await encrypt(SUBSCRIPTION, 'x');
  const inside = new Uint8Array([9, ...body, 9]).subarray(1, body.length + 1);
  const forms: readonly unknown[] = [
    body, body.buffer, inside, new DataView(body.buffer), { body }, { body: body.buffer },
    { body, headers },
    { body, headers: new Headers(headers) }, { body, headers: Object.entries(headers) },
    { body, headers: new Map(Object.entries(headers)) }, { body, headers: {} },
    { body, headers: { 'content-encoding': 'aes128gcm' } },
    { body, headers: { 'CONTENT-ENCODING': ['aes128gcm'] } },
    { body, headers: { 'content-encoding': 'aes128gcm', 'x': undefined } },
    // What older senders add says nothing here.
    { body, headers: { ...headers, 'Crypto-Key': 'p256ecdsa=x', 'Encryption': 'salt=x' } },
    Object.freeze({ body, headers: Object.freeze({ ...headers }) }),
  ];
  for (const message of forms) assert.is(text(await decrypt(unchecked(message), own)), 'x');
});

messages('other codings, and more than one, are refused (RFC 8291 4)', async () => {
  const { body } = await encrypt(SUBSCRIPTION, 'x');
  const others = [
    '', 'gzip', 'identity', 'aes128gcm, aes128gcm', 'gzip, aes128gcm', 'aes256gcm',
    'aes128gcm;q=1', '__proto__', 'constructor', 'aesgcm', 'aesgcm128', 'aesgcm-128',
  ];
  for (const coding of others) {
    await closed({ body, headers: { 'Content-Encoding': coding } }, undefined, coding);
  }
});

messages('one record or several; a full last one is fine (RFC 8188 2)', async () => {
  const own = await receiver();
  const rs = 20;
  const records = [
    delimit(data('abc'), 0, false), delimit(data('def'), 0, false), delimit(data('g'), 0, true),
  ];
  assert.is(text(await decrypt(await sealed(records, { rs }), own)), 'abcdefg');
  const full = [delimit(data('abc'), 0, false), delimit(data('def'), 0, true)];
  assert.is(text(await decrypt(await sealed(full, { rs }), own)), 'abcdef');
  const padded = [
    delimit(data('a'), 2, false), delimit(data(''), 3, false), delimit(data('b'), 2, true),
  ];
  assert.is(text(await decrypt(await sealed(padded, { rs }), own)), 'ab');
  assert.is((await decrypt(await sealed([delimit(data(''), 0, true)], { rs: 18 }), own)).length, 0);
  const big = await sealed([delimit(data('x'), 0, true)], { rs: 2 ** 32 - 1 });
  assert.is(text(await decrypt(big, own)), 'x');
});

messages('RFC 8188 2: no delimiter, the wrong one, records cut, swapped or repeated', async () => {
  const rs = 20;
  const good = [
    delimit(data('abc'), 0, false), delimit(data('def'), 0, false), delimit(data('ghi'), 0, true),
  ];
  const whole = await sealed(good, { rs });
  const part = (from: number, to?: number): Bytes => whole.slice(
    86 + from * rs, to && 86 + to * rs,
  );
  const head = whole.slice(0, 86);
  const wrong: Readonly<Record<string, Bytes>> = {
    'a last record that says there are more': await sealed([delimit(data('a'), 0, false)]),
    'a first record that says it is the last': await sealed(
      [delimit(data('abc'), 0, true), delimit(data('d'), 0, true)], { rs },
    ),
    'zeros only': await sealed([zeros(8)]),
    'no octet': await sealed([zeros(0)]),
    'another delimiter': await sealed([new Uint8Array([97, 3])]),
    'data without delimiter': await sealed([data('abc')]),
    'cut between records': concat([head, part(0, 2)]),
    'cut inside a record': whole.slice(0, -1),
    'swapped': concat([head, part(1, 2), part(0, 1), part(2)]),
    'repeated': concat([head, part(0, 1), part(0, 1), part(2)]),
    'extended': concat([whole, zeros(20)]),
    'without its first': concat([head, part(1)]),
    'another rs': concat([whole.slice(0, 16), new Uint8Array([0, 0, 0, 21]), whole.slice(20)]),
    'rs of 17': await sealed([delimit(data(''), 0, true)], { rs: 17 }),
    'rs of 0': await sealed([delimit(data('a'), 0, true)], { rs: 0 }),
  };
  assert.is(text(await decrypt(whole, await receiver())), 'abcdefghi');
  for (const [name, body] of Object.entries(wrong)) await closed(body, undefined, name);
});

messages('RFC 8291 4, 7: the keyid is a point of 65 octets on the curve', async () => {
  const record = [delimit(data('x'), 0, true)];
  for (const [name, keyid] of Object.entries(BAD_POINTS)) {
    await closed(await sealed(record, { keyid }), undefined, name);
  }
  await closed(await sealed(record, { keyid: zeros(255) }), undefined, 'idlen of 255');
  await closed(
    await sealed(record, { keyid: decodeBase64url(KEYS.p256dh)! }), undefined, 'our own',
  );
});

messages('bodies that are too short, too long or none', async () => {
  for (const length of [0, 1, 16, 20, 21, 85, 86, 87, 102]) {
    await closed(new Uint8Array(length).fill(4), undefined, String(length));
    const start = (await encrypt(SUBSCRIPTION, 'x')).body.slice(0, length);
    await closed(start, undefined, `the first ${length}`);
  }
  await closed({ body: null });
  await closed({ body: null, headers: { 'Content-Encoding': 'aesgcm' } });
  const long = delimit(zeros(131_072 - 86 - 16 - 1), 0, true);
  const rs = 2 ** 20;
  assert.is(
    (await decrypt(await sealed([long], { rs }), await receiver())).length, long.length - 1,
  );
  await closed(await sealed([concat([zeros(1), long])], { rs }), undefined, 'over 128 KiB');
});

messages('what is no message, or no receiver, is a TypeError', async () => {
  const own = await receiver();
  const { body } = await encrypt(SUBSCRIPTION, 'x');
  const none = [
    undefined, null, 'text', 5, {}, { body: 'text' }, { body: 5 }, { body: undefined }, { body: [1] },
  ];
  for (const message of none) {
    const error = await failure(decrypt(unchecked(message), own));
    if (!(error instanceof TypeError)) await closed(message);
  }
  const nobody = [undefined, null, {}, { ...own, auth: 'x' }, { ...own, publicKey: undefined }];
  for (const other of nobody) {
    await misused(decrypt(body, unchecked(other)), TypeError, String(other));
  }
  await closed(body, { ...own, auth: zeros(15) });
  await closed(body, { ...own, auth: zeros(16) });
  await closed(body, { ...own, publicKey: (await generateReceiver()).publicKey });
});

messages('what is given may be overwritten as soon as the call has returned', async () => {
  const own = await receiver();
  const message = await encrypt(SUBSCRIPTION, 'before');
  const body = message.body.slice();
  const headers: Record<string, string> = { ...message.headers };
  const changing = { keys: own.keys, auth: own.auth.slice(), publicKey: own.publicKey.slice() };
  const pending = decrypt({ body, headers }, changing);
  body.fill(0);
  headers['Content-Encoding'] = 'gzip';
  changing.auth.fill(0);
  changing.publicKey.fill(0);
  assert.is(text(await pending), 'before');
});

keys.run();
messages.run();
