import * as assert from 'uvu/assert';
import {
  DATA,
  END_HEADERS,
  framePeer,
  goaway,
  HEADERS,
  reset,
  respond,
  settings,
  SETTINGS,
} from './frame_peer.ts';
import { cleanSuite, createFetch, post, rejection, text, until } from './peers.ts';

const test = cleanSuite('http2Fetch: sessions that fail');

const PREFIX = /^No answer from https:\/\/localhost:\d+: /;
const url = ({ port }: { port: number }): string => `https://localhost:${port}/wpush/v2/secret`;

// ---- GOAWAY (RFC 9113 §6.8) ----------------------------------------------------------------------

test('GOAWAY on an idle session: the next request takes a new one', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201), goaway(id, 0)),
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 5; i++) assert.is((await post(fetch, url(server))).status, 201);
  assert.is(server.count(), 5);
});

test('GOAWAY in mid-flight: what it includes is still answered, what it excludes is sent again', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id, index) => {
      if (index === 1) return peer.send(respond(id, 202));
      // The second step comes as servers do it: first 2^31-1, then what they took.
      if (id === 5) {
        peer.send(goaway(2 ** 31 - 1, 0), goaway(1, 0));
        setTimeout(() => peer.send(respond(1, 201)), 10);
      }
    },
  });
  const fetch = createFetch(cleanup);
  const all = await Promise.all([
    post(fetch, url(server)),
    post(fetch, url(server)),
    post(fetch, url(server)),
  ]);
  assert.equal(
    all.map(({ status }) => status),
    [201, 202, 202],
  );
  assert.is(server.count(), 2);
});

for (const code of [2, 7, 11]) {
  test(`GOAWAY with error ${code}: what it includes may have been taken, what it excludes was not`, async (cleanup) => {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id, index) => {
        if (index === 1) return peer.send(respond(id, 202));
        if (id === 3) peer.send(goaway(1, code));
      },
    });
    const fetch = createFetch(cleanup);
    const [first, second] = [rejection(post(fetch, url(server))), post(fetch, url(server))];
    const error = await first;
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'maybe');
    assert.match(error.message, PREFIX);
    assert.match(
      error.message,
      /the server ended the session \((INTERNAL_ERROR|REFUSED_STREAM|ENHANCE_YOUR_CALM)\)$/,
    );
    assert.not.match(error.message, 'secret');
    assert.is((await second).status, 202);
  });
}

test('a server that excludes everything, always, is asked twice', async (cleanup) => {
  const server = await framePeer(cleanup, { onRequest: (peer) => peer.send(goaway(0, 0)) });
  const error = await rejection(post(createFetch(cleanup), url(server)));
  assert.is(error['code'], 'ERR_NETWORK');
  assert.is(error['sent'], 'no');
  assert.is(server.count(), 2);
});

test('a server that ends every session at once is dialled once for all who wait', async (cleanup) => {
  const server = await framePeer(cleanup, {
    settings: null,
    onFrame: (peer, { type }) => {
      if (type === SETTINGS) peer.send(settings(), goaway(0, 0));
    },
  });
  const fetch = createFetch(cleanup);
  const errors = await Promise.all(
    Array.from({ length: 50 }, () => rejection(post(fetch, url(server)))),
  );
  for (const error of errors) assert.is(error['sent'], 'no');
  assert.ok(server.count() <= 2, `${server.count()} connections`);
});

test('a server that closes after its settings', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onFrame: (peer, { type }) => {
      if (type === SETTINGS) peer.socket.end();
    },
  });
  const fetch = createFetch(cleanup);
  const errors = await Promise.all(
    Array.from({ length: 50 }, () => rejection(post(fetch, url(server)))),
  );
  for (const error of errors) assert.is(error['code'], 'ERR_NETWORK');
  assert.ok(server.count() <= 3, `${server.count()} connections`);
});

// ---- RST_STREAM (RFC 9113 §6.4, §8.7) ------------------------------------------------------------

