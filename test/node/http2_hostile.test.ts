import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { property } from '../../src/lib/bytes.ts';
import {
  block,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  framePeer,
  HEADERS,
  PING,
  respond,
  settings,
  SETTINGS,
  u32,
  WINDOW_UPDATE,
  type Peer,
} from './frame_peer.ts';
import { cleanSuite, createFetch, post, rejection, text } from './peers.ts';

const test = cleanSuite('http2Fetch: hostile servers');

const url = ({ port }: { port: number }): string => `https://localhost:${port}/`;

const field = (name: string, value: string) => [name, value] as const;
const BOMBS: Record<string, (id: number) => Buffer[]> = {
  'one field of 17 KiB': (id) => [
    frame(HEADERS, END_STREAM, id, block(201, [field('x', 'a'.repeat(16_000))])),
    frame(CONTINUATION, END_HEADERS, id, block(201, [field('y', 'a'.repeat(1_500))]).subarray(12)),
  ],
  '2,000 small fields': (id) => [
    frame(
      HEADERS,
      END_STREAM | END_HEADERS,
      id,
      block(
        201,
        Array.from({ length: 2000 }, (_, i) => field(`x${i}`, '')),
      ),
    ),
  ],
  // One byte each: the dynamic table repeats a field of 4 KB (RFC 7541 §7.3).
  'an HPACK bomb': (id) => {
    const literal = Buffer.concat([
      Buffer.from([0x40, 1, 0x78, 0x7f, 0x81, 0x1e]),
      Buffer.alloc(127 + 0xf01, 'a'),
    ]);
    return [
      frame(
        HEADERS,
        END_STREAM | END_HEADERS,
        id,
        Buffer.concat([block(201), literal, Buffer.alloc(8_000, 0x80 | 62)]),
      ),
    ];
  },
  'CONTINUATION without end': (id) => [
    frame(HEADERS, END_STREAM, id, block(201)),
    ...Array.from({ length: 2_000 }, (_, i) =>
      frame(CONTINUATION, 0, id, block('1', [field(`x${i}`, 'a'.repeat(500))]).subarray(11)),
    ),
  ],
};

for (const [name, bomb] of Object.entries(BOMBS)) {
  test(`header fields past 16 KiB: ${name}`, async (cleanup) => {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id, index) =>
        peer.send(...(index || id > 1 ? [respond(id, 201)] : bomb(id))),
    });
    const fetch = createFetch(cleanup, {}, { quiet: 100, grace: 100 });
    const error = await rejection(post(fetch, url(server)));
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'maybe');
    assert.is((await post(fetch, url(server))).status, 201);
  });
}

