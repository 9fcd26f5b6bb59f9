/** The app under test: a page, its service worker, and a server that drives them over HTTP. */
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Milliseconds that a browser has for anything, slow starts included. */
export const PATIENCE = 60_000;

/** Runs in the page: takes commands from the server and posts what came of them. */
async function page() {
  const registrations = new Map();
  const operations = {
    async nothing() {},
    async subscribe({ scope, key }) {
      const registration = await navigator.serviceWorker.register('/worker.js', { scope });
      registrations.set(scope, registration);
      const worker = registration.installing ?? registration.waiting ?? registration.active;
      await new Promise((resolve) => {
        const check = () => worker.state === 'activated' && resolve();
        worker.addEventListener('statechange', check);
        check();
      });
      const options = { userVisibleOnly: true, ...(key && { applicationServerKey: key }) };
      const subscription = await registration.pushManager.subscribe(options);
      const json = subscription.toJSON();
      return { ...json, same: json.endpoint === subscription.endpoint };
    },
    async unsubscribe({ scope }) {
      const subscription = await registrations.get(scope).pushManager.getSubscription();
      return subscription.unsubscribe();
    },
  };
  while (true) {
    const { id, operation, ...options } = await (await fetch('/command')).json();
    const outcome = await operations[operation](options)
      .then((value) => ({ value }), (error) => ({ error: `${error}` }));
    await fetch('/outcome', { method: 'POST', body: JSON.stringify({ id, ...outcome }) });
  }
}

/** Runs in the service worker: posts every push, numbered as they came. */
function worker() {
  let count = 0;
  self.addEventListener('install', () => self.skipWaiting());
  self.addEventListener('push', (event) => {
    const scope = new URL(self.registration.scope).pathname;
    const hex = (buffer) =>
      Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const data = event.data ? hex(event.data.arrayBuffer()) : null;
    const report = { scope, number: count++, data, text: event.data?.text() ?? null };
    event.waitUntil(fetch('/event', { method: 'POST', body: JSON.stringify(report) }));
  });
}

/** Values that come in, and whoever waits for them. */
export function createQueue() {
  const values = [];
  let wake = () => {};
  return {
    put(value) {
      values.push(value);
      wake();
    },
    /** Rejects when nothing comes in time. */
    async take(what, timeout = PATIENCE) {
      const end = Date.now() + timeout;
      while (!values.length) {
        const left = end - Date.now();
        if (left <= 0) throw new Error(`Nothing came: ${what}`);
        await new Promise((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return values.shift();
    },
    size: () => values.length,
  };
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

const types = { '/': 'text/html', '/page.js': 'text/javascript', '/worker.js': 'text/javascript' };

/** `script`: the address of what `attachBrowsers` wants in the page. */
export async function createApp(script) {
  const files = {
    '/': `<!doctype html><title>app</title>
      <script src="${script}"></script><script src="/page.js"></script>`,
    '/page.js': `(${page})()`,
    '/worker.js': `(${worker})()`,
  };
  const commands = createQueue();
  const outcomes = new Map();
  const events = new Map();
  const eventsOf = (scope) => events.get(scope) ?? events.set(scope, createQueue()).get(scope);
  let ids = 0;
  let onOpen;
  const opened = new Promise((resolve) => (onOpen = resolve));

  const server = createServer(async (request, response) => {
    const { url } = request;
    if (url === '/command') {
      onOpen();
      // The page asks again.
      const command = await commands.take('command').catch(() => ({ operation: 'nothing' }));
      if (response.destroyed) return commands.put(command);
      return response.end(JSON.stringify(command));
    }
    if (url === '/outcome' || url === '/event') {
      const report = JSON.parse(await bodyOf(request));
      if (url === '/event') eventsOf(report.scope).put(report);
      else outcomes.get(report.id)?.(report);
      return response.end();
    }
    if (!files[url]) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': types[url] }).end(files[url]);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  /** Has the page do something. */
  const ask = (operation, options = {}) => new Promise((resolve, reject) => {
    const id = ids++;
    const late = () => reject(new Error(`The page did not answer: ${operation}`));
    const timer = setTimeout(late, PATIENCE);
    outcomes.set(id, ({ value, error }) => {
      clearTimeout(timer);
      outcomes.delete(id);
      if (error) reject(new Error(error));
      else resolve(value);
    });
    commands.put({ id, operation, ...options });
  });
  return {
    url: `http://localhost:${server.address().port}/`,
    ask,
    /** Resolves when a browser has opened the page. */
    opened,
    /** The next push event of a registration. */
    push: (scope, timeout) => eventsOf(scope).take(`push event in ${scope}`, timeout),
    pushes: (scope) => eventsOf(scope).size(),
    close: () => {
      commands.put({ operation: 'nothing' });
      server.closeAllConnections();
      server.close();
    },
  };
}