const CODES: [number, string][] = [
  [1, 'the server reset the stream (PROTOCOL_ERROR)'],
  [2, 'the server reset the stream (INTERNAL_ERROR)'],
  [3, 'the server reset the stream (FLOW_CONTROL_ERROR)'],
  [8, 'the server reset the stream (CANCEL)'],
  [0, 'the server reset the stream (NO_ERROR)'],
  [11, 'the server reset the stream (ENHANCE_YOUR_CALM)'],
  [13, 'the server reset the stream (HTTP_1_1_REQUIRED)'],
  [99, 'the server reset the stream (99)'],
];

test('RST_STREAM: the request may have been taken; the session goes on', async (cleanup) => {
  const queue = [...CODES];
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => {
      const next = queue.shift();
      peer.send(next ? reset(id, next[0]) : respond(id, 201));
    },
  });
  const fetch = createFetch(cleanup);
  for (const [code, message] of CODES) {
    const error = await rejection(post(fetch, url(server)));
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'maybe', `code ${code}`);
    assert.is(error.message.replace(PREFIX, ''), message);
  }
  assert.is((await post(fetch, url(server))).status, 201);
  assert.is(server.count(), 1);
});

test('REFUSED_STREAM: not taken, so sent again, once, on another session', async (cleanup) => {
  const requests: number[] = [];
  const server = await framePeer(cleanup, {
    onRequest: (peer, id, index) => {
      requests.push(index);
      peer.send(index === 0 ? reset(id, 7) : respond(id, 201));
    },
  });
  const fetch = createFetch(cleanup);
  assert.is((await post(fetch, url(server))).status, 201);
  assert.equal(requests, [0, 1]);
});

test('refused everywhere, it fails with sent: no', async (cleanup) => {
  const server = await framePeer(cleanup, { onRequest: (peer, id) => peer.send(reset(id, 7)) });
  const fetch = createFetch(cleanup);
  const errors = await Promise.all(
    Array.from({ length: 20 }, () => rejection(post(fetch, url(server)))),
  );
  for (const error of errors) {
    assert.is(error['sent'], 'no');
    assert.is(error.message.replace(PREFIX, ''), 'the server reset the stream (REFUSED_STREAM)');
  }
});

test('refused where there may be one session only, it is sent again on that', async (cleanup) => {
  let refused = 0;
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(refused++ ? respond(id, 201) : reset(id, 7)),
  });
  assert.is((await post(createFetch(cleanup, { sessions: 1 }), url(server))).status, 201);
  assert.is(refused, 2);
});

test('a body is sent whole the second time too', async (cleanup) => {
  const bodies: string[] = [];
  const server = await framePeer(cleanup, {
    onRequest: (peer, id, index) => {
      bodies.push(Buffer.concat(peer.of(DATA, id).map(({ payload }) => payload)).toString());
      peer.send(index === 0 ? reset(id, 7) : respond(id, 201));
    },
  });
  await post(createFetch(cleanup), url(server), {
    body: new Uint8Array(Buffer.from('a whole body')),
  });
  assert.equal(bodies, ['a whole body', 'a whole body']);
});

test('after the head of an answer its status decides, whatever comes', async (cleanup) => {
  for (const end of [
    (id: number) => reset(id, 7),
    (id: number) => goaway(id - 1, 2),
    () => goaway(0, 0),
  ]) {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id) => peer.send(respond(id, 404, END_HEADERS), end(id)),
    });
    const response = await post(createFetch(cleanup), url(server));
    assert.is(response.status, 404);
    assert.is((await rejection(text(response)))['code'], 'ERR_NETWORK');
    assert.is(server.count(), 1);
  }
});

test('an answer before the request was taken in', async (cleanup) => {
  // A window of nothing: the body cannot be sent.
  const server = await framePeer(cleanup, {
    settings: { 4: 0 },
    onFrame: (peer, { type, id }) => {
      if (type === HEADERS) peer.send(respond(id, 413));
    },
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 3; i++) assert.is((await post(fetch, url(server))).status, 413);
  await until('the streams reset', () => server.peers[0]!.of(3).length === 3);
  assert.is(server.count(), 1);
});

test.run();
