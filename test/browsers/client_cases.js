/**
 * What ./client makes of real browsers: each case ends as docs/client.md says, with one row on the
 * server and one notification for each push.
 */
import * as assert from 'node:assert/strict';
import { createVapid, generateVapidKeys, send } from '../../src/index.ts';

let scopes = 0;

async function createKey() {
  return createVapid({ subject: 'mailto:ops@example.com', keys: await generateVapidKeys() });
}

/** A user of its own for each case: a scope, a VAPID key on the server, rows. */
async function createUser({ app, service }) {
  const scope = `/${++scopes}/`;
  const state = app.of(scope);
  const user = {
    scope,
    state,
    tab: 1,
    vapid: await createKey(),
    ask: (operation, options = {}) => app.ask(user.tab, operation, { scope, ...options }),
    rows: () => [...state.rows.keys()],
    /** Rotates the server's key. */
    rotate: async () => {
      user.vapid = await createKey();
      state.key = user.vapid.publicKey;
    },
    /** The server pushes to its rows. */
    push: async (payload) => {
      const options = { vapid: user.vapid, endpoints: 'any', fetch: service.fetch };
      for (const row of state.rows.values()) await send(row, payload, options);
      const event = await app.pushed(scope);
      assert.equal(event.status, 'fulfilled', event.reason);
    },
  };
  state.key = user.vapid.publicKey;
  return user;
}

/** One row, the browser's own, and a push to it shows one notification. */
async function expectWorking(user, saves) {
  const live = await user.ask('live');
  assert.deepEqual(user.rows(), [live.endpoint]);
  assert.deepEqual(user.state.rows.get(live.endpoint), live);
  if (saves !== undefined) assert.equal(user.state.saves.length, saves);
  await user.push('Hello');
  assert.deepEqual((await user.ask('notifications')).map(({ title }) => title), ['Hello']);
}

const rejected = (promise, expected) => assert.rejects(promise, ({ message }) => {
  assert.match(message, expected);
  return true;
});

const shown = async (user) => (await user.ask('notifications')).map(({ title }) => title);

