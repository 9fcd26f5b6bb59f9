/** Tokens (RFC 8292) and the cache that keeps them: DESIGN section 3, "VAPID". */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVapid } from '../src/index.ts';
import type { VapidSigner } from '../src/index.ts';
import { decodeBase64url, encodeBase64url } from '../src/lib/base64url.ts';
import { utf8 } from '../src/lib/bytes.ts';
import { importSigningKey, signEs256, verifyEs256 } from '../src/lib/es256.ts';
import type { Bytes } from '../src/types.ts';
import {
  claimsOf, clock, deferred, misused, NOW, OTHER_KEYS, refused, SUBJECT, turn, unchecked, vapid,
  VAPID_KEYS,
} from './core_support.ts';

const bytes = (text: string): Bytes => decodeBase64url(text) ?? new Uint8Array();

async function signWith(keys: typeof VAPID_KEYS, data: Bytes): Promise<Bytes> {
  return signEs256(await importSigningKey(bytes(keys.publicKey), bytes(keys.privateKey)), data);
}

/** A signer that counts, and does what `act` says before it signs; the pair's proof is call 1. */
function signer(
  act: (call: number) => unknown = () => undefined,
): VapidSigner & { readonly calls: () => number } {
  let calls = 0;
  const sign = async (data: Bytes): Promise<Bytes> => {
    await act(++calls);
    return signWith(VAPID_KEYS, data);
  };
  return { publicKey: VAPID_KEYS.publicKey, sign, calls: () => calls };
}

const HOUR = 3_600_000;
const A = 'https://a.example.com/x';
const B = 'https://b.example.com/x';

const tokens = suite('vapid: tokens');

tokens('RFC 8292 2: ES256, aud the origin, exp within 24 hours, sub as it was given', async () => {
  const { now } = clock();
  const own = vapid({ now });
  const token = await own.token('https://Push.Example.com:8443/wpush/v2/secret?x');
  const [head = '', body = '', signature = ''] = token.split('.');
  assert.equal(JSON.parse(atob(head)), { typ: 'JWT', alg: 'ES256' });
  assert.equal(claimsOf(token), {
    aud: 'https://push.example.com:8443', exp: NOW / 1000 + 43_200, sub: SUBJECT,
  });
  const right = await verifyEs256(
    bytes(VAPID_KEYS.publicKey), bytes(signature), utf8(`${head}.${body}`),
  );
  assert.ok(right);
  assert.is(await own.authorize(A), `vapid t=${await own.token(A)}, k=${VAPID_KEYS.publicKey}`);
  const { token: unbound } = own;
  assert.is(await unbound(new URL(A)), await own.token(A));
});

tokens('a lifetime is 2 hours to 24, less 5 minutes for clocks that differ', async () => {
  const lifetimes = [[7200, 7200], [43_200, 43_200], [86_100, 86_100], [86_400, 86_100]];
  for (const [lifetime, wanted] of lifetimes) {
    const token = await vapid({ lifetime, now: () => NOW }).token(A);
    assert.is(claimsOf(token)['exp'], NOW / 1000 + Number(wanted));
  }
  for (const lifetime of [7199, 86_401, 0, -1, NaN, 7200.5, '7200', null, Infinity]) {
    await misused(() => vapid({ lifetime: unchecked(lifetime) }), RangeError, String(lifetime));
  }
});

tokens('endpoints that are none have no token', async () => {
  const none = ['', 'x', 'ftp://a/', 'https://u:p@a.example.com/', 'https://a.example.com/#'];
  for (const endpoint of none) {
    await refused(vapid().token(endpoint), 'ERR_SUBSCRIPTION_INVALID', endpoint);
  }
});

const signers = suite('vapid: signers');

/** r||s as DER, the way key services write it. */
function der(raw: Bytes): Bytes {
  const integer = (part: Bytes): number[] => {
    let bytes = [...part];
    while (bytes.length > 1 && bytes[0] === 0) bytes = bytes.slice(1);
    if (bytes[0]! > 127) bytes = [0, ...bytes];
    return [2, bytes.length, ...bytes];
  };
  const both = [...integer(raw.slice(0, 32)), ...integer(raw.slice(32))];
  return new Uint8Array([0x30, both.length, ...both]);
}

