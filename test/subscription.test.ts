/** Subscriptions: every shape that people store, hostile ones, names and topics out of them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  createRequest, encrypt, parseSubscription, send, subscriptionId, topicFrom,
} from '../src/index.ts';
import type { Subscription } from '../src/index.ts';
import {
  BAD_POINTS, ENDPOINT, failure, fetchOf, GOOD_POINT, KEYS, refused, SUBSCRIPTION, unchecked,
} from './core_support.ts';
import { encodeBase64url } from '../src/lib/base64url.ts';

const base64 = (text: string): string => text.replace(/-/g, '+').replace(/_/g, '/');

/** As a browser's PushSubscription: members on the prototype, keys behind a method, toJSON. */
class LiveSubscription {
  get endpoint(): string { return ENDPOINT; }
  get expirationTime(): null { return null; }
  getKey(): ArrayBuffer { return new ArrayBuffer(65); }
  toJSON(): object { return { endpoint: ENDPOINT, expirationTime: null, keys: { ...KEYS } }; }
}

const shapes = suite('parseSubscription: shapes');

shapes('JSON text, objects, live subscriptions and flat rows give the same', () => {
  const inputs: readonly unknown[] = [
    JSON.stringify(SUBSCRIPTION), SUBSCRIPTION, new LiveSubscription(),
    { endpoint: ENDPOINT, expirationTime: null, ...KEYS },
    { id: 7, user_id: 3, endpoint: ENDPOINT, expirationTime: null, ...KEYS, created: new Date() },
    { endpoint: ENDPOINT, expirationTime: null, keys: { ...KEYS, more: 'x' }, extra: {} },
    Object.assign(Object.create(null), { endpoint: ENDPOINT, expirationTime: null, keys: KEYS }),
    ` \n${JSON.stringify({ endpoint: ENDPOINT, expirationTime: null, ...KEYS })}\n`,
    new Proxy({ ...SUBSCRIPTION }, {}),
    Object.freeze({ ...SUBSCRIPTION, keys: Object.freeze({ ...KEYS }) }),
  ];
  for (const input of inputs) assert.equal(parseSubscription(input), SUBSCRIPTION);
});

shapes('a class of the caller’s own, with getters, is read through its prototype', () => {
  class Row {
    get endpoint(): string { return ENDPOINT; }
    get p256dh(): string { return KEYS.p256dh; }
    get auth(): string { return KEYS.auth; }
  }
  assert.equal(parseSubscription(new Row()), { endpoint: ENDPOINT, keys: KEYS });
});

shapes('the result is fresh, and of the three known members only', () => {
  const keys = { ...KEYS };
  const row = { ...SUBSCRIPTION, keys, contentEncoding: 'aesgcm' };
  const parsed = parseSubscription(row);
  assert.is.not(parsed, row);
  assert.is.not(parsed.keys, keys);
  assert.equal(Object.keys(parsed).sort(), ['endpoint', 'expirationTime', 'keys']);
  assert.equal(parseSubscription(parsed), parsed);
});

shapes('keys in either alphabet, padded or not, come out as base64url', () => {
  const forms: readonly { p256dh: string; auth: string }[] = [
    { p256dh: base64(KEYS.p256dh), auth: base64(KEYS.auth) },
    { p256dh: `${KEYS.p256dh}=`, auth: `${KEYS.auth}==` },
    { p256dh: `${base64(KEYS.p256dh)}=`, auth: `${base64(KEYS.auth)}==` },
  ];
  for (const keys of forms) assert.equal(parseSubscription({ ...SUBSCRIPTION, keys }).keys, KEYS);
});

shapes('without keys it is a subscription too, for pushes without payload', async () => {
  for (const keys of [undefined, null, {}, { p256dh: null, auth: null }]) {
    assert.equal(parseSubscription({ endpoint: ENDPOINT, keys }), { endpoint: ENDPOINT });
  }
  const bare = { endpoint: ENDPOINT };
  const { fetch } = fetchOf();
  assert.is((await send(bare, null, { vapid: null, fetch })).status, 201);
  for (const work of [encrypt(bare, 'x'), createRequest(bare, 'x', { vapid: null })]) {
    assert.match((await refused(work, 'ERR_SUBSCRIPTION_INVALID')).message, 'without payload');
  }
});

shapes('an expiration time is milliseconds or null; one that is past is fine', async () => {
  for (const expirationTime of [null, 0, 1, 1_700_000_000_000, 1e15]) {
    assert.equal(
      parseSubscription({ endpoint: ENDPOINT, expirationTime }).expirationTime, expirationTime,
    );
  }
  for (const expirationTime of ['1700000000000', -1, NaN, true, {}, new Date()]) {
    await refused(
      () => parseSubscription({ endpoint: ENDPOINT, expirationTime }), 'ERR_SUBSCRIPTION_INVALID',
    );
  }
});