export const clientCases = [
  ['pushSupport says ready', async (world) => {
    const user = await createUser(world);
    assert.equal(await user.ask('support'), 'ready');
  }],
  ['first subscription, on a first visit, with the worker not active yet', async (world) => {
    const user = await createUser(world);
    const { endpoint, expirationTime, keys } = await user.ask('subscribe');
    assert.deepEqual(Object.keys(keys).sort(), ['auth', 'p256dh']);
    assert.equal(expirationTime, null);
    assert.deepEqual(user.rows(), [endpoint]);
    await expectWorking(user, 1);
  }],
  ['subscribing again, and reloading: nothing is saved again', async (world) => {
    const user = await createUser(world);
    const first = await user.ask('subscribe');
    assert.deepEqual(await user.ask('subscribe'), first);
    await user.ask('reload');
    assert.deepEqual(await user.ask('sync'), first);
    await expectWorking(user, 1);
  }],
  ['two tabs at the same time: one subscription, one call of save', async (world) => {
    const user = await createUser(world);
    const tabs = [1, 2].map((tab) => world.app.ask(tab, 'subscribe', { scope: user.scope }));
    const [one, other] = await Promise.all(tabs);
    assert.deepEqual(one, other);
    await expectWorking(user, 1);
  }],
  ['ten calls at once in two tabs and the worker', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    await user.ask('lose');
    const { scope } = user;
    await Promise.all(['sync', 'change', 'sync', 'subscribe', 'change'].flatMap((operation) =>
      [1, 2].map((tab) => world.app.ask(tab, operation, { scope }))));
    await expectWorking(user, 2);
  }],
  ['sync subscribes nobody who has not asked for it', async (world) => {
    const user = await createUser(world);
    assert.equal(await user.ask('sync'), null);
    assert.equal(await user.ask('live'), null);
    assert.deepEqual(user.rows(), []);
  }],
  ['the server has another key: replaced, with the old row', async (world) => {
    const user = await createUser(world);
    const old = await user.ask('subscribe');
    await user.rotate();
    const now = await user.ask('sync');
    assert.notEqual(now.endpoint, old.endpoint);
    assert.deepEqual(user.state.saves.at(-1), [now.endpoint, old.endpoint]);
    await expectWorking(user, 2);
  }],
  ['the server answers with a page in place of its key: the subscription stays', async (world) => {
    const user = await createUser(world);
    const { endpoint } = await user.ask('subscribe');
    const { key } = user.state;
    for (const bad of ['<!doctype html>', '', key.slice(1), `${key}AA`, `A${key.slice(1)}`]) {
      user.state.key = bad;
      await rejected(user.ask('sync'), /InvalidAccessError|InvalidCharacterError/);
    }
    user.state.key = key;
    assert.equal((await user.ask('sync')).endpoint, endpoint);
    await expectWorking(user, 1);
  }],
  ['lost in the browser: made anew by the next page', async (world) => {
    const user = await createUser(world);
    const old = await user.ask('subscribe');
    await user.ask('lose');
    assert.equal(await user.ask('live'), null);
    const now = await user.ask('sync');
    assert.deepEqual(user.state.saves.at(-1), [now.endpoint, old.endpoint]);
    await expectWorking(user, 2);
  }],
  ['lost in the browser: made anew by the worker, of which the page knows', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    await user.ask('lose');
    const now = await user.ask('change');
    assert.deepEqual(await user.ask('sync'), now);
    await expectWorking(user, 2);
  }],
  ['save fails, and recovers', async (world) => {
    const user = await createUser(world);
    user.state.away = true;
    await rejected(user.ask('subscribe'), /TypeError|NetworkError/);
    await rejected(user.ask('sync'), /TypeError|NetworkError/);
    assert.deepEqual(user.rows(), []);
    user.state.away = false;
    await user.ask('reload');
    await user.ask('sync');
    await expectWorking(user, 1);
  }],
  ['another account in the same browser', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe', { account: 'ada' });
    await user.ask('sync', { account: 'ada' });
    assert.equal(user.state.saves.length, 1);
    await user.ask('sync', { account: 'bob' });
    await expectWorking(user, 2);
  }],
  ['renew: another subscription for a row that is gone', async (world) => {
    const user = await createUser(world);
    const old = await user.ask('subscribe');
    user.state.rows.clear();
    const now = await user.ask('sync', { renew: true });
    assert.notEqual(now.endpoint, old.endpoint);
    await expectWorking(user, 2);
  }],
  ['unsubscribe, and sync leaves it so', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    assert.equal(await user.ask('unsubscribe'), true);
    await user.ask('reload');
    assert.equal(await user.ask('sync'), null);
    assert.equal(await user.ask('change'), null);
    assert.equal(await user.ask('live'), null);
    assert.deepEqual(user.rows(), []);
  }],
  ['unsubscribe while the server is away: ended, and the row replaced later', async (world) => {
    const user = await createUser(world);
    const old = await user.ask('subscribe');
    user.state.away = true;
    assert.equal(await user.ask('unsubscribe'), false);
    assert.equal(await user.ask('live'), null);
    user.state.away = false;
    assert.equal(await user.ask('sync'), null);
    const now = await user.ask('subscribe');
    assert.deepEqual(user.state.saves.at(-1), [now.endpoint, old.endpoint]);
    await expectWorking(user, 2);
  }],
  ['render throws, answers nothing, or what cannot be shown: the fallback, once', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    let count = 0;
    for (const payload of ['throw', 'nothing', 'uncloneable']) {
      await user.push(payload);
      assert.deepEqual(await shown(user), Array(++count).fill('Fallback'));
    }
  }],
  ['render never answers: the fallback after five seconds', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    await user.push('never');
    assert.deepEqual(await shown(user), ['Fallback']);
  }],
  ['a declarative message, and another in its place by the tag', async (world) => {
    const user = await createUser(world);
    await user.ask('subscribe');
    for (const title of ['Ada wrote', 'Ada wrote again']) {
      const notification = { title, navigate: 'inbox', body: 'Noon?', tag: 'ada', data: { id: 1 } };
      await user.push(JSON.stringify({ web_push: 8030, notification }));
      const [one, ...others] = await user.ask('notifications');
      assert.equal(others.length, 0);
      const navigate = new URL(`${user.scope}inbox`, world.app.url).href;
      const content = { ...notification, navigate };
      assert.deepEqual(one, { title, body: 'Noon?', tag: 'ada', data: content });
    }
  }],
];

