/**
 * Runs the example: `node docs/example/start.js`.
 *
 * Without options it needs no network: a push service in this process, and a browser of its own
 * that takes its pushes from there. `--online`: no browser is started; open the page in yours, and
 * the push services of its vendor are used. `--browser firefox|chromium`, `--port N`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { attachBrowsers } from 'subtle-push/browsers';
import { http2Fetch } from 'subtle-push/node';
import { createPushService } from 'subtle-push/service';
import { openBrowser } from './browser.js';
import { readFiles } from './files.js';
import { createPush } from './push.js';
import { createApp } from './server.js';
import { openStore } from './store.js';

const { values } = parseArgs({
  options: {
    online: { type: 'boolean', default: false },
    browser: { type: 'string' },
    port: { type: 'string', default: '8030' },
  },
});

/** Everything for this run alone: where pushes go, who gets them, what is kept. */
async function openLocal(url) {
  const service = createPushService();
  const browsers = await attachBrowsers(service);
  const folder = mkdtempSync(join(tmpdir(), 'subtle-push-example-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return {
    // The browser's endpoints lead to the service in this process, whatever they are called.
    transport: { fetch: service.fetch, endpoints: 'any' },
    folder,
    open: () => openBrowser(browsers, url, values.browser),
  };
}

/** The vendors' push services, and what is kept from run to run. */
function openOnline() {
  const folder = join('.tmp', 'example');
  mkdirSync(folder, { recursive: true });
  return { transport: { fetch: http2Fetch(), endpoints: 'known' }, folder };
}

const port = Number(values.port);
const origin = `http://localhost:${port}`;
const { transport, folder, open } = values.online ? openOnline() : await openLocal(origin);
const store = await openStore(join(folder, 'push'));
// Push services write there when something is wrong: use an address of yours.
const push = await createPush({ store, subject: 'mailto:example@example.com', ...transport });
const server = createApp({ store, push, files: await readFiles(), origin });
server.listen(port, 'localhost', () => {
  console.log(`Open ${origin}`);
  open?.().then(() => process.exit(), (error) => {
    console.error(error.message);
    process.exit(1);
  });
});
server.on('error', (error) => {
  console.error(error.code === 'EADDRINUSE' ? `Port ${port} is in use: --port` : error.message);
  process.exit(1);
});
