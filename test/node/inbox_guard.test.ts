/** Who may see the inbox, and what may be changed by whom: its own page on this machine, nobody else. */
import { connect } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Command } from './cli_support.ts';
import { buildServe, raw, startServe, type Served } from './inbox_support.ts';

let command: Command;
let served: Served;
const test = suite('inbox guard');

test.before(async () => {
  command = await buildServe();
  served = await startServe(command);
});

test.after(async () => {
  await served.close();
  command.close();
});

const PAGES = [
  '/',
  '/inbox/app.js',
  '/inbox/style.css',
  '/inbox/api/live',
  '/inbox/api/push?id=1',
  '/inbox/api/download',
  '/inbox/api/clear',
  '/inbox/',
  '/favicon.ico',
];
const ACTIONS = ['subscribe', 'change', 'fail', 'calm', 'clear'];

for (const host of [
  'evil.example',
  'localhost.evil.example',
  'evil.example:8030',
  '127.0.0.1.evil.example',
  '0.0.0.0',
  '192.168.1.1',
  '[::2]',
  'localhost@evil.example',
  'localhost, evil.example',
  'xlocalhost',
]) {
  test(`no page, file or data for Host ${JSON.stringify(host)} (DNS rebinding)`, async () => {
    for (const path of PAGES) {
      const { status, text } = await raw(served.http + path, { Host: host });
      assert.is(status, 421, path);
      assert.not.match(text, /p256dh|<script/);
    }
  });
}

test('no page without a Host', async () => {
  const socket = connect(Number(new URL(served.http).port), '127.0.0.1');
  const answer = new Promise<string>((done) => socket.once('data', (data) => done(String(data))));
  socket.write('GET / HTTP/1.0\r\n\r\n');
  assert.match(await answer, /^HTTP\/1\.1 421 /);
  socket.destroy();
});

test('every loopback name is taken', async () => {
  const { port } = new URL(served.http);
  for (const host of [
    'localhost',
    '127.0.0.1',
    '[::1]',
    'app.localhost',
    '127.1.2.3',
    'LOCALHOST',
  ]) {
    assert.is((await raw(`${served.http}/`, { Host: `${host}:${port}` })).status, 200, host);
  }
});

for (const origin of [
  'https://evil.example',
  'null',
  'http://localhost:1',
  'https://localhost',
  'http://127.0.0.1',
  'file://',
]) {
  test(`nothing for Origin ${origin}`, async () => {
    for (const path of PAGES)
      assert.is((await raw(served.http + path, { Origin: origin })).status, 403, path);
    for (const name of ACTIONS) {
      const headers = { Origin: origin, 'Content-Type': 'application/json' };
      const { status } = await raw(`${served.http}/inbox/api/${name}`, headers, 'POST', '{}');
      assert.is(status, 403, name);
    }
  });
}

test('nothing for what a browser fetches for another site, but a link leads to the page', async () => {
  for (const site of ['cross-site', 'same-site']) {
    for (const path of PAGES) {
      const headers = {
        'Sec-Fetch-Site': site,
        'Sec-Fetch-Mode': 'no-cors',
        'Sec-Fetch-Dest': 'script',
      };
      assert.is((await raw(served.http + path, headers)).status, 403, path);
    }
    const link = {
      'Sec-Fetch-Site': site,
      'Sec-Fetch-Mode': 'navigate',
      'Sec-Fetch-Dest': 'document',
    };
    assert.is((await raw(`${served.http}/`, link)).status, 200);
    assert.is((await raw(`${served.http}/`, { ...link, 'Sec-Fetch-Dest': 'iframe' })).status, 403);
    assert.is((await raw(`${served.http}/inbox/api/push?id=1`, link)).status, 403);
  }
});

test('changes are POST, of JSON, by its own page', async () => {
  const json = { 'Content-Type': 'application/json' };
  const own = { ...json, Origin: served.http };
  for (const name of ACTIONS) {
    const url = `${served.http}/inbox/api/${name}`;
    assert.is((await raw(url, own)).status, 405, name);
    assert.is((await raw(url, json, 'POST', '{}')).status, 403, name);
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data',
      '',
    ]) {
      const headers = { ...own, 'Content-Type': type };
      assert.is((await raw(url, headers, 'POST', '{}')).status, 415, `${name} ${type}`);
    }
    for (const body of [
      '',
      '{',
      '[',
      'null',
      '1',
      new Uint8Array([255]),
      `{"a":"${'x'.repeat(20_000)}"}`,
    ]) {
      assert.is((await raw(url, own, 'POST', body)).status, 400, name);
    }
  }
  assert.is((await raw(`${served.http}/inbox/api/calm`, own, 'POST', '{}')).status, 200);
});

test('other methods and paths are refused', async () => {
  assert.is((await raw(`${served.http}/`, {}, 'POST')).status, 405);
  assert.is((await raw(`${served.http}/inbox/api/live`, {}, 'PUT')).status, 404);
  for (const path of [
    '/inbox/api/',
    '/inbox/api/constructor',
    '/inbox/..%2f',
    '/inbox/api/push',
    '/inbox/%00',
  ]) {
    assert.is((await raw(served.http + path)).status, 404, path);
  }
  assert.is((await raw(`${served.http}/`, {}, 'HEAD')).text, '');
});

test('no script or style but its own files, nothing from elsewhere, in no frame', async () => {
  for (const path of PAGES.filter((name) => name !== '/inbox/api/live')) {
    const { headers } = await raw(served.http + path);
    const policy = headers['content-security-policy'];
    for (const rule of [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
      assert.match(String(policy), rule);
    assert.not.match(String(policy), 'unsafe');
    assert.is(headers['x-content-type-options'], 'nosniff');
    assert.is(headers['cross-origin-resource-policy'], 'same-origin');
    assert.is(headers['cache-control'], 'no-store');
    assert.is(headers['access-control-allow-origin'], undefined);
  }
});

test('any program may push; a page of this machine too, one of another site not', async () => {
  const { endpoint } = await served.subscribe();
  const post = (headers: Readonly<Record<string, string>>) =>
    raw(endpoint, { TTL: '60', ...headers }, 'POST');
  assert.is((await post({})).status, 201);
  assert.is((await post({ Host: 'push:8030' })).status, 201);
  assert.is((await post({ Origin: 'http://localhost:3000' })).status, 201);
  for (const origin of ['https://evil.example', 'null', 'http://localhost.evil.example']) {
    assert.is((await post({ Origin: origin })).status, 403, origin);
    const subscribe = await raw(`${served.http}/subscribe`, { Origin: origin }, 'POST');
    assert.is(subscribe.status, 403, origin);
  }
});

test.run();
