/** docs/example end to end: its page, its worker and its server, used as a user would. */
import * as assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { attachBrowsers } from '../../src/browsers.ts';
import { createPushService } from '../../src/service.ts';
import { createQueue, PATIENCE } from './app.js';
import { watchPushes } from './cdp.js';
import { withTabs } from './client_suite.js';
import { launch } from './launch.js';

/** As it stands, with the package as it is built: no bundle of this suite. */
const load = (name) => import(pathToFileURL(resolve('docs', 'example', name)).href);

/** Runs in the page, beside its own script: presses buttons and reads what is there. */
async function drive() {
  const element = (id) => document.getElementById(id);
  const operations = {
    nothing: async () => {},
    click: async ({ id }) => {
      element('status').textContent = '…';
      element(id).click();
    },
    fill: async ({ id, value }) => (element(id).value = value),
    look: async () => ({
      status: element('status').textContent,
      buttons: [...document.querySelectorAll('button')]
        .filter((one) => one.checkVisibility() && !one.disabled).map(({ id }) => id),
    }),
    notifications: async () => {
      const { ready } = navigator.serviceWorker;
      return (await (await ready).getNotifications()).map(({ title, body }) => ({ title, body }));
    },
    reload: async () => {},
  };
  while (true) {
    const { operation, ...options } = await (await fetch('/command')).json();
    const value = await operations[operation](options).catch((error) => ({ error: `${error}` }));
    await fetch('/outcome', { method: 'POST', body: JSON.stringify(value ?? null) });
    if (operation === 'reload') return location.reload();
  }
}

/** The example's server, with what drives the page before it. */
async function openApp(folder, transport) {
  const [{ openFile, openStore }, { createPush }, { createApp }, { readFiles }] =
    await Promise.all(['store.js', 'push.js', 'server.js', 'files.js'].map(load));
  const store = await openStore(join(folder, 'push'));
  const push = await createPush({ store, subject: 'mailto:ops@example.com', ...transport });
  const files = await readFiles();
  const [type, html] = files['/'];
  files['/'] = [type, `${html}<script>(${drive})()</script>`];
  const commands = createQueue();
  const outcomes = createQueue();
  let app;
  const server = createServer(async (request, response) => {
    if (request.url === '/command') {
      const command = await commands.take('command').catch(() => ({ operation: 'nothing' }));
      if (response.destroyed) return commands.put(command);
      return response.end(JSON.stringify(command));
    }
    if (request.url !== '/outcome') return app.emit('request', request, response);
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    outcomes.put(JSON.parse(text));
    return response.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${server.address().port}`;
  app = createApp({ store, push, files, origin });
  const ask = async (operation, options = {}) => {
    commands.put({ operation, ...options });
    return outcomes.take(operation);
  };
  const close = () => {
    commands.put({ operation: 'nothing' });
    server.closeAllConnections();
    server.close();
    store.close();
  };
  return { url: `${origin}/`, store, openFile, ask, close };
}

/** A user who looks until it is so. */
function createUser({ ask }) {
  const until = async (what, isSo) => {
    const end = Date.now() + PATIENCE;
    let seen;
    do seen = await ask('look');
    while (!isSo(seen) && Date.now() < end);
    assert.ok(isSo(seen), `${what}: ${JSON.stringify(seen)}`);
  };
  return {
    until,
    press: async (id, what, isSo) => {
      await until(`${id} can be pressed`, ({ buttons }) => buttons.includes(id));
      await ask('click', { id });
      await until(what, ({ status, buttons }) => status !== '…' && isSo(status, buttons));
    },
    shown: async (count) => {
      const end = Date.now() + PATIENCE;
      let shown;
      do shown = await ask('notifications');
      while (shown.length < count && Date.now() < end);
      return shown;
    },
  };
}

const sees = (id) => (_status, buttons) => buttons.includes(id);

/** Log in, subscribe, send, change the key, lose the row, log out. */
async function walk(app, pushed) {
  const { press, until, shown } = createUser(app);
  const rows = () => app.store.rows('Ada');
  await press('login', 'is logged in', sees('enable'));
  await press('enable', 'is subscribed', sees('disable'));
  assert.equal(rows().length, 1);
  await app.ask('fill', { id: 'title', value: 'Grüße' });
  await press('send', 'is sent', (status) => status === 'Sent to 1, 0 gone, 0 failed');
  await pushed();
  assert.deepEqual(await shown(1), [{ title: 'Grüße', body: 'It works' }]);

  const [old] = rows();
  await press('rotate', 'has a new key', (status) => status.includes('new key'));
  assert.equal(rows().length, 1);
  assert.notEqual(rows()[0].key, old.key);
  await press('send', 'is sent with it', (status) => status === 'Sent to 1, 0 gone, 0 failed');

  // A row of a device that is no more: the next sending finds out.
  app.store.put({ ...old, user: 'Ada' });
  await press('send', 'one is gone', (status) => status === 'Sent to 1, 1 gone, 0 failed');
  assert.equal(rows().length, 1);

  // The server has lost the row: the next visit makes another.
  const [{ id }] = rows();
  app.store.delete(id);
  await app.ask('reload');
  await until('is subscribed again', ({ buttons }) => buttons.includes('disable'));
  assert.equal(rows().length, 1);
  assert.notEqual(rows()[0].id, id);

  await press('logout', 'is logged out', sees('login'));
  assert.equal(rows().length, 0);
  await press('login', 'is logged in again', sees('enable'));
}

/**
 * What waits for the first push event to be over, in Chromium: who asks it for notifications while it
 * is about to show one makes it forget that one.
 */
async function watchFirst({ cdp }) {
  if (!cdp) return async () => {};
  const { events, changed } = await watchPushes(cdp);
  return async () => {
    while (!events.some(({ name }) => name === 'Push event completed')) await changed();
  };
}

export async function runExample(name, matches, report) {
  const title = 'example: log in, subscribe, send, change the key, lose the row, log out';
  if (!matches(title)) return;
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'subtle-push-example-'));
  const service = createPushService();
  const browsers = await attachBrowsers(service);
  let app;
  let browser;
  let error;
  try {
    app = await openApp(folder, { fetch: service.fetch, endpoints: 'any' });
    browser = launch(name, withTabs(browsers), app.url);
    if (name === 'firefox') await browsers.ready({ browser: name });
    await walk(app, await watchFirst(browser));
    assert.equal(readdirSync(folder).length, 1);
  } catch (reason) {
    error = reason;
  }
  report(title, error, performance.now() - start);
  if (error && browser) console.log(browser.log());
  await browser?.close();
  app?.close();
  await browsers.close();
  rmSync(folder, { recursive: true, force: true });
}
