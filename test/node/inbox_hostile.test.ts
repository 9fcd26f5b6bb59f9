/** Bad input and silent connections: refused or bounded, and the service stays up. */
import { connect as connectHttp2 } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRequest } from '../../src/index.ts';
import type { Summary } from '../../src/inbox/types.ts';
import { createInbox } from '../../src/lib/node/inbox/inbox.ts';
import { serve } from '../../src/lib/node/listen.ts';
import { createPushService } from '../../src/service.ts';
import { prepare, served } from './inbox_served_support.ts';
import { openLive, raw } from './inbox_support.ts';

const test = suite('inbox hostile');
prepare(test);

async function takesPushes(): Promise<void> {
  const { endpoint } = await served.subscribe();
  assert.is((await raw(endpoint, { TTL: '60' }, 'POST')).status, 201);
}

test('oversized bodies are refused, by the push service and before it', async () => {
  const { endpoint } = await served.subscribe();
  for (const size of [4097, 131_072]) {
    const { status } = await raw(endpoint, { TTL: '60' }, 'POST', new Uint8Array(size));
    assert.is(status, 413, String(size));
  }
  const huge = await raw(endpoint, { TTL: '60' }, 'POST', new Uint8Array(20_000_000)).then(
    ({ status }) => status,
    () => 413,
  );
  assert.is(huge, 413);
  const fields = await raw(endpoint, { TTL: '60', 'X-Long': 'x'.repeat(17_000) }, 'POST').then(
    ({ status }) => status,
    () => 431,
  );
  assert.is(fields, 431);
  await takesPushes();
});

const NASTY = '<script>alert(1)</script><img src=x onerror=alert(1)>" onload="alert(1)\u202e';

test('script, directions and broken UTF-8 in every field are data and no more', async () => {
  const { endpoint, p256dh, auth } = await served.subscribe({ name: NASTY, tls: false });
  const request = await createRequest({ endpoint, keys: { p256dh, auth } }, `${NASTY}\0\u0007`, {
    vapid: null,
    endpoints: 'any',
  });
  const ascii = NASTY.replace('\u202e', '');
  const fields = {
    Topic: ascii,
    Urgency: ascii,
    Authorization: ascii,
    'Crypto-Key': ascii,
    'X-Any': ascii,
  };
  for (const [name, value] of Object.entries(fields)) {
    await raw(endpoint, { ...request.headers, [name]: value }, 'POST', request.body ?? undefined);
  }
  await raw(`${endpoint}/${encodeURI(ascii)}`, { TTL: '1' }, 'POST');
  // Octets over 127 in a field, as no library sends them.
  const { port } = new URL(served.http);
  const socket = connect(Number(port), '127.0.0.1');
  const answer = new Promise<string>((done) => socket.once('data', (data) => done(String(data))));
  socket.write(
    Buffer.concat([
      Buffer.from(
        `POST ${new URL(endpoint).pathname} HTTP/1.1\r\nHost: localhost\r\nTTL: 1\r\nTopic: `,
      ),
      Buffer.from([0xff, 0xfe, 0xe2, 0x80, 0xae]),
      Buffer.from('\r\nContent-Length: 0\r\n\r\n'),
    ]),
  );
  assert.match(await answer, /^HTTP\/1\.1 (201|400) /);
  socket.destroy();

  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  const records = live.events.flatMap((event): readonly Summary[] =>
    event.type === 'add' ? event.records : [],
  );
  for (const { id, preview, topic, to } of records) {
    assert.not.match(`${preview}${topic}${to}`, /[\u0000-\u001f\u202e]/);
    assert.is((await served.detail(id)).summary.id, id);
  }
  live.close();
  const page = await raw(`${served.http}/`);
  assert.not.match(page.text, 'alert');
});

test('a payload that is no UTF-8 is shown as octets', async () => {
  const { endpoint, p256dh, auth } = await served.subscribe();
  const subscription = { endpoint, keys: { p256dh, auth } };
  const request = await createRequest(subscription, new Uint8Array([255, 0, 128]), {
    vapid: null,
    endpoints: 'any',
  });
  await fetch(request.url, request);
  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  const last = live.events.flatMap((event) => (event.type === 'add' ? event.records : [])).at(-1);
  live.close();
  assert.equal([last?.kind, last?.preview], ['binary', 'ff 00 80']);
});

/** Connections that have said `text` and nothing more. */
async function silent(number: number, text: string): Promise<readonly Socket[]> {
  const { port } = new URL(served.http);
  return Promise.all(
    Array.from(
      { length: number },
      () =>
        new Promise<Socket>((done) => {
          const socket = connect(Number(port), '127.0.0.1', () => {
            socket.write(text);
            done(socket);
          });
          socket.on('error', () => done(socket));
        }),
    ),
  );
}

