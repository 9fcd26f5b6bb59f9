/** The imitated vendors: their endpoints, what they demand, and what they answer in which words. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import type { Imitation, PushService, PushServiceOptions, TestSubscription } from '../src/service.ts';
import {
  claims, createServer, NOW, push, rejection, seal, sealAesgcm, SECONDS, unbase64url,
} from './service_support.ts';

const now = (): number => NOW;
const server = await createServer();
const stranger = await createServer();

interface Setting {
  readonly service: PushService;
  readonly subscription: TestSubscription;
  /** Pushes with a good token; `changes` to its claims. */
  readonly send: (
    data: string | null,
    headers?: Readonly<Record<string, string>>,
    changes?: { readonly [name: string]: unknown },
  ) => Promise<Response>;
}

async function set(imitate: Imitation, options: PushServiceOptions = {}): Promise<Setting> {
  const service = createPushService({ imitate, now, ...options });
  const subscription = await service.subscribe({ applicationServerKey: server.publicKey });
  const aud = new URL(subscription.endpoint).origin;
  return {
    service,
    subscription,
    send: async (data, headers = {}, changes = {}) => push(service, subscription, data, {
      Authorization: await server.authorization(claims({ aud, ...changes })), ...headers,
    }),
  };
}

/** Statuses and texts of pushes that break one rule each. */
async function each(
  { send }: Setting,
  say: (response: Response) => Promise<string> | string,
  cases: readonly (readonly [
    expected: string, headers: Readonly<Record<string, string>>, changes?: { readonly [name: string]: unknown },
  ])[],
): Promise<void> {
  for (const [expected, headers, changes] of cases) {
    assert.is(await say(await send(null, headers, changes)), expected, JSON.stringify([headers, changes]));
  }
}

async function json(response: Response): Promise<{ readonly [name: string]: unknown }> {
  const value: unknown = await response.json();
  assert.ok(typeof value === 'object' && value !== null);
  return Object.fromEntries(Object.entries(value ?? {}));
}

const common = suite('service: every imitated vendor');

const SHAPES: Readonly<Record<Imitation, RegExp>> = {
  fcm: /^https:\/\/fcm\.googleapis\.com\/fcm\/send\/[\w-]{11}:APA91b[\w-]{134}$/,
  mozilla: /^https:\/\/updates\.push\.services\.mozilla\.com\/wpush\/v2\/gAAAAAB[\w-]{176}$/,
  apple: /^https:\/\/web\.push\.apple\.com\/Q[\w-]{170}$/,
  wns: /^https:\/\/wns2-par02p\.notify\.windows\.com\/w\/\?token=BQYAAAAA([A-Za-z0-9]|%2b|%2f){230}(%3d){0,2}$/,
  ntfy: /^https:\/\/ntfy\.sh\/up[A-Za-z0-9]{12}\?up=1$/,
};
const VENDORS: readonly Imitation[] = ['fcm', 'mozilla', 'apple', 'wns', 'ntfy'];

for (const imitate of VENDORS) {
  common(`${imitate}: endpoints of its form, which survive a URL parser`, async () => {
    const { subscription } = await set(imitate);
    assert.match(subscription.endpoint, SHAPES[imitate]);
    assert.is(new URL(subscription.endpoint).href, subscription.endpoint);
  });

  common(`${imitate}: a push arrives`, async () => {
    const { send, subscription } = await set(imitate);
    const response = await send('Grüße', { TTL: '5', Urgency: 'high', Topic: 'abcd' });
    assert.is(response.status, imitate === 'ntfy' ? 200 : 201);
    const message = await subscription.next();
    assert.is(message.text(), 'Grüße');
    assert.is(message.vapid?.publicKey, imitate === 'ntfy' ? undefined : server.publicKey);
  });

  common(`${imitate}: at another origin`, async () => {
    const { subscription, send } = await set(imitate, { origin: 'http://localhost:8030' });
    const { origin } = new URL(subscription.endpoint);
    assert.is(origin, 'http://localhost:8030');
    assert.ok((await send('hi')).ok);
  });

  common(`${imitate}: 4,096 bytes are taken, and every ordered status is given`, async () => {
    const { send, service } = await set(imitate);
    assert.ok((await send('x'.repeat(3993))).ok);
    for (const status of [400, 401, 403, 404, 405, 406, 410, 413, 429, 500, 502, 503, 507]) {
      service.fail({ status, retryAfter: 7 });
      const response = await send(null);
      assert.is(response.status, status);
      assert.is(response.headers.get('Retry-After'), '7');
      await response.text();
    }
  });

  common(`${imitate}: receipts are not given`, async () => {
    const { send } = await set(imitate);
    const response = await send('hi', { Prefer: 'respond-async' });
    assert.is(response.status, imitate === 'ntfy' ? 200 : 201);
    assert.is(response.headers.get('Link'), null);
  });
}

