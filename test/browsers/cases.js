/**
 * What a real browser must make of each push. A case gets `world`: the browser's name, what
 * attachBrowsers answered, the push service, the app with its page, keys, a clock.
 */
import * as assert from 'node:assert/strict';
import { encrypt as aesgcm, MAX_PAYLOAD as AESGCM_MAX } from '../../src/aesgcm.ts';
import {
  createRequest, createVapid, encrypt, generateVapidKeys, MAX_PAYLOAD, send, sendMany,
} from '../../src/index.ts';
import { http2Fetch, nodeEncrypt } from '../../src/node.ts';
import { PATIENCE } from './app.js';
import { watchPushes } from './cdp.js';

/** Firefox's codes (nsIPushErrorReporter). */
const DELIVERED = 100;
const NOT_DECRYPTED = 101;

let scopes = 0;

/** A registration of its own for each case, so that none sees another's pushes. */
async function subscribe({ app, vapid }) {
  const scope = `/${++scopes}/`;
  const { same, ...subscription } = await app.ask('subscribe', { scope, key: vapid.publicKey });
  assert.ok(same, 'endpoint and toJSON() agree');
  return { scope, subscription };
}

/** Sends through the push service in this process, unless told otherwise. */
function push({ vapid, service }, { subscription }, payload, options = {}) {
  return send(subscription, payload, { vapid, endpoints: 'any', fetch: service.fetch, ...options });
}

const hex = (payload) => Buffer.from(payload).toString('hex');

/** The next push event brings this payload, and the browser says that it took it. */
async function expectPush({ app, browsers, name }, { scope }, payload, accepted) {
  const event = await app.push(scope);
  assert.equal(event.data, payload === null ? null : hex(payload));
  const { browser, code } = await browsers.acknowledged(accepted.location);
  assert.equal(browser, name);
  assert.equal(code, name === 'firefox' ? DELIVERED : undefined);
}

const DECLARATIVE = JSON.stringify({
  web_push: 8030,
  notification: { title: 'Hello', navigate: 'http://localhost/', body: 'Ünïcödé ☃' },
  mutable: true,
});
const payloads = {
  short: ['Grüße ☃'],
  empty: [''],
  largest: (limit) => ['☃'.repeat(limit / 3).padEnd(limit - 2 * Math.floor(limit / 3), '.')],
  padded: ['x'.repeat(100), { padTo: 2000 }],
  declarative: [DECLARATIVE],
};
const codings = {
  'aes128gcm': [encrypt, MAX_PAYLOAD],
  'aes128gcm by nodeEncrypt': [nodeEncrypt, MAX_PAYLOAD],
  'aesgcm': [aesgcm, AESGCM_MAX],
};

const payloadCases = Object.entries(codings).flatMap(([coding, [encryptWith, limit]]) =>
  Object.entries(payloads).map(([kind, made]) => [`${coding}, ${kind}`, async (world) => {
    const [payload, options] = typeof made === 'function' ? made(limit) : made;
    const to = await subscribe(world);
    const accepted = await push(world, to, payload, { encrypt: encryptWith, ...options });
    await expectPush(world, to, payload, accepted);
  }]));

/** The same request with its last byte, in the tag, changed. */
async function sendFlipped({ vapid, service }, { subscription }, encryptWith) {
  const request = await createRequest(subscription, 'not what was sent', {
    vapid, endpoints: 'any', encrypt: encryptWith,
  });
  request.body[request.body.length - 1] ^= 1;
  const response = await service.fetch(request.url, request);
  assert.equal(response.status, 201);
  return { location: response.headers.get('Location') };
}

/** Firefox's code, or Chromium's own words. */
async function expectRefusal({ browsers, name, watched }, accepted) {
  const { code } = await browsers.acknowledged(accepted.location);
  if (name === 'firefox') return assert.equal(code, NOT_DECRYPTED);
  const { events, changed } = await watched;
  const refused = () => events.findIndex((event) => event.Success === 'No');
  while (refused() < 0) await changed();
  const [event] = events.splice(refused(), 1);
  assert.equal(event['Error Reason'], 'AES-GCM decryption failed');
}

const flippedCases = Object.entries(codings).map(([coding, [encryptWith]]) =>
  [`${coding}, a flipped byte is refused by the browser`, async (world) => {
    world.watched ??= world.browser.cdp && watchPushes(world.browser.cdp);
    await world.watched;
    const to = await subscribe(world);
    await expectRefusal(world, await sendFlipped(world, to, encryptWith));
    const accepted = await push(world, to, 'after it', { encrypt: encryptWith });
    await expectPush(world, to, 'after it', accepted);
  }]);

/** What a rejected send says. */
async function codeOf(promise) {
  return promise.then(() => 'sent', (error) => error.code);
}

/** Rejected pushes leave nothing behind: the next event is the one that was sent after them. */
async function expectNothingBefore(world, to) {
  const accepted = await push(world, to, 'next');
  await expectPush(world, to, 'next', accepted);
}