const HALF = 'POST /push/x HTTP/1.1\r\nHost: localhost\r\nContent-Len';
const SLOW = 'POST /push/x HTTP/1.1\r\nHost: localhost\r\nTTL: 1\r\nContent-Length: 4000\r\n\r\nx';
const UPGRADE =
  'GET /inbox/api/live HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n'
  + 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

for (const [what, number, text] of [
  ['that say nothing at all', 500, ''],
  ['with half a head', 500, HALF],
  ['with a slow body', 500, SLOW],
  ['that ask for a WebSocket and say nothing', 1000, UPGRADE],
] as const) {
  test(`${number} connections ${what}: pushes are taken all the while`, async () => {
    const sockets = await silent(number, text);
    await takesPushes();
    for (const socket of sockets) socket.destroy();
    await takesPushes();
  });
}

test('of 1,000 live connections that do not read 64 stay, and the rest are ended', async () => {
  let ended = 0;
  let tell = (): void => undefined;
  const enough = new Promise<void>((done) => (tell = done));
  const text = 'GET /inbox/api/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const sockets = await silent(1000, text);
  for (const socket of sockets) {
    socket.on('close', () => ++ended === 1000 - 64 && tell()).resume();
  }
  await enough;
  await takesPushes();
  assert.is(ended, 1000 - 64);
  for (const socket of sockets) socket.destroy();
  // The places are free again.
  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  live.close();
});

/** A server in this process, whose deadlines are short. */
for (const tls of [false, true]) {
  test(`half heads and slow bodies are cut off (${tls ? 'TLS' : 'plain'})`, async () => {
    const limits = { head: 60, body: 60 };
    const service = createPushService();
    const listening = await serve(service.handle, { tls, limits });
    const { port } = new URL(listening.url);
    for (const text of [HALF, SLOW]) {
      const socket = tls
        ? connectTls({
            port: Number(port),
            host: '127.0.0.1',
            ca: listening.ca,
            servername: 'localhost',
          })
        : connect(Number(port), '127.0.0.1');
      const closed = new Promise<void>((done) => socket.once('close', () => done()));
      socket.on('error', () => undefined).write(text);
      await closed;
    }
    const subscription = await service.subscribe();
    const url = listening.url + new URL(subscription.endpoint).pathname;
    // Slow is not late: an answer may take longer than a body.
    service.fail({ status: 503, delay: 120 });
    if (!tls) assert.is((await raw(url, { TTL: '1' }, 'POST')).status, 503);
    await listening.close();
  });
}

test('a slow body over HTTP/2 is cut off', async () => {
  const listening = await serve(createPushService().handle, {
    tls: true,
    limits: { head: 60, body: 60 },
  });
  const session = connectHttp2(listening.url, listening.ca ? { ca: listening.ca } : {});
  session.on('error', () => undefined);
  const stream = session.request(
    { ':method': 'POST', ':path': '/push/x', ttl: '1' },
    { endStream: false },
  );
  const closed = new Promise<void>((done) => stream.once('close', () => done()));
  stream
    .on('error', () => undefined)
    .resume()
    .write('x');
  await closed;
  session.destroy();
  await listening.close();
});

test('who goes away during a stall has no effect', async () => {
  const service = createPushService();
  const listening = await serve(service.handle);
  const subscription = await service.subscribe();
  const url = listening.url + new URL(subscription.endpoint).pathname;
  service.fail({ delay: 100 });
  const gone = new AbortController();
  const first = fetch(url, { method: 'POST', headers: { TTL: '1' }, signal: gone.signal });
  setTimeout(() => gone.abort(), 30);
  assert.is(
    await first.then(
      () => 'answered',
      () => 'aborted',
    ),
    'aborted',
  );
  // Longer than the first one stalled: had it taken effect, it would have by now.
  service.fail({ delay: 150 });
  assert.is((await fetch(url, { method: 'POST', headers: { TTL: '1' } })).status, 201);
  assert.is(subscription.messages.length, 1);
  await listening.close();
});

test('what is kept is bounded by octets too', async () => {
  const service = createPushService();
  const inbox = await createInbox(service, {
    about: { service: 'rfc8030', http: '', https: '', ca: '', keep: 100_000 },
    explain: () => Promise.reject(new Error('not asked for')),
  });
  const subscription = await service.subscribe();
  const headers = { TTL: '60', 'Content-Encoding': 'aes128gcm', 'X-Long': 'x'.repeat(15_000) };
  for (let i = 0; i < 2_100; i++) {
    await service.fetch(subscription.endpoint, {
      method: 'POST',
      headers,
      body: new Uint8Array(4_000),
    });
  }
  assert.ok(inbox.log.octets <= 67_108_864);
  assert.ok(inbox.log.records.size < 2_100 && inbox.log.records.size > 1_000);
  inbox.close();
});

test.run();
