import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPushError } from '../src/errors.ts';
import { utf8 } from '../src/lib/bytes.ts';
import { beginning } from '../src/lib/notification/beginning.ts';
import { buildNotification, fit, parseNotification } from '../src/notification.ts';
import type { DeclarativeNotification } from '../src/notification.ts';

const BASE = { title: 'Ada wrote', navigate: 'https://chat.example/ada' };

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

function reasonOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    assert.ok(isPushError(error), String(error));
    assert.is(error.code, 'ERR_NOTIFICATION_INVALID');
    assert.match(error.message, new RegExp(`: ${error.reason} is missing or wrong$`));
    return error.reason;
  }
  return undefined;
}

const build = (changes: object): string => buildNotification({ ...BASE, ...changes });
const message = (notification: object, top: object = {}): string =>
  JSON.stringify({ web_push: 8030, notification: { ...BASE, ...notification }, ...top });
const parsed = (notification: object, top?: object): DeclarativeNotification =>
  ({ ...parseNotification(message(notification, top)) });

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
    vibrate: [1.5], timestamp: '1', renotify: 'yes', silent: 0, requireInteraction: [], actions: 3, url: 'x',
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

const fitting = suite('fit');

const size = (notification: DeclarativeNotification): number =>
  utf8(buildNotification(notification)).length;
const frame = size({ ...BASE, body: '' });

fitting('what fits stays as it is', () => {
  assert.is(fit(BASE), BASE);
  const exact = { ...BASE, body: 'x'.repeat(100) };
  assert.is(fit(exact, frame + 100), exact);
});

fitting('every size is used up and none passed, whatever the text', () => {
  const bodies = [
    'plain text', 'žluťoučký kůň', '日本語の文章', '👨‍👩‍👧‍👦👍🏽🇩🇪', 'a"b\\c\n\u0007d', '\ud800x\udc00',
  ];
  for (const piece of bodies) {
    const body = piece.repeat(20);
    for (let room = 0; room < 60; room++) {
      const cut = fit({ ...BASE, body }, frame + room);
      assert.ok(size(cut) <= frame + room);
      assert.ok(body.startsWith(cut.body ?? '?'));
      const longest = Math.max(...[...new Intl.Segmenter().segment(piece)]
        .map(({ segment }) => utf8(JSON.stringify(segment)).length));
      assert.ok(frame + room - size(cut) < longest);
    }
  }
});

fitting('the default is what every browser takes', () => {
  const cut = fit({ ...BASE, body: 'x'.repeat(5000) });
  assert.is(size(cut), 2912);
});

fitting('never between what people see as one character', () => {
  const family = '👨‍👩‍👧‍👦';
  const bytes = utf8(family).length;
  const cut = (room: number): string | undefined =>
    fit({ ...BASE, body: `${family}e\u0301🇩🇪!!` }, frame + room).body;
  assert.is(cut(bytes - 1), '');
  assert.is(cut(bytes), family);
  assert.is(cut(bytes + 2), family);
  assert.is(cut(bytes + 3), `${family}e\u0301`);
  assert.is(cut(bytes + 3 + 7), `${family}e\u0301`);
  assert.is(cut(bytes + 3 + 8), `${family}e\u0301🇩🇪`);
});

fitting('what does not fit without a body is an error', () => {
  for (const bytes of [frame - 1, 0, -1, NaN]) {
    try {
      fit({ ...BASE, body: 'x' }, bytes);
      assert.unreachable();
    } catch (error) {
      assert.ok(isPushError(error));
      assert.is(error.code, 'ERR_PAYLOAD_TOO_LARGE');
      assert.is(error.message, `Cannot fit the notification into ${bytes} bytes`);
    }
  }
});

fitting('the given notification is left alone', () => {
  const given = Object.freeze({ ...BASE, body: 'x'.repeat(5000) });
  fit(given, 500);
  assert.is(given.body.length, 5000);
});

fitting('an invalid one is refused, whatever its size', () => {
  assert.is(reasonOf(() => fit({ ...BASE, title: '', body: 'x'.repeat(5000) })), 'title');
});

fitting('without a segmenter: no torn surrogates, marks, joined emoji or flags', () => {
  const cases: readonly (readonly [string, number, string])[] = [
    ['👍👍', 7, '👍'],
    ['ae\u0301x', 3, 'a'],
    ['ae\u0301x', 4, 'ae\u0301'],
    ['👨‍👩‍👧!', 10, ''],
    ['👍🏽!', 7, ''],
    ['🇩🇪🇫🇷', 8, '🇩🇪'],
    ['🇩🇪🇫🇷', 12, '🇩🇪'],
    ['\ud800a', 6, '\ud800'],
    ['abc', 2, 'ab'],
    ['', 5, ''],
  ];
  for (const [text, bytes, kept] of cases) {
    assert.is(beginning(text, bytes), kept, `${text} ${bytes}`);
  }
});

fitting('a long body costs no more than what is kept of it', () => {
  assert.is(beginning('x'.repeat(10_000_000), 10, Intl.Segmenter), 'x'.repeat(10));
  assert.is(beginning('x'.repeat(10_000_000), 10), 'x'.repeat(10));
});

fitting.run();
