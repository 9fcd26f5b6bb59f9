/** Tokens kept outside, for fleets of short processes: caches good, poisoned, failing, hanging. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TokenCache, VapidSigner } from '../src/index.ts';
import { decodeBase64url, encodeBase64url } from '../src/lib/base64url.ts';
import { utf8 } from '../src/lib/bytes.ts';
import { importSigningKey, signEs256, verifyEs256 } from '../src/lib/es256.ts';
import type { Bytes } from '../src/types.ts';
import {
  claimsOf, clock, NOW, OTHER_KEYS, SUBJECT, unchecked, vapid, VAPID_KEYS,
} from './core_support.ts';

const A = 'https://a.example.com/x';
const B = 'https://b.example.com/x';
const HOUR = 3_600_000;
const bytes = (text: string): Bytes => decodeBase64url(text) ?? new Uint8Array();

async function signWith(keys: typeof VAPID_KEYS, data: Bytes): Promise<Bytes> {
  return signEs256(await importSigningKey(bytes(keys.publicKey), bytes(keys.privateKey)), data);
}

function signer(): VapidSigner & { readonly calls: () => number } {
  let calls = 0;
  const sign = (data: Bytes): Promise<Bytes> => {
    calls++;
    return signWith(VAPID_KEYS, data);
  };
  return { publicKey: VAPID_KEYS.publicKey, sign, calls: () => calls };
}

interface Kept {
  readonly token: string;
  readonly expires: number;
}

function store(): TokenCache & { readonly kept: Map<string, Kept> } {
  const kept = new Map<string, Kept>();
  return {
    kept,
    get: (key) => kept.get(key)?.token,
    set: (key, token, expires) => void kept.set(key, { token, expires }),
  };
}

/** A token of our key, or another's, with other claims than it should have. */
async function forged(changes: object = {}, keys = VAPID_KEYS, head?: object): Promise<string> {
  const claims = {
    aud: 'https://a.example.com', exp: NOW / 1000 + 43_200, sub: SUBJECT, ...changes,
  };
  const input = [head ?? { typ: 'JWT', alg: 'ES256' }, claims]
    .map((part) => encodeBase64url(utf8(JSON.stringify(part)))).join('.');
  return `${input}.${encodeBase64url(await signWith(keys, utf8(input)))}`;
}

const caches = suite('vapid: token caches');

caches('a token that one process signed serves the others, without a signature', async () => {
  const shared = store();
  const first = signer();
  const token = await vapid({ keys: first, cache: shared, now: () => NOW }).token(A);
  assert.is(first.calls(), 2);
  const second = signer();
  const later = vapid({ keys: second, cache: shared, now: () => NOW + HOUR });
  assert.is(await later.token(A), token);
  assert.is(second.calls(), 0);
});

caches('keys tell nothing, and differ by origin, key, subject and lifetime', async () => {
  const shared = store();
  const of = (options: Parameters<typeof vapid>[0], endpoint = A): Promise<string> =>
    vapid({ cache: shared, now: () => NOW, ...options }).token(endpoint);
  await of({});
  await of({}, B);
  await of({ keys: OTHER_KEYS });
  await of({ subject: 'https://example.com/' });
  await of({ lifetime: 7200 });
  assert.is(shared.kept.size, 5);
  for (const [key, { token, expires }] of shared.kept) {
    assert.match(key, /^[\w-]{43}$/);
    assert.is(claimsOf(token)['exp'], expires);
  }
  await of({});
  assert.is(shared.kept.size, 5);
});

caches('a kept token that is past half its life, or of the future, is signed anew', async () => {
  for (const now of [NOW + 6 * HOUR, NOW + 24 * HOUR, NOW - 1000]) {
    const shared = store();
    const token = await vapid({ cache: shared, now: () => NOW }).token(A);
    const fresh = await vapid({ cache: shared, now: () => now }).token(A);
    assert.is.not(fresh, token);
    assert.is(claimsOf(fresh)['exp'], now / 1000 + 43_200);
    assert.is([...shared.kept.values()][0]?.token, fresh);
  }
});

