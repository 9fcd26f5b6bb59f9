/** `subtle-push serve`: what comes is kept, told and taken apart; trouble is as ordered. */
import { readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import {
  createRequest,
  createVapid,
  generateVapidKeys,
  isPushError,
  send,
} from '../../src/index.ts';
import type { MessageOptions, PushError, SendOptions, Subscription } from '../../src/index.ts';
import type { SubscriptionView, Summary } from '../../src/inbox/types.ts';
import { http2Fetch } from '../../src/node.ts';
import type { Command } from './cli_support.ts';
import { buildServe, openLive, startServe, type Served } from './inbox_support.ts';

const vapid = createVapid({ subject: 'mailto:ops@example.com', keys: await generateVapidKeys() });
const OPTIONS = { vapid, endpoints: 'any' } as const;

const plain = ({ endpoint, p256dh, auth }: SubscriptionView): Subscription => ({
  endpoint,
  keys: { p256dh, auth },
});

const failure = (
  subscription: SubscriptionView,
  options: Partial<SendOptions> = {},
): Promise<PushError> =>
  send(plain(subscription), 'x', { ...OPTIONS, ...options }).then(
    () => {
      throw new Error('It was taken');
    },
    (error: unknown) => {
      assert.ok(isPushError(error), String(error));
      return error;
    },
  );

let command: Command;
let served: Served;
const test = suite('inbox');

test.before(async () => {
  command = await buildServe();
  served = await startServe(command);
});

test.after(async () => {
  assert.is(await served.close(), 0);
  command.close();
});

/** The last push, as soon as the page is told of it. */
async function lastOf(act: () => Promise<unknown>): Promise<Summary> {
  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  const before = live.events.length;
  await act();
  const record = await live.until((events) =>
    events
      .slice(before)
      .flatMap((event) => (event.type === 'add' ? event.records : []))
      .at(-1),
  );
  live.close();
  return record;
}

test('says where it is and how to trust it, and keeps its certificate', async () => {
  assert.match(served.out(), `export NODE_EXTRA_CA_CERTS=${served.caFile}`);
  for (const name of ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'DENO_CERT', 'CURL_CA_BUNDLE']) {
    assert.match(served.out(), name);
  }
  const key = `${served.caFile.replace('authority', 'server')}`;
  assert.is(statSync(key).mode & 0o777, 0o600);
  const other = await startServe(command);
  assert.is(readFileSync(other.caFile, 'utf8'), served.ca);
  assert.is(await other.close(), 0);
});

test('a port that is taken is told in one sentence with the cure', async () => {
  const { port } = new URL(served.http);
  const { status, err } = await command.run([
    'serve',
    '--port',
    port,
    '--dir',
    command.path('other'),
  ]);
  assert.is(status, 1);
  assert.match(err, /^subtle-push: localhost:\d+ is in use: give another port with --port/);
});

for (const [what, args] of [
  ['a port out of range', ['--port', '70000']],
  ['a host that is none', ['--host', 'http://x/']],
  ['too many to keep', ['--keep', '1000000']],
  ['an unknown vendor', ['--imitate', 'nokia']],
] as const) {
  test(`refuses ${what}`, async () => {
    const { status, err } = await command.run(['serve', ...args]);
    assert.is(status, 2);
    assert.match(err, /^subtle-push: --/);
  });
}

test('a push over https, by HTTP/2 and a certificate that is checked', async () => {
  const subscription = await served.subscribe({ name: 'Phone' });
  assert.is(new URL(subscription.endpoint).origin, served.https);
  const fetch = http2Fetch({ addresses: 'any', ca: served.ca });
  const record = await lastOf(() =>
    send(plain(subscription), 'Grüße', { ...OPTIONS, fetch, topic: 'a' }),
  );
  await fetch.close();
  const { status, to, kind, preview, topic, state, coding } = record;
  assert.equal(
    { status, to, kind, preview, topic, state, coding },
    {
      status: 201,
      to: 'Phone',
      kind: 'text',
      preview: 'Grüße',
      topic: 'a',
      state: 'delivered',
      coding: 'aes128gcm',
    },
  );
});

