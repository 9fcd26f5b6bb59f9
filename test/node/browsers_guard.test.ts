/** What attachBrowsers does not let in: other names and pages, long bodies, silent connections. */
import { request as httpRequest } from 'node:http';
import { connect as connectTcp } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Browsers } from '../../src/browsers.ts';
import { property } from '../../src/lib/bytes.ts';
import { createAutopush } from '../../src/lib/node/browsers/autopush.ts';
import { createCertificate } from '../../src/lib/node/certificate.ts';
import { type Gateway, openGateway } from '../../src/lib/node/browsers/gateway.ts';
import { createGcm } from '../../src/lib/node/browsers/gcm.ts';
import type { Hub } from '../../src/lib/node/browsers/hub.ts';
import { collect, openFirefox, withBrowsers } from './browsers_support.ts';

const test = suite('browsers guard');

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

test.run();