signers('answer r||s or DER, now or later, in any bytes', async () => {
  const wrap: readonly ((raw: Bytes) => unknown)[] = [
    (raw) => raw, (raw) => der(raw), (raw) => raw.buffer, async (raw) => der(raw),
    (raw) => new Uint8Array([0, ...raw, 0]).subarray(1, 65), (raw) => new DataView(raw.buffer),
    (raw) => ({ then: (resolve: (value: Bytes) => void): void => resolve(raw) }),
  ];
  for (const answer of wrap) {
    const sign = async (data: Bytes): Promise<Uint8Array> =>
      unchecked(await answer(await signWith(VAPID_KEYS, data)));
    const own = vapid({ keys: { publicKey: bytes(VAPID_KEYS.publicKey), sign } });
    assert.is(own.publicKey, VAPID_KEYS.publicKey);
    const [head, body, signature = ''] = (await own.token(A)).split('.');
    assert.is(bytes(signature).length, 64);
    assert.ok(await verifyEs256(
      bytes(VAPID_KEYS.publicKey), bytes(signature), utf8(`${head}.${body}`),
    ));
  }
});

signers('that answer nonsense, throw, or sign with another key are refused', async () => {
  const raw = await signWith(VAPID_KEYS, utf8('something else'));
  const boom = new Error('the key service is away');
  const long = new Uint8Array(34).fill(1);
  const wrong: Readonly<Record<string, () => unknown>> = {
    'nothing': () => undefined, 'null': () => null, 'text': () => encodeBase64url(raw),
    'a list': () => [...raw],
    'empty': () => new Uint8Array(0), '63 bytes': () => raw.slice(1),
    '65 bytes': () => new Uint8Array(65),
    'zeros': () => new Uint8Array(64), 'of other data': () => raw,
    'DER of other data': () => der(raw),
    'DER cut short': () => der(raw).slice(0, -1),
    'DER and more': () => new Uint8Array([...der(raw), 0]),
    'DER without s': () => new Uint8Array([0x30, 34, 2, 32, ...raw.slice(0, 32)]),
    'DER of long numbers': () => new Uint8Array([0x30, 72, 2, 34, ...long, 2, 34, ...long]),
    'DER of empty numbers': () => new Uint8Array([0x30, 4, 2, 0, 2, 0]),
    'throws': () => { throw boom; }, 'rejects': () => Promise.reject(boom),
    'throws nothing': () => { throw undefined; },
  };
  for (const [name, sign] of Object.entries(wrong)) {
    const keys: VapidSigner = { publicKey: VAPID_KEYS.publicKey, sign: unchecked(sign) };
    const error = await refused(vapid({ keys }).token(A), 'ERR_VAPID_INVALID', name);
    if (name === 'throws') assert.is(error.cause, boom);
    await refused(vapid({ keys }).ready(), 'ERR_VAPID_INVALID', name);
  }
  const sign = (data: Bytes): Promise<Bytes> => signWith(OTHER_KEYS, data);
  const other = vapid({ keys: { publicKey: VAPID_KEYS.publicKey, sign } });
  assert.match((await refused(other.token(A), 'ERR_VAPID_INVALID')).message, 'does not belong');
});

