/** parseNotification: what a browser takes for declarative, as the specification says. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPushError } from '../src/errors.ts';
import { utf8 } from '../src/lib/bytes.ts';
import { buildNotification, parseNotification } from '../src/notification.ts';
import type { DeclarativeNotification } from '../src/notification.ts';
import { BASE, reasonOf } from './notification_support.ts';

const message = (notification: object, top: object = {}): string =>
  JSON.stringify({ web_push: 8030, notification: { ...BASE, ...notification }, ...top });
const parsed = (notification: object, top?: object): DeclarativeNotification =>
  ({ ...parseNotification(message(notification, top)) });

const parsing = suite('parseNotification');

const NOT_DECLARATIVE: readonly (readonly [string, string])[] = [
  ['not-json', 'hello'],
  ['not-json', ''],
  ['not-json', buildNotification(BASE).slice(1)],
  ['web_push', 'null'],
  ['web_push', '8030'],
  ['web_push', `[${buildNotification(BASE)}]`],
  ['web_push', `{"x":${buildNotification(BASE)}}`],
  ['web_push', message({}, { web_push: 8031 })],
  ['web_push', message({}, { web_push: '8030' })],
  ['title', message({}, { notification: undefined })],
  ['title', message({}, { notification: null })],
  ['title', message({}, { notification: 'text' })],
  ['title', message({}, { notification: [BASE] })],
  ['title', message({ title: undefined })],
  ['title', message({ title: 7 })],
  ['navigate', message({ navigate: undefined })],
  ['navigate', message({ navigate: 5 })],
  ['navigate', message({ navigate: 'http://999.999' })],
  ['navigate', message({ navigate: '/relative' })],
  ['actions', message({ actions: [{ action: 'a', title: 'A', navigate: 'http://999.999' }] })],
  ['silent-vibrate', message({ silent: true, vibrate: [1] })],
  ['renotify-tag', message({ renotify: true })],
];

for (const [reason, text] of NOT_DECLARATIVE) {
  parsing(`${reason}: ${text.slice(0, 70)}`, () => {
    assert.is(reasonOf(() => parseNotification(text)), reason);
  });
}

parsing('the message that the specification shows', () => {
  const text = `{
    "web_push": 8030,
    "notification": {
      "title": "Ada emailed ‘London’", "lang": "en-US", "dir": "ltr",
      "body": "Did you hear about the tube strikes?", "navigate": "https://email.example/message/12"
    }
  }`;
  assert.equal({ ...parseNotification(text) }, {
    title: 'Ada emailed ‘London’', navigate: 'https://email.example/message/12', lang: 'en-US',
    dir: 'ltr', body: 'Did you hear about the tube strikes?',
  });
});

parsing('optional members of a wrong type are not there', () => {
  assert.equal(parsed({
    dir: 'up', lang: 3, body: null, tag: {}, image: 'http://999.999', icon: '/i', badge: 1,
    vibrate: [1.5], timestamp: '1', renotify: 'yes', silent: 0, requireInteraction: [], actions: 3,
    url: 'x',
  }, { app_badge: 'x', mutable: 1, other: 2 }), BASE);
});

parsing('an empty title is one', () => {
  assert.is(parsed({ title: '' }).title, '');
});

parsing('data may be anything', () => {
  for (const data of [null, 0, '', false, [], { a: 1 }]) assert.equal(parsed({ data }).data, data);
  assert.not('data' in parsed({}));
});

parsing('actions that lack a member are left out, and so is what no action has', () => {
  const good = { action: 'a', title: 'A', navigate: 'https://a.example/' };
  const lacking = ['action', 'title', 'navigate'].flatMap((name) =>
    [{ ...good, [name]: undefined }, { ...good, [name]: 3 }]);
  const actions = [...lacking, 'x', null, { ...good, url: 'x', data: {}, icon: 5 }];
  assert.equal(parsed({ actions }).actions, [good]);
});

parsing('mutable is read at the top, app_badge there and, for WebKit 18.4, inside', () => {
  assert.is(parsed({}, { mutable: true }).mutable, true);
  assert.is(parsed({ mutable: true }).mutable, undefined);
  assert.is(parsed({ app_badge: 1 }, { app_badge: 2 }).app_badge, 2);
  assert.is(parsed({ app_badge: 1 }).app_badge, 1);
});

parsing('URLs are resolved against the base', () => {
  const text = message({
    navigate: 'inbox/1', icon: '../i.png',
    actions: [{ action: 'a', title: 'A', navigate: '?x' }],
  });
  const { navigate, icon, actions } = parseNotification(text, { base: 'https://a.example/app/' });
  assert.is(navigate, 'https://a.example/app/inbox/1');
  assert.is(icon, 'https://a.example/i.png');
  assert.is(actions?.[0]?.navigate, 'https://a.example/app/?x');
  const base = 'https://a.example/app/';
  const missing = message({ navigate: undefined });
  assert.is(reasonOf(() => parseNotification(missing, { base })), 'navigate');
});

parsing('bytes: a byte order mark is skipped, bad UTF-8 replaced', () => {
  const bytes = utf8(`\ufeff${message({ title: 'test' })}`);
  assert.is(parseNotification(bytes).title, 'test');
  assert.is(parseNotification(bytes.buffer).title, 'test');
  bytes[bytes.indexOf(0x74, 40)] = 0xff;
  assert.match(JSON.stringify(parseNotification(bytes)), '\ufffd');
});

parsing('only own members count, and __proto__ in a message gets nowhere', () => {
  Reflect.set(Object.prototype, 'title', 'polluted');
  Reflect.set(Object.prototype, 'web_push', 8030);
  try {
    assert.is(reasonOf(() => parsed({ title: undefined })), 'title');
    const unmarked = JSON.stringify({ notification: BASE });
    assert.is(reasonOf(() => parseNotification(unmarked)), 'web_push');
  } finally {
    Reflect.deleteProperty(Object.prototype, 'title');
    Reflect.deleteProperty(Object.prototype, 'web_push');
  }
  const proto = '{"__proto__":{"title":"T","navigate":"https://a.example/"}}';
  const text = `{"web_push":8030,"notification":${proto}}`;
  assert.is(reasonOf(() => parseNotification(text)), 'title');
});

parsing('names of Object.prototype and deep nesting are no trouble', () => {
  const odd = { constructor: 'x', toString: 1, hasOwnProperty: {}, valueOf: null };
  assert.equal(parsed({ ...odd, actions: [odd] }), { ...BASE, actions: [] });
  const deep = '{"actions":['.repeat(50_000) + ']}'.repeat(50_000);
  try {
    parseNotification(`{"web_push":8030,"notification":${deep}}`);
    assert.unreachable();
  } catch (error) {
    assert.ok(isPushError(error));
  }
});

parsing.run();
