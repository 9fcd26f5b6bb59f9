/** fit: a body cut to the room there is, between what people see as characters. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isPushError } from '../src/errors.ts';
import { utf8 } from '../src/lib/bytes.ts';
import { beginning } from '../src/lib/notification/beginning.ts';
import { buildNotification, fit } from '../src/notification.ts';
import type { DeclarativeNotification } from '../src/notification.ts';
import { BASE, reasonOf } from './notification_support.ts';

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