/** Title, what to do, and the only browser to do it in: SIGTERM loses Firefox's profile. */
export const cases = [
  ...payloadCases,
  ...flippedCases,
  ['bytes that are no text: handed over, or by Chromium dropped as if there were none',
    async (world) => {
      const to = await subscribe(world);
      const bytes = Uint8Array.of(0xff, 0x00, 0xfe);
      const { location } = await push(world, to, bytes);
      const event = await world.app.push(to.scope);
      if (world.name === 'firefox' || event.data !== null) assert.equal(event.data, hex(bytes));
      await world.browsers.acknowledged(location);
    }],
  ['a push without payload', async (world) => {
    const to = await subscribe(world);
    await expectPush(world, to, null, await push(world, to, null));
  }],
  ['a hundred in a row, in order', async (world) => {
    const to = await subscribe(world);
    const texts = Array.from({ length: 100 }, (_, i) => `number ${i} ${'x'.repeat(i * 30)}`);
    for (const text of texts) await push(world, to, text);
    const events = [];
    while (events.length < texts.length) events.push(await world.app.push(to.scope));
    events.sort((a, b) => a.number - b.number);
    assert.deepEqual(events.map((event) => event.text), texts);
  }],
  ['signed with another key than the page subscribed with', async (world) => {
    const to = await subscribe(world);
    const keys = await generateVapidKeys();
    const vapid = createVapid({ subject: 'mailto:ops@example.com', keys });
    assert.equal(await codeOf(push(world, to, 'no', { vapid })), 'ERR_KEY_MISMATCH');
    assert.equal(await codeOf(push(world, to, 'no', { vapid: null })), 'ERR_UNAUTHORIZED');
    await expectNothingBefore(world, to);
  }],
  ['unsubscribed by the page', async (world) => {
    const to = await subscribe(world);
    await expectPush(world, to, 'before', await push(world, to, 'before'));
    assert.equal(await world.app.ask('unsubscribe', to), true);
    // Chromium tells the push service after it has told the page.
    const end = Date.now() + PATIENCE;
    let code;
    do code = await codeOf(push(world, to, 'after'));
    while (code === 'sent' && Date.now() < end);
    assert.equal(code, 'ERR_SUBSCRIPTION_GONE');
    const again = { scope: to.scope, key: world.vapid.publicKey };
    const { same, ...subscription } = await world.app.ask('subscribe', again);
    assert.notEqual(subscription.endpoint, to.subscription.endpoint);
    await expectNothingBefore(world, { ...to, subscription });
  }],
  ['subscribed twice: the same endpoint', async (world) => {
    const to = await subscribe(world);
    const again = { scope: to.scope, key: world.vapid.publicKey };
    const { same, ...subscription } = await world.app.ask('subscribe', again);
    assert.deepEqual(subscription, to.subscription);
  }],
  ['sent with fetch over HTTP', async (world) => {
    const { scope, subscription } = await subscribe(world);
    const { pathname } = new URL(subscription.endpoint);
    const endpoint = world.browsers.url + pathname;
    const to = { scope, subscription: { ...subscription, endpoint } };
    await expectPush(world, to, 'one', await push(world, to, 'one', { fetch: undefined }));
  }],
  ['sent with http2Fetch over TLS', async (world) => {
    const to = await subscribe(world);
    assert.ok(to.subscription.endpoint.startsWith(world.secure.url), 'the endpoint is secure');
    const fetch = http2Fetch({ addresses: 'any', ca: world.secure.ca });
    try {
      await expectPush(world, to, 'one', await push(world, to, 'one', { fetch }));
      await expectPush(world, to, 'two', await push(world, to, 'two', { fetch, encrypt: aesgcm }));
    } finally {
      await fetch.close();
    }
  }],
  ['a batch by sendMany with nodeEncrypt and http2Fetch', async (world) => {
    const { vapid, secure, app } = world;
    const pages = [await subscribe(world), await subscribe(world), await subscribe(world)];
    const fetch = http2Fetch({ addresses: 'any', ca: secure.ca });
    const rows = Array.from({ length: 30 }, (_, i) => ({ ...pages[i % 3], payload: `row ${i}` }));
    try {
      const options = { vapid, endpoints: 'any', encrypt: nodeEncrypt, fetch };
      const outcomes = [];
      for await (const outcome of sendMany(rows, options)) outcomes.push(outcome);
      assert.equal(outcomes.filter(({ ok }) => ok).length, rows.length);
    } finally {
      await fetch.close();
    }
    const texts = [];
    for (const { scope } of rows) texts.push((await app.push(scope)).text);
    assert.deepEqual(texts.sort(), rows.map(({ payload }) => payload).sort());
  }],
  ['while it was away: what expired or was replaced does not come, the rest does, in order',
    async (world) => {
      const to = await subscribe(world);
      await expectPush(world, to, 'here', await push(world, to, 'here'));
      const back = world.browsers.disconnect();
      await push(world, to, 'expired', { ttl: 60 });
      await push(world, to, 'now or never', { ttl: 0 });
      await push(world, to, 'replaced', { topic: 'score' });
      const plain = await push(world, to, 'plain');
      const last = await push(world, to, 'last score', { topic: 'score' });
      world.clock.offset += 61_000;
      back();
      await expectPush(world, to, 'plain', plain);
      await expectPush(world, to, 'last score', last);
      await expectNothingBefore(world, to);
    }],
  ['closed and opened again: what came meanwhile arrives', async (world) => {
    const to = await subscribe(world);
    await expectPush(world, to, 'before', await push(world, to, 'before'));
    const folder = await world.browser.quit();
    const accepted = await push(world, to, 'meanwhile');
    world.browser = world.launch(folder);
    await expectPush(world, to, 'meanwhile', accepted);
    await expectNothingBefore(world, to);
  }, 'chromium'],
];
