/** attachBrowsers by the protocols alone; test/browsers has the real ones. */
import { createHash, randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attachBrowsers, type Browsers } from '../../src/browsers.ts';
import { concat, property, utf8 } from '../../src/lib/bytes.ts';
import { createAutopush } from '../../src/lib/node/browsers/autopush.ts';
import { createCertificate } from '../../src/lib/node/certificate.ts';
import { type Gateway, openGateway } from '../../src/lib/node/browsers/gateway.ts';
import { createGcm } from '../../src/lib/node/browsers/gcm.ts';
import type { Hub } from '../../src/lib/node/browsers/hub.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import { createPushService, type PushService } from '../../src/service.ts';
import type { Bytes } from '../../src/types.ts';

const test = suite('browsers');
const CHANNEL = '6e1a2c1c-3b6d-4a5e-9d5f-0123456789ab';
/** The public key of RFC 8292 §2.4. */
const KEY =
  'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';

interface World {
  readonly service: PushService;
  readonly browsers: Browsers;
  readonly clock: { now: number };
}

async function withBrowsers(
  use: (world: World) => Promise<void>,
  options: Parameters<typeof attachBrowsers>[1] = {},
): Promise<void> {
  const clock = { now: Date.now() };
  const service = createPushService({ now: () => clock.now });
  const browsers = await attachBrowsers(service, options);
  try {
    await use({ service, browsers, clock });
  } finally {
    await browsers.close();
  }
}

/** Everything a socket brings, and how to wait for more of it. */
function collect(socket: Socket) {
  let bytes = Buffer.alloc(0);
  let closed = false;
  let wake = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  const until = async (enough: (bytes: Buffer) => boolean): Promise<Buffer> => {
    while (!closed && !enough(bytes)) await new Promise<void>((resolve) => (wake = resolve));
    return bytes;
  };
  return { until, ended: () => until(() => false) };
}

interface FakeFirefox {
  readonly say: (message: unknown) => void;
  /** The next message from the service. */
  readonly next: () => Promise<unknown>;
  readonly ended: () => Promise<Buffer>;
  readonly socket: Socket;
  readonly status: string;
}

/** A WebSocket to the service, before hello. */
async function openFirefox(browsers: Browsers, headers: string[] = []): Promise<FakeFirefox> {
  const { port, host } = new URL(browsers.url);
  const socket = connectTcp(Number(port), '127.0.0.1');
  const { until, ended } = collect(socket);
  const key = randomBytes(16).toString('base64');
  socket.write(['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', ...headers, '', ''].join('\r\n'));
  const answer = await until((bytes) => bytes.includes('\r\n\r\n'));
  let at = answer.indexOf('\r\n\r\n') + 4;
  const next = async (): Promise<unknown> => {
    const length = (bytes: Buffer): number => (bytes[at + 1] === 126 ? 4 : 2);
    const size = (bytes: Buffer): number =>
      length(bytes) === 4 ? bytes.readUInt16BE(at + 2) : bytes[at + 1]!;
    const bytes = await until((all) =>
      all.length >= at + 4 && all.length >= at + length(all) + size(all));
    if (bytes[at] !== 0x81) return `no text: ${bytes.subarray(at).toString('hex')}`;
    const start = at + length(bytes);
    at = start + size(bytes);
    return JSON.parse(bytes.subarray(start, at).toString());
  };
  const say = (message: unknown): void => {
    const data = Buffer.from(JSON.stringify(message));
    socket.write(Buffer.concat([Buffer.from([0x81, 0xfe, data.length >> 8, data.length & 255]),
      Buffer.alloc(4), data]));
  };
  return { say, next, ended, socket, status: answer.subarray(9, 12).toString() };
}

/** A browser with a subscription. */
async function subscribeFirefox(browsers: Browsers, key: string | undefined = undefined) {
  const firefox = await openFirefox(browsers);
  firefox.say({ messageType: 'hello', use_webpush: true, broadcasts: {}, pad: 'x'.repeat(100) });
  const uaid = String(property(await firefox.next(), 'uaid'));
  firefox.say({ messageType: 'register', channelID: CHANNEL, key, pad: 'x'.repeat(100) });
  const endpoint = String(property(await firefox.next(), 'pushEndpoint'));
  return { ...firefox, uaid, endpoint };
}

