/** `subtle-push serve`: what comes is told at once and taken apart. */
import { readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import { createRequest, send } from '../../src/index.ts';
import type { MessageOptions } from '../../src/index.ts';
import type { SubscriptionView } from '../../src/inbox/types.ts';
import { http2Fetch } from '../../src/node.ts';
import { command, lastOf, OPTIONS, plain, prepare, served, vapid } from './inbox_served_support.ts';
import { openLive, startServe } from './inbox_support.ts';

const test = suite('inbox');
prepare(test);

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