for (const encrypt of [undefined, aesgcm.encrypt]) {
  test(`all of a push is taken apart (${encrypt ? 'aesgcm' : 'aes128gcm'})`, async () => {
    const subscription = await served.subscribe({ tls: false, key: vapid.publicKey });
    const { id } = await lastOf(() =>
      send(plain(subscription), '{"a":1}', {
        ...OPTIONS,
        encrypt,
        padTo: 40,
        urgency: 'low',
        ttl: 60,
      }),
    );
    const { data, fields, token, services, parts, values, body, answer } = await served.detail(id);
    assert.is(atob(data ?? ''), '{"a":1}');
    const ttl = fields.find(({ name }) => name === 'TTL');
    assert.equal(ttl, { name: 'TTL', value: '60', verdict: 'ok', text: '1 minute' });
    assert.ok(fields.some(({ name, value }) => name === 'Content-Encoding' && value));
    const found = new Map(token.map(({ name, verdict }) => [name, verdict]));
    for (const claim of ['aud', 'exp', 'sub', 'signature'])
      assert.is(found.get(claim), 'ok', claim);
    assert.is(services.length, 5);
    assert.ok(
      services.some(({ name, text }) => name === 'Mozilla (Firefox)' && text === 'takes it'),
    );
    const octets = parts.reduce((sum, { from, length }) => (assert.is(from, sum), sum + length), 0);
    assert.is(octets, atob(body).length);
    assert.ok(parts.some(({ name, length }) => name === 'padding' && length === 33));
    assert.is(values.find(({ name }) => name === 'CEK')?.hex.length, 32);
    assert.is(answer?.status, 201);
  });
}

/** A request changed on its way. */
async function tamper(
  subscription: SubscriptionView,
  change: (headers: Record<string, string>, body: Uint8Array | null) => void,
  options: MessageOptions = {},
): Promise<number> {
  const request = await createRequest(plain(subscription), 'x', { ...OPTIONS, ...options });
  const headers = { ...request.headers };
  change(headers, request.body);
  const { status } = await fetch(request.url, { ...request, headers });
  return status;
}

test('what is wrong or missing is said, and which services refuse it', async () => {
  const subscription = await served.subscribe();
  const missing = await lastOf(() => tamper(subscription, (headers) => delete headers['TTL']));
  assert.equal([missing.status, missing.reason, missing.kind], [400, 'missing-ttl', 'refused']);
  const detail = await served.detail(missing.id);
  assert.is(detail.fields.find(({ name }) => name === 'TTL')?.verdict, 'wrong');
  // What was in it is shown all the same.
  assert.is(atob(detail.data ?? ''), 'x');
  const refusing = detail.services
    .filter(({ verdict }) => verdict === 'wrong')
    .map(({ name }) => name);
  assert.ok(refusing.includes('Mozilla (Firefox)'), String(refusing));

  const flipped = await lastOf(() => tamper(subscription, (_, body) => void (body![100]! ^= 1)));
  assert.equal([flipped.status, flipped.kind], [201, 'broken']);
  assert.match((await served.detail(flipped.id)).unopened ?? '', 'something of it was changed');

  const bare = await lastOf(() =>
    tamper(subscription, (headers) => delete headers['Content-Encoding']),
  );
  assert.match((await served.detail(bare.id)).unopened ?? '', 'no Content-Encoding');
});

test('trouble: as ordered, for as many requests as ordered, then none', async () => {
  const subscription = await served.subscribe();
  const order = async (fault: object): Promise<PushError> => {
    assert.is((await served.act('fail', fault)).status, 200);
    return failure(subscription);
  };
  const limited = await order({ status: 429, retryAfter: 30 });
  assert.equal([limited.code, limited.retryAfter], ['ERR_RATE_LIMITED', 30_000]);
  assert.is((await order({ status: 503 })).code, 'ERR_UNAVAILABLE');
  assert.is((await order({ status: 410 })).code, 'ERR_SUBSCRIPTION_GONE');
  assert.is((await order({ status: 413 })).code, 'ERR_PAYLOAD_TOO_LARGE');
  assert.is((await order({ reset: 'before' })).code, 'ERR_NETWORK');
  assert.is((await order({ reset: 'after' })).sent, 'maybe');
  await served.act('fail', { delay: 60_000 });
  assert.is((await failure(subscription, { timeout: 50 })).code, 'ERR_TIMEOUT');
  await served.act('fail', { status: 503, times: 2 });
  assert.is((await failure(subscription)).status, 503);
  await served.act('calm');
  await send(plain(subscription), 'x', OPTIONS);
});

test('what was broken off is listed, and planned trouble is told as it is used up', async () => {
  const subscription = await served.subscribe();
  await served.act('fail', { reset: 'before' });
  const cut = await lastOf(() => failure(subscription));
  assert.equal([cut.status, cut.reason], [null, 'reset']);
  await served.act('fail', { delay: 60_000 });
  const live = await openLive(served);
  const left = await lastOf(() => failure(subscription, { timeout: 50 }));
  assert.equal([left.status, left.reason], [null, 'gave-up']);
  assert.is((await served.detail(left.id)).answer, null);
  await live.until((events) =>
    events.find((event) => event.type === 'side' && event.faults.length === 0));
  live.close();
});

test('what is no trouble is refused', async () => {
  for (const fault of [
    {},
    { status: 9 },
    { times: 0, status: 503 },
    { reset: 'x' },
    { delay: -1 },
  ]) {
    assert.is((await served.act('fail', fault)).status, 400, JSON.stringify(fault));
  }
});

