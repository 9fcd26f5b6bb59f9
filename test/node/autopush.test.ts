import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { createAutopush } from '../../src/lib/node/browsers/autopush.ts';
import type { Acknowledgement, Hub, Subscriber } from '../../src/lib/node/browsers/hub.ts';
import { property, utf8 } from '../../src/lib/bytes.ts';

const test = suite('autopush');
const CHANNEL = '6e1a2c1c-3b6d-4a5e-9d5f-0123456789ab';
/** The public key of RFC 8292 §2.4. */
const KEY =
  'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';

function setUp() {
  const subscribers: Subscriber[] = [];
  const gone: string[] = [];
  const acknowledged: Acknowledgement[] = [];
  const expired = new Set<string>();
  let connections = 0;
  const hub: Hub = {
    subscribe: (subscriber) => {
      subscribers.push(subscriber);
      const { token, close } = subscriber;
      const unsubscribe = (): void => {
        gone.push(token);
        close();
      };
      return { endpoint: `http://127.0.0.1/wpush/v2/${token}`, unsubscribe };
    },
    isAlive: (id) => !expired.has(id),
    connected: () => connections++,
    disconnected: () => connections--,
    acknowledged: (each) => acknowledged.push(each),
  };
  const autopush = createAutopush(hub);

  /** A Firefox: what it was told, and a way to say things. */
  const open = () => {
    const told: unknown[] = [];
    const closed: number[] = [];
    const peer = {
      send: (text: string) => void told.push(JSON.parse(text)),
      close: (code: number) => void closed.push(code),
    };
    const session = autopush.connect(peer);
    const say = (message: unknown): unknown => {
      session.onText(typeof message === 'string' ? message : JSON.stringify(message));
      return told.at(-1);
    };
    return { ...session, told, closed, say };
  };
  const hello = (uaid?: unknown) => {
    const firefox = open();
    const base = { messageType: 'hello', broadcasts: {}, use_webpush: true };
    firefox.say(uaid ? { ...base, uaid } : base);
    return { ...firefox, uaid: String(property(firefox.told[0], 'uaid')) };
  };
  return { open, hello, subscribers, gone, acknowledged, expired, connections: () => connections };
}

const push = (id: string, more = {}) =>
  ({ id, data: utf8('body'), headers: {}, ttl: 60, ...more });
const versions = (told: readonly unknown[]): unknown[] =>
  told.flatMap((each) => property(each, 'version') ?? []);
/** Says that a push was delivered. */
const ack = (version: string) => ({ messageType: 'ack', updates: [{ version, code: 100 }] });
const register = { messageType: 'register', channelID: CHANNEL, key: `${KEY}=` };

test('hello: a new uaid for a stranger, the same for one that is known', () => {
  const { hello, connections } = setUp();
  const first = hello();
  assert.match(first.uaid, /^[0-9a-f]{32}$/);
  assert.equal(first.told[0], {
    messageType: 'hello', uaid: first.uaid, status: 200, use_webpush: true, broadcasts: {},
  });
  assert.is(hello(first.uaid).uaid, first.uaid);
  assert.is.not(hello('f'.repeat(32)).uaid, 'f'.repeat(32));
  assert.is(connections(), 3);
});

test('register: a key with or without padding, and the same endpoint when asked twice', () => {
  const { hello, subscribers } = setUp();
  const firefox = hello();
  const answer = firefox.say(register);
  assert.is(property(answer, 'status'), 200);
  assert.is(property(answer, 'channelID'), CHANNEL);
  assert.is(property(answer, 'pushEndpoint'), `http://127.0.0.1/wpush/v2/${subscribers[0]?.token}`);
  assert.is(encodeBase64url(subscribers[0]?.applicationServerKey ?? utf8('')), KEY);
  assert.equal(firefox.say(register), answer);
  assert.is(subscribers.length, 1);
  const other = { ...register, channelID: CHANNEL.replace('6', '7'), key: KEY };
  assert.is(property(firefox.say(other), 'status'), 200);
  const open = { messageType: 'register', channelID: CHANNEL.replace('6', '8') };
  assert.is(property(firefox.say(open), 'status'), 200);
  assert.is(subscribers[2]?.applicationServerKey, undefined);
  assert.is(property(firefox.say({ ...register, key: undefined }), 'status'), 409);
});

