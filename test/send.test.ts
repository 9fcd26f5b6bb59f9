/** One attempt: what goes to `fetch`, what its answer or failure becomes (RFC 8030 section 5). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../src/index.ts';
import type { Attempt, Fetch, FetchResponse } from '../src/index.ts';
import {
  answer, CAPABILITY, ENDPOINT, failure, fetchOf, misused, ORIGIN, receiver, refused, SUBSCRIPTION,
  unchecked, vapid,
} from './core_support.ts';
import { decrypt } from '../src/receive.ts';

const HOLLOW = { vapid: null } as const;

const sending = suite('send');

sending('gives fetch one request that says everything', async () => {
  const { fetch, calls } = fetchOf({ headers: { Location: '/m/1' } });
  const accepted = await send(SUBSCRIPTION, 'Grüße 👋', { vapid: vapid(), fetch, ttl: 60 });
  assert.equal(accepted, { status: 201, location: `${ORIGIN}/m/1` });
  assert.is(calls.length, 1);
  const { url, init } = calls[0]!;
  assert.is(url, ENDPOINT);
  assert.is(init.method, 'POST');
  assert.is(init.redirect, 'manual');
  assert.instance(init.signal, AbortSignal);
  assert.is(init.headers['TTL'], '60');
  assert.match(init.headers['Authorization'] ?? '', /^vapid t=[\w.-]+, k=[\w-]{87}$/);
  const opened = await decrypt(init.body ?? new Uint8Array(), await receiver());
  assert.is(new TextDecoder().decode(opened), 'Grüße 👋');
});

sending('asks for no redirect to be followed, and takes none for success', async () => {
  for (const status of [301, 302, 303, 307, 308, 0]) {
    const { fetch, calls } = fetchOf(
      { status, headers: { Location: 'https://evil.example.net/' } },
    );
    const error = await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_REJECTED');
    assert.is(error.status, status);
    assert.is(calls.length, 1);
  }
});

sending('takes any 2xx for success and cancels its body unread', async () => {
  for (const status of [200, 201, 202, 204, 299]) {
    let cancelled = 0;
    const body = new ReadableStream<Uint8Array>({ cancel: () => void cancelled++ });
    const { fetch } = fetchOf({ status, body });
    assert.is((await send(SUBSCRIPTION, null, { ...HOLLOW, fetch })).status, status);
    assert.is(cancelled, 1, String(status));
  }
});

sending('a fetch is told the URL once, and its init is one that every fetch takes', async () => {
  const { fetch, calls } = fetchOf({ status: 201 });
  await send(SUBSCRIPTION, null, { ...HOLLOW, fetch });
  const { hear, ...init } = { hear: undefined, ...calls[0]?.init };
  assert.equal(Object.keys(init).sort(), ['body', 'headers', 'method', 'redirect', 'signal']);
  assert.ok(init.signal instanceof AbortSignal);
});

sending('lets nothing of a success that fails afterwards cost the outcome', async () => {
  const broken = (parts: object): Fetch => async () =>
    Object.defineProperties(answer(), Object.getOwnPropertyDescriptors(parts));
  const oddities: readonly object[] = [
    { headers: { get: (): never => { throw new Error('no headers'); } } },
    { headers: undefined },
    { headers: new Map() },
    { body: { cancel: (): never => { throw new Error('no cancel'); } } },
    { body: {} },
    { body: undefined },
    { get body(): never { throw new Error('no body'); } },
    { body: { cancel: () => Promise.reject(new Error('no cancel')) } },
  ];
  for (const parts of oddities) {
    const accepted = await send(SUBSCRIPTION, null, { ...HOLLOW, fetch: broken(parts) });
    assert.equal(accepted, { status: 201 });
  }
});

sending('takes what is no answer for none', async () => {
  // A mock that answers undefined is the commonest mistake in tests of other people's.
  for (const nothing of [undefined, null, 5, 'OK', {}, { status: '201' }]) {
    const attempts: Attempt[] = [];
    const fetch: Fetch = unchecked(() => nothing);
    const onAttempt = (attempt: Attempt): void => void attempts.push(attempt);
    const error = await refused(
      send(SUBSCRIPTION, null, { ...HOLLOW, fetch, onAttempt }), 'ERR_NETWORK',
    );
    assert.is(error.sent, 'maybe');
    assert.equal(attempts.map(({ code }) => code), ['ERR_NETWORK']);
  }
});

sending('turns what fetch throws, at once or later, into ERR_NETWORK with its cause', async () => {
  const boom = new TypeError('fetch failed');
  const throwing: readonly Fetch[] = [
    () => { throw boom; },
    () => Promise.reject(boom),
    async () => { throw boom; },
  ];
  for (const fetch of throwing) {
    const error = await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_NETWORK');
    assert.is(error.name, 'DeliveryError');
    assert.is(error.cause, boom);
    assert.is(error.sent, 'maybe');
    assert.is(error.origin, ORIGIN);
    assert.is(error.endpoint, ENDPOINT);
    assert.is(error.message, `Cannot reach ${ORIGIN}`);
  }
  for (const odd of [undefined, null, 'text', 0, Symbol('odd')]) {
    const fetch: Fetch = () => Promise.reject(odd);
    await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_NETWORK');
  }
});

sending('is not disturbed by errors whose own getters throw', async () => {
  for (const name of ['name', 'message', 'code', 'cause', 'stack', 'syscall', 'sent']) {
    for (const more of [{}, { name: 'PushError', code: 'ERR_NETWORK' }]) {
      const mean = Object.defineProperty(Object.assign(new Error('x'), more), name, {
        get: (): never => { throw new Error('mean'); },
      });
      for (const odd of [mean, new TypeError('fetch failed', { cause: mean })]) {
        const fetch: Fetch = () => Promise.reject(odd);
        const onAttempt = (): void => undefined;
        const failed = await refused(
          send(SUBSCRIPTION, null, { ...HOLLOW, fetch, onAttempt }), 'ERR_NETWORK', name,
        );
        assert.is(failed.sent, 'maybe', name);
        assert.is(failed.origin, ORIGIN, name);
        const encrypt = (): Promise<never> => Promise.reject(odd);
        const thrown = await failure(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, encrypt }));
        assert.is(thrown, odd, name);
      }
    }
  }
});

sending('says that nothing was sent only where the transport proves it', async () => {
  const of = (cause: object): Error => new TypeError('fetch failed', { cause });
  const sent: readonly (readonly [unknown, 'no' | 'maybe'])[] = [
    [of({ code: 'ECONNREFUSED', syscall: 'connect' }), 'no'],
    [of({ code: 'ENOTFOUND', syscall: 'getaddrinfo' }), 'no'],
    [Object.assign(new Error('x'), { code: 'ECONNREFUSED', syscall: 'connect' }), 'no'],
    [of({ code: 'ECONNRESET', syscall: 'read' }), 'maybe'],
    [of({ code: 'EPIPE', syscall: 'write' }), 'maybe'],
    [of({ code: 'UND_ERR_SOCKET' }), 'maybe'],
    [new TypeError('Load failed'), 'maybe'],
  ];
  for (const [reason, wanted] of sent) {
    const fetch: Fetch = () => Promise.reject(reason);
    const error = await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_NETWORK');
    assert.is(error.sent, wanted);
  }
});

sending('names the transport’s own code, and nothing that only looks like one', async () => {
  const codes: readonly (readonly [unknown, string])[] = [
    ['ECONNRESET', `Cannot reach ${ORIGIN}: ECONNRESET`],
    [`${CAPABILITY}`, `Cannot reach ${ORIGIN}`],
    [42, `Cannot reach ${ORIGIN}`],
    ['X'.repeat(41), `Cannot reach ${ORIGIN}`],
  ];
  for (const [code, message] of codes) {
    const fetch: Fetch = () => Promise.reject(Object.assign(new Error('x'), { code }));
    const error = await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_NETWORK');
    assert.is(error.message, message);
  }
});

sending('keeps the code of a fetch that knows ours', async () => {
  const own = Object.assign(new Error(`The name of ${ORIGIN} is private`), {
    name: 'PushError', code: 'ERR_ADDRESS_REFUSED', sent: 'no',
  });
  const fetch: Fetch = () => Promise.reject(own);
  const error = await refused(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch }), 'ERR_ADDRESS_REFUSED');
  assert.is(error.name, 'DeliveryError');
  assert.is(error.sent, 'no');
  assert.is(error.endpoint, ENDPOINT);
  assert.is(error.message, own.message);
});

sending('tells each attempt that reached the network, without any endpoint', async () => {
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt): void => void attempts.push(attempt);
  const { fetch } = fetchOf({ status: 201 }, { status: 503 });
  await send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, onAttempt });
  await refused(send(SUBSCRIPTION, null, { ...HOLLOW, fetch, onAttempt }), 'ERR_UNAVAILABLE');
  await refused(
    send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, onAttempt, expires: 1 }), 'ERR_EXPIRED',
  );
  const told = attempts.map(({ milliseconds, ...others }) => {
    assert.ok(milliseconds >= 0);
    return others;
  });
  assert.equal(told, [
    { origin: ORIGIN, code: undefined, status: 201, attempt: 1, bytes: 104 },
    { origin: ORIGIN, code: 'ERR_UNAVAILABLE', status: 503, attempt: 1, bytes: 0 },
  ]);
});

sending('is not disturbed by an onAttempt that throws, at once or later', async () => {
  const throwing: readonly (() => void)[] = [
    () => { throw new Error('metrics are down'); },
    async () => { throw new Error('metrics are down, later'); },
  ];
  for (const onAttempt of throwing) {
    const { fetch } = fetchOf({ status: 201 }, { status: 410 });
    assert.is((await send(SUBSCRIPTION, null, { ...HOLLOW, fetch, onAttempt })).status, 201);
    await refused(
      send(SUBSCRIPTION, null, { ...HOLLOW, fetch, onAttempt }), 'ERR_SUBSCRIPTION_GONE',
    );
  }
});

sending('calls nobody for what is wrong before sending', async () => {
  const { fetch, calls } = fetchOf();
  const gone = { endpoint: 'https://permanently-removed.invalid/fcm/send/x' };
  const keyless = { endpoint: ENDPOINT };
  await refused(send(gone, null, { ...HOLLOW, fetch }), 'ERR_SUBSCRIPTION_GONE');
  await refused(send(keyless, 'x', { ...HOLLOW, fetch }), 'ERR_SUBSCRIPTION_INVALID');
  await refused(send(unchecked(null), 'x', { ...HOLLOW, fetch }), 'ERR_SUBSCRIPTION_INVALID');
  await refused(
    send(SUBSCRIPTION, 'x'.repeat(3994), { ...HOLLOW, fetch }), 'ERR_PAYLOAD_TOO_LARGE',
  );
  await misused(send(SUBSCRIPTION, 'x', unchecked({ fetch })), TypeError, 'vapid');
  await misused(send(SUBSCRIPTION, unchecked({}), { ...HOLLOW, fetch }), TypeError, 'payload');
  await misused(send(SUBSCRIPTION, 'x', unchecked({ ...HOLLOW, fetch: 'no' })), TypeError, 'fetch');
  for (const timeout of [0, -1, NaN, '5', null]) {
    const options = unchecked<typeof HOLLOW>({ ...HOLLOW, fetch, timeout });
    await misused(send(SUBSCRIPTION, 'x', options), RangeError, `timeout ${String(timeout)}`);
  }
  assert.equal(calls, []);
});

sending('takes a timeout that no timer takes', async () => {
  for (const timeout of [2 ** 31, 1e300, Infinity]) {
    const { fetch } = fetchOf();
    assert.is((await send(SUBSCRIPTION, null, { ...HOLLOW, fetch, timeout })).status, 201);
  }
});

sending('rejects with what a caller’s own getter throws, and does not throw at once', async () => {
  const own = new Error('the row is closed');
  const rows: readonly object[] = [
    { get endpoint(): string { throw own; } },
    new Proxy({}, { getPrototypeOf: () => { throw own; } }),
    { endpoint: ENDPOINT, get keys(): never { throw own; } },
  ];
  for (const row of rows) {
    const { fetch, calls } = fetchOf();
    assert.is(await failure(send(unchecked(row), 'x', { ...HOLLOW, fetch })), own);
    assert.equal(calls, []);
  }
});

sending('uses the host’s fetch when none is given', async () => {
  const host = unchecked<{ fetch: unknown }>(globalThis);
  const before = host.fetch;
  const urls: string[] = [];
  try {
    host.fetch = async (url: string): Promise<FetchResponse> => {
      urls.push(url);
      return answer();
    };
    await send(SUBSCRIPTION, null, HOLLOW);
  } finally {
    host.fetch = before;
  }
  assert.equal(urls, [ENDPOINT]);
});

sending.run();
