/** The page's side: sync, as every visit calls it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { subscribe, sync } from '../src/client.ts';
import { GRANTED, iOS, rejection, setup } from './client_page_support.ts';
import { KEY } from './client_support.ts';

const syncing = suite('sync');

syncing('never asks', async () => {
  const { browser: { host, registration, click, state }, options } = setup();
  assert.is(await click(() => sync(registration, options, host)), undefined);
  assert.equal(state.questions, []);
  assert.is(state.subscribeCalls, 0);
});

syncing('subscribes nobody who has not asked for it', async () => {
  const { browser: { host, registration, state }, options } = setup({ permission: 'granted' });
  assert.is(await sync(registration, options, host), undefined);
  assert.is(state.subscribeCalls, 0);
});

syncing('what the browser has lost is made anew', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  const old = await subscribe(registration, options, host);
  state.live = null;
  const now = await sync(registration, options, host);
  assert.is.not(now?.endpoint, old.endpoint);
  assert.equal([...server.rows.keys()], [now?.endpoint]);
});

syncing('what other code has subscribed is taken over and saved', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  const subscribed = { userVisibleOnly: true, applicationServerKey: KEY };
  const { endpoint } = await registration.pushManager.subscribe(subscribed);
  await sync(registration, options, host);
  assert.equal([...server.rows.keys()], [endpoint]);
  assert.is(state.live?.endpoint, endpoint);
});

syncing('permission withdrawn: nothing; given back: subscribed anew', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  state.permission = 'denied';
  state.live = null;
  assert.is(await sync(registration, options, host), undefined);
  state.permission = 'granted';
  const now = await sync(registration, options, host);
  assert.equal([...server.rows.keys()], [now?.endpoint]);
});

syncing('no push manager: nothing, and no error', async () => {
  const { browser, options } = setup();
  assert.is(await sync(browser.registration, options, browser.without(iOS)), undefined);
});

syncing('a browser that does not answer is not waited for, here or in the next tab', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  const { pushManager } = registration;
  const getSubscription = (): Promise<never> => new Promise(() => {});
  const starting = { ...registration, pushManager: { ...pushManager, getSubscription } };
  assert.is((await rejection(sync(starting, options, host))).message, 'Too late');
  assert.ok(await sync(registration, options, host));
  assert.is(server.rows.size, 1);
});

syncing('a scope of its own for every registration', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  const other = { ...registration, scope: 'https://app.example/other/' };
  await sync(other, options, host);
  assert.is(server.saves.length, 2);
});

syncing.run();