test('register: refuses keys that are no points and odd channels', () => {
  const { hello, subscribers } = setUp();
  const firefox = hello();
  for (const key of ['x', KEY.slice(0, -4), `A${KEY.slice(1)}`, `${KEY.slice(0, -3)}AAA`]) {
    assert.is(property(firefox.say({ ...register, key }), 'status'), 400, key);
  }
  for (const channelID of ['', 'a'.repeat(37), '../../etc', 7, null, CHANNEL.toUpperCase()]) {
    assert.is(property(firefox.say({ ...register, channelID }), 'status'), 400, String(channelID));
  }
  assert.is(subscribers.length, 0);
});

test('a push as Firefox wants it, for both codings and without payload', () => {
  const { hello, subscribers } = setUp();
  const firefox = hello();
  firefox.say(register);
  const post = subscribers[0]!.deliver;
  post(push('1', { headers: { 'content-encoding': 'aes128gcm' } }));
  post(push('2', { headers: {
    'content-encoding': 'aesgcm',
    encryption: 'keyid="p256dh"; salt="abcd=="',
    'crypto-key': 'keyid="p256dh"; dh="efg=" , p256ecdsa=hijk=',
  } }));
  post(push('3', { data: null, headers: { 'content-encoding': 'aes128gcm' } }));
  for (const id of ['1', '2']) firefox.say(ack(id));
  const base = { messageType: 'notification', channelID: CHANNEL };
  assert.equal(firefox.told.slice(2), [
    { ...base, version: '1', data: 'Ym9keQ', headers: { encoding: 'aes128gcm' } },
    { ...base, version: '2', data: 'Ym9keQ', headers: {
      encoding: 'aesgcm',
      encryption: 'keyid=p256dh; salt=abcd',
      crypto_key: 'keyid=p256dh; dh=efg, p256ecdsa=hijk',
    } },
    { ...base, version: '3' },
  ]);
});

test('one push at a time: Firefox would fire the events of several in any order', () => {
  const { hello, subscribers } = setUp();
  const firefox = hello();
  firefox.say(register);
  for (const id of ['1', '2', '3']) assert.is(subscribers[0]!.deliver(push(id)), true);
  assert.equal(versions(firefox.told), ['1']);
  firefox.say({ messageType: 'nack', version: '1', code: 301 });
  firefox.say(ack('2'));
  assert.equal(versions(firefox.told), ['1', '2', '3']);
});

test('acknowledgements are passed on with their codes, once', () => {
  const { hello, subscribers, acknowledged } = setUp();
  const firefox = hello();
  firefox.say(register);
  for (const id of ['1', '2', '3', '4']) subscribers[0]!.deliver(push(id));
  const say = (...updates: unknown[]) => firefox.say({ messageType: 'ack', updates });
  say({ channelID: CHANNEL, version: '1', code: 100 }, { version: '2', code: 101 });
  say({ version: '2', code: 100 }, { version: 'unknown', code: 100 }, null, 7, {});
  firefox.say({ messageType: 'ack', updates: 'none' });
  firefox.say({ messageType: 'nack', version: '3', code: 302 });
  say({ version: '4', code: 'odd' });
  const browser = 'firefox';
  assert.equal(acknowledged, [
    { id: '1', browser, code: 100 }, { id: '2', browser, code: 101 },
    { id: '3', browser, code: 302 }, { id: '4', browser, code: undefined },
  ]);
});

