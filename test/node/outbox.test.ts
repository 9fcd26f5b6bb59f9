import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createOutbox, type Outgoing } from '../../src/lib/node/browsers/outbox.ts';

const test = suite('outbox');

function message(id: string, more: Partial<Outgoing> = {}): Outgoing {
  return { id, channel: 'a', data: null, headers: {}, ttl: 60, ...more };
}

/** An outbox, the ids that it wrote, and those that may not be written any more. */
function setUp() {
  const dead = new Set<string>();
  const written: string[] = [];
  const box = createOutbox((id) => !dead.has(id), 64);
  const connect = (): void => box.connect(({ id }) => void written.push(id));
  return { dead, written, box, connect };
}

test('keeps what was not acknowledged and writes it again, in order', () => {
  const { written, box, connect } = setUp();
  for (const id of ['1', '2', '3']) assert.is(box.post(message(id)), false);
  assert.equal(written, []);
  connect();
  assert.equal(written, ['1', '2', '3']);
  assert.is(box.acknowledge('2'), true);
  assert.is(box.acknowledge('2'), false);
  box.disconnect();
  box.post(message('4'));
  assert.equal(written, ['1', '2', '3']);
  connect();
  assert.equal(written, ['1', '2', '3', '1', '3', '4']);
  assert.is(box.post(message('5')), true);
});

test('RFC 8030 §5.2: with TTL 0 now or never', () => {
  const { written, box, connect } = setUp();
  assert.is(box.post(message('never', { ttl: 0 })), false);
  connect();
  assert.is(box.post(message('now', { ttl: 0 })), true);
  box.disconnect();
  connect();
  assert.equal(written, ['now']);
});

test('asks just before it writes whether a push may still be delivered', () => {
  const { dead, written, box, connect } = setUp();
  for (const id of ['1', '2']) box.post(message(id));
  dead.add('1');
  connect();
  assert.equal(written, ['2']);
  assert.is(box.acknowledge('1'), false);
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

test('forgets what waits; what is in flight may be acknowledged, and does not come again', () => {
  const { written, box, connect } = setUp();
  box.post(message('1'));
  box.forget('1');
  box.forget('unknown');
  connect();
  for (const id of ['2', '3']) {
    box.post(message(id));
    box.forget(id);
  }
  assert.is(box.acknowledge('2'), true);
  box.disconnect();
  connect();
  assert.equal(written, ['2', '3']);
});

test('while it is held the browser counts as away, and what flies stays in flight', () => {
  const { written, box, connect } = setUp();
  connect();
  box.post(message('1'));
  box.hold(true);
  assert.is(box.post(message('never', { ttl: 0 })), false);
  assert.is(box.post(message('2')), false);
  assert.is(box.acknowledge('1'), true);
  assert.equal(written, ['1']);
  box.hold(false);
  assert.equal(written, ['1', '2']);
});

test('drops a subscription\'s pushes, those in flight too', () => {
  const { written, box, connect } = setUp();
  connect();
  for (let i = 0; i < 64; i++) box.post(message(`a${i}`));
  box.post(message('b', { channel: 'b' }));
  box.drop('a');
  assert.is(written.at(-1), 'b');
  assert.is(box.acknowledge('a1'), false);
});

test.run();
