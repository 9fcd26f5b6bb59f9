/** The push service over HTTP: any client, plain and TLS, HTTP/1.1 and HTTP/2. */
import { connect as connectHttp2 } from 'node:http2';
import { request as requestHttps } from 'node:https';
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createVapid, generateVapidKeys, isPushError, send } from '../../src/index.ts';
import { http2Fetch, listen, nodeEncrypt } from '../../src/node.ts';
import { createPushService } from '../../src/service.ts';

const test = suite('listen');

async function server(tls: boolean): Promise<{
  readonly service: ReturnType<typeof createPushService>;
  readonly listening: Awaited<ReturnType<typeof listen>>;
}> {
  const service = createPushService();
  return { service, listening: await listen(service, { tls }) };
}

const keys = await generateVapidKeys();
const vapid = createVapid({ subject: 'mailto:ops@example.com', keys });

for (const tls of [false, true]) {
  test(`a push by http2Fetch over ${tls ? 'TLS and HTTP/2' : 'plain HTTP/1.1'}`, async () => {
    const { service, listening } = await server(tls);
    const fetch = http2Fetch({ addresses: 'any', ca: listening.ca });
    try {
      const subscription = await service.subscribe({ applicationServerKey: vapid.publicKey });
      assert.is(new URL(subscription.endpoint).origin, listening.url);
      const options = { vapid, fetch, endpoints: 'any', encrypt: nodeEncrypt } as const;
      const accepted = await send(subscription, 'Grüße', options);
      assert.is(accepted.status, 201);
      assert.is(new URL(accepted.location ?? '').origin, listening.url);
      assert.is((await subscription.next()).text(), 'Grüße');
    } finally {
      await fetch.close();
      await listening.close();
    }
  });

  test(`a connection that is to break does (${tls ? 'HTTP/2' : 'HTTP/1.1'})`, async () => {
    const { service, listening } = await server(tls);
    const fetch = http2Fetch({ addresses: 'any', ca: listening.ca });
    try {
      const subscription = await service.subscribe();
      const options = { vapid, fetch, endpoints: 'any' } as const;
      service.fail({ reset: 'after' });
      const error = await send(subscription, 'x', options).catch((reason: unknown) => reason);
      assert.ok(isPushError(error) && error.code === 'ERR_NETWORK' && error.sent === 'maybe');
      assert.is((await subscription.next()).text(), 'x');
      service.fail({ reset: 'before' });
      await send(subscription, 'y', options).then(() => assert.unreachable(), () => undefined);
      assert.is(subscription.messages.length, 1);
    } finally {
      await fetch.close();
      await listening.close();
    }
  });
}

test('HTTP/1.1 over TLS, as most libraries speak it', async () => {
  const { service, listening } = await server(true);
  try {
    const { endpoint } = await service.subscribe();
    const status = await new Promise((resolve, reject) => {
      const headers = { TTL: '60', 'Content-Length': '0' };
      const request = requestHttps(endpoint, { method: 'POST', ca: listening.ca, headers });
      request.on('response', (response) => resolve(response.resume().statusCode));
      request.on('error', reject).end();
    });
    assert.is(status, 201);
  } finally {
    await listening.close();
  }
});

test('a body over the limit is refused, and the server stays', async () => {
  const { service, listening } = await server(false);
  try {
    const { endpoint } = await service.subscribe();
    const body = new Uint8Array(200_000);
    const answer = await fetch(endpoint, { method: 'POST', headers: { TTL: '60' }, body })
      .then(({ status }) => status, () => 'reset');
    assert.ok(answer === 413 || answer === 'reset', String(answer));
    const next = await fetch(endpoint, { method: 'POST', headers: { TTL: '60' } });
    assert.is(next.status, 201);
  } finally {
    await listening.close();
  }
});

test('close cuts what is open, half requests and idle sessions too', async () => {
  const { listening } = await server(true);
  const session = connectHttp2(listening.url, listening.ca ? { ca: listening.ca } : {});
  session.on('error', () => undefined);
  await new Promise((resolve) => session.once('connect', resolve));
  const closed = new Promise((resolve) => session.once('close', resolve));
  await listening.close();
  await closed;

  const plain = await server(false);
  const socket = connect(Number(new URL(plain.listening.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Le');
  const gone = new Promise((resolve) => socket.once('close', resolve));
  await plain.listening.close();
  await gone;
});

test('a port that is taken is told as the system says it', async () => {
  const { listening } = await server(false);
  const port = Number(new URL(listening.url).port);
  const error = await listen(createPushService(), { port }).catch((reason: unknown) => reason);
  assert.match(String(error), /EADDRINUSE/);
  await listening.close();
});

test.run();