const hostile = suite('parseSubscription: hostile');

hostile('what is no object, or JSON of none', async () => {
  const inputs: readonly unknown[] = [
    undefined, null, true, 0, NaN, 5n, '', 'null', '"x"', '[]', '5', '{', '{}', 'undefined',
    '[object Object]',
    ENDPOINT, Symbol('x'), () => ({}), [], [SUBSCRIPTION], new Map(Object.entries(SUBSCRIPTION)),
    new Date(),
    JSON.stringify(JSON.stringify(SUBSCRIPTION)), '['.repeat(100_000), '{"a":'.repeat(10_000),
    { toJSON: () => null }, { toJSON: () => 'x' }, { toJSON: () => undefined },
  ];
  for (const input of inputs) {
    await refused(() => parseSubscription(input), 'ERR_SUBSCRIPTION_INVALID', String(input));
  }
});

hostile('points: 65 bytes, 0x04, coordinates under p, on the curve, at every door', async () => {
  const bad: readonly unknown[] = [
    ...Object.values(BAD_POINTS).map(encodeBase64url), undefined, null, 5, {}, [], '=', 'é',
    'A'.repeat(88),
    `${KEYS.p256dh}\n`, ` ${KEYS.p256dh}`, `${KEYS.p256dh.slice(0, -1)}`, `${KEYS.p256dh}==`,
    // The same bytes but for bits that belong to none.
    `${KEYS.p256dh.slice(0, -1)}5`,
  ];
  for (const p256dh of bad) {
    const row = unchecked<Subscription>({ endpoint: ENDPOINT, keys: { ...KEYS, p256dh } });
    const flat = { endpoint: ENDPOINT, ...KEYS, p256dh };
    for (const input of [row, flat, JSON.stringify(row), { toJSON: () => row }]) {
      await refused(() => parseSubscription(input), 'ERR_SUBSCRIPTION_INVALID', String(p256dh));
    }
    const { fetch, calls } = fetchOf();
    await refused(encrypt(row, 'x'), 'ERR_SUBSCRIPTION_INVALID', String(p256dh));
    await refused(createRequest(row, null, { vapid: null }), 'ERR_SUBSCRIPTION_INVALID');
    await refused(send(row, 'x', { vapid: null, fetch }), 'ERR_SUBSCRIPTION_INVALID');
    assert.equal(calls, []);
  }
  const good = encodeBase64url(GOOD_POINT);
  assert.is(
    parseSubscription({ ...SUBSCRIPTION, keys: { ...KEYS, p256dh: good } }).keys?.p256dh, good,
  );
});

hostile('RFC 8291 3.2: auth is 16 bytes', async () => {
  const lengths = [0, 1, 12, 15, 17, 24, 32, 65].map(
    (length) => encodeBase64url(new Uint8Array(length)),
  );
  const others = [undefined, null, 5, {}, `${KEYS.auth}=`, `${KEYS.auth} `, `${KEYS.auth}h`];
  for (const auth of [...lengths, ...others]) {
    const row = unchecked<Subscription>({ endpoint: ENDPOINT, keys: { ...KEYS, auth } });
    await refused(() => parseSubscription(row), 'ERR_SUBSCRIPTION_INVALID', String(auth));
    await refused(encrypt(row, 'x'), 'ERR_SUBSCRIPTION_INVALID', String(auth));
  }
});

hostile('keys that are no object', async () => {
  for (const keys of ['', 'x', 0, 5, true, false, () => KEYS]) {
    const row = { endpoint: ENDPOINT, keys };
    await refused(() => parseSubscription(row), 'ERR_SUBSCRIPTION_INVALID', String(keys));
  }
});

hostile('no message tells a key, a secret or an endpoint', async () => {
  const p256dh = encodeBase64url(new Uint8Array(65).fill(7));
  for (const keys of [{ ...KEYS, p256dh }, { ...KEYS, auth: p256dh }]) {
    const error = await refused(
      () => parseSubscription({ endpoint: ENDPOINT, keys }), 'ERR_SUBSCRIPTION_INVALID',
    );
    assert.not.match(JSON.stringify(error), p256dh);
    assert.not.match(String(error.stack), ENDPOINT.slice(30));
    assert.is(error.cause, undefined);
  }
});