/** Firefox's preference and Chromium's content setting: 1 allowed, 2 forbidden. */
function permission({ chromium, firefox }, firefoxValue, chromiumValue) {
  const notifications = { default_content_setting_values: { notifications: chromiumValue } };
  const preference = { 'permissions.default.desktop-notification': firefoxValue };
  return {
    chromium: { ...chromium, preferences: { profile: notifications } },
    firefox: { ...firefox, preferences: { ...firefox.preferences, ...preference } },
  };
}

/** A name for this machine that browsers do not take for it: no secure context. */
function insecure({ chromium, firefox }) {
  const args = chromium.args.map((arg) => arg.replace('rules=', 'rules=MAP app.test 127.0.0.1 , '));
  const preferences = {
    ...firefox.preferences,
    'network.dns.localDomains': 'app.test',
    'network.proxy.no_proxies_on': 'localhost, 127.0.0.1, app.test',
  };
  return { chromium: { ...chromium, args }, firefox: { ...firefox, preferences } };
}

async function expectNotAllowed(world, state) {
  // Before that it does not answer getSubscription().
  if (world.name === 'firefox') await world.browsers.ready({ browser: 'firefox' });
  const user = await createUser(world);
  assert.equal(await user.ask('support'), state);
  assert.equal(await user.ask('sync'), null);
  const refusal = new RegExp(`^NotAllowedError: Cannot subscribe: ${state}$`);
  await rejected(user.ask('subscribe'), refusal);
  assert.equal(await user.ask('live'), null);
  assert.deepEqual(user.rows(), []);
}

/** In a browser of its own: what the user or the administrator has set. */
export const stateCases = [
  ['permission denied: no question, no row', {
    browsers: (browsers) => permission(browsers, 2, 2),
    run: (world) => expectNotAllowed(world, 'denied'),
  }],
  ['not asked yet: sync does not, and subscribe outside a click gets no answer', {
    browsers: (browsers) => permission(browsers, 0, 3),
    run: async (world) => {
      const user = await createUser(world);
      assert.equal(await user.ask('support'), 'ask');
      assert.equal(await user.ask('sync'), null);
      assert.equal(await user.ask('support'), 'ask');
      await rejected(user.ask('subscribe'), /^NotAllowedError: Cannot subscribe: (ask|denied)$/);
      assert.deepEqual(user.rows(), []);
    },
  }],
  ['plain http: insecure', {
    browsers: insecure,
    url: ({ port }) => `http://app.test:${port}/?tab=1`,
    run: async (world) => assert.equal(await world.app.ask(1, 'support'), 'insecure'),
  }],
  ['no push in this browser: unsupported', {
    only: 'firefox',
    browsers: ({ firefox, ...others }) => ({
      ...others,
      firefox: { ...firefox, preferences: { ...firefox.preferences, 'dom.push.enabled': false } },
    }),
    run: async (world) => {
      assert.equal(await world.app.ask(1, 'support'), 'unsupported');
      assert.equal(await world.app.ask(1, 'sync', { scope: '/' }), null);
    },
  }],
];
