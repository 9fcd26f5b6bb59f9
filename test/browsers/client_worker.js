/** The app's service worker. */
import { onClick, onPush, onSubscriptionChange } from '../../src/client.ts';

const scope = new URL(self.registration.scope).pathname;
const post = (path, body) => fetch(path, { method: 'POST', body: JSON.stringify(body) });
const options = {
  publicKey: async () => (await fetch(`/api/key?scope=${scope}`)).text(),
  save: (subscription, previous) => fetch(`/api/row?scope=${scope}`, {
    method: 'PUT', body: JSON.stringify({ subscription, previous }),
  }),
};

self.addEventListener('install', () => self.skipWaiting());

/** What the payload asks of `render`. */
const renders = {
  throw: () => {
    throw new Error('render throws');
  },
  nothing: () => undefined,
  never: () => new Promise(() => {}),
  uncloneable: () => ({ title: 'x', data: () => {} }),
};

self.addEventListener('push', (event) => {
  const waited = [];
  // Tells the server when all is shown.
  const watched = {
    data: event.data,
    waitUntil: (work) => void waited.push(work),
  };
  onPush(watched, (data) => {
    const text = data?.text() ?? '';
    return renders[text] ? renders[text]() : text.startsWith('{') ? undefined : { title: text };
  }, { title: 'Fallback' });
  event.waitUntil(Promise.allSettled(waited).then(([{ status, reason }]) =>
    post('/event', { scope, status, reason: reason && `${reason}` })));
});

self.addEventListener('message', (event) => {
  const [port] = event.ports;
  const waited = [];
  onSubscriptionChange({ waitUntil: (work) => void waited.push(work) }, options);
  event.waitUntil(waited[0].then(
    (value) => port.postMessage({ value: value ?? null }),
    (error) => port.postMessage({ error: `${error}` }),
  ));
});

self.addEventListener('pushsubscriptionchange', (event) => onSubscriptionChange(event, options));
self.addEventListener('notificationclick', (event) => onClick(event));
