/** The server of docs/example, without a browser: rows, keys, sending, sessions, both stores. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Subscription } from '../../src/index.ts';
import { createPushService } from '../../src/service.ts';
import { skip } from '../support.ts';

interface Row {
  readonly id: string;
  readonly user: string;
  readonly key: string;
  readonly subscription: Subscription;
}

interface Store {
  row(id: string): Row | undefined;
  rows(user: string): Row[];
  put(row: Row): void;
  delete(id: string): void;
  setting(name: string): unknown;
  set(name: string, value: unknown): void;
  close(): void;
}

interface Push {
  rotate(): Promise<void>;
  key(): string;
  save(user: string, row: object): void;
  remove(user: string, endpoint: string): void;
  has(user: string, endpoint: string): boolean;
  notify(user: string, notification: object): Promise<object>;
}

interface Example {
  openFile(path: string): Store;
  openDatabase(database: unknown): Store;
  createPush(options: object): Promise<Push>;
  createApp(options: object): ReturnType<typeof createServer>;
}

/** As it stands: JavaScript that imports the package as it is built. */
async function load(): Promise<Example> {
  const modules = await Promise.all(['store.js', 'push.js', 'server.js'].map((name) =>
    import(pathToFileURL(resolve('docs', 'example', name)).href)));
  return Object.assign({}, ...modules);
}

const folder = mkdtempSync(join(tmpdir(), 'subtle-push-example-'));
let count = 0;
const place = (): string => join(folder, `${count++}.json`);

const ROW: Row = {
  id: '1', user: 'Ada', key: 'K', subscription: { endpoint: 'https://push.example.com/1' },
};

const stores = suite('example: store');

function useStore(store: Store): void {
  assert.is(store.row('1'), undefined);
  assert.is(store.setting('keys'), undefined);
  store.put(ROW);
  store.put({ ...ROW, id: '2', user: 'Bob' });
  store.put({ ...ROW, key: 'L' });
  assert.equal({ ...store.row('1') }, { ...ROW, key: 'L' });
  assert.equal(store.rows('Ada').map((row) => ({ ...row })), [{ ...ROW, key: 'L' }]);
  store.delete('1');
  store.delete('1');
  assert.equal(store.rows('Ada'), []);
  store.set('keys', [1]);
  store.set('keys', [{ a: 'x' }]);
  assert.equal(store.setting('keys'), [{ a: 'x' }]);
}

stores('a JSON file, which another process finds as it was left', async () => {
  const { openFile } = await load();
  const path = place();
  useStore(openFile(path));
  const again = openFile(path);
  assert.is(again.rows('Bob').length, 1);
  assert.equal(again.setting('keys'), [{ a: 'x' }]);
});

stores('a JSON file that cannot be read is not thrown away', async () => {
  const { openFile } = await load();
  const path = place();
  writeFileSync(path, '{"rows":[');
  assert.throws(() => openFile(path));
  assert.is(readFileSync(path, 'utf8'), '{"rows":[');
});

const sqlite = await import('node:sqlite' as string).catch(() => undefined);
if (!sqlite) skip(stores, 'node:sqlite', 'this Node has none');
else stores('node:sqlite', async () => {
  const { openDatabase } = await load();
  const store = openDatabase(new sqlite.DatabaseSync(':memory:'));
  useStore(store);
  store.close();
});

stores.run();

const pushing = suite('example: push');

interface World {
  readonly push: Push;
  readonly store: Store;
  readonly service: ReturnType<typeof createPushService>;
}

async function setup(): Promise<World> {
  const { createPush, openFile } = await load();
  const service = createPushService({ origin: 'https://push.example.com' });
  const store = openFile(place());
  const subject = 'mailto:ops@example.com';
  return { push: await createPush({ store, subject, fetch: service.fetch }), store, service };
}