const NONSENSE: Record<string, (peer: Peer, id: number) => void> = {
  'HTTP/1.1': (peer) => void peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'random bytes': (peer) => void peer.socket.write(Buffer.from('9f3a7b'.repeat(200), 'hex')),
  'a frame of 16 MiB': (peer) =>
    void peer.socket.write(Buffer.from([255, 255, 255, 0, 0, 0, 0, 0, 1])),
  'a frame past the allowed size': (peer, id) =>
    peer.send(frame(DATA, 0, id, Buffer.alloc(20_000))),
  'data before the head': (peer, id) => peer.send(frame(DATA, END_STREAM, id, Buffer.from('x'))),
  'data of a stream that never was': (peer) =>
    peer.send(frame(DATA, END_STREAM, 99, Buffer.from('x'))),
  'a head of a stream that never was': (peer) => peer.send(respond(99, 201)),
  'a head on stream 0': (peer) => peer.send(respond(0, 201)),
  'broken HPACK': (peer, id) =>
    peer.send(frame(HEADERS, END_STREAM | END_HEADERS, id, Buffer.from('ffffffffff0f', 'hex'))),
  'no status': (peer, id) =>
    peer.send(frame(HEADERS, END_STREAM | END_HEADERS, id, block(201).subarray(13))),
  'two statuses': (peer, id) =>
    peer.send(respond(id, 201, END_STREAM | END_HEADERS, [field(':status', '200')])),
  'a status that is none': (peer, id) =>
    peer.send(frame(HEADERS, END_STREAM | END_HEADERS, id, block('2x1'))),
  'a field of the connection': (peer, id) =>
    peer.send(respond(id, 201, END_STREAM | END_HEADERS, [field('connection', 'close')])),
  'a name in capitals': (peer, id) =>
    peer.send(respond(id, 201, END_STREAM | END_HEADERS, [field('X-A', '1')])),
  'a line break in a value': (peer, id) =>
    peer.send(respond(id, 201, END_STREAM | END_HEADERS, [field('x-a', 'a\r\nb: c')])),
  'a window past its limit': (peer) => peer.send(frame(WINDOW_UPDATE, 0, 0, u32(2 ** 31 - 1))),
  'a window update of nothing': (peer, id) => peer.send(frame(WINDOW_UPDATE, 0, id, u32(0))),
  'a push': (peer, id) => peer.send(frame(5, END_HEADERS, id, Buffer.concat([u32(2), block(200)]))),
  'settings with a wrong length': (peer) => peer.send(frame(SETTINGS, 0, 0, Buffer.alloc(5))),
  'an initial window past its limit': (peer) => peer.send(settings({ 4: 2 ** 31 })),
  'a ping of seven bytes': (peer) => peer.send(frame(PING, 0, 0, Buffer.alloc(7))),
  'an interim answer that ends the stream': (peer, id) =>
    peer.send(respond(id, 103, END_STREAM | END_HEADERS)),
  'more than the length': (peer, id) =>
    peer.send(
      respond(id, 201, END_HEADERS, [field('content-length', '1')]),
      frame(DATA, END_STREAM, id, Buffer.from('xyz')),
    ),
};

for (const [name, send] of Object.entries(NONSENSE)) {
  test(`nonsense is an error of its request, and no more: ${name}`, async (cleanup) => {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id, index) => {
        if (index || id > 1) return peer.send(respond(id, 201));
        send(peer, id);
        // Where it is passed over, the request still has its answer.
        setTimeout(() => peer.send(respond(id, 201)), 50);
      },
    });
    // Node 20 says nothing when it gives a session up for the server's faults: only a ping shows it.
    const fetch = createFetch(cleanup, {}, { quiet: 100, grace: 100 });
    const outcome = await post(fetch, url(server))
      .then(text)
      .then(
        () => 'answered',
        (error: unknown) => error,
      );
    if (outcome !== 'answered') {
      assert.is(property(outcome, 'code'), 'ERR_NETWORK', inspect(outcome));
    }
    assert.is((await post(fetch, url(server))).status, 201);
  });
}

test('floods of settings, pings and window updates are borne or end the session', async (cleanup) => {
  const floods = [
    frame(PING, 0, 0, Buffer.alloc(8)),
    settings({ 3: 50 }),
    frame(WINDOW_UPDATE, 0, 0, u32(1)),
    frame(0xfa, 0, 0),
  ];
  for (const flood of floods) {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id, index) => {
        if (!index) peer.send(...Array.from({ length: 5_000 }, () => flood));
        peer.send(respond(id, 201));
      },
    });
    const fetch = createFetch(cleanup);
    await post(fetch, url(server)).catch(() => {});
    assert.is((await post(fetch, url(server))).status, 201);
  }
});

test('a server that allows no streams is no server', async (cleanup) => {
  const server = await framePeer(cleanup, { settings: { 3: 0 } });
  const error = await rejection(
    post(createFetch(cleanup, {}, { connectTimeout: 200 }), url(server)),
  );
  assert.match(error.message, /no end of the HTTP\/2 preface in 200 ms$/);
  assert.is(error['sent'], 'no');
});

test.run();
