import * as assert from 'uvu/assert';
import {
  block,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  framePeer,
  goaway,
  HEADERS,
  PING,
  respond,
  RST_STREAM,
  type Peer,
} from './frame_peer.ts';
import {
  cleanSuite,
  createFetch,
  http2Server,
  post,
  rejection,
  reply,
  text,
  until,
} from './peers.ts';

const test = cleanSuite('http2Fetch: bodies');

test('an answer without a body has none', async (cleanup) => {
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] === '/0') {
      stream.respond({ ':status': 201, 'content-length': '0' });
      stream.end();
    } else reply(stream, 204);
  });
  const fetch = createFetch(cleanup);
  for (const path of ['/', '/0']) {
    assert.is((await post(fetch, `https://localhost:${server.port}${path}`)).body, null);
  }
});

test('a body that nobody reads costs a window, and stalls nothing', async (cleanup) => {
  let sent = 0;
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] !== '/big') return reply(stream);
    stream.respond({ ':status': 200 });
    const more = (): void => {
      while (!stream.destroyed && stream.write(Buffer.alloc(16_384))) sent += 16_384;
    };
    stream.on('drain', more);
    more();
  });
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}`;
  const unread = await Promise.all(Array.from({ length: 20 }, () => post(fetch, `${url}/big`)));
  for (let i = 0; i < 50; i++) assert.is((await post(fetch, `${url}/`)).status, 201);
  assert.is(server.count(), 1);
  // What the server got rid of: a window of 16 KiB and its own buffers each.
  assert.ok(sent <= 20 * 16_384 * 4, `${sent} bytes`);
  for (const response of unread) await response.body?.cancel();
  await until('the streams to go', () => server.sessions[0]!.state.outboundQueueSize === 0);
  assert.is((await post(fetch, `${url}/`)).status, 201);
});

test('reading is what makes it flow, and a huge body comes whole', async (cleanup) => {
  const size = 5_000_000;
  const server = await http2Server(cleanup, (stream) => {
    stream.respond({ ':status': 200, 'content-length': size });
    stream.end(Buffer.alloc(size, 'a'));
  });
  const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`);
  let bytes = 0;
  const reader = response.body!.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
  }
  assert.is(bytes, size);
});

test('cancel resets the stream of a body that goes on, not the session', async (cleanup) => {
  const codes: number[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] === '/') return reply(stream);
    stream.on('close', () => codes.push(stream.rstCode));
    if (headers[':path'] === '/long')
      stream.respond({ ':status': 200, 'content-length': 1_000_000 });
    else stream.respond({ ':status': 200 });
    if (headers[':path'] === '/endless') {
      const more = (): void => {
        while (!stream.destroyed && stream.write(Buffer.alloc(4096)));
      };
      stream.on('drain', more);
      more();
    }
  });
  const fetch = createFetch(cleanup, { idle: 60_000 }, { grace: 40, quiet: 10_000 });
  const url = `https://localhost:${server.port}`;
  for (const path of ['/long', '/endless', '/stalled']) {
    const response = await post(fetch, url + path);
    await response.body!.cancel();
  }
  await until('all three reset', () => codes.length === 3);
  assert.equal(codes, [8, 8, 8]);
  assert.is((await post(fetch, `${url}/`)).status, 201);
  assert.is(server.count(), 1);
});

test('cancel of a small body is no reset: many of them would look like an attack', async (cleanup) => {
  let ended = 0;
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => {
      peer.send(respond(id, 201, END_HEADERS), frame(DATA, 0, id, Buffer.from('{"ok":')));
      setTimeout(() => peer.send(frame(DATA, END_STREAM, id, Buffer.from(`true}${++ended}`))), 5);
    },
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 20; i++) {
    const response = await post(fetch, `https://localhost:${server.port}/`);
    await response.body!.cancel();
  }
  await until('the end of all', () => ended === 20);
  assert.is(await text(await post(fetch, `https://localhost:${server.port}/`)), '{"ok":true}21');
  assert.is(server.peers[0]!.of(RST_STREAM).length, 0);
  assert.is(server.count(), 1);
});

test('a body that nobody reads is given up after the idle time', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) =>
      peer.send(respond(id, 200, END_HEADERS), frame(DATA, 0, id, Buffer.from('x'))),
  });
  const fetch = createFetch(cleanup, { idle: 30 });
  const response = await post(fetch, `https://localhost:${server.port}/`);
  await until('the reset', () => server.peers[0]!.of(RST_STREAM).length === 1);
  const error = await rejection(text(response));
  assert.is(error['code'], 'ERR_TIMEOUT');
  assert.match(error.message, /^Nobody read the answer of https:\/\/localhost:\d+ for 30 ms$/);
});

test('a slow answer and a slow reader are none of that', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => {
      const parts = Array.from({ length: 10 }, () => frame(DATA, 0, id, Buffer.from('x')));
      setTimeout(() => {
        peer.send(respond(id, 200, END_HEADERS), ...parts, frame(DATA, END_STREAM, id));
      }, 500);
    },
  });
  // The answer takes longer than that, and so does the whole body; each pause is a twelfth of what
  // is given up, so that a machine that is slow, too, gives nothing up.
  const fetch = createFetch(cleanup, { idle: 400 });
  const response = await post(fetch, `https://localhost:${server.port}/`);
  const reader = response.body!.getReader();
  let all = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    all += Buffer.from(value).toString();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.is(all, 'x'.repeat(10));
});

test('a body that is cut off fails where it was cut', async (cleanup) => {
  const cuts: ((peer: Peer, id: number) => void)[] = [
    (peer, id) => peer.send(frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 8]))),
    (peer, id) => peer.send(frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 2]))),
    (peer, id) => peer.send(frame(RST_STREAM, 0, id, Buffer.from([0, 0, 0, 0]))),
    (peer, id) => peer.send(frame(DATA, END_STREAM, id)),
    (peer) => peer.socket.end(),
    (peer) => peer.socket.destroy(),
    (peer) => peer.send(goaway(0, 0)),
    (peer) => peer.send(goaway(1, 11)),
    (peer) => {
      peer.send(goaway(1, 0));
      peer.socket.end();
    },
  ];
  for (const [i, cut] of cuts.entries()) {
    const server = await framePeer(cleanup, {
      onRequest: (peer, id) => {
        peer.send(
          frame(HEADERS, END_HEADERS, id, block(200, [['content-length', '10']])),
          frame(DATA, 0, id, Buffer.from('half')),
        );
        setTimeout(() => cut(peer, id), 10);
      },
    });
    const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`);
    assert.is(response.status, 200);
    const error = await rejection(text(response));
    assert.is(error['code'], 'ERR_NETWORK', `cut ${i}`);
    assert.is(error['sent'] === 'no', i === 6, `cut ${i}: ${String(error['sent'])}`);
  }
});

test('pings of the server are answered, and its pushes are an error of its own', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer) => peer.send(frame(PING, 0, 0, Buffer.from('12345678'))),
    onFrame: (peer, { type, flags, payload }) => {
      if (type !== PING || !(flags & 1)) return;
      assert.is(payload.toString(), '12345678');
      const promised = Buffer.concat([Buffer.from([0, 0, 0, 2]), block(200)]);
      peer.send(frame(5, END_HEADERS, 1, promised), respond(1, 201));
    },
  });
  const error = await rejection(post(createFetch(cleanup), `https://localhost:${server.port}/`));
  assert.is(error['code'], 'ERR_NETWORK');
  assert.is(error['sent'], 'maybe');
});

test.run();
