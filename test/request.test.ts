/** The request for one push: RFC 8030 section 5, RFC 8291 section 4, RFC 8292 section 3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRequest, createVapid, topicFrom } from '../src/index.ts';
import type { Encrypt, RequestOptions, Subscription } from '../src/index.ts';
import { encrypt as aesgcm } from '../src/aesgcm.ts';
import { encrypt as aesgcm128 } from '../src/aesgcm128.ts';
import { decrypt } from '../src/receive.ts';
import {
  claimsOf, ENDPOINT, KEYS, misused, ORIGIN, receiver, refused, SUBJECT, SUBSCRIPTION, unchecked,
  vapid, VAPID_KEYS,
} from './core_support.ts';

const OPEN: RequestOptions = { vapid: null };
const WNS = 'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2bxyz&a=%2F';
const APPLE = 'https://web.push.apple.com/QGuQyavXutnMH';

async function headersOf(
  options: Partial<RequestOptions> = {},
  endpoint: string = ENDPOINT,
): Promise<Record<string, string>> {
  return (await createRequest({ endpoint, keys: KEYS }, 'x', { ...OPEN, ...options })).headers;
}

const requests = suite('createRequest');

requests('an encryption may answer its header fields in any shape, and others of its are not taken', async () => {
  const given = { 'content-encoding': 'aes128gcm', 'crypto-key': 'a=b', 'X-Own': 'no' };
  for (const headers of [given, new Headers(given), Object.entries(given), { ...given, Encryption: undefined }]) {
    const own = unchecked<Encrypt>(async () => ({ body: new Uint8Array(1), headers }));
    assert.equal(await headersOf({ encrypt: own }), {
      'TTL': '2419200', 'Content-Type': 'application/octet-stream',
      'Content-Encoding': 'aes128gcm', 'Crypto-Key': 'a=b',
    });
  }
});

requests('is what fetch takes: POST to the endpoint as it was given, no redirects', async () => {
  const { headers, body, ...others } = await createRequest(SUBSCRIPTION, 'x', OPEN);
  assert.equal(others, { url: ENDPOINT, method: 'POST', redirect: 'manual' });
  assert.is(body?.length, 86 + 2 + 16);
  assert.is((await createRequest({ endpoint: WNS, keys: KEYS }, 'x', OPEN)).url, WNS);
});

requests('RFC 8030 5.2: there is always a TTL, a whole number of seconds', async () => {
  assert.is((await headersOf())['TTL'], '2419200');
  for (const ttl of [0, 1, 2_419_200, 2 ** 31 - 1]) {
    assert.is((await headersOf({ ttl }))['TTL'], String(ttl));
  }
  const wrong: readonly unknown[] = [-1, 1.5, NaN, Infinity, 2 ** 31, '60', null, true, 1n];
  for (const ttl of wrong) {
    await misused(headersOf({ ttl: unchecked(ttl) }), RangeError, `ttl ${String(ttl)}`);
  }
});

requests('expires is an instant, and the TTL what is left, rounded up', async () => {
  const left = Number((await headersOf({ expires: Date.now() + 60_000 }))['TTL']);
  assert.ok(left > 50 && left <= 60, String(left));
  const date = Number((await headersOf({ expires: new Date(Date.now() + 1500) }))['TTL']);
  assert.ok(date === 1 || date === 2, String(date));
  assert.is((await headersOf({ expires: 1e300 }))['TTL'], String(2 ** 31 - 1));
  for (const expires of [0, 1, Date.now() - 1, new Date(0), -1e300]) {
    const error = await refused(headersOf({ expires }), 'ERR_EXPIRED');
    assert.is(error.origin, ORIGIN);
  }
  // A database's null is no instant of 1970: the message would be lost in silence.
  for (const expires of [NaN, Infinity, new Date(NaN), 'soon', null, {}]) {
    await misused(headersOf({ expires: unchecked(expires) }), TypeError, String(expires));
  }
  await misused(headersOf({ expires: Date.now() + 1000, ttl: 5 }), TypeError, 'both');
});

requests('RFC 8030 5.3: one Urgency of four, none where none is asked for', async () => {
  assert.not.ok('Urgency' in await headersOf());
  for (const urgency of ['very-low', 'low', 'normal', 'high'] as const) {
    assert.is((await headersOf({ urgency }))['Urgency'], urgency);
  }
  for (const urgency of ['', 'High', 'high, low', 'urgent', null, 1, ['high']]) {
    await misused(headersOf({ urgency: unchecked(urgency) }), RangeError, String(urgency));
  }
});

requests('RFC 8030 5.4: a Topic is 1 to 32 base64url characters', async () => {
  assert.not.ok('Topic' in await headersOf());
  for (const topic of ['a', 'chat-42_x', 'A'.repeat(32), topicFrom('ü')]) {
    assert.is((await headersOf({ topic }))['Topic'], topic);
  }
  for (const topic of ['', 'a b', 'a=', 'ü', 'A'.repeat(33), 'a\n', 'a,b', null, 42]) {
    await misused(headersOf({ topic: unchecked(topic) }), RangeError, String(topic));
  }
});

requests('Apple decodes a Topic: its length mod 4 is not 1 there', async () => {
  for (const topic of ['a', 'abcde', 'A'.repeat(29)]) {
    await misused(headersOf({ topic }, APPLE), RangeError, topic);
    assert.is((await headersOf({ topic }))['Topic'], topic);
  }
  for (const topic of ['ab', 'abc', 'abcd', topicFrom('x')]) {
    assert.is((await headersOf({ topic }, APPLE))['Topic'], topic);
  }
  const elsewhere = 'https://notpush.apple.com.example.net/x';
  assert.is((await headersOf({ topic: 'a' }, elsewhere))['Topic'], 'a');
});

requests('RFC 8030 5.1: receipts are asked for with Prefer, and an earlier Link', async () => {
  const plain = await headersOf();
  assert.not.ok('Prefer' in plain || 'Link' in plain);
  assert.not.ok('Prefer' in await headersOf({ receipt: false }));
  const asked = await headersOf({ receipt: true });
  assert.is(asked['Prefer'], 'respond-async');
  assert.not.ok('Link' in asked);
  for (const receipt of [`${ORIGIN}/receipts/1`, '/receipts/1']) {
    const headers = await headersOf({ receipt });
    assert.is(headers['Prefer'], 'respond-async');
    assert.is(headers['Link'], `<${ORIGIN}/receipts/1>; rel="urn:ietf:params:push:receipt"`);
  }
  const strangers = [
    'https://evil.example.net/r', 'http://push.example.com/r', '//evil.example.net', 'https://[x',
    'blob:https://push.example.com/r', 'https://u:p@push.example.com/r', 5, {}, null,
  ];
  for (const receipt of strangers) {
    await misused(headersOf({ receipt: unchecked(receipt) }), TypeError, String(receipt));
  }
  const quoted = await headersOf({ receipt: '/r"><x y' });
  assert.is(quoted['Link'], `<${ORIGIN}/r%22%3E%3Cx%20y>; rel="urn:ietf:params:push:receipt"`);
});

requests('WNS takes a TTL of 0 only with its own cache policy', async () => {
  assert.is((await headersOf({ ttl: 0 }, WNS))['X-WNS-Cache-Policy'], 'no-cache');
  assert.not.ok('X-WNS-Cache-Policy' in await headersOf({ ttl: 1 }, WNS));
  assert.not.ok('X-WNS-Cache-Policy' in await headersOf({ ttl: 0 }));
});

requests('a push without payload has neither body nor type nor coding', async () => {
  const { body, headers } = await createRequest({ endpoint: ENDPOINT }, null, { vapid: vapid() });
  assert.is(body, null);
  assert.equal(Object.keys(headers).sort(), ['Authorization', 'TTL']);
});

requests('a payload has a type, and exactly the coding aes128gcm (RFC 8291 4)', async () => {
  const headers = await headersOf();
  assert.is(headers['Content-Type'], 'application/octet-stream');
  assert.is(headers['Content-Encoding'], 'aes128gcm');
  assert.equal(Object.keys(headers).sort(), ['Content-Encoding', 'Content-Type', 'TTL']);
});

requests('further headers are sent, but none that is the library’s own', async () => {
  const headers = await headersOf({ headers: { 'X-Trace': 'a b\tc', 'x-empty': '' } });
  assert.is(headers['X-Trace'], 'a b\tc');
  assert.is(headers['x-empty'], '');
  const own = [
    'TTL', 'ttl', 'Urgency', 'Topic', 'Prefer', 'Link', 'Authorization', 'authorization',
    'Content-Encoding', 'Content-Type', 'Content-Length', 'Encryption', 'Encryption-Key',
    'Crypto-Key', 'X-WNS-Cache-Policy', 'Host', 'Connection', 'Transfer-Encoding',
  ];
  for (const name of own) {
    await misused(headersOf({ headers: { [name]: 'x' } }), TypeError, name);
    await misused(headersOf({ headers: { [name.toUpperCase()]: 'x' } }), TypeError, name);
  }
  const wrong: readonly unknown[] = [
    { '': 'x' }, { 'a b': 'x' }, { 'a:': 'x' }, { 'TTL ': '1' }, { 'ä': 'x' }, { a: 'x\r\ny: z' },
    { a: 'x\0' }, { a: '\u2028' }, { a: 5 }, { a: null }, { a: ['x'] }, 'a: b',
    new Headers({ a: 'b' }), new Map([['a', 'b']]), [['a', 'b']], 5,
  ];
  for (const headers of wrong) {
    await misused(headersOf({ headers: unchecked(headers) }), TypeError, JSON.stringify(headers));
  }
  const parsed: Record<string, string> = JSON.parse('{"__proto__":"x","constructor":"y"}');
  const odd = await headersOf({ headers: parsed });
  assert.is(Object.getPrototypeOf(odd), Object.prototype);
  assert.is(odd['constructor'], 'y');
});

requests('PUT is for push services older than RFC 8030; there is no other method', async () => {
  assert.is((await createRequest(SUBSCRIPTION, 'x', { ...OPEN, method: 'PUT' })).method, 'PUT');
  for (const method of ['GET', 'put', '', null]) {
    const options = { ...OPEN, method: unchecked<'PUT'>(method) };
    await misused(createRequest(SUBSCRIPTION, 'x', options), RangeError, String(method));
  }
});

const authorized = suite('createRequest: authorization');

authorized('RFC 8292 3: the scheme vapid with t and k, no Crypto-Key', async () => {
  const headers = await headersOf({ vapid: vapid() });
  const { Authorization = '' } = headers;
  const [, t = '', k = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(Authorization) ?? [];
  assert.is(k, VAPID_KEYS.publicKey);
  assert.is(claimsOf(t)['aud'], ORIGIN);
  assert.not.ok('Crypto-Key' in headers);
});

authorized('without a Vapid there is no Authorization; it has to be said', async () => {
  assert.not.ok('Authorization' in await headersOf());
  await misused(createRequest(SUBSCRIPTION, 'x', unchecked({})), TypeError, 'vapid');
  await misused(
    createRequest(SUBSCRIPTION, 'x', { vapid: unchecked(undefined) }), TypeError, 'vapid',
  );
});

authorized('a coding with header fields gets the older scheme, without a space', async () => {
  const own = vapid();
  const headers = await headersOf({ vapid: own, encrypt: aesgcm });
  assert.match(headers['Authorization'] ?? '', /^WebPush [\w-]+\.[\w-]+\.[\w-]+$/);
  assert.match(headers['Crypto-Key'] ?? '', /^dh=[\w-]{87};p256ecdsa=[\w-]{87}$/);
  assert.ok(headers['Crypto-Key']?.endsWith(own.publicKey));
  const form: Encrypt = (...args) => aesgcm128(args[0], args[1], { form: 'encryption-key' });
  const older = await headersOf({ vapid: own, encrypt: form });
  assert.is(older['Crypto-Key'], `p256ecdsa=${own.publicKey}`);
  assert.match(older['Encryption-Key'] ?? '', /^keyid=p256dh;dh=[\w-]{87}$/);
});

authorized('the scheme can be chosen', async () => {
  const own = vapid();
  const older = await headersOf({ vapid: own, scheme: 'webpush' });
  assert.match(older['Authorization'] ?? '', /^WebPush /);
  assert.is(older['Crypto-Key'], `p256ecdsa=${own.publicKey}`);
  const newer = await headersOf({ vapid: own, scheme: 'vapid', encrypt: aesgcm });
  assert.match(newer['Authorization'] ?? '', /^vapid t=/);
  assert.match(newer['Crypto-Key'] ?? '', /^dh=[\w-]{87}$/);
  const nobody = await headersOf({ scheme: 'webpush' });
  assert.not.ok('Authorization' in nobody || 'Crypto-Key' in nobody);
  for (const scheme of ['WebPush', 'bearer', '', null]) {
    await misused(headersOf({ scheme: unchecked(scheme) }), RangeError, String(scheme));
  }
});

authorized('of what encrypt answers only the fields of codings are taken', async () => {
  const own: Encrypt = async () => ({
    body: new Uint8Array([1]),
    headers: {
      'content-encoding': 'aes128gcm', 'Authorization': 'stolen', 'TTL': '0', 'X-Other': 'x',
      'Content-Type': 'text/html',
    },
  });
  const { headers, body } = await createRequest(SUBSCRIPTION, 'x', { ...OPEN, encrypt: own });
  assert.equal(headers, {
    'TTL': '2419200', 'Content-Type': 'application/octet-stream', 'Content-Encoding': 'aes128gcm',
  });
  assert.equal(body, new Uint8Array([1]));
});

authorized('a token is never for another origin than the endpoint’s', async () => {
  const own = createVapid({ subject: SUBJECT, keys: VAPID_KEYS });
  for (const endpoint of [ENDPOINT, APPLE, WNS, 'https://push.example.com:8443/x']) {
    const { Authorization = '' } = await headersOf({ vapid: own }, endpoint);
    const [, token = ''] = /t=([\w.-]+)/.exec(Authorization) ?? [];
    assert.is(claimsOf(token)['aud'], new URL(endpoint).origin);
  }
});

authorized('each request has its own key and salt (RFC 8291 3.1, RFC 8188 2.1)', async () => {
  const subscription: Subscription = SUBSCRIPTION;
  const many = await Promise.all(
    Array.from({ length: 20 }, () => createRequest(subscription, 'same', OPEN)),
  );
  const heads = many.map(({ body }) => String(body?.subarray(0, 16)));
  const points = many.map(({ body }) => String(body?.subarray(21, 86)));
  assert.is(new Set(heads).size, 20);
  assert.is(new Set(points).size, 20);
  const texts = await Promise.all(many.map(async ({ body }) =>
    new TextDecoder().decode(await decrypt(body ?? new Uint8Array(), await receiver()))));
  assert.equal(texts, Array.from({ length: 20 }, () => 'same'));
});

requests.run();
authorized.run();