hostile('__proto__ in JSON gives nothing', async () => {
  const full = JSON.stringify(SUBSCRIPTION);
  await refused(() => parseSubscription(`{"__proto__":${full}}`), 'ERR_SUBSCRIPTION_INVALID');
  await refused(
    () => parseSubscription(JSON.parse(`{"__proto__":${full}}`)), 'ERR_SUBSCRIPTION_INVALID',
  );
  const keyless = JSON.parse(
    `{"endpoint":"${ENDPOINT}","keys":{"__proto__":${JSON.stringify(KEYS)}}}`,
  );
  assert.equal(parseSubscription(keyless), { endpoint: ENDPOINT });
  const inherited: unknown = Object.setPrototypeOf({}, SUBSCRIPTION);
  assert.equal(
    parseSubscription(inherited), SUBSCRIPTION, 'a prototype of the caller’s own is theirs',
  );
});

hostile('a polluted Object.prototype gives nothing', async () => {
  const shared = unchecked<Record<string, unknown>>(Object.prototype);
  const polluted = {
    ...SUBSCRIPTION, ...KEYS, toJSON: (): object => ({ endpoint: 'https://evil.example.net/' }),
  };
  const { endpoint, ...others } = polluted;
  try {
    Object.assign(shared, others);
    assert.equal(parseSubscription({ endpoint: ENDPOINT }), { endpoint: ENDPOINT });
    assert.equal(parseSubscription(`{"endpoint":"${ENDPOINT}"}`), { endpoint: ENDPOINT });
    shared['endpoint'] = endpoint;
    await refused(() => parseSubscription({}), 'ERR_SUBSCRIPTION_INVALID');
    await refused(() => subscriptionId(unchecked({})), 'ERR_SUBSCRIPTION_INVALID');
    await refused(encrypt(unchecked({ keys: KEYS }), 'x'), 'ERR_SUBSCRIPTION_INVALID');
  } finally {
    for (const name of Object.keys(polluted)) delete shared[name];
  }
});

hostile('every member is read once: a getter that changes gets nowhere', async () => {
  const reads: Record<string, number> = {};
  const count = <T>(name: string, value: T): T => {
    reads[name] = (reads[name] ?? 0) + 1;
    return value;
  };
  const row = {
    get endpoint(): string {
      return count('endpoint', reads['endpoint'] ? 'https://10.0.0.1/' : ENDPOINT);
    },
    get expirationTime(): null { return count('expirationTime', null); },
    get keys(): object {
      return count('keys', {
        get p256dh(): string { return count('p256dh', reads['p256dh'] ? 'x' : KEYS.p256dh); },
        get auth(): string { return count('auth', reads['auth'] ? 'x' : KEYS.auth); },
      });
    },
  };
  const { fetch, calls } = fetchOf();
  await send(unchecked(row), 'x', { vapid: null, fetch });
  assert.is(calls[0]?.url, ENDPOINT);
  assert.equal(reads, { endpoint: 1, expirationTime: 1, keys: 1, p256dh: 1, auth: 1 });
});

hostile('what the caller’s own getter throws comes through as it is', async () => {
  const own = new Error('the row is closed');
  const rows: readonly unknown[] = [
    { get endpoint(): never { throw own; } }, { toJSON: () => { throw own; } },
    new Proxy({}, { get: () => { throw own; }, getOwnPropertyDescriptor: () => { throw own; } }),
  ];
  for (const row of rows) assert.is(await failure(() => parseSubscription(row)), own);
});

const names = suite('subscriptionId and topicFrom');

names('an id is 43 characters of base64url, the same for the same endpoint only', async () => {
  assert.is(subscriptionId({ endpoint: 'https://push.example.com/abc' }),
    subscriptionId({ endpoint: 'https://push.example.com/abc', keys: KEYS, expirationTime: 5 }));
  assert.match(subscriptionId(SUBSCRIPTION), /^[\w-]{43}$/);
  assert.is.not(subscriptionId(SUBSCRIPTION), subscriptionId({ endpoint: `${ENDPOINT}x` }));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ENDPOINT));
  assert.is(subscriptionId(SUBSCRIPTION), encodeBase64url(new Uint8Array(digest)));
});

names('a row that is no subscription has no id', async () => {
  for (const row of [null, undefined, 5, 'x', {}, { endpoint: 5 }, { endpoint: 'ftp://x/' }]) {
    await refused(() => subscriptionId(unchecked(row)), 'ERR_SUBSCRIPTION_INVALID');
  }
  // A stored row keeps its id where the policy or the browser has since changed its mind.
  assert.match(subscriptionId({ endpoint: 'https://permanently-removed.invalid/' }), /^[\w-]{43}$/);
});

names('a topic is 32 characters that every push service takes, Apple too', () => {
  for (const text of ['', 'chat:42', 'Grüße 👋', 'x'.repeat(10_000)]) {
    assert.match(topicFrom(text), /^[\w-]{32}$/);
    assert.is(topicFrom(text), topicFrom(text));
  }
  assert.is.not(topicFrom('a'), topicFrom('b'));
});

shapes.run();
hostile.run();
names.run();
