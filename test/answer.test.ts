/** What every vendor's answer becomes: code, reason, waiting time; Accepted for a success. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../src/index.ts';
import type { Accepted, PushError, PushErrorCode } from '../src/index.ts';
import type { Said } from './core_support.ts';
import { ENDPOINT, fetchOf, KEYS, ORIGIN, refused } from './core_support.ts';
import { parseRetryAfter } from '../src/lib/retry_after.ts';

const WNS = 'https://wns2-par02p.notify.windows.com/w/?token=BQYAAAC%2bcapability';

async function accepted(said: Said, endpoint = ENDPOINT): Promise<Accepted> {
  const { fetch } = fetchOf(said);
  return send({ endpoint, keys: KEYS }, null, { vapid: null, fetch });
}

async function rejected(said: Said, code: PushErrorCode, name?: string): Promise<PushError> {
  return refused(accepted(said), code, name);
}

const apple = (reason: string): string => JSON.stringify({ reason });
const mozilla = (code: number, errno: number, message: string): string =>
  JSON.stringify({ code, errno, error: 'Error', message, more_info: 'http://autopush.example' });
const wns = (text: string, more: object = {}): Said['headers'] =>
  ({ 'X-WNS-Error-Description': text, ...more });

type Row = readonly [
  status: number, said: Omit<Said, 'status'>, code: PushErrorCode, reason?: string,
];

const FCM: readonly Row[] = [
  [403, { body: 'sender is not authenticated.' }, 'ERR_UNAUTHORIZED'],
  [403, { body: 'permission denied: invalid JWT provided' }, 'ERR_UNAUTHORIZED'],
  [403, { body: 'token has expired' }, 'ERR_UNAUTHORIZED'],
  [403, { body: 'exp claim MUST NOT be more than 24 hours from the time of the request' },
    'ERR_UNAUTHORIZED'],
  [403, { body: 'crypto-key header had invalid format' }, 'ERR_UNAUTHORIZED'],
  [403, { body: 'the VAPID credentials in the authorization header do not correspond to the '
    + 'credentials used to create the subscriptions.' }, 'ERR_KEY_MISMATCH'],
  [403, { body: 'invalid push subscription endpoint' }, 'ERR_SUBSCRIPTION_GONE'],
  [404, { body: 'A valid push subscription endpoint should be specified in the URL as such: '
    + 'https://fcm.googleapis.com/wp/...' }, 'ERR_SUBSCRIPTION_GONE'],
  [410, { body: 'push subscription has unsubscribed or expired.\n' }, 'ERR_SUBSCRIPTION_GONE'],
  [400, { body: '<HTML><TITLE>UnauthorizedRegistration</TITLE></HTML>' }, 'ERR_UNAUTHORIZED'],
  [413, {}, 'ERR_PAYLOAD_TOO_LARGE'],
  [429, { headers: { 'Retry-After': '60' } }, 'ERR_RATE_LIMITED'],
  [500, {}, 'ERR_UNAVAILABLE'],
];

const MOZILLA: readonly Row[] = [
  [404, { body: mozilla(404, 102, 'Request Token Not Found') }, 'ERR_SUBSCRIPTION_GONE', '102'],
  [410, { body: mozilla(410, 103, 'User not found') }, 'ERR_SUBSCRIPTION_GONE', '103'],
  [410, { body: mozilla(410, 105, 'User deleted') }, 'ERR_SUBSCRIPTION_GONE', '105'],
  [410, { body: mozilla(410, 106, 'No subscription') }, 'ERR_SUBSCRIPTION_GONE', '106'],
  [413, { body: mozilla(413, 104, 'Too large') }, 'ERR_PAYLOAD_TOO_LARGE', '104'],
  [401, { body: mozilla(401, 109, 'The VAPID token expiration is too long') },
    'ERR_UNAUTHORIZED', '109'],
  [401, { body: mozilla(401, 109, 'VAPID public key mismatch') }, 'ERR_KEY_MISMATCH', '109'],
  [401, { body: mozilla(401, 109, 'Missing VAPID public key') }, 'ERR_UNAUTHORIZED', '109'],
  [400, { body: mozilla(400, 110, 'Unknown Content-Encoding header') }, 'ERR_REJECTED', '110'],
  [400, { body: mozilla(400, 111, 'Missing TTL header') }, 'ERR_REJECTED', '111'],
  [400, { body: mozilla(400, 113, 'Invalid Topic') }, 'ERR_REJECTED', '113'],
  [503, { body: mozilla(503, 201, 'Storage'), headers: { 'Retry-After': '120' } },
    'ERR_UNAVAILABLE', '201'],
  [502, { body: mozilla(502, 902, 'Connection') }, 'ERR_UNAVAILABLE', '902'],
  [500, { body: mozilla(500, 999, 'Unknown') }, 'ERR_UNAVAILABLE', '999'],
];

const APPLE: readonly Row[] = [
  [400, { body: apple('VapidPkHashMismatch') }, 'ERR_KEY_MISMATCH', 'VapidPkHashMismatch'],
  [403, { body: apple('VapidPkHashMismatch') }, 'ERR_KEY_MISMATCH', 'VapidPkHashMismatch'],
  [403, { body: apple('BadJwtToken') }, 'ERR_UNAUTHORIZED', 'BadJwtToken'],
  [400, { body: apple('BadJwtToken') }, 'ERR_UNAUTHORIZED', 'BadJwtToken'],
  [400, { body: apple('BadAuthorizationHeader') }, 'ERR_UNAUTHORIZED', 'BadAuthorizationHeader'],
  [400, { body: apple('BadVapidPublicKey') }, 'ERR_UNAUTHORIZED', 'BadVapidPublicKey'],
  [410, { body: '{"reason":"Unregistered","timestamp":1700000000000}' },
    'ERR_SUBSCRIPTION_GONE', 'Unregistered'],
  [400, { body: apple('Unregistered') }, 'ERR_SUBSCRIPTION_GONE', 'Unregistered'],
  [404, { body: apple('BadPath') }, 'ERR_SUBSCRIPTION_GONE', 'BadPath'],
  [400, { body: apple('BadTtl') }, 'ERR_REJECTED', 'BadTtl'],
  [400, { body: apple('BadUrgency') }, 'ERR_REJECTED', 'BadUrgency'],
  [400, { body: apple('BadWebPushTopic') }, 'ERR_REJECTED', 'BadWebPushTopic'],
  [400, { body: apple('BadWebPushRequest') }, 'ERR_REJECTED', 'BadWebPushRequest'],
  [405, { body: apple('MethodNotAllowed') }, 'ERR_REJECTED', 'MethodNotAllowed'],
  [413, { body: apple('PayloadTooLarge') }, 'ERR_PAYLOAD_TOO_LARGE', 'PayloadTooLarge'],
  [400, { body: apple('PayloadTooLarge') }, 'ERR_PAYLOAD_TOO_LARGE', 'PayloadTooLarge'],
  [429, { body: apple('TooManyRequests') }, 'ERR_RATE_LIMITED', 'TooManyRequests'],
  [400, { body: apple('TooManyRequests') }, 'ERR_RATE_LIMITED', 'TooManyRequests'],
  [400, { body: apple('IdleTimeout') }, 'ERR_UNAVAILABLE', 'IdleTimeout'],
  [500, { body: apple('InternalServerError') }, 'ERR_UNAVAILABLE', 'InternalServerError'],
  [503, { body: apple('ServiceUnavailable') }, 'ERR_UNAVAILABLE', 'ServiceUnavailable'],
  [503, { body: apple('Shutdown') }, 'ERR_UNAVAILABLE', 'Shutdown'],
];

const WINDOWS: readonly Row[] = [
  [401, { headers: wns('JWT Authentication Failed, unable to validate token signature') },
    'ERR_UNAUTHORIZED', 'JWT Authentication Failed, unable to validate token signature'],
  [401, { headers: wns('The public key does not match the channel Url') }, 'ERR_KEY_MISMATCH',
    'The public key does not match the channel Url'],
  [400, { headers: wns('Ttl value conflicts with X-WNS-Cache-Policy.') }, 'ERR_REJECTED',
    'Ttl value conflicts with X-WNS-Cache-Policy.'],
  [406, { headers: wns('Throttled', { 'X-WNS-Status': 'throttled', 'Retry-After': '30' }) },
    'ERR_RATE_LIMITED', 'Throttled'],
  [406, {}, 'ERR_REJECTED'],
  [404, { headers: wns('Channel not found') }, 'ERR_SUBSCRIPTION_GONE', 'Channel not found'],
  [410, { headers: wns('Channel expired') }, 'ERR_SUBSCRIPTION_GONE', 'Channel expired'],
  [200, { headers: { 'X-WNS-NotificationStatus': 'dropped' } }, 'ERR_REJECTED', 'dropped'],
  [201, { headers: { 'X-WNS-NotificationStatus': ' Dropped ' } }, 'ERR_REJECTED', 'Dropped'],
];

const NTFY: readonly Row[] = [
  [507, { body: '{"code":50701,"http":507,"error":"cannot publish to UnifiedPush topic"}' },
    'ERR_UNAVAILABLE', '50701'],
  [429, { body: '{"code":42901,"http":429,"error":"limit reached"}' }, 'ERR_RATE_LIMITED', '42901'],
  [404, { body: '{"code":40401,"http":404,"error":"page not found"}' },
    'ERR_SUBSCRIPTION_GONE', '40401'],
];

const BY_STATUS: readonly Row[] = [
  ...[100, 199, 300, 304, 308, 400, 402, 405, 409, 415, 418, 422, 451].map(
    (status): Row => [status, {}, 'ERR_REJECTED'],
  ),
  ...[401, 403].map((status): Row => [status, {}, 'ERR_UNAUTHORIZED']),
  ...[404, 410].map((status): Row => [status, {}, 'ERR_SUBSCRIPTION_GONE']),
  ...[408, 500, 502, 503, 504, 507, 599, 999].map((status): Row => [status, {}, 'ERR_UNAVAILABLE']),
  // A 5xx says that the service is ill; what it repeats of others' words does not count.
  [500, { body: 'VapidPkHashMismatch' }, 'ERR_UNAVAILABLE'],
  [502, { body: '"Unregistered"' }, 'ERR_UNAVAILABLE'],
  [301, { body: '"Unregistered"' }, 'ERR_REJECTED'],
];

const answers = suite('answers');

const TABLE = { FCM, MOZILLA, APPLE, WINDOWS, NTFY, 'by status': BY_STATUS };
for (const [vendor, rows] of Object.entries(TABLE)) {
  answers(`${vendor}: every answer has its code and reason`, async () => {
    for (const [status, said, code, reason] of rows) {
      const name = `${status} ${JSON.stringify(said)}`;
      const error = await rejected({ status, ...said }, code, name);
      assert.is(error.status, status, name);
      if (reason !== undefined) assert.is(error.reason, reason, name);
      assert.is(error.origin, ORIGIN);
      assert.is(error.endpoint, ENDPOINT);
      assert.match(error.message, new RegExp(`^${ORIGIN} [^\\n]+ \\[${status}`), name);
    }
  });
}

answers('autopush’s overrun is told in bytes of payload', async () => {
  const body = mozilla(413, 104, 'This message is intended for a constrained device and is limited '
    + 'in size. Converted buffer is too long by 10 bytes');
  const { message } = await rejected({ status: 413, body }, 'ERR_PAYLOAD_TOO_LARGE');
  assert.match(message, '(by 8 bytes)');
});

answers('Retry-After is told in milliseconds; nonsense is not', async () => {
  const now = Date.UTC(2026, 0, 1, 12, 0, 0);
  const fields: readonly (readonly [string | undefined, number | undefined])[] = [
    ['120', 120_000], ['0', 0], [' 5 ', 5000], ['007', 7000],
    // RFC 9110 section 5.6.7: all three forms.
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['Thu Jan  1 12:00:30 2026', 30_000],
    ['Wed, 31 Dec 2025 12:00:00 GMT', 0],
    // Two digits of more than 50 years ahead mean the past.
    ['Sunday, 06-Nov-94 08:49:37 GMT', 0],
    ['Monday, 01-Jan-76 00:00:00 GMT', Date.UTC(2076, 0, 1) - now],
    ['Friday, 01-Jan-77 00:00:00 GMT', 0],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
    ['1e400', undefined], ['1.5', undefined], ['-1', undefined], ['+1', undefined],
    ['0x10', undefined], ['', undefined], ['soon', undefined], ['Infinity', undefined],
    ['120, 60', undefined], ['2026-01-01T12:00:30Z', undefined],
    ['Thu, 01 Jan 2026 12:00:30', undefined], ['Thu, 01 Jan 2026 12:00:30 UTC', undefined],
    ['Thu, 01 jan 2026 12:00:30 GMT', undefined], ['Thu, 01 anF 2026 12:00:30 GMT', undefined],
    ['Thu, 01 Jan 2026 24:00:00 GMT', undefined], ['Thu, 01 Jan 2026 12:60:00 GMT', undefined],
    ['Thu, 1 Jan 2026 12:00:00 GMT', undefined], [undefined, undefined],
  ];
  for (const [field, wanted] of fields) assert.is(parseRetryAfter(field, now), wanted, field);
  const said = { status: 503, headers: { 'Retry-After': '120' } };
  assert.is((await rejected(said, 'ERR_UNAVAILABLE')).retryAfter, 120_000);
  const nonsense = { status: 429, headers: { 'Retry-After': '1e400' } };
  assert.is((await rejected(nonsense, 'ERR_RATE_LIMITED')).retryAfter, undefined);
});

const successes = suite('answers: accepted');

successes('RFC 8030 5: location, TTL and receipt, of the endpoint’s origin', async () => {
  const rel = 'rel="urn:ietf:params:push:receipt"';
  assert.equal(await accepted({
    status: 202, headers: { Location: '/m/1?a=b', TTL: '60', Link: `</r/2>; ${rel}` },
  }), { status: 202, location: `${ORIGIN}/m/1?a=b`, ttl: 60, receipt: `${ORIGIN}/r/2` });
  const links = [
    `</r/2>;rel=urn:ietf:params:push:receipt`,
    `</r/2>; title="x"; rel="other urn:ietf:params:push:receipt"`,
    `</a>; rel="urn:ietf:params:push", </r/2>; ${rel}`,
    `</r/2>; REL="URN:ietf:params:push:receipt"`,
  ];
  for (const Link of links) {
    assert.is((await accepted({ headers: { Link } })).receipt, `${ORIGIN}/r/2`, Link);
  }
  const others = [
    '</a>; rel="urn:ietf:params:push"', '</a>; rel="urn:ietf:params:push:receipts"', '</a>',
    'rel="urn:ietf:params:push:receipt"', `</b> ${rel}`,
  ];
  for (const Link of others) {
    assert.is((await accepted({ headers: { Link } })).receipt, undefined, Link);
  }
});

successes('what is of another origin, or no http(s) URL, is left out', async () => {
  const strangers = [
    'https://evil.example.net/m', 'http://push.example.com/m', '//evil.example.net/m',
    'https://push.example.com:8443/m', 'https://push.example.com.evil.net/m', 'https://[bad',
    // The origin of a blob: URL is the one inside it.
    'blob:https://push.example.com/m', 'javascript:alert(1)', 'data:,x',
    // cancel() would refuse it.
    'https://user:secret@push.example.com/m', 'https://user@push.example.com/m',
  ];
  for (const Location of strangers) {
    const Link = `<${Location}>; rel="urn:ietf:params:push:receipt"`;
    assert.equal(await accepted({ headers: { Location, Link } }), { status: 201 }, Location);
  }
});

successes('a TTL that is none, and an id that is none, are left out', async () => {
  for (const TTL of ['-1', '1.5', 'x', '', '1e3', '12345678901']) {
    assert.equal(await accepted({ headers: { TTL } }), { status: 201 }, TTL);
  }
  assert.is((await accepted({ headers: { TTL: ' 0 ' } })).ttl, 0);
  assert.is((await accepted({ headers: { 'apns-id': 'ABC-123' } })).id, 'ABC-123');
  assert.is((await accepted({ headers: { 'X-WNS-Msg-ID': '0AF.1:2' } }, WNS)).id, '0AF.1:2');
  for (const id of ['a b', '<script>', 'x'.repeat(129), '']) {
    assert.is((await accepted({ headers: { 'apns-id': id } })).id, undefined, id);
  }
});

successes('WNS: what is not dropped was taken', async () => {
  const said = { status: 200, headers: { 'X-WNS-NotificationStatus': 'received' } };
  assert.equal(await accepted(said, WNS), { status: 200 });
});

successes('ntfy answers 200 with JSON', async () => {
  assert.equal(await accepted({ status: 200, body: '{"id":"x"}' }), { status: 200 });
});

answers.run();
successes.run();
