/** The page's side: pushSupport, subscribe. Real browsers: test/browsers. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { pushSupport, subscribe, sync } from '../src/client.ts';
import type { HostLike } from '../src/client.ts';
import { createWorker, GRANTED, iOS, rejection, setup } from './client_page_support.ts';
import { createBrowser, KEY, OTHER_KEY, settled } from './client_support.ts';

const support = suite('pushSupport');

const page = createBrowser().host;
const permitted = (permission: string): Partial<HostLike> => ({ Notification: { permission } });
const SUPPORT: readonly (readonly [string, string, Partial<HostLike>])[] = [
  ['ask', 'not asked yet', permitted('default')],
  ['ready', 'allowed', permitted('granted')],
  ['denied', 'forbidden', permitted('denied')],
  ['insecure', 'plain http', { isSecureContext: false, PushManager: undefined }],
  ['insecure', 'plain http on an iPhone', { ...iOS, isSecureContext: false }],
  ['unsupported', 'no PushManager (an Android web view)', { PushManager: undefined }],
  ['unsupported', 'no Notification', { Notification: undefined }],
  ['install-first', 'Safari on iOS, in a tab', iOS],
  ['unsupported', 'an old iOS, on the Home Screen', { ...iOS, navigator: { standalone: true } }],
  ['ask', 'iOS, on the Home Screen', { navigator: { standalone: true } }],
];

for (const [state, where, changes] of SUPPORT) {
  support(`${state}: ${where}`, () => {
    assert.is(pushSupport({ ...page, ...changes }), state);
  });
}

support('a server that renders pages has no navigator and is no reason to fail', () => {
  const bare = { setTimeout: () => {} };
  // @ts-expect-error what a server's global object lacks
  assert.is(pushSupport(bare), 'unsupported');
});

support('answers for the global object by itself', () => {
  const known = ['ready', 'ask', 'denied', 'install-first', 'insecure', 'unsupported'];
  assert.ok(known.includes(pushSupport()));
});

support.run();

const subscribing = suite('subscribe');

subscribing('asks in the click, subscribes and saves', async () => {
  const { browser: { host, registration, click, state }, server, options } = setup();
  const subscription = await click(() => subscribe(registration, options, host));
  assert.equal(state.questions, [true]);
  assert.equal(subscription, {
    endpoint: 'https://push.example/1', expirationTime: null, keys: { p256dh: 'p1', auth: 'a1' },
  });
  assert.equal([...server.rows.values()], [subscription]);
  assert.equal(server.saves, [['https://push.example/1', undefined]]);
});

subscribing('asks nothing, and saves nothing again, when all is in order', async () => {
  const { browser: { host, registration, click, state }, server, options } = setup();
  const first = await click(() => subscribe(registration, options, host));
  const second = await subscribe(registration, options, host);
  assert.equal(second, first);
  assert.is(server.saves.length, 1);
  assert.is(state.questions.length, 1);
});

subscribing('several tabs at once end in one subscription and one call of save', async () => {
  const { browser: { host, registration, click }, server, options } = setup();
  const tabs = [1, 2, 3].map(() => click(() => subscribe(registration, options, host)));
  const endpoints = (await Promise.all(tabs)).map(({ endpoint }) => endpoint);
  assert.is(new Set(endpoints).size, 1);
  assert.is(server.saves.length, 1);
});

subscribing('without Web Locks: one subscription and row, though save may come twice', async () => {
  const { browser, server, options } = setup({ permission: 'granted' });
  const host = browser.without({ navigator: {} });
  await Promise.all([1, 2].map(() => subscribe(browser.registration, options, host)));
  assert.is(server.rows.size, 1);
  assert.ok(server.saves.length <= 2);
  await subscribe(browser.registration, options, host);
  assert.ok(server.saves.length <= 2);
});

for (const tellsKey of [true, false]) {
  const where = tellsKey ? '' : ', where the browser does not tell it';
  subscribing(`a changed key replaces the subscription${where}`, async () => {
    const { browser, server, options } = setup({ permission: 'granted', tellsKey });
    const { host, registration } = browser;
    const old = await subscribe(registration, options, host);
    const { endpoint } = await subscribe(registration, { ...options, publicKey: OTHER_KEY }, host);
    assert.is.not(endpoint, old.endpoint);
    assert.equal(server.saves, [[old.endpoint, undefined], [endpoint, old.endpoint]]);
    assert.equal([...server.rows.keys()], [endpoint]);
  });

  subscribing(`the same key keeps it${where}`, async () => {
    const { browser, server, options } = setup({ permission: 'granted', tellsKey });
    const { endpoint } = await subscribe(browser.registration, options, browser.host);
    const again = await subscribe(browser.registration, options, browser.host);
    assert.is(again.endpoint, endpoint);
    assert.is(server.saves.length, 1);
  });
}

subscribing('a key that is none, or that cannot be had, costs no subscription', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  const { endpoint } = await subscribe(registration, options, host);
  const bad = { ...options, publicKey: () => '<!doctype html>' };
  assert.is((await rejection(subscribe(registration, bad, host))).name, 'InvalidAccessError');
  const away = { ...options, publicKey: () => Promise.reject(new Error('Offline')) };
  assert.is((await rejection(subscribe(registration, away, host))).message, 'Offline');
  assert.is(state.live?.endpoint, endpoint);
  assert.equal([...server.rows.keys()], [endpoint]);
});

subscribing('the key may be fetched', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  await subscribe(registration, { ...options, publicKey: async () => KEY }, host);
  await subscribe(registration, { ...options, publicKey: () => KEY }, host);
  assert.is(server.saves.length, 1);
});

for (const [answer, what] of [['denied', 'refuses'], ['default', 'closes the question']] as const) {
  subscribing(`the user ${what}: NotAllowedError, and no second question`, async () => {
    const { browser: { host, registration, click, state }, server, options } = setup({ answer });
    const error = await rejection(click(() => subscribe(registration, options, host)));
    assert.is(error.name, 'NotAllowedError');
    assert.is(error.message, `Cannot subscribe: ${answer === 'denied' ? 'denied' : 'ask'}`);
    assert.is(state.questions.length, 1);
    assert.is(state.subscribeCalls, 0);
    assert.is(server.rows.size, 0);
  });
}

subscribing('outside a click Safari and Firefox do not ask', async () => {
  const { browser: { host, registration, state }, options } = setup();
  const error = await rejection(subscribe(registration, options, host));
  assert.is(error.name, 'NotAllowedError');
  assert.equal(state.questions, [false]);
});

subscribing('where there is no push it says which of the states it is', async () => {
  const { browser, options } = setup();
  const host = browser.without(iOS);
  const error = await rejection(subscribe(browser.registration, options, host));
  assert.is(error.message, 'Cannot subscribe: install-first');
});

subscribing('a save that fails rejects, keeps the subscription, and is made up for', async () => {
  const { browser: { host, registration, state }, server, options } = setup(GRANTED);
  server.away = true;
  assert.is((await rejection(subscribe(registration, options, host))).message, 'Away');
  const endpoint = state.live?.endpoint;
  assert.ok(endpoint);
  assert.is((await rejection(sync(registration, options, host))).message, 'Away');
  server.away = false;
  assert.is((await sync(registration, options, host))?.endpoint, endpoint);
  assert.equal(server.saves, [[endpoint, undefined]]);
});

subscribing('a save that fails after a change of key: the next names the old row', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  const old = await subscribe(registration, options, host);
  server.away = true;
  await rejection(sync(registration, { ...options, publicKey: OTHER_KEY }, host));
  server.away = false;
  const now = await sync(registration, { ...options, publicKey: OTHER_KEY }, host);
  assert.equal([...server.rows.keys()], [now?.endpoint]);
  assert.equal(server.saves.at(-1), [now?.endpoint, old.endpoint]);
});

subscribing('a save that throws at once is no other', async () => {
  const { browser: { host, registration }, options } = setup({ permission: 'granted' });
  const save = (): void => {
    throw new Error('At once');
  };
  const error = await rejection(subscribe(registration, { ...options, save }, host));
  assert.is(error.message, 'At once');
});

subscribing('on a first visit it waits for the worker to be active', async () => {
  for (const slot of ['installing', 'waiting'] as const) {
    const { browser: { host, registration }, options } = setup({ permission: 'granted' });
    const worker = createWorker();
    let ended = false;
    const fresh = { ...registration, active: null, [slot]: worker };
    const going = subscribe(fresh, options, host).then(() => {
      ended = true;
    });
    await settled();
    if (slot === 'installing') worker.become('installed');
    await settled();
    assert.not(ended);
    worker.become('activating');
    await going;
  }
});

subscribing('a worker that fails to install does not keep it waiting', async () => {
  const { browser: { host, registration }, options } = setup({ permission: 'granted' });
  const worker = createWorker();
  const { getSubscription } = registration.pushManager;
  const pushManager = {
    getSubscription,
    subscribe: async () => {
      throw new DOMException('No active Service Worker', 'AbortError');
    },
  };
  const fresh = { ...registration, pushManager, active: null, installing: worker };
  const going = rejection(subscribe(fresh, options, host));
  await settled();
  worker.become('redundant');
  assert.is((await going).name, 'AbortError');
});

for (const storage of ['forbidden', 'broken', 'full'] as const) {
  subscribing(`storage ${storage}: it works, and every visit saves`, async () => {
    const { browser, server, options } = setup({ permission: 'granted', storage });
    const { endpoint } = await subscribe(browser.registration, options, browser.host);
    assert.is((await sync(browser.registration, options, browser.host))?.endpoint, endpoint);
    assert.is(server.rows.size, 1);
    assert.is(server.saves.length, 2);
  });
}

subscribing('no IndexedDB at all', async () => {
  const { browser, server, options } = setup({ permission: 'granted' });
  await subscribe(browser.registration, options, browser.without({ indexedDB: undefined }));
  assert.is(server.rows.size, 1);
});

subscribing('another account: saved again, and not when it is left out', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  const { endpoint } = await subscribe(registration, { ...options, account: 'ada' }, host);
  await sync(registration, { ...options, account: 'ada' }, host);
  await sync(registration, options, host);
  assert.is(server.saves.length, 1);
  await sync(registration, { ...options, account: 'bob' }, host);
  assert.equal(server.saves.slice(1), [[endpoint, endpoint]]);
});

subscribing('renew makes another, in the place of the old row', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  const old = await subscribe(registration, options, host);
  const now = await sync(registration, { ...options, renew: true }, host);
  assert.is.not(now?.endpoint, old.endpoint);
  assert.equal([...server.rows.keys()], [now?.endpoint]);
});

subscribing('the push service is away: AbortError, and the next time it works', async () => {
  const away = { permission: 'granted', pushService: 'away' } as const;
  const { browser: { host, registration, state }, server, options } = setup(away);
  assert.is((await rejection(subscribe(registration, options, host))).name, 'AbortError');
  state.pushService = 'well';
  await subscribe(registration, options, host);
  assert.is(server.rows.size, 1);
});

subscribing('an error in one tab is none in the next', async () => {
  const { browser: { host, registration }, server, options } = setup(GRANTED);
  const failing = { ...options, save: () => Promise.reject(new Error('No')) };
  const [first, second] = await Promise.allSettled([
    subscribe(registration, failing, host), subscribe(registration, options, host),
  ]);
  assert.is(first.status, 'rejected');
  assert.is(second.status, 'fulfilled');
  assert.is(server.rows.size, 1);
});

subscribing.run();