test('what was not acknowledged comes again after the next hello, unless it expired', () => {
  const { hello, subscribers, expired } = setUp();
  const before = hello();
  before.say(register);
  for (const id of ['1', '2', '3']) subscribers[0]!.deliver(push(id));
  before.say(ack('1'));
  before.onClose();
  assert.is(subscribers[0]!.deliver(push('4')), false);
  subscribers[0]!.deliver(push('5'));
  expired.add('5');
  assert.equal(versions(before.told), ['1', '2']);
  const after = hello(before.uaid);
  for (const id of ['2', '3', '4']) after.say(ack(id));
  assert.equal(versions(after.told), ['2', '3', '4']);
  const endpoint = property(before.told[1], 'pushEndpoint');
  assert.is(property(after.say(register), 'pushEndpoint'), endpoint);
});

test('a second connection of a profile takes over from the first', () => {
  const { hello, subscribers, gone } = setUp();
  const before = hello();
  before.say(register);
  subscribers[0]!.deliver(push('1'));
  const after = hello(before.uaid);
  assert.equal(before.closed, [1001]);
  before.onClose();
  before.say({ messageType: 'unregister', channelID: CHANNEL });
  assert.equal(gone, []);
  subscribers[0]!.deliver(push('2'));
  assert.equal(versions(after.told), ['1']);
  before.say(ack('1'));
  assert.equal(versions(after.told), ['1']);
  after.say(ack('1'));
  assert.equal(versions(after.told), ['1', '2']);
});

test('unregister ends the subscription and its pushes', () => {
  const { hello, subscribers, gone, acknowledged } = setUp();
  const firefox = hello();
  firefox.say(register);
  subscribers[0]!.deliver(push('1'));
  const bye = { messageType: 'unregister', channelID: CHANNEL, code: 200 };
  const answer = { messageType: 'unregister', channelID: CHANNEL, status: 200 };
  assert.equal(firefox.say(bye), answer);
  assert.equal(firefox.say(bye), answer);
  assert.equal(gone, [subscribers[0]!.token]);
  firefox.say(ack('1'));
  assert.equal(acknowledged, []);
});

test('a ping is answered, a broadcast is not', () => {
  const { hello } = setUp();
  const firefox = hello();
  assert.equal(firefox.say('{}'), {});
  firefox.say({ messageType: 'ping' });
  assert.is(firefox.told.length, 3);
  firefox.say({ messageType: 'broadcast_subscribe', broadcasts: {} });
  assert.is(firefox.told.length, 3);
});

test('whoever does not say hello first, or talks nonsense, is turned away', () => {
  const { open, hello } = setUp();
  for (const text of ['', '[]', 'null', '7', '"hello"', '{', '{"messageType":"hello"', '{}']) {
    const stranger = open();
    stranger.say(text);
    assert.equal(stranger.closed, [1008], text);
    assert.is(stranger.greeted(), false);
    stranger.onClose();
  }
  const stranger = open();
  stranger.say(register);
  assert.equal(stranger.closed, [1008]);
  const firefox = hello();
  for (const text of ['null', '[1]', 'x']) firefox.say(text);
  assert.equal(firefox.closed, [1008, 1008, 1008]);
});

test('remembers a bounded number of profiles and subscriptions; the absent make room', () => {
  const { hello, open, gone, subscribers, connections } = setUp();
  const first = hello();
  first.say(register);
  for (let i = 0; i < 1000; i++) {
    const channelID = CHANNEL.slice(0, -4) + String(i).padStart(4, '0');
    assert.is(property(first.say({ ...register, channelID }), 'status'), i < 999 ? 200 : 503);
  }
  const others = Array.from({ length: 255 }, () => hello());
  const late = open();
  late.say({ messageType: 'hello' });
  assert.equal(late.closed, [1008]);
  assert.is(connections(), 256);
  first.onClose();
  assert.is(connections(), 255);
  assert.ok(hello().uaid);
  assert.equal(gone.length, subscribers.length);
  assert.is(hello(others[0]!.uaid).uaid, others[0]!.uaid);
});

test.run();
