/** An app's own end-to-end test with Playwright, as the README shows it. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { chromium } from 'playwright-core';
import { attachBrowsers } from 'subtle-push/browsers';
import { createVapid, generateVapidKeys, send } from 'subtle-push';
import { createPushService } from 'subtle-push/service';
import { binaries } from './launch.js';

/** A stranger's app: a page with a button, its service worker, its server. */
async function startApp() {
  const vapid = createVapid({ subject: 'mailto:ops@example.com', keys: await generateVapidKeys() });
  const files = {
    '/': ['text/html', `<!doctype html><button>Notify me</button><script type="module">
      const button = document.querySelector('button');
      button.onclick = async () => {
        const { pushManager } = await navigator.serviceWorker.register('/worker.js')
          .then(() => navigator.serviceWorker.ready);
        const subscription = await pushManager.subscribe({
          userVisibleOnly: true, applicationServerKey: '${vapid.publicKey}',
        });
        await fetch('/subscriptions', { method: 'POST', body: JSON.stringify(subscription) });
        button.textContent = 'You will hear from us';
      };
      navigator.serviceWorker.onmessage = ({ data }) => document.body.append(data);
    </script>`],
    '/worker.js': ['text/javascript', `self.onpush = (event) => {
      const text = event.data.text();
      const tell = (pages) => pages.forEach((page) => page.postMessage(text));
      event.waitUntil(Promise.all([
        self.registration.showNotification(text),
        self.clients.matchAll({ includeUncontrolled: true }).then(tell),
      ]));
    }`],
  };
  const subscriptions = [];
  const server = createServer(async (request, response) => {
    const [type, text] = files[request.url] ?? ['text/plain', ''];
    if (request.method === 'POST') {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      subscriptions.push(JSON.parse(body));
    }
    response.writeHead(200, { 'Content-Type': type }).end(text);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${server.address().port}/`,
    notifyAll: (text) => Promise.all(subscriptions.map((subscription) =>
      send(subscription, text, { vapid, endpoints: 'any' }))),
    close: () => server.close(),
  };
}

export async function testWithPlaywright() {
  const app = await startApp();
  const executablePath = binaries.chromium();

  // From here on it is what the README shows.
  const browsers = await attachBrowsers(createPushService());
  const context = await chromium.launchPersistentContext('', {
    ...browsers.playwright(), executablePath,
  });
  try {
    await context.addInitScript(browsers.initScript);
    const page = await context.newPage();
    await page.goto(app.url);
    await page.getByText('Notify me').click();
    await page.getByText('You will hear from us').waitFor();

    await app.notifyAll('Dinner is ready');
    await page.getByText('Dinner is ready').waitFor();
  } finally {
    await context.close();
    await browsers.close();
    app.close();
  }
}