signers('keep their this, and what they do to the data they get changes nothing', async () => {
  class Service {
    publicKey = VAPID_KEYS.publicKey;
    #keys = VAPID_KEYS;
    async sign(data: Bytes): Promise<Bytes> {
      const copy = data.slice();
      const signature = signWith(this.#keys, copy);
      // The proof's challenge would no longer fit; a token's text is made from its own.
      if (copy.length !== 32) data.fill(0);
      return signature;
    }
  }
  const token = await vapid({ keys: new Service() }).token(A);
  assert.is(claimsOf(token)['aud'], 'https://a.example.com');
});

signers('are proved once, before the first token', async () => {
  const keys = signer();
  const own = vapid({ keys });
  await own.ready();
  assert.is(keys.calls(), 1);
  await Promise.all([own.ready(), own.token(A), own.token(B), own.ready()]);
  assert.is(keys.calls(), 3);
});

signers('that fail at the proof are asked again', async () => {
  const keys = signer((call) => (call === 1 ? Promise.reject(new Error('away')) : undefined));
  const own = vapid({ keys });
  await refused(own.token(A), 'ERR_VAPID_INVALID');
  assert.is(claimsOf(await own.token(A))['aud'], 'https://a.example.com');
});

signers('that hang at the proof are asked again after ten seconds', async () => {
  const time = clock();
  const keys = signer((call) => (call === 1 ? new Promise(() => {}) : undefined));
  const own = vapid({ keys, now: time.now });
  void own.token(A);
  await turn();
  time.set(NOW + 10_000);
  assert.is(claimsOf(await own.token(A))['aud'], 'https://a.example.com');
  await own.ready();
});

const cache = suite('vapid: kept tokens');

cache('one signature for an origin, whatever the path; another for another origin', async () => {
  const keys = signer();
  const own = vapid({ keys, now: () => NOW });
  const [one, two, other] = await Promise.all([own.token(A), own.token(`${A}/y?z`), own.token(B)]);
  assert.is(one, two);
  assert.is(await own.token(new URL('https://A.example.com:443/')), one);
  assert.is(claimsOf(other!)['aud'], 'https://b.example.com');
  assert.is(keys.calls(), 1 + 2);
});

cache('never shared between two Vapids: another subject, another key', async () => {
  const [one, two] = [
    vapid({ now: () => NOW }), vapid({ now: () => NOW, subject: 'https://example.com/' }),
  ];
  assert.is(claimsOf(await one.token(A))['sub'], SUBJECT);
  assert.is(claimsOf(await two.token(A))['sub'], 'https://example.com/');
});

cache('renewed at half its life', async () => {
  const time = clock();
  const own = vapid({ now: time.now });
  const first = await own.token(A);
  time.set(NOW + 6 * HOUR - 1);
  assert.is(await own.token(A), first);
  time.set(NOW + 6 * HOUR);
  const second = await own.token(A);
  assert.is(claimsOf(second)['exp'], (NOW + 18 * HOUR) / 1000);
});

cache('renewed where the clock was set back: a token of the future is refused', async () => {
  const time = clock();
  const own = vapid({ now: time.now });
  const first = await own.token(A);
  time.set(NOW - 1);
  assert.is.not(await own.token(A), first);
});

cache('a failed renewal costs nothing while the token lives', async () => {
  const time = clock();
  let away = false;
  const keys = signer(() => (away ? Promise.reject(new Error('away')) : undefined));
  const own = vapid({ keys, now: time.now });
  const first = await own.token(A);
  away = true;
  time.set(NOW + 7 * HOUR);
  assert.is(await own.token(A), first);
  time.set(NOW + 12 * HOUR - 1);
  await refused(own.token(A), 'ERR_VAPID_INVALID');
  away = false;
  assert.is.not(await own.token(A), first);
});

cache('failures are not kept', async () => {
  const keys = signer((call) => (call === 2 ? Promise.reject(new Error('away')) : undefined));
  const own = vapid({ keys });
  const both = await Promise.allSettled([own.token(A), own.token(A)]);
  assert.equal(both.map(({ status }) => status), ['rejected', 'rejected']);
  assert.is(claimsOf(await own.token(A))['aud'], 'https://a.example.com');
  assert.is(keys.calls(), 3);
});

cache('a signature on its way is shared for at most ten seconds', async () => {
  const time = clock();
  const gate = deferred<void>();
  const keys = signer((call) => (call === 2 ? gate.promise : undefined));
  const own = vapid({ keys, now: time.now });
  await own.ready();
  const waiting = own.token(A);
  await turn();
  time.set(NOW + 9_999);
  const shared = own.token(A);
  await turn();
  assert.is(keys.calls(), 2);
  time.set(NOW + 10_000);
  const fresh = await own.token(A);
  assert.is(keys.calls(), 3);
  gate.resolve();
  assert.is(await waiting, await shared);
  assert.is(await own.token(A), fresh, 'the late one does not replace the newer');
});

cache('1,000 origins are kept, the least recently used goes first', async () => {
  const keys = signer();
  const own = vapid({ keys, now: () => NOW });
  const origin = (i: number): string => `https://o${i}.example.com/`;
  for (let i = 0; i < 1000; i++) await own.token(origin(i));
  assert.is(keys.calls(), 1001);
  await own.token(origin(0));
  assert.is(keys.calls(), 1001);
  await own.token(origin(1000));
  assert.is(keys.calls(), 1002);
  for (const i of [0, 2, 999, 1000]) await own.token(origin(i));
  assert.is(keys.calls(), 1002);
  await own.token(origin(1));
  assert.is(keys.calls(), 1003);
});

cache('a Vapid shared by many at once signs once for each origin', async () => {
  const keys = signer();
  const own = createVapid({ subject: SUBJECT, keys });
  const many = await Promise.all(Array.from({ length: 500 }, (_, i) => own.token(i % 2 ? A : B)));
  assert.is(new Set(many).size, 2);
  assert.is(keys.calls(), 3);
});

tokens.run();
signers.run();
cache.run();