test('subscriptions expire, change their key, and go', async () => {
  const subscription = await served.subscribe({ tls: false, key: vapid.publicKey });
  const { id } = subscription;
  await send(plain(subscription), 'x', OPTIONS);
  await served.act('change', { id, change: 'rotate' });
  assert.is((await failure(subscription)).code, 'ERR_KEY_MISMATCH');
  await served.act('change', { id, change: 'expire' });
  assert.is((await failure(subscription)).code, 'ERR_SUBSCRIPTION_GONE');
  assert.is((await served.act('change', { id, change: 'remove' })).status, 200);
  assert.is((await served.act('change', { id, change: 'remove' })).status, 404);
  assert.is((await served.act('change', { id, change: 'paint' })).status, 400);
  assert.is((await served.act('subscribe', { key: 'AAAA' })).status, 400);
});

test('there are 100 subscriptions at most; ended ones make room', async () => {
  const other = await startServe(command);
  const made: SubscriptionView[] = [];
  // One is there from the start.
  for (let i = 0; i < 99; i++) made.push(await other.subscribe());
  assert.is((await other.act('subscribe')).status, 429);
  await other.act('change', { id: made[5]?.id, change: 'expire' });
  assert.is((await other.act('subscribe')).status, 200);
  await other.close();
});

test('the last pushes are kept, told as JSON, downloaded and cleared', async () => {
  const other = await startServe(command, ['--json', '--keep', '5']);
  const subscription = await other.subscribe();
  for (let i = 1; i <= 8; i++) await send(plain(subscription), `push ${i}`, OPTIONS);
  const lines = other
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ text }) => text),
    Array.from({ length: 8 }, (_, i) => `push ${i + 1}`),
  );
  const response = await fetch(`${other.http}/inbox/api/download`);
  assert.match(
    response.headers.get('Content-Disposition') ?? '',
    'attachment; filename="pushes.json"',
  );
  const pushes = await response.json();
  assert.equal(
    pushes.map(({ text }: { text: string }) => text),
    [4, 5, 6, 7, 8].map((i) => `push ${i}`),
  );
  assert.equal(Object.keys(pushes[0]), [
    'id',
    'time',
    'to',
    'method',
    'url',
    'headers',
    'body',
    'text',
    'data',
    'status',
    'state',
  ]);
  // The command reads back what was downloaded.
  const file = command.file('one.json', JSON.stringify(pushes[0]));
  const inspected = await command.run(['inspect', '--endpoints', 'any', file]);
  assert.is(inspected.status, 0, inspected.err);
  const live = await openLive(other);
  const [add] = live.events.filter(({ type }) => type === 'add');
  await live.until((events) => events.find(({ type }) => type === 'side'));
  assert.ok(!add || add.type !== 'add' || add.oldest === 4);
  await other.act('clear');
  await live.until((events) => events.find(({ type }) => type === 'clear'));
  assert.equal(await (await fetch(`${other.http}/inbox/api/download`)).json(), []);
  assert.is((await fetch(`${other.http}/inbox/api/push?id=8`)).status, 404);
  live.close();
  await other.close();
});

/** Each vendor's own word for a push without a token. */
const VENDORS = [
  ['fcm', 400, 'UnauthorizedRegistration'],
  ['mozilla', 401, 'wpush/v2'],
  ['apple', 403, 'BadJwtToken'],
  ['wns', 401, 'JWT Authentication Failed'],
  ['ntfy', 200, ''],
] as const;

for (const [vendor, status, words] of VENDORS) {
  test(`refuses as ${vendor} does`, async () => {
    const other = await startServe(command, ['--imitate', vendor]);
    const { endpoint } = await other.subscribe({ tls: false, key: vapid.publicKey });
    const response = await fetch(endpoint, { method: 'POST', headers: { TTL: '60' } });
    const text = (await response.text()) + JSON.stringify([...response.headers]);
    assert.is(response.status, status);
    if (vendor !== 'mozilla') assert.match(text, words);
    else assert.match(new URL(endpoint).pathname, words);
    const detail = await other.detail(1);
    assert.is(detail.answer?.status, status);
    await other.close();
  });
}

test('a page hears of a push within 100 ms of its answer', async () => {
  const subscription = await served.subscribe();
  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  const times: number[] = [];
  for (let i = 0; i < 20; i++) {
    const text = `timed ${i}`;
    const heard = live
      .until((events) =>
        events
          .flatMap((event) => (event.type === 'add' ? event.records : []))
          .find(({ preview }) => preview === text),
      )
      .then(() => performance.now());
    await send(plain(subscription), text, OPTIONS);
    const answered = performance.now();
    times.push((await heard) - answered);
  }
  live.close();
  const median = times.toSorted((a, b) => a - b)[10] ?? Infinity;
  assert.ok(median < 100, `${median} ms`);
});

test.run();