pushing('sends to all rows of a user, each with the key that it was made with', async () => {
  const { push, store, service } = await setup();
  const devices = [];
  for (let i = 0; i < 2; i++) {
    const key = push.key();
    const subscription = await service.subscribe({ applicationServerKey: key });
    push.save('Ada', { subscription, key });
    devices.push(subscription);
    await push.rotate();
  }
  const notification = { title: 'T', navigate: 'https://app.example.com/', body: 'x'.repeat(9000) };
  assert.equal(await push.notify('Ada', notification), { sent: 2, gone: 0, failed: 0 });
  for (const device of devices) {
    assert.is(JSON.parse((await device.next()).text()).notification.title, 'T');
  }
  assert.equal(await push.notify('Bob', notification), { sent: 0, gone: 0, failed: 0 });
  devices[0]?.unsubscribe();
  assert.equal(await push.notify('Ada', notification), { sent: 1, gone: 1, failed: 0 });
  assert.is(store.rows('Ada').length, 1);
});

pushing('keys outlive the process', async () => {
  const { createPush, openFile } = await load();
  const path = place();
  const options = { store: openFile(path), subject: 'mailto:ops@example.com' };
  const { key } = await createPush(options);
  const again = await createPush({ ...options, store: openFile(path) });
  assert.is(again.key(), key());
});

pushing('a row is replaced, and belongs to who saved it', async () => {
  const { push, service } = await setup();
  const key = push.key();
  const old = await service.subscribe();
  push.save('Ada', { subscription: old, key });
  const now = await service.subscribe();
  push.save('Ada', { subscription: now, previous: old, key });
  assert.equal([push.has('Ada', old.endpoint), push.has('Ada', now.endpoint)], [false, true]);
  assert.not(push.has('Bob', now.endpoint));
  push.remove('Bob', now.endpoint);
  assert.ok(push.has('Ada', now.endpoint));
  push.save('Bob', { subscription: now, previous: now, key });
  assert.equal([push.has('Ada', now.endpoint), push.has('Bob', now.endpoint)], [false, true]);
});

pushing('what a server must not call, and a key of nobody, is refused', async () => {
  const { push, service } = await setup();
  const key = push.key();
  const subscription = await service.subscribe();
  for (const endpoint of ['http://127.0.0.1/', 'https://10.0.0.1/', 'file:///etc/passwd']) {
    assert.throws(() => push.save('Ada', { subscription: { ...subscription, endpoint }, key }));
  }
  assert.throws(() => push.save('Ada', { subscription, key: 'other' }), /none of this server/);
});

pushing.run();

const serving = suite('example: server');
serving.after(() => rmSync(folder, { recursive: true, force: true }));

serving('routes are for who is logged in, and bad bodies cost nothing', async () => {
  const { createApp } = await load();
  const { push, store, service } = await setup();
  const files = { '/': ['text/html', '<!doctype html>'] };
  const server = createApp({ push, store, files, origin: 'https://app.example.com' });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  const ask = async (method: string, path: string, body?: string, cookie = ''): Promise<Response> =>
    fetch(base + path, { method, headers: { cookie }, ...(body && { body }) });
  try {
    assert.is((await ask('GET', '/')).status, 200);
    assert.is((await ask('GET', '/nothing')).status, 404);
    assert.is((await ask('GET', '/toString')).status, 404);
    assert.is((await ask('GET', '/push/key')).status, 401);
    assert.is(await (await ask('GET', '/user')).text(), 'null');
    const login = await ask('POST', '/login', 'Ada');
    const cookie = (login.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    assert.is(await (await ask('GET', '/user', undefined, cookie)).text(), '"Ada"');
    const key = await (await ask('GET', '/push/key', undefined, cookie)).text();
    assert.is(key, push.key());
    const row = JSON.stringify({ subscription: await service.subscribe(), key });
    assert.is((await ask('PUT', '/push/subscription', row, cookie)).status, 204);
    for (const bad of ['{', '{}', '[]', '{"subscription":{"endpoint":"x"}}', `{"key":"${key}"}`]) {
      assert.is((await ask('PUT', '/push/subscription', bad, cookie)).status, 400, bad);
    }
    assert.is((await ask('PUT', '/push/subscription', 'x'.repeat(20_000), cookie)).status, 413);
    const sent = await ask('POST', '/push/send', '{"title":"T","body":"B"}', cookie);
    assert.equal(await sent.json(), { sent: 1, gone: 0, failed: 0 });
    assert.is((await ask('POST', '/logout', undefined, cookie)).status, 204);
    assert.is((await ask('GET', '/push/key', undefined, cookie)).status, 401);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

serving.run();
