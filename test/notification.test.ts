/** buildNotification: the message that goes out, and what is refused. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildNotification, parseNotification } from '../src/notification.ts';
import type { DeclarativeNotification } from '../src/notification.ts';
import { BASE, reasonOf } from './notification_support.ts';

const FULL: DeclarativeNotification = {
  ...BASE,
  dir: 'rtl', lang: 'en', body: 'See you at noon?', tag: 'ada',
  image: 'https://chat.example/i.png', icon: 'https://chat.example/c.png',
  badge: 'https://chat.example/b.png', vibrate: [100, 50], timestamp: 1_700_000_000_000,
  renotify: true, silent: false, requireInteraction: true, data: { id: [1, null, 'x'] },
  actions: [
    { action: 'yes', title: 'Yes', navigate: 'https://chat.example/yes' },
    {
      action: 'no', title: 'No', navigate: 'https://chat.example/no',
      icon: 'https://chat.example/n.png',
    },
  ],
  app_badge: 3, mutable: true,
};

const build = (changes: object): string => buildNotification({ ...BASE, ...changes });

const building = suite('buildNotification');

building('the least message', () => {
  assert.is(buildNotification(BASE),
    '{"web_push":8030,"notification":{"title":"Ada wrote","navigate":"https://chat.example/ada"}}');
});

building('every member, and the two that implementations read at different places at both', () => {
  const { notification, ...top } = JSON.parse(buildNotification(FULL));
  assert.equal(top, { web_push: 8030, app_badge: 3, mutable: true });
  assert.equal(notification, FULL);
});

building('what is built is parsed to what was given', () => {
  assert.equal({ ...parseNotification(buildNotification(FULL)) }, FULL);
  assert.equal({ ...parseNotification(buildNotification(BASE)) }, BASE);
});

building('members that are undefined are not there', () => {
  const absent = { icon: undefined, actions: undefined, mutable: undefined };
  assert.is(build(absent), buildNotification(BASE));
});

building('the badge can be cleared', () => {
  assert.is(JSON.parse(build({ app_badge: 0 })).app_badge, 0);
});

building('URLs go out normalised: Firefox takes https:x for a relative one', () => {
  const { notification } = JSON.parse(build({ navigate: 'https:chat.example' }));
  assert.is(notification.navigate, 'https://chat.example/');
});

const REFUSED: readonly (readonly [string, object])[] = [
  ['title', { title: '' }],
  ['title', { title: undefined }],
  ['title', { title: 5 }],
  ['navigate', { navigate: undefined }],
  ['navigate', { navigate: '/ada' }],
  ['navigate', { navigate: 'chat.example' }],
  ['navigate', { navigate: 'https://999.999/' }],
  ['icon', { icon: '/c.png' }],
  ['image', { image: 'c.png' }],
  ['badge', { badge: '' }],
  ['dir', { dir: 'up' }],
  ['lang', { lang: null }],
  ['body', { body: 5 }],
  ['tag', { tag: ['x'] }],
  ['vibrate', { vibrate: 100 }],
  ['vibrate', { vibrate: [100, -1] }],
  ['vibrate', { vibrate: [2 ** 32] }],
  ['timestamp', { timestamp: 1.5 }],
  ['timestamp', { timestamp: new Date(0) }],
  ['renotify', { renotify: 1, tag: 'x' }],
  ['silent', { silent: 'yes' }],
  ['requireInteraction', { requireInteraction: null }],
  ['mutable', { mutable: 'yes' }],
  ['app_badge', { app_badge: -1 }],
  ['app_badge', { app_badge: '3' }],
  ['app_badge', { app_badge: NaN }],
  ['silent-vibrate', { silent: true, vibrate: [100] }],
  ['silent-vibrate', { silent: true, vibrate: [] }],
  ['renotify-tag', { renotify: true }],
  ['renotify-tag', { renotify: true, tag: '' }],
  ['actions', { actions: {} }],
  ['actions', { actions: 'ab' }],
  ['actions', { actions: [null] }],
  ['actions', { actions: [{ action: 'a', title: 'A' }] }],
  ['actions', { actions: [{ action: 'a', title: 'A', navigate: '/a' }] }],
  ['actions', { actions: [{ title: 'A', navigate: 'https://a.example/' }] }],
  // A misspelt member would be lost without a word.
  ['url', { url: 'https://chat.example/' }],
  ['require_interaction', { require_interaction: true }],
];

for (const [reason, changes] of REFUSED) {
  building(`refuses ${JSON.stringify(changes)}: ${reason}`, () => {
    assert.is(reasonOf(() => build(changes)), reason);
  });
}

building('silent without vibrate and renotify with a tag are fine', () => {
  build({ silent: true });
  build({ silent: false, vibrate: [100] });
  build({ renotify: true, tag: 'x' });
});

building('no object: title is missing', () => {
  // @ts-expect-error what plain JavaScript may pass
  assert.is(reasonOf(() => buildNotification(undefined)), 'title');
  // @ts-expect-error what plain JavaScript may pass
  assert.is(reasonOf(() => buildNotification('Hello')), 'title');
});

building('data that JSON cannot carry is a TypeError', () => {
  assert.throws(() => build({ data: 1n }), (error: unknown) => error instanceof TypeError);
});

building('a getter is read once', () => {
  let reads = 0;
  const notification = {
    ...BASE,
    get body(): string {
      return ++reads === 1 ? 'first' : 'other';
    },
  };
  Object.freeze(notification);
  const given: DeclarativeNotification = { title: 'T', navigate: 'https://a.example/' };
  const before = JSON.stringify(given);
  buildNotification(given);
  assert.is(JSON.stringify(given), before);
  reads = 0;
  const { notification: content } = JSON.parse(buildNotification(notification));
  assert.is(content.body, 'first');
  assert.is(reads, 1);
});

building.run();