const empty = { method: 'POST', headers: { TTL: '60' } };
const packet = (tag: number, ...fields: Bytes[]): Bytes => {
  const body = concat(fields);
  return concat([new Uint8Array([tag]), p.encodeVarint(BigInt(body.length)), body]);
};

/** What a device is told at its first check-in. */
async function checkIn(browsers: Browsers): Promise<readonly [string, string]> {
  const body = p.varintField(14, 3);
  const response = await fetch(`${browsers.url}/checkin`, { method: 'POST', body });
  const fields = p.decodeFields(new Uint8Array(await response.arrayBuffer()))!;
  return [String(p.numberOf(fields, 7)), String(p.numberOf(fields, 8))];
}

async function register(browsers: Browsers, [id, secret]: readonly [string, string]) {
  const response = await fetch(`${browsers.url}/c2dm/register3`, {
    method: 'POST',
    headers: { Authorization: `AidLogin ${id}:${secret}` },
    body: new URLSearchParams({
      app: 'org.chromium.linux', 'X-subtype': 'wp:http://localhost/#1-V2', device: id, sender: KEY,
    }),
  });
  return (await response.text()).replace('token=', '');
}

/** Where Chromium is told to get its pushes from. */
function mcsPort({ chromium }: Browsers): number {
  const address = chromium.args.find((each) => each.startsWith('--gcm-mcs-endpoint='));
  return Number(new URL(address!.slice(19)).port);
}

test('Firefox: subscribed, pushed to over HTTP and in this process, acknowledged', async () => {
  const told: unknown[] = [];
  await withBrowsers(async ({ service, browsers }) => {
    const firefox = await subscribeFirefox(browsers);
    assert.ok(firefox.endpoint.startsWith(`${browsers.url}/wpush/v2/`));
    const first = await fetch(firefox.endpoint, empty);
    assert.is(first.status, 201);
    const location = first.headers.get('Location')!;
    const notification = await firefox.next();
    assert.is(property(notification, 'channelID'), CHANNEL);
    assert.is(property(notification, 'version'), location.split('/').at(-1));
    const acknowledged = browsers.acknowledged(location);
    const version = String(property(notification, 'version'));
    firefox.say({ messageType: 'ack', updates: [{ version, code: 101, pad: 'x'.repeat(100) }] });
    assert.equal(await acknowledged, { id: version, browser: 'firefox', code: 101 });
    const second = await service.fetch(firefox.endpoint, {
      ...empty, headers: { TTL: '60', 'Content-Encoding': 'aes128gcm' }, body: utf8('body'),
    });
    assert.is(second.status, 201);
    assert.is(property(await firefox.next(), 'data'), 'Ym9keQ');
  }, { onAcknowledge: (each) => told.push(each) });
  assert.is(told.length, 1);
});

test('Chromium: checked in, registered, pushed to at Google\'s and this address', async () => {
  await withBrowsers(async ({ service, browsers }) => {
    const who = await checkIn(browsers);
    const token = await register(browsers, who);
    const paths = ['https://jmt17.google.com/fcm/send', 'https://fcm.googleapis.com/fcm/send',
      'https://fcm.googleapis.com/wp', 'https://fcm.googleapis.com/preprod/wp'];
    const answers = [...paths, 'https://jmt17.google.com/other'].map(async (path) =>
      (await service.fetch(`${path}/${token}`, empty)).status);
    assert.equal(await Promise.all(answers), [401, 401, 401, 401, 404]);
    assert.is((await fetch(`${browsers.url}/fcm/send/${token}`, empty)).status, 401);
    const port = mcsPort(browsers);
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    const { until } = collect(socket);
    socket.write(concat([new Uint8Array([41]),
      packet(2, p.bytesField(3, who[0]), p.bytesField(5, who[1]))]));
    assert.is((await until((bytes) => bytes.length > 1))[0], 41);
    await browsers.ready({ browser: 'chromium' });
    const { publicKey } = socket.getPeerX509Certificate()!;
    const spki = publicKey.export({ type: 'spki', format: 'der' });
    const hash = createHash('sha256').update(spki).digest('base64');
    assert.ok(browsers.chromium.args.includes(`--ignore-certificate-errors-spki-list=${hash}`));
    socket.destroy();
  });
});

