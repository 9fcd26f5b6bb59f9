import * as assert from 'uvu/assert';
import { property } from '../../src/lib/bytes.ts';
import { framePeer, HEADERS, PING, respond } from './frame_peer.ts';
import { cleanSuite, createFetch, post, rejection, turns, until } from './peers.ts';

const test = cleanSuite('http2Fetch: connections that break');
const PREFIX = /^No answer from https:\/\/localhost:\d+: /;
const url = ({ port }: { port: number }): string => `https://localhost:${port}/`;

test('a connection that breaks with requests on it fails them all, and the next is a new one', async (cleanup) => {
  for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
    let requests = 0;
    const server = await framePeer(cleanup, {
      onRequest: (peer, id, index) => {
        if (index) return peer.send(respond(id, 201));
        if (++requests === 10) for (const socket of server.sockets) socket[how]();
      },
    });
    const fetch = createFetch(cleanup);
    const errors = await Promise.all(
      Array.from({ length: 10 }, () => rejection(post(fetch, url(server)))),
    );
    for (const error of errors) {
      assert.is(error['sent'], 'maybe', how);
      assert.match(
        error.message,
        /(the connection was closed|the connection was lost \(ECONNRESET\))$/,
      );
    }
    assert.is((await post(fetch, url(server))).status, 201);
  }
});

test('a connection that is reset under load hangs nobody', async (cleanup) => {
  // Beneath TLS and HTTP/2, Node takes a failed write for one that goes on, and stops to read.
  let requests = 0;
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => {
      if (++requests % 60) return peer.send(respond(id, 201));
      for (const socket of server.sockets) socket.resetAndDestroy();
    },
  });
  const fetch = createFetch(cleanup, {}, { quiet: 60_000 });
  let settled = 0;
  const worker = async (): Promise<void> => {
    while (requests < 3_000) {
      await post(fetch, url(server)).catch((error: unknown) =>
        assert.is(property(error, 'code'), 'ERR_NETWORK'),
      );
      settled++;
    }
  };
  let over = false;
  Promise.all(Array.from({ length: 40 }, worker)).then(() => (over = true));
  await until('the end of all', () => over);
  assert.ok(settled >= 3_000);
});

test('after a session that could not be made, another is tried for those who wait', async (cleanup) => {
  let asked = 0;
  const server = await framePeer(cleanup, {
    settings: { 3: 1 },
    onRequest: (peer, id, index) => {
      if (index) peer.send(respond(id, 201));
    },
  });
  const fetch = createFetch(
    cleanup,
    {},
    {
      quiet: 60_000,
      grace: 50,
      lookup: () =>
        ++asked === 2
          ? Promise.reject(new Error('not now'))
          : Promise.resolve([{ address: '127.0.0.1' }]),
    },
  );
  const controller = new AbortController();
  const stalled = rejection(post(fetch, url(server), { signal: controller.signal }));
  assert.is((await post(fetch, url(server))).status, 201);
  assert.is(asked, 3);
  controller.abort(new Error('enough'));
  assert.is((await stalled).message, 'enough');
});

test('a session that ended while idle costs nobody a request', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 10; i++) {
    assert.is((await post(fetch, url(server))).status, 201);
    server.peers[i]!.socket.destroy();
    await until('its end', () => server.sockets.size === 0);
    await turns();
  }
});

test('half an answer', async (cleanup) => {
  const whole = respond(1, 201);
  for (let size = 1; size < whole.length; size += 7) {
    const server = await framePeer(cleanup, {
      onRequest: (peer) => {
        peer.send(whole.subarray(0, size));
        peer.socket.end();
      },
    });
    assert.is((await rejection(post(createFetch(cleanup), url(server))))['sent'], 'maybe');
  }
});

// ---- dead peers ----------------------------------------------------------------------------------

test('a peer that is silent is asked, and dead when it does not answer', async (cleanup) => {
  const server = await framePeer(cleanup, {
    answersPing: false,
    onRequest: (peer, id, index) => {
      if (index) peer.send(respond(id, 201));
    },
  });
  const fetch = createFetch(cleanup, {}, { quiet: 40, grace: 40 });
  const errors = await Promise.all([
    rejection(post(fetch, url(server))),
    rejection(post(fetch, url(server))),
  ]);
  for (const error of errors) {
    assert.is(
      error.message.replace(PREFIX, ''),
      'the connection was lost (the server gave no sign of life)',
    );
    assert.is(error['sent'], 'maybe');
  }
  assert.is(server.peers[0]!.of(PING).length, 1);
  assert.is((await post(fetch, url(server))).status, 201);
});

test('a peer that answers pings may take its time', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onFrame: (peer, { type }) => {
      if (type === PING && peer.of(PING).length === 3) peer.send(respond(1, 201));
    },
  });
  assert.is(
    (await post(createFetch(cleanup, {}, { quiet: 20, grace: 200 }), url(server))).status,
    201,
  );
});

test('a session that was long idle is asked before anything is trusted to it', async (cleanup) => {
  let now = 0;
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  const fetch = createFetch(cleanup, {}, { now: () => now });
  await post(fetch, url(server));
  await turns();
  now = 4_000;
  await post(fetch, url(server));
  await turns();
  assert.is(server.peers[0]!.of(PING).length, 0);
  now = 30_000;
  const all = await Promise.all([post(fetch, url(server)), post(fetch, url(server))]);
  assert.equal(
    all.map(({ status }) => status),
    [201, 201],
  );
  assert.is(server.count(), 1);
  const [ping] = server.peers[0]!.of(PING);
  const frames = server.peers[0]!.frames;
  assert.ok(
    frames.indexOf(ping!) < frames.indexOf(server.peers[0]!.of(HEADERS, 5)[0]!),
    'the ping goes ahead',
  );
});

test('and when it is dead, the requests go to a new one: none is lost', async (cleanup) => {
  let now = 0;
  const server = await framePeer(cleanup, {
    answersPing: false,
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  const fetch = createFetch(cleanup, {}, { now: () => now, grace: 40 });
  await post(fetch, url(server));
  await turns();
  now = 30_000;
  const all = await Promise.all(Array.from({ length: 5 }, () => post(fetch, url(server))));
  assert.equal(
    all.map(({ status }) => status),
    [201, 201, 201, 201, 201],
  );
  assert.is(server.peers[0]!.of(HEADERS).length, 1);
  assert.is(server.count(), 2);
});

test.run();
