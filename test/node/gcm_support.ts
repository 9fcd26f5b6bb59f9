/** Chromium's side of ./gcm, by hand: check-in, registration and a connection that is read. */
import * as assert from 'uvu/assert';
import { concat, utf8 } from '../../src/lib/bytes.ts';
import { createFeed, type Parser } from '../../src/lib/node/browsers/feed.ts';
import { createGcm, type Gcm, type GcmSession } from '../../src/lib/node/browsers/gcm.ts';
import type { Acknowledgement, Hub, Subscriber } from '../../src/lib/node/browsers/hub.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import type { Bytes } from '../../src/types.ts';

/** The public key of RFC 8292 §2.4. */
export const KEY =
  'BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';
export const SUBTYPE = 'wp:http://localhost:8080/#0123-V2';
export const LOGIN = 2;

export type Told = readonly [tag: number, fields: p.Fields];

/** Reads what the server writes: its version, then messages. */
function* read(told: Told[]): Parser {
  assert.equal([...(yield 1)], [41]);
  while (true) {
    const [tag = 0] = yield 1;
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const [octet = 0] = yield 1;
      size |= (octet & 127) << shift;
      if (octet < 128) break;
    }
    told.push([tag, p.decodeFields(yield size) ?? new Map()]);
  }
}

export const packet = (tag: number, ...fields: Bytes[]): Bytes => {
  const body = concat(fields);
  return concat([new Uint8Array([tag]), p.encodeVarint(BigInt(body.length)), body]);
};

type Who = readonly [id: string, secret: string];

/** A Chromium's connection: what it was told and whether it was closed. */
export interface Chromium extends GcmSession {
  readonly told: readonly Told[];
  readonly state: { readonly closed: number };
}

export interface World {
  readonly gcm: Gcm;
  readonly checkIn: (id?: bigint, secret?: bigint) => Who;
  readonly register: (who: Who, more?: Record<string, string>) => string;
  readonly connect: () => Chromium;
  readonly login: (who: Who, ...received: string[]) => Chromium;
  readonly subscribers: readonly Subscriber[];
  readonly gone: readonly string[];
  readonly acknowledged: readonly Acknowledgement[];
  readonly online: readonly string[];
}

export function setUp(): World {
  const subscribers: Subscriber[] = [];
  const gone: string[] = [];
  const acknowledged: Acknowledgement[] = [];
  const online: string[] = [];
  const hub: Hub = {
    subscribe: (subscriber) => {
      subscribers.push(subscriber);
      const { token, close } = subscriber;
      const unsubscribe = (): void => {
        gone.push(token);
        close();
      };
      return { endpoint: `https://jmt17.google.com/fcm/send/${token}`, unsubscribe };
    },
    isAlive: () => true,
    connected: (browser) => online.push(browser),
    disconnected: () => online.pop(),
    acknowledged: (each) => acknowledged.push(each),
  };
  const gcm = createGcm(hub, () => 1_700_000_000_000);

  const checkIn = (id = 0n, secret = 0n): Who => {
    const sent = [p.varintField(2, id), p.fixed64Field(13, secret), p.varintField(14, 3)];
    const request = concat(sent);
    const [status, body] = gcm.checkIn(request);
    assert.is(status, 200);
    const fields = p.decodeFields(body as Bytes)!;
    assert.is(p.numberOf(fields, 1), 1n);
    assert.is(p.numberOf(fields, 3), 1_700_000_000_000n);
    return [String(p.numberOf(fields, 7)), String(p.numberOf(fields, 8))];
  };
  const register = (who: Who, more: Record<string, string> = {}): string => {
    const form = {
      app: 'org.chromium.linux', 'X-subtype': SUBTYPE, device: who[0], scope: 'GCM', sender: KEY,
    };
    const fields = new URLSearchParams({ ...form, ...more });
    return String(gcm.register(`AidLogin ${who[0]}:${who[1]}`, fields)[1]);
  };
  const connect = (): Chromium => {
    const told: Told[] = [];
    const state = { closed: 0 };
    const feed = createFeed(read(told));
    const session: GcmSession = gcm.connect({ write: feed, close: () => void state.closed++ });
    return { ...session, told, state };
  };
  const login = (who: Who, ...received: string[]): Chromium => {
    const chromium = connect();
    chromium.onData(concat([new Uint8Array([41]), packet(LOGIN, p.bytesField(1, 'chrome-156'),
      p.bytesField(2, 'mcs.android.com'), p.bytesField(3, who[0]), p.bytesField(5, who[1]),
      ...received.map((id) => p.bytesField(10, id)))]));
    return chromium;
  };
  return { gcm, checkIn, register, connect, login, subscribers, gone, acknowledged, online };
}

type Message = Parameters<Subscriber['deliver']>[0];
export const push = (id: string, more: Partial<Message> = {}): Message =>
  ({ id, data: utf8(`body ${id}`), headers: {}, ttl: 60, ...more });
export const ids = (told: readonly Told[]): unknown[] =>
  told.filter(([tag]) => tag === 8).map(([, fields]) => p.textOf(fields, 9));
/** An IqStanza that says how many messages came. */
export const streamAck = (count: number): Bytes =>
  packet(7, p.bytesField(7, p.varintField(1, 13)), p.varintField(10, count));
