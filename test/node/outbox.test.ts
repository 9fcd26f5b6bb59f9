import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { zeros } from '../../src/lib/bytes.ts';
import { createOutbox, type Outgoing } from '../../src/lib/node/outbox.ts';

const test = suite('outbox');

function message(id: string, more: Partial<Outgoing> = {}): Outgoing {
  return {
    id, channel: 'a', data: null, headers: {}, topic: undefined, expires: Number.MAX_SAFE_INTEGER, ...more,
  };
}

/** An outbox on a clock that stands, and the ids that it wrote. */
function setUp() {
  const clock = { now: 1000 };
  const written: string[] = [];
  const box = createOutbox(() => clock.now);
  const connect = (): void => box.connect(({ id }) => void written.push(id));
  return { clock, written, box, connect };
}

test('keeps what was not acknowledged and writes it again, in order', () => {
  const { written, box, connect } = setUp();
  for (const id of ['1', '2', '3']) assert.is(box.post(message(id)), true);
  assert.equal(written, []);
  connect();
  assert.equal(written, ['1', '2', '3']);
  assert.is(box.acknowledge('2')?.id, '2');
  assert.is(box.acknowledge('2'), undefined);
  box.disconnect();
  box.post(message('4'));
  assert.equal(written, ['1', '2', '3']);
  connect();
  assert.equal(written, ['1', '2', '3', '1', '3', '4']);
});

test('RFC 8030 §5.2: an expired push is not delivered; one of TTL 0 only to a browser that is there', () => {
  const { clock, written, box, connect } = setUp();
  connect();
  box.post(message('now', { expires: clock.now }));
  assert.equal(written, ['now']);
  box.disconnect();
  box.post(message('never', { expires: clock.now }));
  box.post(message('short', { expires: clock.now + 1000 }));
  box.post(message('long', { expires: clock.now + 2001 }));
  clock.now += 2000;
  connect();
  assert.equal(written, ['now', 'long']);
});

test('RFC 8030 §5.4: a topic\'s last push takes the place of one that waits', () => {
  const { written, box, connect } = setUp();
  box.post(message('1', { topic: 't' }));
  box.post(message('2', { topic: 't', channel: 'b' }));
  box.post(message('3', { topic: 'u' }));
  box.post(message('4', { topic: 't' }));
  connect();
  assert.equal(written, ['2', '3', '4']);
  box.post(message('5', { topic: 't' }));
  assert.equal(written, ['2', '3', '4', '5']);
  assert.ok(box.acknowledge('2'));
  box.disconnect();
  connect();
  assert.equal(written.slice(4), ['3', '5']);
});

test('has 64 in flight, and the next as soon as one is acknowledged', () => {
  const { written, box, connect } = setUp();
  for (let i = 0; i < 70; i++) box.post(message(String(i)));
  connect();
  assert.is(written.length, 64);
  box.acknowledge('10');
  assert.equal(written.slice(63), ['63', '64']);
  box.post(message('late'));
  assert.is(written.length, 65);
  for (let i = 0; i < 70; i++) box.acknowledge(String(i));
  assert.equal(written.slice(-2), ['69', 'late']);
});

test('withdraws what waits and leaves what flies', () => {
  const { written, box, connect } = setUp();
  box.post(message('1'));
  box.withdraw('1');
  box.withdraw('unknown');
  connect();
  box.post(message('2'));
  box.withdraw('2');
  assert.is(box.acknowledge('2')?.id, '2');
  assert.equal(written, ['2']);
});

test('drops a subscription\'s pushes, those in flight too', () => {
  const { written, box, connect } = setUp();
  connect();
  for (let i = 0; i < 64; i++) box.post(message(`a${i}`));
  box.post(message('b', { channel: 'b' }));
  box.drop('a');
  assert.is(written.at(-1), 'b');
  assert.is(box.acknowledge('a1'), undefined);
});

test('refuses what is too many or too much', () => {
  const many = setUp().box;
  for (let i = 0; i < 10_000; i++) assert.is(many.post(message(String(i))), true);
  assert.is(many.post(message('more')), false);
  assert.ok(many.acknowledge('5'));
  assert.is(many.post(message('more')), true);
  const { box } = setUp();
  const data = zeros(1024 * 1024);
  for (let i = 0; i < 32; i++) assert.is(box.post(message(String(i), { data })), true);
  assert.is(box.post(message('more', { data })), false);
  box.drop('a');
  assert.is(box.post(message('more', { data })), true);
});

test.run();