test('a subscription ends for every address of it when its page unsubscribes', async () => {
  await withBrowsers(async ({ service, browsers }) => {
    const [id, secret] = await checkIn(browsers);
    const token = await register(browsers, [id, secret]);
    await fetch(`${browsers.url}/c2dm/register3`, {
      method: 'POST',
      headers: { Authorization: `AidLogin ${id}:${secret}` },
      body: new URLSearchParams({ 'X-subtype': 'wp:http://localhost/#1-V2', delete: 'true' }),
    });
    const status = async (url: string): Promise<number> => (await service.fetch(url, empty)).status;
    assert.is(await status(`https://jmt17.google.com/fcm/send/${token}`), 404);
    assert.is(await status(`https://fcm.googleapis.com/wp/${token}`), 404);
  });
});

test('ready() and GET /ready wait for a browser, or for one of a kind', async () => {
  await withBrowsers(async ({ browsers }) => {
    const order: string[] = [];
    const page = fetch(`${browsers.url}/ready?browser=firefox`).then(({ status, headers }) => {
      order.push(`page ${status} ${headers.get('Access-Control-Allow-Origin')}`);
    });
    const late = await browsers.ready({ timeout: 0 }).catch((error: unknown) => error);
    assert.is(property(late, 'code'), 'ERR_TIMEOUT');
    const firefox = await subscribeFirefox(browsers);
    await page;
    await browsers.ready();
    assert.equal(order, ['page 204 *']);
    const other = browsers.ready({ browser: 'chromium', timeout: 0 });
    assert.is(property(await other.catch((e: unknown) => e), 'code'), 'ERR_TIMEOUT');
    const reason = new Error('enough');
    const aborted = browsers.ready({ browser: 'chromium', signal: AbortSignal.abort(reason) });
    assert.is(await aborted.catch((error: unknown) => error), reason);
    firefox.socket.destroy();
  });
});

test('what waited while browsers were cut off comes when they are back', async () => {
  await withBrowsers(async ({ service, browsers, clock }) => {
    const before = await subscribeFirefox(browsers);
    const back = browsers.disconnect();
    await before.ended();
    const refused = await openFirefox(browsers);
    assert.match((await refused.ended()).toString(), /^HTTP\/1\.1 503 /);
    const send = (headers: Record<string, string>) =>
      service.fetch(before.endpoint, { method: 'POST', headers });
    await send({ TTL: '60' });
    await send({ TTL: '0' });
    await send({ TTL: '600', Topic: 'score' });
    const last = await send({ TTL: '600', Topic: 'score' });
    clock.now += 61_000;
    back();
    back();
    const after = await openFirefox(browsers);
    after.say({ messageType: 'hello', uaid: before.uaid, pad: 'x'.repeat(100) });
    assert.is(property(await after.next(), 'uaid'), before.uaid);
    const id = last.headers.get('Location')!.split('/').at(-1);
    assert.is(property(await after.next(), 'version'), id);
    after.say({ messageType: 'ping', pad: 'x'.repeat(100) });
    assert.equal(await after.next(), {});
    after.socket.destroy();
  });
});

test('a message that the sender takes back is not delivered', async () => {
  await withBrowsers(async ({ service, browsers }) => {
    const firefox = await subscribeFirefox(browsers);
    await service.fetch(firefox.endpoint, empty);
    const held = await service.fetch(firefox.endpoint, empty);
    const answer = await fetch(held.headers.get('Location')!, { method: 'DELETE' });
    assert.is(answer.status, 204);
    const kept = await service.fetch(firefox.endpoint, empty);
    const version = String(property(await firefox.next(), 'version'));
    firefox.say({ messageType: 'ack', updates: [{ version, code: 100, pad: 'x'.repeat(100) }] });
    const id = kept.headers.get('Location')!.split('/').at(-1);
    assert.is(property(await firefox.next(), 'version'), id);
    firefox.socket.destroy();
  });
});

