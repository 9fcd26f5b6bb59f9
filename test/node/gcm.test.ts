import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { concat, utf8 } from '../../src/lib/bytes.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import type { Bytes } from '../../src/types.ts';
import { ids, KEY, LOGIN, packet, push, setUp, streamAck, SUBTYPE } from './gcm_support.ts';

const test = suite('gcm');

test('check-in gives numbers that are not zero, and the same ones again', () => {
  const { checkIn } = setUp();
  const first = checkIn();
  assert.ok(first.every((number) => BigInt(number) > 0n && BigInt(number) < 1n << 63n));
  assert.is.not(checkIn()[0], first[0]);
  assert.equal(checkIn(BigInt(first[0]), BigInt(first[1])), first);
  assert.equal(checkIn(77n, 88n), ['77', '88']);
});

test('check-in refuses what is malformed and who has another token', () => {
  const { gcm, checkIn } = setUp();
  assert.is(gcm.checkIn(utf8('\x0f'))[0], 400);
  const [id, secret] = checkIn();
  const forged = concat([p.varintField(2, BigInt(id)), p.fixed64Field(13, BigInt(secret) + 1n)]);
  assert.is(gcm.checkIn(forged)[0], 401);
});

test('registration: a token for a page, the same when asked again, others for others', () => {
  const { checkIn, register, subscribers } = setUp();
  const who = checkIn();
  const token = register(who);
  assert.is(token, `token=${subscribers[0]!.token}`);
  assert.is(register(who), token);
  assert.is(encodeBase64url(subscribers[0]!.applicationServerKey!), KEY);
  assert.is.not(register(who, { 'X-subtype': `${SUBTYPE}2` }), token);
  assert.is.not(register(checkIn()), token);
  assert.is(subscribers.length, 3);
});

test('registration: Chromium\'s own is answered and delivers nothing', () => {
  const { checkIn, register, subscribers } = setUp();
  const own = { app: 'com.google.android.gms', 'X-subtype': '', sender: '745476177629' };
  assert.match(register(checkIn(), own), /^token=[0-9a-f]{64}$/);
  assert.is(subscribers.length, 0);
});

test('registration: refuses strangers and keys that are none', () => {
  const { gcm, checkIn, register, subscribers } = setUp();
  const who = checkIn();
  for (const sender of ['', '1234567890', `${KEY.slice(0, -3)}AAA`, KEY.slice(0, -4)]) {
    assert.is(register(who, { sender }), 'Error=INVALID_SENDER', sender);
  }
  const bad = ['', 'AidLogin', `AidLogin ${who[0]}:1`, `Bearer ${who.join(':')}`, 'AidLogin 0:0',
    `AidLogin ${'9'.repeat(30)}:1`];
  for (const authorization of bad) {
    assert.is(gcm.register(authorization, new URLSearchParams())[0], 401, authorization);
  }
  assert.is(subscribers.length, 0);
});

test('login: the answer, then what waited, as Chromium wants it', () => {
  const { checkIn, register, login, subscribers, online } = setUp();
  const who = checkIn();
  register(who);
  const headers = {
    'content-encoding': 'aesgcm', encryption: 'salt=abc', 'crypto-key': 'dh=def', host: 'x',
  };
  assert.is(subscribers[0]!.deliver(push('a', { headers })), false);
  const { told } = login(who);
  const [[tag, answer] = [0, new Map()], [, first] = [0, new Map()]] = told;
  assert.equal([tag, p.textOf(answer, 1), p.numberOf(answer, 5), p.numberOf(answer, 6),
    p.numberOf(answer, 8), answer.has(3)], [3, 'chrome-156', 1n, 1n, 1_700_000_000_000n, false]);
  assert.equal([2, 3, 5, 9].map((field) => p.textOf(first, field)),
    ['a', KEY, 'org.chromium.linux', 'a']);
  const numbers = [17, 18, 24].map((field) => p.numberOf(first, field));
  assert.equal(numbers, [60n, 1_700_000_000_000n, 1n]);
  assert.is(p.textOf(first, 21), 'body a');
  const data = first.get(7)!.map((each: p.Value) => {
    const pair = p.decodeFields(each as Bytes)!;
    return [p.textOf(pair, 1), p.textOf(pair, 2)];
  });
  assert.equal(Object.fromEntries(data), {
    subtype: SUBTYPE, 'content-encoding': 'aesgcm', encryption: 'salt=abc', 'crypto-key': 'dh=def',
  });
  assert.is(subscribers[0]!.deliver(push('b', { data: null, headers })), true);
  const [, empty] = told[2]!;
  assert.is(empty.has(21), false);
  assert.is(empty.get(7)!.length, 1);
  assert.equal(online, ['chromium']);
});

test('a stream id acknowledges every push up to it; heartbeats count as messages', () => {
  const { checkIn, register, login, subscribers, acknowledged } = setUp();
  const who = checkIn();
  register(who);
  const chromium = login(who);
  for (const id of ['a', 'b']) subscribers[0]!.deliver(push(id));
  chromium.onData(streamAck(2));
  assert.equal(acknowledged.map(({ id }) => id), ['a']);
  chromium.onData(packet(0));
  assert.equal([chromium.told[3]![0], p.numberOf(chromium.told[3]![1], 2)], [1, 3n]);
  subscribers[0]!.deliver(push('c'));
  chromium.onData(packet(0, p.varintField(2, 4)));
  assert.equal(acknowledged.map(({ id }) => id), ['a', 'b']);
  chromium.onData(packet(8, p.varintField(11, 5)));
  assert.equal(acknowledged[2], { id: 'c', browser: 'chromium', code: undefined });
  chromium.onData(streamAck(900));
  assert.is(acknowledged.length, 3);
});

