/** The imitated autopush of Mozilla: what it demands, and what it answers in which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import { claims, push, seal, sealAesgcm, SECONDS } from './service_support.ts';
import { each, json, now, server, set, stranger } from './service_vendors_support.ts';

const mozilla = suite('service: Mozilla');
const errno = async (response: Response): Promise<string> => {
  const { code, errno, error, message, more_info: more } = await json(response);
  assert.is(code, response.status);
  assert.type(error, 'string');
  assert.match(String(more), /^http:\/\/autopush\.readthedocs\.io/);
  return `${String(code)}/${String(errno)} ${String(message)}`;
};
const CLAIMS = '401/109 A value in the vapid claims is either missing or incorrectly specified '
  + '(e.g. "exp":"12345" or "sub":null). Please correct and retry.';

mozilla('success: 201 with Location below /m/ and TTL, which DELETE takes back with 204', async () => {
  const { send, service } = await set('mozilla');
  const response = await send('hi', { TTL: '9999999' });
  assert.is(response.headers.get('TTL'), '2592000');
  assert.is(response.headers.get('Access-Control-Allow-Origin'), '*');
  const url = response.headers.get('Location') ?? '';
  assert.match(url, /^https:\/\/updates\.push\.services\.mozilla\.com\/m\/gAAAAAB[\w-]{177}$/);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 204);
});

mozilla('every token that is refused is a 401 with errno 109', async () => {
  const aud = 'https://updates.push.services.mozilla.com';
  await each(await set('mozilla'), errno, [
    ['401/109 Missing VAPID public key', { Authorization: '' }],
    ['401/109 Missing VAPID public key', { Authorization: 'vapid t=a' }],
    ['401/109 Missing VAPID token', { Authorization: `vapid k=${server.publicKey}` }],
    ['401/109 Unknown auth scheme', { Authorization: 'Basic YTpi' }],
    ['401/109 Invalid VAPID public key', { Authorization: 'vapid t=a, k=b' }],
    ['401/109 VAPID public key mismatch', { Authorization: await stranger.authorization(claims({ aud })) }],
    ['401/109 The VAPID token expiration is too long', {}, { exp: SECONDS + 86_401 }],
    ['401/109 ExpiredSignature', {}, { exp: SECONDS - 1 }],
    ['401/109 Invalid VAPID audience', {}, { aud: 'https://example.com' }],
    // Its aud is a string, its exp an integer, its sub not null.
    ['401/109 Invalid VAPID audience', {}, { aud: [aud] }],
    [CLAIMS, {}, { exp: String(SECONDS + 60) }], [CLAIMS, {}, { exp: SECONDS + 60.5 }],
    [CLAIMS, {}, { sub: null }], [CLAIMS, {}, { aud: undefined }], [CLAIMS, {}, { exp: undefined }],
    ['401/109 InvalidSignature', { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
  ]);
});

mozilla('sub may be missing or anything that is text; keys may be padded standard base64', async () => {
  const { send } = await set('mozilla');
  for (const sub of [undefined, 'mailto:x@localhost', 'nobody']) {
    assert.is((await send(null, {}, { sub })).status, 201);
  }
  const token = await server.token(claims({ aud: 'https://updates.push.services.mozilla.com' }));
  const padded = `${server.publicKey.replaceAll('-', '+').replaceAll('_', '/')}=`;
  assert.is((await send(null, { Authorization: `vapid t=${token}, k=${padded}` })).status, 201);
});

mozilla('TTL, Topic, Urgency', async () => {
  const { send, subscription } = await set('mozilla');
  const setting = await set('mozilla');
  const topic = '400/113 topic: Topic must be no greater than 32 characters, of the URL and Filename safe Base64 alphabet';
  await each(setting, errno, [
    ['400/111 Missing TTL value', { TTL: '' }], ['400/111 Missing TTL value', { TTL: 'abc' }],
    ['400/114 ttl: TTL must be greater than 0', { TTL: '-1' }],
    [topic, { Topic: 'x'.repeat(33) }], [topic, { Topic: 'a b' }], [topic, { Topic: '=' }],
  ]);
  assert.is((await send(null, { Topic: 'YQ==', Urgency: 'whatever' })).status, 201);
  const message = await subscription.next();
  assert.is(message.topic, 'YQ==');
  assert.is(message.urgency, 'normal');
});

mozilla('encryption fields', async () => {
  const { service, subscription } = await set('mozilla');
  const aud = 'https://updates.push.services.mozilla.com';
  const Authorization = await server.authorization(claims({ aud }));
  const { body } = await seal(subscription.keys, 'hi');
  const legacy = await sealAesgcm(subscription.keys, 'old');
  const send = (headers: Readonly<Record<string, string>>, bytes = body): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body: bytes, headers: { TTL: '1', Authorization, ...headers },
    });
  for (const [expected, headers] of [
    ['Missing Content-Encoding header', {}],
    ['Unknown Content-Encoding header', { 'Content-Encoding': 'aesgcm128' }],
    ["Do not include 'salt' header in aes128gcm Encryption header", { 'Content-Encoding': 'aes128gcm', 'Encryption': 'salt=abc' }],
    ["Do not include 'dh' header in aes128gcm Crypto-Key header", { 'Content-Encoding': 'aes128gcm', 'Crypto-Key': 'dh=abc' }],
    ['Missing Encryption header', { 'Content-Encoding': 'aesgcm' }],
    ['Missing salt value in Encryption header', { 'Content-Encoding': 'aesgcm', 'Encryption': 'rs=1' }],
    ['Missing dh value in Crypto-Key header', { 'Content-Encoding': 'aesgcm', 'Encryption': 'salt=abc', 'Crypto-Key': 'keyid=a' }],
    ['Encryption-Key header is not valid for webpush draft 02 or later', { 'Content-Encoding': 'aesgcm', 'Encryption': 'salt=abc', 'Encryption-Key': 'dh=a' }],
  ] as const) assert.is(await errno(await send(headers)), `400/110 ${expected}`);
  const quoted = {
    ...legacy.headers, 'Encryption': `${legacy.headers['Encryption'] ?? ''}==;rs="4096"`,
  };
  assert.is((await send(legacy.headers, legacy.body)).status, 201);
  assert.is((await send(quoted, legacy.body)).status, 201);
  assert.is((await subscription.next()).text(), 'old');
});

mozilla('dead and unknown endpoints, sizes, 503', async () => {
  const { send, service, subscription } = await set('mozilla');
  const aud = 'https://updates.push.services.mozilla.com';
  const Authorization = await server.authorization(claims({ aud }));
  const body = (length: number): RequestInit => ({
    method: 'POST', body: new Uint8Array(length),
    headers: { TTL: '1', Authorization, 'Content-Encoding': 'aes128gcm' },
  });
  assert.is((await service.fetch(subscription.endpoint, body(5630))).status, 201);
  assert.is(await errno(await service.fetch(subscription.endpoint, body(5631))), '413/104 Payload reached size limit.');
  assert.is(await errno(await push(service, { endpoint: `${aud}/wpush/v2/x` }, null)), '404/102 Invalid token');
  service.fail({ status: 503 });
  assert.is((await send(null)).headers.get('Retry-After'), '120');
  subscription.unsubscribe();
  const gone = await send(null);
  assert.is(gone.headers.get('Cache-Control'), 'max-age=86400');
  assert.is(await errno(gone), '410/106 No such subscription');
});

mozilla('a v1 endpoint, for a subscription without a key, asks for no token', async () => {
  const service = createPushService({ imitate: 'mozilla', now });
  const subscription = await service.subscribe();
  assert.match(subscription.endpoint, /\/wpush\/v1\/gAAAAAB[\w-]{133}$/);
  assert.is((await push(service, subscription, 'hi')).status, 201);
});

mozilla('pages may push: CORS', async () => {
  const { service, subscription } = await set('mozilla');
  const response = await service.handle(new Request(subscription.endpoint, { method: 'OPTIONS' }));
  assert.is(response.status, 204);
  assert.is(response.headers.get('Access-Control-Allow-Origin'), '*');
  assert.match(response.headers.get('Access-Control-Allow-Headers') ?? '', /Authorization/);
});

mozilla.run();
