/** An app that uses ./client: tabs, a service worker, and a server with a row for each endpoint. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createQueue, PATIENCE } from './app.js';

/** A name in a variable: this file is in a bundle that esbuild itself is not to be part of. */
async function bundle(name) {
  const place = pathToFileURL(resolve('node_modules/esbuild/lib/main.js')).href;
  const { build } = await import(place);
  const { outputFiles } = await build({
    entryPoints: [join('test', 'browsers', `${name}.js`)], bundle: true, write: false,
    format: 'iife', target: 'es2022', logLevel: 'error',
  });
  return outputFiles[0].text;
}

async function bodyOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

const HTML = '<!doctype html><title>app</title><script src="/page.js"></script>';
const JAVASCRIPT = { 'Content-Type': 'text/javascript', 'Service-Worker-Allowed': '/' };

/** What the server keeps of an app in one scope. */
function createStore() {
  const scopes = new Map();
  const of = (scope) => {
    if (!scopes.has(scope)) scopes.set(scope, { rows: new Map(), saves: [], key: '', away: false });
    return scopes.get(scope);
  };
  return { of, all: () => [...scopes.values()] };
}

async function api(store, request, response, url) {
  const body = await bodyOf(request);
  const state = store.of(url.searchParams.get('scope') ?? '');
  if (url.pathname === '/api/key') return response.end(state.key);
  if (request.method === 'DELETE') {
    const owner = store.all().find(({ rows }) => rows.has(body));
    // No answer at all, as when a server is down.
    if (owner?.away) return request.socket.destroy();
    owner?.rows.delete(body);
    return response.end();
  }
  const { subscription, previous } = JSON.parse(body);
  if (state.away) return request.socket.destroy();
  state.saves.push([subscription.endpoint, previous?.endpoint]);
  if (previous) state.rows.delete(previous.endpoint);
  state.rows.set(subscription.endpoint, subscription);
  return response.end();
}

/** `ask(tab, operation, options)` has a tab do something. */
export async function createClientApp() {
  const [page, worker] = await Promise.all(['client_page', 'client_worker'].map(bundle));
  const store = createStore();
  const commands = new Map();
  const events = new Map();
  const outcomes = new Map();
  const queue = (queues, name) => queues.get(name) ?? queues.set(name, createQueue()).get(name);
  let ids = 0;

  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/command') {
      const waiting = queue(commands, url.searchParams.get('tab'));
      const command = await waiting.take('command').catch(() => ({ operation: 'nothing' }));
      // A tab that has reloaded meanwhile asks again.
      if (response.destroyed) return waiting.put(command);
      return response.end(JSON.stringify(command));
    }
    if (url.pathname.startsWith('/api/')) return api(store, request, response, url);
    if (url.pathname === '/outcome' || url.pathname === '/event') {
      const report = JSON.parse(await bodyOf(request));
      if (url.pathname === '/event') queue(events, report.scope).put(report);
      else outcomes.get(report.id)?.(report);
      return response.end();
    }
    if (url.pathname === '/page.js') return response.writeHead(200, JAVASCRIPT).end(page);
    if (url.pathname === '/worker.js') return response.writeHead(200, JAVASCRIPT).end(worker);
    return response.writeHead(200, { 'Content-Type': 'text/html' }).end(HTML);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const ask = (tab, operation, options = {}) => new Promise((resolve, reject) => {
    const id = ids++;
    const late = () => reject(new Error(`Tab ${tab} did not answer: ${operation}`));
    const timer = setTimeout(late, PATIENCE);
    outcomes.set(id, ({ value, error }) => {
      clearTimeout(timer);
      outcomes.delete(id);
      if (error) reject(new Error(error));
      else resolve(value);
    });
    queue(commands, `${tab}`).put({ id, operation, ...options });
  });
  return {
    port: server.address().port,
    url: `http://localhost:${server.address().port}/?tab=1`,
    ask,
    of: store.of,
    /** When the worker has dealt with a push. */
    pushed: (scope) => queue(events, scope).take(`push in ${scope}`),
    close: () => {
      for (const waiting of commands.values()) waiting.put({ operation: 'nothing' });
      server.closeAllConnections();
      server.close();
    },
  };
}
