/** The page's side: unsubscribe, and what subscribe and sync do after it. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { subscribe, sync, unsubscribe } from '../src/client.ts';
import { GRANTED, setup } from './client_page_support.ts';

const ending = suite('unsubscribe');

ending('ends it in the browser and on the server, and sync leaves it so', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  assert.is(await unsubscribe(registration, server, host), true);
  assert.is(state.live, null);
  assert.is(server.rows.size, 0);
  assert.is(await sync(registration, options, host), undefined);
  assert.is(state.live, null);
});

ending('a subscription after it is a new one, of no row before', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  await unsubscribe(registration, server, host);
  const { endpoint } = await subscribe(registration, options, host);
  assert.equal(server.saves.at(-1), [endpoint, undefined]);
});

ending('the server is away: ended in the browser, and the row is replaced later', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  const old = await subscribe(registration, options, host);
  server.away = true;
  assert.is(await unsubscribe(registration, server, host), false);
  assert.is(state.live, null);
  assert.is(await sync(registration, options, host), undefined);
  server.away = false;
  const { endpoint } = await subscribe(registration, options, host);
  assert.equal(server.saves.at(-1), [endpoint, old.endpoint]);
  assert.equal([...server.rows.keys()], [endpoint]);
});

ending('a server that does not answer is not waited for', async () => {
  const { browser: { host, registration, state }, options } = setup({ permission: 'granted' });
  await subscribe(registration, options, host);
  const remove = (): Promise<void> => new Promise(() => {});
  assert.is(await unsubscribe(registration, { remove }, host), false);
  assert.is(state.live, null);
});

ending('a remove that throws at once is no other', async () => {
  const { browser: { host, registration }, options } = setup({ permission: 'granted' });
  await subscribe(registration, options, host);
  const remove = (): void => {
    throw new Error('At once');
  };
  assert.is(await unsubscribe(registration, { remove }, host), false);
});

ending('a browser that fails is told of, and the server deletes the row all the same', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  state.unsubscribeFails = true;
  assert.is(await unsubscribe(registration, server, host), false);
  assert.is(server.rows.size, 0);
});

ending('nothing to end', async () => {
  const { browser: { host, registration } } = setup();
  let removed = 0;
  assert.is(await unsubscribe(registration, { remove: () => removed++ }, host), true);
  assert.is(removed, 0);
});

ending('a subscription that the browser has lost is removed on the server', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  state.live = null;
  assert.is(await unsubscribe(registration, server, host), true);
  assert.is(server.rows.size, 0);
});

ending('without remove', async () => {
  const { browser: { host, registration, state }, options } = setup({ permission: 'granted' });
  await subscribe(registration, options, host);
  assert.is(await unsubscribe(registration, undefined, host), true);
  assert.is(state.live, null);
});

ending('a tab that syncs meanwhile does not undo it', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  await subscribe(registration, options, host);
  await Promise.all([unsubscribe(registration, server, host), sync(registration, options, host)]);
  assert.is(state.live, null);
  assert.is(server.rows.size, 0);
});

ending.run();
