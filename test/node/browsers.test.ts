/** attachBrowsers by the protocols alone; test/browsers has the real ones. */
import { createHash } from 'node:crypto';
import { connect as connectTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attachBrowsers, type Browsers } from '../../src/browsers.ts';
import { concat, property, utf8 } from '../../src/lib/bytes.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import { createPushService } from '../../src/service.ts';
import {
  CHANNEL, checkIn, collect, empty, openFirefox, register, subscribeFirefox, withBrowsers,
} from './browsers_support.ts';
import { packet } from './gcm_support.ts';

const test = suite('browsers');

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