common.run();

const fcm = suite('service: FCM');
const words = async (response: Response): Promise<string> => `${response.status} ${await response.text()}`;

fcm('success', async () => {
  const { send, service, subscription } = await set('fcm');
  const response = await send('hi');
  const url = response.headers.get('Location') ?? '';
  assert.match(url, /^https:\/\/fcm\.googleapis\.com\/0:\d{16}%[0-9a-f]{32}$/);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 204);
  assert.equal(subscription.messages, []);
});

fcm('what it says of tokens', async () => {
  const setting = await set('fcm');
  const aud = 'https://fcm.googleapis.com';
  const token = await server.token(claims({ aud }));
  const point = unbase64url(server.publicKey);
  const key = (text: string): { readonly Authorization: string } => ({ Authorization: `vapid t=${token}, k="${text}"` });
  const audience = '403 aud claim in the token MUST include the origin of the push resource URL';
  const format = 'authorization header should have the following format: t=jwtToken; k=base64(publicApplicationServerKey)';
  await each(setting, words, [
    ['403 invalid JWT provided', { Authorization: `vapid t=a.b.c, k=${server.publicKey}` }],
    ['403 invalid JWT provided', { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    [audience, {}, { aud: 'https://example.com' }],
    [audience, {}, { aud: undefined }],
    ['403 exp claim MUST NOT be more than 24 hours from the time of the request', {}, { exp: SECONDS + 90_000 }],
    ['403 token has expired', {}, { exp: SECONDS - 1 }],
    ['403 exp claim is missing', {}, { exp: undefined }],
    ['403 public key must be 65 bytes long', key('BAAA')],
    ['403 public key must be in uncompressed form. (First byte needs to be 0x04)', key(`A${server.publicKey.slice(1)}`)],
    ['403 VAPID public key must be on the P-256 curve', key(`B${'A'.repeat(86)}`)],
    ['403 public key must be base64url-encoded [RFC7515]', key(`${server.publicKey}=`)],
    [`403 authorization header had invalid format. ${format}`, { Authorization: `vapid ${token}` }],
    ['403 sender is not authenticated.', { Authorization: 'key=AIza' }],
    ['403 the VAPID credentials in the authorization header do not correspond to the credentials used '
      + 'to create the subscriptions.', { Authorization: await stranger.authorization(claims({ aud })) }],
    ['403 crypto-key header had invalid format. crypto-key header should have the following format: '
      + 'p256ecdsa=base64(publicApplicationServerKey)',
    { 'Authorization': `WebPush ${token}`, 'Crypto-Key': `p256ecdsa=${server.publicKey}=` }],
  ]);
  assert.is(point.length, 65);
});

fcm('no token: 400 UnauthorizedRegistration, in HTML', async () => {
  const { send } = await set('fcm');
  const response = await send(null, { Authorization: '' });
  assert.is(response.status, 400);
  assert.match(response.headers.get('Content-Type') ?? '', /^text\/html/);
  assert.match(await response.text(), /UnauthorizedRegistration/);
});

fcm('sub is not looked at', async () => {
  const { send } = await set('fcm');
  for (const sub of [undefined, 'mailto:x@localhost', 'nobody', 7]) {
    assert.is((await send(null, {}, { sub })).status, 201);
  }
});

fcm('dead, garbled and misplaced endpoints', async () => {
  const { send, service, subscription } = await set('fcm');
  subscription.unsubscribe();
  assert.is(await words(await send(null)), '410 push subscription has unsubscribed or expired.\n');
  const at = async (path: string): Promise<string> =>
    words(await push(service, { endpoint: `https://fcm.googleapis.com${path}` }, null));
  assert.is(await at('/fcm/send/garbled'), '403 invalid push subscription endpoint.');
  assert.match(await at('/else'), /^404 A valid push subscription endpoint should be specified in the URL as such: https:\/\/fcm\.googleapis\.com\/wp\//);
});

fcm('TTL is cut at four weeks, bodies over 4,096 bytes are a 413', async () => {
  const { send, service, subscription } = await set('fcm');
  await send(null, { TTL: '9999999' });
  assert.is((await subscription.next()).ttl, 2_419_200);
  const Authorization = await server.authorization(claims({ aud: 'https://fcm.googleapis.com' }));
  const init = { method: 'POST', body: new Uint8Array(4097), headers: { TTL: '1', Authorization } };
  assert.is((await service.fetch(subscription.endpoint, init)).status, 413);
});

fcm.run();

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

const apple = suite('service: Apple');
const reason = async (response: Response): Promise<string> => {
  assert.match(response.headers.get('apns-id') ?? '', /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  return `${response.status} ${String((await json(response))['reason'])}`;
};

apple('success: 201 with apns-id, the message\'s id, and no Location', async () => {
  const { send, subscription } = await set('apple');
  const response = await send('hi');
  assert.is(response.status, 201);
  assert.is(response.headers.get('Location'), null);
  assert.is(response.headers.get('apns-id'), (await subscription.next()).id);
});

apple('tokens: 403 BadJwtToken, and 400 VapidPkHashMismatch for another key', async () => {
  const aud = 'https://web.push.apple.com';
  const token = await server.token(claims({ aud }));
  await each(await set('apple'), reason, [
    ['403 BadJwtToken', { Authorization: '' }],
    ['403 BadJwtToken', {}, { aud: 'https://example.com' }],
    ['403 BadJwtToken', {}, { exp: SECONDS + 86_401 }],
    ['403 BadJwtToken', {}, { exp: SECONDS - 1 }],
    ['403 BadJwtToken', { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    ['400 VapidPkHashMismatch', { Authorization: await stranger.authorization(claims({ aud })) }],
    ['403 BadVapidPublicKey', { Authorization: `vapid t=${token}, k=abc` }],
    ['403 BadAuthorizationHeader', { Authorization: `vapid ${token}` }],
  ]);
});

apple('sub: what was seen to be refused and to be taken', async () => {
  const { send } = await set('apple');
  for (const sub of [
    undefined, '', 'mailto:openclaw@localhost', 'mailto:relay@herdr.local', 'mailto:a@b.invalid', 'a@example.com',
    'mailto:mailto:a@example.com', 'mailto: <a@example.com>', 'https://localhost', 'https://localhost:3000',
    'mailto:', 'http://example.com', 7,
  ]) assert.is(await reason(await send(null, {}, { sub })), '403 BadJwtToken', String(sub));
  for (const sub of ['mailto:real@example.com', 'https://example.com', 'https://myhost.tailscale.ts.net/x?y', 'mailto:a@example.com?subject=hi']) {
    assert.is((await send(null, {}, { sub })).status, 201, sub);
  }
});

apple('TTL, Urgency and Topic, whose length must be that of base64url', async () => {
  const setting = await set('apple');
  await each(setting, reason, [
    ['400 BadTtl', { TTL: '' }], ['400 BadTtl', { TTL: 'x' }], ['400 BadTtl', { TTL: '-1' }],
    ['400 BadUrgency', { Urgency: 'urgent' }], ['400 BadUrgency', { Urgency: 'high, low' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(33) }], ['400 BadWebPushTopic', { Topic: 'a.b' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(13) }], ['400 BadWebPushTopic', { Topic: 'x' }],
    ['400 BadWebPushTopic', { Topic: 'x'.repeat(29) }],
  ]);
  for (const length of [2, 3, 4, 12, 14, 15, 16, 30, 31, 32]) {
    assert.is((await setting.send(null, { Topic: 'x'.repeat(length) })).status, 201, String(length));
  }
  assert.is((await setting.send(null, { TTL: '0' })).status, 201);
});

apple('bodies that are not encrypted: BadWebPushRequest; long ones: PayloadTooLarge', async () => {
  const { service, subscription } = await set('apple');
  const Authorization = await server.authorization(claims({ aud: 'https://web.push.apple.com' }));
  const { body, headers } = await seal(subscription.keys, 'hi');
  const legacy = await sealAesgcm(subscription.keys, 'hi');
  const send = (bytes: Uint8Array<ArrayBuffer>, fields: Readonly<Record<string, string>>): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body: bytes, headers: { TTL: '1', Authorization, ...fields },
    });
  const bad = '400 BadWebPushRequest';
  assert.is(await reason(await send(body, {})), bad);
  assert.is(await reason(await send(body, { 'Content-Encoding': 'gzip' })), bad);
  assert.is(await reason(await send(new Uint8Array(50), headers)), bad);
  assert.is(await reason(await send(body.slice(0, 86), headers)), bad);
  assert.is(await reason(await send(legacy.body, { 'Content-Encoding': 'aesgcm' })), bad);
  for (const name of ['Encryption', 'Crypto-Key', 'Content-Encoding']) {
    const fields = Object.entries(legacy.headers).filter(([other]) => other !== name);
    assert.is(await reason(await send(legacy.body, Object.fromEntries(fields))), bad, name);
  }
  assert.is((await send(legacy.body, legacy.headers)).status, 201);
  assert.is((await send(body, headers)).status, 201);
  assert.is(await reason(await send(new Uint8Array(4097), headers)), '413 PayloadTooLarge');
});

apple('dead and unknown endpoints, methods, limits', async () => {
  const { send, service, subscription } = await set('apple');
  assert.is(await reason(await service.fetch(subscription.endpoint)), '405 MethodNotAllowed');
  assert.is(await reason(await push(service, { endpoint: 'https://web.push.apple.com/x' }, null)), '404 BadPath');
  for (const [status, expected] of [[429, 'TooManyRequests'], [500, 'InternalServerError'], [503, 'ServiceUnavailable']] as const) {
    service.fail({ status });
    assert.is(await reason(await send(null)), `${status} ${expected}`);
  }
  subscription.unsubscribe();
  const gone = await send(null);
  assert.is(gone.status, 410);
  assert.equal(await json(gone), { reason: 'Unregistered', timestamp: NOW });
});

apple.run();

const wns = suite('service: WNS');
const description = async (response: Response): Promise<string> => {
  assert.is(await response.text(), '');
  assert.is(response.headers.get('X-WNS-Status'), response.headers.get('X-WNS-NotificationStatus'));
  const { status, headers } = response;
  return `${status} ${headers.get('X-WNS-Status')} ${headers.get('X-WNS-Error-Description')}`;
};

wns('success: fields only', async () => {
  const { send, subscription } = await set('wns');
  const response = await send('hi');
  assert.is(await description(response), '201 received null');
  assert.is(response.headers.get('X-WNS-Msg-ID'), (await subscription.next()).id);
  assert.is(response.headers.get('Location'), null);
});

wns('TTL 0 wants X-WNS-Cache-Policy: no-cache', async () => {
  const setting = await set('wns');
  const conflict = '400 dropped Ttl value conflicts with X-WNS-Cache-Policy.';
  await each(setting, description, [
    [conflict, { TTL: '0' }], [conflict, { 'TTL': '0', 'X-WNS-Cache-Policy': 'cache' }],
    [conflict, { 'TTL': '60', 'X-WNS-Cache-Policy': 'no-cache' }],
    ['201 received null', { 'TTL': '0', 'X-WNS-Cache-Policy': 'no-cache' }],
    ['201 received null', { 'TTL': '60', 'X-WNS-Cache-Policy': 'cache' }],
  ]);
  assert.is((await setting.send(null, { TTL: '' })).status, 400);
});

wns('tokens: 401, whatever is wrong', async () => {
  const aud = 'https://wns2-par02p.notify.windows.com';
  const setting = await set('wns');
  await each(setting, description, [
    ['401 dropped JWT Authentication Failed, unable to validate token signature',
      { Authorization: `vapid t=${await stranger.token(claims({ aud }))}, k=${server.publicKey}` }],
    ['401 dropped The public key does not match the one of the channel Url.',
      { Authorization: await stranger.authorization(claims({ aud })) }],
  ]);
  for (const response of [
    await setting.send(null, { Authorization: '' }), await setting.send(null, {}, { exp: SECONDS - 1 }),
    await setting.send(null, {}, { aud: 'https://example.com' }),
  ]) assert.match(await description(response), /^401 dropped JWT Authentication Failed, /);
});

wns('Crypto-Key: no white space, one dh, one p256ecdsa', async () => {
  const { service, subscription } = await set('wns');
  const token = await server.token(claims({ aud: 'https://wns2-par02p.notify.windows.com' }));
  const { body, headers } = await sealAesgcm(subscription.keys, 'old');
  const [, dh = ''] = /dh=(.*)/.exec(headers['Crypto-Key'] ?? '') ?? [];
  const k = server.publicKey;
  const send = (field: string, Authorization: string): Promise<Response> =>
    service.fetch(subscription.endpoint, {
      method: 'POST', body, headers: { TTL: '1', ...headers, 'Crypto-Key': field, Authorization },
    });
  const older = `WebPush ${token}`;
  for (const field of [`dh=${dh};p256ecdsa=${k}`, `dh=${dh},p256ecdsa=${k}`, `p256ecdsa=${k};dh=${dh}`]) {
    assert.is((await send(field, older)).status, 201, field);
    assert.is((await subscription.next()).text(), 'old');
  }
  assert.is((await send(`dh=${dh}`, `vapid t=${token}, k=${k}`)).status, 201);
  const zero = /^400 dropped Zero or more than 1 crypto-key <dh> exist\./;
  assert.match(await description(await send(`keyid=a; dh=${dh};p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`dh=${dh}; p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`dh=${dh},dh=${dh},p256ecdsa=${k}`, older)), zero);
  assert.match(await description(await send(`p256ecdsa=${k}`, older)), zero);
  const plain = { method: 'POST', headers: { 'TTL': '1', 'Authorization': older, 'Crypto-Key': `keyid=a; p256ecdsa=${k}` } };
  assert.is(
    await description(await service.fetch(subscription.endpoint, plain)),
    '401 dropped Zero or duplicate tokens or token signing keys.',
  );
});

wns('the query is part of the endpoint, exactly', async () => {
  const { send, service, subscription } = await set('wns');
  const changed = subscription.endpoint.replaceAll('%2b', '+').replaceAll('%2f', '/').replaceAll('%3d', '=');
  const other = changed === subscription.endpoint ? `${changed}x` : changed;
  assert.match(await description(await push(service, { endpoint: other }, null)), /^404 dropped /);
  assert.is((await send(null)).status, 201);
});

wns('dead endpoints, throttling', async () => {
  const { send, service, subscription } = await set('wns');
  service.fail({ status: 406, retryAfter: 10 });
  assert.match(await description(await send(null)), /^406 channelthrottled /);
  subscription.unsubscribe();
  assert.match(await description(await send(null)), /^410 dropped /);
});

wns.run();

const ntfy = suite('service: ntfy');

ntfy('200 with the message as JSON; the body is cut at 4,096 bytes without a word', async () => {
  const { send, service, subscription } = await set('ntfy');
  const answer = await json(await send('hi'));
  assert.is(answer['event'], 'message');
  assert.is(answer['encoding'], 'base64');
  assert.is(answer['time'], SECONDS);
  assert.is(answer['topic'], /\/(up\w{12})\?/.exec(subscription.endpoint)?.[1]);
  assert.is(answer['id'], (await subscription.next()).id);
  const { body, headers } = await seal(subscription.keys, 'x'.repeat(4000));
  const init = { method: 'POST', body, headers };
  assert.is((await service.fetch(subscription.endpoint, init)).status, 200);
  const error = await rejection(subscription.next());
  assert.match(String(error), /decrypt/i);
  assert.is((await json(await service.fetch(subscription.endpoint, { method: 'POST', body: 'text' })))['message'], 'text');
});

ntfy('asks for no token, no TTL, no Topic', async () => {
  const { service, subscription } = await set('ntfy');
  for (const headers of [{}, { TTL: 'x' }, { Topic: 'a b', Urgency: '?' }, { Authorization: 'vapid t=a, k=b' }]) {
    assert.is((await service.fetch(subscription.endpoint, { method: 'PUT', headers })).status, 200);
    const message = await subscription.next();
    assert.equal([message.vapid, message.topic, message.urgency], [undefined, undefined, 'normal']);
  }
});

ntfy('GET says that it is UnifiedPush', async () => {
  const { service, subscription } = await set('ntfy');
  const response = await service.fetch(subscription.endpoint);
  assert.is(response.status, 200);
  assert.equal(await json(response), { unifiedpush: { version: 1 } });
});

ntfy('without a subscriber: 507, to be tried later; limits and paths in its codes', async () => {
  const { send, service, subscription } = await set('ntfy');
  service.fail({ status: 429 });
  assert.is((await json(await send(null)))['code'], 42901);
  const lost = await push(service, { endpoint: 'https://ntfy.sh/a/b' }, null);
  assert.equal([lost.status, (await json(lost))['code']], [404, 40401]);
  subscription.unsubscribe();
  const gone = await send(null);
  assert.is(gone.status, 507);
  assert.equal(await json(gone), {
    code: 50701, http: 507,
    error: 'cannot publish to UnifiedPush topic without previously active subscriber',
  });
});

ntfy.run();
