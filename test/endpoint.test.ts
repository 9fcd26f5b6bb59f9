/** Which endpoints a server may be made to call: DESIGN section 3, rule by rule. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cancel, createRequest, encrypt, parseSubscription, send } from '../src/index.ts';
import type { EndpointPolicy, PushErrorCode } from '../src/index.ts';
import {
  CAPABILITY, claimsOf, fetchOf, KEYS, misused, refused, unchecked, vapid,
} from './core_support.ts';

function parse(endpoint: unknown, endpoints?: EndpointPolicy): string {
  return parseSubscription({ endpoint }, { endpoints }).endpoint;
}

async function refuses(
  list: readonly unknown[],
  endpoints?: EndpointPolicy,
  code: PushErrorCode = 'ERR_SUBSCRIPTION_INVALID',
): Promise<void> {
  for (const endpoint of list) {
    const name = JSON.stringify(endpoint);
    const error = await refused(() => parse(endpoint, endpoints), code, name);
    assert.not.match(String(error.stack), CAPABILITY);
  }
}

function takes(list: readonly string[], endpoints?: EndpointPolicy): void {
  for (const endpoint of list) assert.is(parse(endpoint, endpoints), endpoint);
}

const long = (length: number): string => 'https://push.example.com/'.padEnd(length, 'x');

const always = suite('endpoints: under every policy');

const NEVER: readonly unknown[] = [
  undefined, null, 5, true, {}, [], ['https://push.example.com/a'],
  new String('https://a.example.com/'),
  // Not http(s), or no URL with a host.
  '', 'push.example.com/a', '//push.example.com/a', '/a', 'ftp://push.example.com/',
  'file:///etc/passwd',
  'javascript:alert(1)', 'data:,x', 'blob:https://push.example.com/x', 'wss://push.example.com/',
  'https:', 'https:/', 'https://', 'https:///a', 'https://?a', 'https:push.example.com/a',
  'https:/push.example.com/a', 'https//push.example.com', ' https://push.example.com/',
  // User info, in every place where a parser might see it.
  'https://user@push.example.com/', 'https://user:pass@push.example.com/',
  'https://@push.example.com/',
  'https://:@push.example.com/', 'https://push.example.com@evil.example.net/',
  'https://push.example.com:443@evil.example.net/', 'https://push.example.com:@evil.example.net/',
  // White space, control characters.
  'https://push.example.com/ ', 'https://push.example.com/a b', 'https://push.example.com/\t',
  'https://push.exa\tmple.com/', 'https://push.exa\nmple.com/', 'ht\ntps://push.example.com/',
  'https://push.example.com/\r\nHost: x', 'https://push.example.com/\0',
  'https://push.example.com/\x7f',
  'https://push.example.com/\x85', 'https://push.example.com/\u00a0',
  'https://push.example.com\u3000/',
  'https://push.example.com/\ufeff', '\ufeffhttps://push.example.com/',
  'https://push.example.com\u2028/',
  // Backslashes: slashes to some parsers, not to others.
  'https:\\\\push.example.com\\', 'https://push.example.com\\@evil.example.net/',
  'https://push.example.com/\\', 'https://evil.example.net\\.push.example.com/',
  // Fragments.
  'https://push.example.com/#', 'https://push.example.com/#a',
  'https://push.example.com#@evil.example.net/',
  'https://evil.example.net#.push.example.com/',
  // Hosts that are none.
  'https://%00.com/', 'https://a%2fb.com/', 'https://user%40push.example.com/', 'https://a%23.com/',
  'https://[::1/', 'https://[fe80::1%25eth0]/', 'https://[::1].com/', 'https://1.2.3.4.5/',
  'https://256.256.256.256/', 'https://0x100000000/', 'https://a b.com/',
  'https://push.example.com:99999/', 'https://push.example.com:-1/', 'https://push.example.com:a/',
  long(2049),
];

always('what is no http(s) URL, or one that parsers read differently, is refused', async () => {
  for (const policy of ['public', 'known', 'any', () => true] as const) await refuses(
    NEVER, policy,
  );
});

always('2,048 characters are taken, and what looks like user info in a path', () => {
  for (const policy of ['public', 'any', () => true] as const) {
    takes([
      long(2048), 'https://push.example.com', 'https://push.example.com/',
      'https://push.example.com/a@b:c',
      'https://push.example.com?a@b',
      'https://push.example.com/?u=https://user:pass@evil.example.net/',
      'https://push.example.com/%20%0d%0a%5c%23', "https://push.example.com/!$&'()*+,;=:~|^`{}\"<>",
      'HTTPS://PUSH.EXAMPLE.COM/A', 'https://push.example.com/ü',
    ], policy);
  }
});

always('what the browser says was removed for good is gone, without a call', async () => {
  const removed = [
    'https://permanently-removed.invalid/fcm/send/x', 'https://permanently-removed.invalid',
    'https://permanently-removed.invalid./', 'https://x.y.permanently-removed.invalid/',
    'https://PERMANENTLY-REMOVED.invalid/', 'http://permanently-removed.invalid/',
    'https://permanently-removed.invalid:1234/',
  ];
  const asked: URL[] = [];
  const ask = (url: URL): boolean => asked.push(url) > 0;
  for (const policy of ['public', 'known', 'any', ask] as const) {
    await refuses(removed, policy, 'ERR_SUBSCRIPTION_GONE');
  }
  assert.equal(asked, []);
  const { fetch, calls } = fetchOf();
  for (const endpoint of removed) {
    const row = { endpoint, keys: KEYS };
    await refused(send(row, 'x', { vapid: null, fetch }), 'ERR_SUBSCRIPTION_GONE');
    await refused(createRequest(row, 'x', { vapid: null }), 'ERR_SUBSCRIPTION_GONE');
    await refused(encrypt(row, 'x'), 'ERR_SUBSCRIPTION_GONE');
    await refused(cancel(endpoint, { vapid: null, fetch }), 'ERR_SUBSCRIPTION_GONE');
    await refused(vapid().token(endpoint), 'ERR_SUBSCRIPTION_GONE');
  }
  assert.equal(calls, []);
  await refuses(['https://notpermanently-removed.invalid/']);
});

always('encrypt looks at the endpoint too, but asks no policy', async () => {
  const text = await encrypt({ endpoint: 'http://127.0.0.1:8080/x', keys: KEYS }, 'x');
  assert.is(text.headers['Content-Encoding'], 'aes128gcm');
  for (const endpoint of NEVER) {
    const row = { endpoint: unchecked<string>(endpoint), keys: KEYS };
    await refused(encrypt(row, 'x'), 'ERR_SUBSCRIPTION_INVALID', JSON.stringify(endpoint));
  }
});

const named = suite('endpoints: public');

named('https on port 443 or 8443, however it is written', async () => {
  takes([
    'https://push.example.com:443/', 'https://push.example.com:8443/', 'https://push.example.com:/',
    'https://push.example.com:00443/', 'https://push.example.com:08443/',
  ]);
  await refuses([
    'http://push.example.com/', 'http://push.example.com:443/', 'https://push.example.com:80/',
    'https://push.example.com:444/', 'https://push.example.com:22/', 'https://push.example.com:0/',
    'https://push.example.com:65535/',
  ]);
});

named('no address, however it is written', async () => {
  await refuses([
    'https://127.0.0.1/', 'https://169.254.169.254/latest/meta-data/', 'https://8.8.8.8/',
    'https://127.1/', 'https://0/', 'https://2130706433/', 'https://0x7f000001/', 'https://0x7f.1/',
    'https://017700000001/', 'https://0177.0.0.1/', 'https://127.0.0.1./', 'https://0x7F.0.0.0x1/',
    'https://①②⑦.⓪.⓪.①/', 'https://１２７.０.０.１/', 'https://127。0。0。1/', 'https://127%2e0%2e0%2e1/',
    'https://%31%32%37.0.0.1/', 'https://[::1]/', 'https://[::ffff:127.0.0.1]/',
    'https://[2001:db8::1]/',
    'https://[::]/', 'https://[0:0:0:0:0:0:0:1]:443/', 'https://[64:ff9b::7f00:1]/',
  ]);
  takes(['https://127.0.0.1.example.com/', 'https://1-2-3-4.example.com/', 'https://1e100.net/']);
});

named('two labels or more, the last one public; a trailing dot is nothing', async () => {
  const last = [
    'localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private',
    'alt', 'onion', 'test', 'invalid', 'example', 'arpa',
  ];
  for (const label of last) {
    await refuses([
      `https://x.${label}/`, `https://x.${label}./`, `https://a.b.${label}:8443/`,
      `https://x.${label.toUpperCase()}/`,
      `https://x.%${label.charCodeAt(0).toString(16)}${label.slice(1)}/`,
    ]);
    takes([`https://${label}.example.com/`, `https://x${label}.com/`]);
  }
  await refuses([
    'https://localhost/', 'https://localhost./', 'https://push/', 'https://com/', 'https://a./',
    'https://a../', 'https://x.localhost../', 'https://a..com/', 'https://.com/', 'https://./',
    'https://ｌｏｃａｌｈｏｓｔ/', 'https://x.ⓛocal/', 'https://x.local\u00ad/', 'https://x。internal/',
    'https://push.example.com%E3%80%82local/', 'https://metadata.google.internal/',
    'https://10.in-addr.arpa/', 'https://127.0.0.1"/', "https://push.example.com'/",
    'https://push.$(x).com/', 'https://push.{x}.com/', 'https://a;b.example.com/',
    'https://a&b.com/',
    'https://push.example.com,/', 'https://`x`.example.com/', 'https://*.example.com/',
  ]);
  takes(['https://example.com/', 'https://example.net/', 'https://example.org/', 'https://a.bc./',
    'https://push.example.com./', 'https://x_y.example.com/', 'https://ß.example.com/']);
});

const known = suite('endpoints: known');

known('the vendors’ hosts, and none that look like them', async () => {
  takes([
    'https://fcm.googleapis.com/fcm/send/x', 'https://fcm.googleapis.com./wp/x',
    'https://jmt17.google.com/fcm/send/x', 'https://updates.push.services.mozilla.com/wpush/v2/x',
    'https://push.services.mozilla.com/x',
    'https://updates-autopush.stage.push.services.mozilla.com/x',
    'https://web.push.apple.com/x', 'https://api.web.push.apple.com/x',
    'https://wns2-par02p.notify.windows.com/w/?token=x', 'https://FCM.googleapis.com/x',
  ], 'known');
  await refuses([
    'https://push.example.com/', 'https://fcm.googleapis.com.evil.net/',
    'https://evilfcm.googleapis.com/',
    'https://googleapis.com/', 'https://storage.googleapis.com/x', 'https://x.fcm.googleapis.com/',
    'https://fcmxgoogleapis.com/', 'https://evilpush.apple.com/', 'https://apple.com/',
    'https://evilnotify.windows.com/', 'https://push.apple.com.evil.net/',
    'https://x.jmt17.google.com/',
    'http://fcm.googleapis.com/x', 'https://fcm.googleapis.com:80/x',
  ], 'known');
});

const free = suite('endpoints: any, and functions');

free('any takes http, addresses and every port', () => {
  takes([
    'http://127.0.0.1:8080/x', 'http://localhost/x', 'https://[::1]:9/', 'https://10.0.0.1/',
    'http://a/',
    'https://push.internal/', 'https://push.example.com:22/',
  ], 'any');
});

free('a function decides with a URL of its own', async () => {
  const seen: string[] = [];
  const policy: EndpointPolicy = (url) => {
    seen.push(url.href);
    url.hostname = 'evil.example.net';
    return true;
  };
  const { fetch, calls } = fetchOf();
  const endpoint = 'http://127.0.0.1:8080/x';
  await send({ endpoint, keys: KEYS }, 'x', { vapid: vapid(), fetch, endpoints: policy });
  assert.equal(seen, [endpoint]);
  assert.is(calls[0]?.url, endpoint);
  const [, token = ''] = /t=([\w.-]+)/.exec(calls[0]?.init.headers['Authorization'] ?? '') ?? [];
  assert.is(claimsOf(token)['aud'], 'http://127.0.0.1:8080');
  await refuses(['https://push.example.com/'], () => false);
});

free('a function must answer true or false, at once: a promise is always truthy', async () => {
  for (const said of [undefined, null, 1, 'yes', Promise.resolve(false), {}]) {
    await misused(
      () => parse('https://push.example.com/', unchecked(() => said)), TypeError, String(said),
    );
  }
  // One that rejects has nobody else to hear it.
  const late = async (): Promise<boolean> => { throw new Error('not allowed'); };
  await misused(() => parse('https://push.example.com/', unchecked(late)), TypeError, 'rejecting');
});

free('what is no policy is a TypeError', async () => {
  for (const policy of ['Public', '', null, 5, {}, true]) {
    await misused(
      () => parse('https://push.example.com/', unchecked(policy)), TypeError, String(policy),
    );
  }
});

free('every door to the network asks', async () => {
  const { fetch, calls } = fetchOf();
  const endpoint = 'https://169.254.169.254/latest';
  const row = { endpoint, keys: KEYS };
  await refused(send(row, 'x', { vapid: null, fetch }), 'ERR_SUBSCRIPTION_INVALID');
  await refused(createRequest(row, null, { vapid: null }), 'ERR_SUBSCRIPTION_INVALID');
  await refused(cancel(endpoint, { vapid: null, fetch }), 'ERR_SUBSCRIPTION_INVALID');
  await cancel(endpoint, { vapid: null, fetch, endpoints: 'any' });
  assert.equal(calls.map(({ url }) => url), [endpoint]);
});

always.run();
named.run();
known.run();
free.run();