test('endpoints at an origin of the caller\'s, which tokens may be for', async () => {
  const origin = 'https://localhost:8031';
  await withBrowsers(async ({ service, browsers }) => {
    const firefox = await subscribeFirefox(browsers);
    assert.ok(firefox.endpoint.startsWith(`${origin}/wpush/v2/`));
    assert.is((await service.fetch(firefox.endpoint, empty)).status, 201);
    assert.ok(browsers.initScript.includes(JSON.stringify(origin)));
    firefox.socket.destroy();
  }, { origin });
  for (const bad of ['localhost', 'https://localhost/path', '']) {
    const attaching = attachBrowsers(createPushService(), { origin: bad });
    assert.instance(await attaching.catch((error: unknown) => error), TypeError, bad);
  }
});

test('after close() pushes find nothing, and nobody listens', async () => {
  const service = createPushService();
  const browsers = await attachBrowsers(service);
  const firefox = await subscribeFirefox(browsers);
  await browsers.close();
  await firefox.ended();
  const gone = await service.fetch(firefox.endpoint, empty);
  assert.is(gone.status, 404);
  const error = await fetch(`${browsers.url}/ready`).catch((reason: unknown) => reason);
  assert.instance(error, TypeError);
});

test('new endpoints of the service stay where they were', async () => {
  for (const origin of ['https://push.example.net', undefined]) {
    const service = createPushService({ origin });
    const before = await service.subscribe();
    const browsers = await attachBrowsers(service);
    const after = await service.subscribe();
    assert.is(new URL(after.endpoint).origin, new URL(before.endpoint).origin);
    assert.is((await service.fetch(after.endpoint, empty)).status, 201);
    await browsers.close();
  }
});

/** A request as no fetch sends it. */
function ask(browsers: Browsers, path: string, headers: Record<string, string>): Promise<number> {
  const { port } = new URL(browsers.url);
  return new Promise((resolve, reject) => {
    const options = { port, host: '127.0.0.1', path, method: 'POST', headers, agent: false };
    httpRequest(options, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject).end();
  });
}

test('takes only this machine\'s names as Host, and no page\'s requests for browsers', async () => {
  await withBrowsers(async ({ browsers }) => {
    const { host, port } = new URL(browsers.url);
    for (const name of ['evil.example', `127.0.0.1.evil.example:${port}`, 'localhost.evil']) {
      assert.is(await ask(browsers, '/checkin', { Host: name }), 421, name);
    }
    for (const name of [host, `localhost:${port}`, 'LOCALHOST', '[::1]:80', 'app.localhost']) {
      assert.is(await ask(browsers, '/checkin', { Host: name }), 200, name);
    }
    const Origin = 'https://evil.example';
    assert.is(await ask(browsers, '/checkin', { Host: host, Origin }), 403);
    assert.is(await ask(browsers, '/c2dm/register3', { Host: host, Origin }), 403);
    assert.is(await ask(browsers, '//[', { Host: host }), 400);
    for (const field of [`Origin: ${Origin}`, 'Origin: null', 'Origin: http://localhost:1']) {
      const page = await openFirefox(browsers, [field]);
      assert.match((await page.ended()).toString(), /^HTTP\/1\.1 403 /, field);
    }
    const own = await openFirefox(browsers, [`Origin: ws://${host}/`]);
    own.say({ messageType: 'hello', pad: 'x'.repeat(120) });
    assert.is(property(await own.next(), 'status'), 200);
    own.socket.destroy();
  });
});

