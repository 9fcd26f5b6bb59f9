/** The service worker's side: onPush and onSubscriptionChange. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { onPush, onSubscriptionChange, subscribe } from '../src/client.ts';
import type { NotificationContent, Render } from '../src/client.ts';
import { buildNotification } from '../src/notification.ts';
import { createBrowser, createServer, KEY, SCOPE } from './client_support.ts';
import type { Browser, Shown } from './client_support.ts';
import { createEvent, DECLARED, HELLO, pushEvent } from './client_worker_support.ts';
import type { Data } from './client_worker_support.ts';

const FALLBACK = { title: 'Etwas Neues' };

interface Pushed { readonly shown: readonly Shown[]; readonly reported: readonly unknown[] }

async function push(
  text: string | null,
  render?: Render<Data>,
  fallback?: NotificationContent,
  browser: Browser = createBrowser({ permission: 'granted' }),
): Promise<Pushed> {
  const event = pushEvent(text);
  onPush(event, render, fallback, browser.host);
  assert.is(event.waited.length, 1, 'waitUntil was called at once, once');
  await event.waited[0];
  return browser;
}

const titles = ({ shown }: Pushed): string[] => shown.map(({ title }) => title);
const messages = ({ reported }: Pushed): string[] =>
  reported.map((error) => (error instanceof Error ? error.message : String(error)));

const pushing = suite('onPush');

pushing('shows what render answers, with all its members', async () => {
  const content = { ...HELLO, body: 'B', tag: 't', actions: [], data: { id: 1 } };
  const pushed = await push('{"x":1}', (data) => ({ ...content, lang: data?.text() }));
  const all = { ...content, lang: '{"x":1}' };
  assert.equal(pushed.shown, [{ title: 'Hello', options: { ...all, data: all } }]);
  assert.equal(pushed.reported, []);
});

pushing('render may take its time', async () => {
  const pushed = await push('{"x":1}', async (data) => {
    await Promise.resolve();
    return { title: JSON.stringify(data?.json()) };
  });
  assert.equal(titles(pushed), ['{"x":1}']);
});

pushing('a push without payload has null as its data', async () => {
  const pushed = await push(null, (data, notification) => ({ title: `${data} ${notification}` }));
  assert.equal(titles(pushed), ['null undefined']);
});

const FAILING: readonly (readonly [string, Render<Data>, string | undefined])[] = [
  ['throws', () => { throw new Error('Oh'); }, 'Oh'],
  ['throws what is no error', () => { throw 'Oh'; }, 'Oh'],
  ['rejects', () => Promise.reject(new Error('Oh')), 'Oh'],
  ['answers nothing', () => undefined, undefined],
  ['answers a promise of nothing', async () => undefined, undefined],
  ['never answers', () => new Promise(() => {}), 'Too late'],
  ['is given text that is not JSON', (data) => { data?.json(); return HELLO; }, ''],
  ['wants what no browser shows', () => ({ ...HELLO, renotify: true }), 'renotify without tag'],
  ['answers what cannot be copied', () => ({ ...HELLO, data: () => {} }), ''],
];

for (const [what, render, message] of FAILING) {
  pushing(`render ${what}: the fallback is shown, once, and the error told`, async () => {
    const pushed = await push('plain', render, FALLBACK);
    assert.equal(titles(pushed), ['Etwas Neues']);
    assert.is(pushed.reported.length, message === undefined ? 0 : 1);
    if (message) assert.equal(messages(pushed), [message]);
  });
}

pushing('the default fallback', async () => {
  assert.equal(titles(await push('plain')), ['New notification']);
  assert.equal(titles(await push(null)), ['New notification']);
});

pushing('a browser without reportError', async () => {
  const { host: { reportError: _, ...host }, shown } = createBrowser({ permission: 'granted' });
  const event = pushEvent('x');
  const render = (): never => {
    throw new Error('Oh');
  };
  onPush(event, render, FALLBACK, host);
  await event.waited[0];
  assert.is(shown.length, 1);
});

pushing('a declarative message is shown as it says, without render', async () => {
  const pushed = await push(buildNotification(DECLARED));
  assert.equal(pushed.shown, [{ title: 'Ada wrote', options: { ...DECLARED, data: DECLARED } }]);
});

pushing('a declarative message, when render fails or answers nothing', async () => {
  for (const [, render] of FAILING.slice(0, 7)) {
    if (render.toString().includes('json')) continue;
    assert.equal(titles(await push(buildNotification(DECLARED), render, FALLBACK)), ['Ada wrote']);
  }
});

pushing('render is given the declarative message, and may change it', async () => {
  const pushed = await push(buildNotification(DECLARED), (_data, notification) =>
    notification && { ...notification, title: `${notification.title}!` });
  assert.equal(titles(pushed), ['Ada wrote!']);
});

pushing('the URLs of a declarative message are resolved against the scope', async () => {
  const text = '{"web_push":8030,"notification":{"title":"T","navigate":"inbox","icon":"/i.png"}}';
  const { shown } = await push(text);
  assert.is(shown[0]?.options.navigate, `${SCOPE}inbox`);
  assert.is(shown[0]?.options.icon, `${SCOPE}i.png`);
});

pushing('what is almost declarative is an ordinary push', async () => {
  const text = '{"web_push":8030,"notification":{"title":"T"}}';
  const render: Render<Data> = (data, notification) =>
    notification ?? { title: `${data?.text().length}` };
  const pushed = await push(text, render);
  assert.equal(titles(pushed), [`${text.length}`]);
});

pushing('a mutable message that the browser has read it shows, unless render answers', async () => {
  for (const [render, expected] of [[undefined, []], [() => HELLO, ['Hello']]] as const) {
    const { host, shown } = createBrowser({ permission: 'granted' });
    const event = { ...pushEvent(null), notification: DECLARED };
    onPush(event, render, FALLBACK, host);
    await event.waited[0];
    assert.equal(shown.map(({ title }) => title), expected);
  }
  const { host, shown } = createBrowser({ permission: 'granted' });
  const event = { ...pushEvent(null), notification: DECLARED };
  const render: Render<Data> = (_data, notification) =>
    notification && { ...notification, body: 'Changed' };
  onPush(event, render, FALLBACK, host);
  await event.waited[0];
  assert.is(shown[0]?.options.body, 'Changed');
});

pushing('a notification of the same tag takes the place of the other', async () => {
  const browser = createBrowser({ permission: 'granted' });
  await push(buildNotification(DECLARED), undefined, undefined, browser);
  const newer = { ...DECLARED, title: 'Ada wrote twice' };
  await push(buildNotification(newer), undefined, undefined, browser);
  assert.equal(titles(browser), ['Ada wrote twice']);
});

pushing('where nothing can be shown, the event fails as it would have without', async () => {
  const { host, registration } = createBrowser();
  const event = pushEvent('x');
  const showNotification = (): Promise<void> => Promise.reject(new TypeError('Denied'));
  const forbidden = { ...registration, showNotification };
  onPush(event, undefined, FALLBACK, { ...host, registration: forbidden });
  let reason: unknown;
  await event.waited[0]?.catch((error: unknown) => {
    reason = error;
  });
  assert.instance(reason, TypeError);
});

pushing.run();

const changing = suite('onSubscriptionChange');

changing('subscribes anew and saves, with the row that is to go', async () => {
  const { host, registration, state } = createBrowser({ permission: 'granted' });
  const server = createServer();
  const options = { publicKey: KEY, save: server.save };
  const old = await subscribe(registration, options, host);
  state.live = null;
  const event = createEvent();
  onSubscriptionChange(event, options, host);
  assert.is(event.waited.length, 1);
  await event.waited[0];
  assert.is(server.rows.size, 1);
  assert.not(server.rows.has(old.endpoint));
  assert.is(server.saves.at(-1)?.[1], old.endpoint);
});

changing('saves what the browser has put in its place', async () => {
  const { host, registration, state } = createBrowser({ permission: 'granted' });
  const server = createServer();
  const options = { publicKey: KEY, save: server.save };
  await subscribe(registration, options, host);
  state.live = null;
  const subscribed = { userVisibleOnly: true, applicationServerKey: KEY };
  const { endpoint } = await registration.pushManager.subscribe(subscribed);
  const event = createEvent();
  onSubscriptionChange(event, options, host);
  await event.waited[0];
  assert.equal([...server.rows.keys()], [endpoint]);
});

changing('does nothing when permission is gone, or the user has unsubscribed', async () => {
  const { host, state } = createBrowser({ permission: 'denied' });
  const server = createServer();
  const event = createEvent();
  onSubscriptionChange(event, { publicKey: KEY, save: server.save }, host);
  await event.waited[0];
  assert.is(server.rows.size, 0);
  assert.is(state.subscribeCalls, 0);
});

changing('a save that fails is told to the browser, and made up for by the next', async () => {
  const { host, registration, state } = createBrowser({ permission: 'granted' });
  const server = createServer();
  const options = { publicKey: KEY, save: server.save };
  await subscribe(registration, options, host);
  state.live = null;
  server.away = true;
  const event = createEvent();
  onSubscriptionChange(event, options, host);
  let reason: unknown;
  await event.waited[0]?.catch((error: unknown) => {
    reason = error;
  });
  assert.instance(reason, Error);
  server.away = false;
  const next = createEvent();
  onSubscriptionChange(next, options, host);
  await next.waited[0];
  assert.is(server.rows.size, 1);
});

changing.run();