test('a selective acknowledgement names its pushes', () => {
  const { checkIn, register, login, subscribers, acknowledged } = setUp();
  const who = checkIn();
  register(who);
  const chromium = login(who);
  for (const id of ['a', 'b', 'c']) subscribers[0]!.deliver(push(id));
  const data = concat([p.bytesField(1, 'b'), p.bytesField(1, 'unknown')]);
  const extension = concat([p.varintField(1, 12), p.bytesField(2, data)]);
  chromium.onData(packet(7, p.bytesField(7, extension)));
  chromium.onData(packet(7, p.bytesField(7, utf8('\x0f'))));
  assert.equal(acknowledged.map(({ id }) => id), ['b']);
});

test('what was not acknowledged comes again after a login, but not what it says it has', () => {
  const { checkIn, register, login, subscribers, acknowledged, online } = setUp();
  const who = checkIn();
  register(who);
  const before = login(who);
  for (const id of ['a', 'b', 'c']) subscribers[0]!.deliver(push(id));
  before.onData(streamAck(2));
  before.onClose();
  assert.equal(online, []);
  const after = login(who, 'b', 'unknown');
  assert.equal(ids(after.told), ['c']);
  assert.equal(acknowledged.map(({ id }) => id), ['a', 'b']);
});

test('a second connection takes over: the first is closed and not listened to', () => {
  const { checkIn, register, login, subscribers, acknowledged } = setUp();
  const who = checkIn();
  register(who);
  const before = login(who);
  subscribers[0]!.deliver(push('a'));
  const after = login(who);
  assert.is(before.state.closed, 1);
  before.onData(streamAck(2));
  before.onClose();
  assert.equal(acknowledged, []);
  subscribers[0]!.deliver(push('b'));
  assert.equal(ids(after.told), ['a', 'b']);
});

test('an unsubscribed page gets no more, and its pushes that fly are forgotten', () => {
  const { checkIn, register, login, subscribers, gone, acknowledged } = setUp();
  const who = checkIn();
  register(who);
  const chromium = login(who);
  subscribers[0]!.deliver(push('a'));
  assert.is(register(who, { delete: 'true' }), 'deleted=org.chromium.linux');
  assert.equal(gone, [subscribers[0]!.token]);
  chromium.onData(streamAck(9));
  assert.equal(acknowledged, []);
  assert.is.not(register(who), `token=${subscribers[0]!.token}`);
});

test('while held nothing is written, though the connection stays', () => {
  const { gcm, checkIn, register, login, subscribers } = setUp();
  const who = checkIn();
  register(who);
  const chromium = login(who);
  gcm.hold(true);
  assert.is(subscribers[0]!.deliver(push('never', { ttl: 0 })), false);
  subscribers[0]!.deliver(push('a'));
  assert.equal(ids(chromium.told), []);
  gcm.hold(false);
  assert.equal(ids(chromium.told), ['a']);
});

test('who breaks the protocol is cut off, and nothing throws', () => {
  const { checkIn, connect, login } = setUp();
  const who = checkIn();
  const [id] = who;
  const version = new Uint8Array([41]);
  const strangers: Record<string, Bytes> = {
    'an old version': new Uint8Array([37]),
    'a browser that speaks HTTP': utf8('GET / HTTP/1.1\r\n'),
    'no login': concat([version, packet(0)]),
    'a login without a name': concat([version, packet(LOGIN)]),
    'a wrong token': concat([version, packet(LOGIN, p.bytesField(3, id), p.bytesField(5, '1'))]),
    'no Protocol Buffers': concat([version, packet(LOGIN, utf8('\x0f'))]),
    'too long': concat([version, new Uint8Array([LOGIN, 0x81, 0x80, 0x04])]),
    'a size of four octets': concat([version, new Uint8Array([LOGIN, 0x80, 0x80, 0x80, 0x00])]),
  };
  for (const [name, bytes] of Object.entries(strangers)) {
    const stranger = connect();
    for (const byte of bytes) stranger.onData(new Uint8Array([byte]));
    assert.ok(stranger.state.closed > 0, name);
    assert.is(stranger.greeted(), false, name);
    assert.equal(stranger.told, [], name);
    stranger.onClose();
  }
  const chromium = login(who);
  chromium.onData(packet(4));
  assert.is(chromium.state.closed, 1);
});

test('remembers a bounded number of profiles and registrations; the absent make room', () => {
  const { gcm, checkIn, register, login, gone, subscribers } = setUp();
  const first = checkIn();
  for (let i = 0; i < 1000; i++) register(first, { 'X-subtype': `${SUBTYPE}${i}` });
  assert.is(register(first), 'Error=TOO_MANY_REGISTRATIONS');
  const others = Array.from({ length: 255 }, () => checkIn());
  others.forEach((who) => login(who));
  const late = checkIn();
  assert.is(gone.length, subscribers.length);
  login(late);
  assert.is(gcm.checkIn(concat([p.varintField(2, 0)]))[0], 401);
});

test.run();