caches('what a poisoned cache answers is not sent: our own token is signed', async () => {
  const good = await forged();
  const [head = '', body = '', signature = ''] = good.split('.');
  const poison: Readonly<Record<string, unknown>> = {
    'another audience': await forged({ aud: 'https://evil.example.net' }),
    'a list of audiences': await forged({ aud: ['https://a.example.com'] }),
    'another subject': await forged({ sub: 'mailto:evil@example.net' }),
    'no subject': await forged({ sub: undefined }),
    'a year': await forged({ exp: NOW / 1000 + 31_536_000 }),
    'expired': await forged({ exp: NOW / 1000 - 1 }),
    'exp as text': await forged({ exp: String(NOW / 1000 + 43_200) }),
    'no exp': await forged({ exp: undefined }),
    'another key': await forged({}, OTHER_KEYS),
    'another algorithm': await forged({}, VAPID_KEYS, { typ: 'JWT', alg: 'none' }),
    'a signature of zeros': `${head}.${body}.${encodeBase64url(new Uint8Array(64))}`,
    'a signature cut short': `${head}.${body}.${signature.slice(0, -4)}`,
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'four parts': `${good}.x`,
    'more behind': `${good}, k=x`,
    'another line': `${good}\r\nX-Evil: 1`,
    'white space': ` ${good}`,
    'claims that are no JSON': `${head}.eA.${signature}`,
    'claims that are null': `${head}.bnVsbA.${signature}`,
    'text': 'x', 'empty': '', 'null': null, 'a number': 5, 'an object': { token: good },
    'bytes': utf8(good),
  };
  for (const [name, said] of Object.entries(poison)) {
    const set: string[] = [];
    const cache: TokenCache = {
      get: () => unchecked(said), set: (_, token) => void set.push(token),
    };
    const token = await vapid({ cache, now: () => NOW }).token(A);
    assert.is.not(token, said, name);
    const [own = '', claims = '', proof = ''] = token.split('.');
    const right = await verifyEs256(
      bytes(VAPID_KEYS.publicKey), bytes(proof), utf8(`${own}.${claims}`),
    );
    assert.ok(right, name);
    assert.is(claimsOf(token)['aud'], 'https://a.example.com', name);
    assert.equal(set, [token], name);
  }
  assert.is(
    await vapid({ cache: { get: () => good, set: () => {} }, now: () => NOW }).token(A), good,
  );
});

caches('a cache that fails, at once or later, is passed over', async () => {
  const boom = new Error('the cache is away');
  const failing: readonly TokenCache[] = [
    { get: () => { throw boom; }, set: () => { throw boom; } },
    { get: () => Promise.reject(boom), set: () => Promise.reject(boom) },
    { get: () => undefined, set: () => Promise.reject(boom) },
    unchecked({}), unchecked({ get: 5, set: 'x' }),
  ];
  for (const cache of failing) {
    assert.is(claimsOf(await vapid({ cache }).token(A))['aud'], 'https://a.example.com');
  }
});

caches('a cache that hangs is passed over too', async () => {
  const never = (): Promise<never> => new Promise(() => {});
  // Its second of patience is not waited for.
  const host = unchecked<{ setTimeout: unknown }>(globalThis);
  const before = globalThis.setTimeout;
  try {
    host.setTimeout = (work: () => void, wait: number): unknown =>
      before(work, wait === 1000 ? 0 : wait);
    for (const cache of [{ get: never, set: never }, { get: () => undefined, set: never }]) {
      assert.is(claimsOf(await vapid({ cache }).token(A))['aud'], 'https://a.example.com');
    }
  } finally {
    host.setTimeout = before;
  }
});

caches('its functions keep their this', async () => {
  class Redis {
    #kept = new Map<string, string>();
    get(key: string): string | undefined { return this.#kept.get(key); }
    set(key: string, token: string): void { this.#kept.set(key, token); }
  }
  const cache = new Redis();
  const time = clock();
  const token = await vapid({ cache, now: time.now }).token(A);
  assert.is(await vapid({ cache, now: time.now }).token(A), token);
});

caches('it is asked once for many at once, and not again while the token is young', async () => {
  let gets = 0;
  const cache: TokenCache = { get: async () => void gets++, set: () => {} };
  const own = vapid({ cache, now: () => NOW });
  await Promise.all([own.token(A), own.token(A), own.token(A)]);
  await own.token(A);
  assert.is(gets, 1);
});

caches.run();