test('too long a body is refused', async () => {
  await withBrowsers(async ({ browsers }) => {
    const body = 'x'.repeat(200_000);
    for (const path of ['/checkin', '/c2dm/register3', '/wpush/v2/x']) {
      const response = await fetch(browsers.url + path, { method: 'POST', body });
      assert.is(response.status, 413, path);
    }
  });
});

const nobody: Hub = {
  subscribe: () => ({ endpoint: '', unsubscribe: () => undefined }),
  isAlive: () => true,
  connected: () => undefined,
  disconnected: () => undefined,
  acknowledged: () => undefined,
};

/** The sockets alone; silent connections are closed after `patience` milliseconds. */
async function withGateway(
  patience: number,
  use: (gateway: Gateway, like: Browsers) => Promise<void>,
): Promise<void> {
  const certificate = await createCertificate({ names: ['127.0.0.1'] });
  const gateway = await openGateway({
    autopush: createAutopush(nobody), gcm: createGcm(nobody, Date.now), certificate, patience,
    handle: async () => new Response('pushed'), ready: async () => true, script: () => '',
  });
  try {
    await use(gateway, { url: `http://127.0.0.1:${gateway.httpPort}` } as Browsers);
  } finally {
    await gateway.close();
  }
}

test('of a thousand connections that say nothing 256 are taken, and pushes still are', async () => {
  await withGateway(600_000, async (_gateway, like) => {
    const silent = await Promise.all(Array.from({ length: 1000 }, () => openFirefox(like)));
    const statuses = silent.map(({ status }) => status);
    assert.is(statuses.filter((status) => status === '101').length, 256);
    assert.is(statuses.filter((status) => status === '503').length, 744);
    assert.is(await (await fetch(like.url)).text(), 'pushed');
  });
});

test('who does not say who it is is cut off in time, who did is not', async () => {
  await withGateway(2000, async ({ mcsPort }, like) => {
    const firefox = await openFirefox(like);
    firefox.say({ messageType: 'hello', pad: 'x'.repeat(120) });
    assert.is(property(await firefox.next(), 'status'), 200);
    const silent = await openFirefox(like);
    const tcp = collect(connectTcp(mcsPort, '127.0.0.1'));
    const port = { port: mcsPort, host: '127.0.0.1', rejectUnauthorized: false };
    const tls = collect(connectTls(port));
    const request = connectTcp(Number(new URL(like.url).port), '127.0.0.1');
    request.write('GET / HTTP/1.1\r\n');
    const http = collect(request);
    await Promise.all([silent, tcp, tls, http].map(({ ended }) => ended()));
    firefox.say({ messageType: 'ping', pad: 'x'.repeat(120) });
    assert.equal(await firefox.next(), {});
  });
});

test('a service of another make is refused', async () => {
  const { fetch, handle, subscribe, fail } = createPushService();
  const error = await attachBrowsers({ fetch, handle, subscribe, fail }).catch((e: unknown) => e);
  assert.instance(error, TypeError);
});

test('what browsers are started with', async () => {
  await withBrowsers(async ({ browsers }) => {
    const { port } = new URL(browsers.url);
    assert.ok(browsers.chromium.args.some((each) => each.startsWith('--host-resolver-rules=')));
    assert.is(browsers.firefox.preferences['dom.push.serverURL'], `ws://127.0.0.1:${port}/`);
    assert.is(browsers.firefox.env.MOZ_DISABLE_NONLOCAL_CONNECTIONS, '1');
    assert.equal(browsers.playwright().permissions, ['notifications']);
    const { firefoxUserPrefs, env } = browsers.playwright('firefox');
    assert.equal(firefoxUserPrefs, browsers.firefox.preferences);
    assert.is(env.PATH, process.env.PATH);
    const script = await (await fetch(`${browsers.url}/browsers.js`)).text();
    assert.is(script, browsers.initScript);
  });
  await withBrowsers(async ({ browsers }) => {
    assert.not.ok(browsers.chromium.args.some((each) => each.startsWith('--host-resolver-rules=')));
    assert.is(browsers.firefox.preferences['network.proxy.type'], undefined);
    assert.equal(browsers.firefox.env, {});
  }, { offline: false });
});

test.run();
