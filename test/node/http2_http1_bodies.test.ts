import * as assert from 'uvu/assert';
import { OK, server, url } from './http1_peer.ts';
import { cleanSuite, createFetch, post, rejection, text, tlsPeer, turns, until } from './peers.ts';

const test = cleanSuite('http2Fetch: HTTP/1.1 bodies');

test('a body that is cut off fails where it was cut', async (cleanup) => {
  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n',
  ]) {
    const peer = await server(cleanup, (_, socket) => {
      socket.end(answer);
      return '';
    });
    const response = await post(createFetch(cleanup), url(peer));
    assert.is(response.status, 200);
    const error = await rejection(text(response));
    assert.is(error['code'], 'ERR_NETWORK');
    assert.match(error.message, /the server (cut its answer off|sent a malformed chunk)$/);
  }
});

test('a body flows as it is read, and huge ones come whole', async (cleanup) => {
  let sent = 0;
  const size = 20_000_000;
  const peer = await server(cleanup, (_, socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    const more = (): void => {
      while (sent < size && socket.write(Buffer.alloc(100_000, 'a'))) sent += 100_000;
    };
    socket.on('drain', () => {
      sent += 100_000;
      more();
    });
    more();
    return '';
  });
  const response = await post(createFetch(cleanup), url(peer));
  for (let i = 0; i < 20; i++) await turns();
  assert.ok(sent < size / 2, `${sent} bytes ahead of the reader`);
  assert.is((await text(response)).length, size);
});

test('cancel: the rest of a small body is thrown away, of a long one the connection', async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n < 3) {
      setTimeout(() => socket.write('half'), 5);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf';
    }
    if (n === 3) return 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf';
    return n === 4
      ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'5000\r\n'}${'a'.repeat(0x5000)}\r\n`
      : OK;
  });
  const fetch = createFetch(cleanup, { sessions: 1 });
  for (let i = 0; i < 5; i++) await (await post(fetch, url(peer))).body?.cancel();
  assert.equal(
    peer.requests.map(({ connection }) => connection),
    [0, 0, 0, 1, 2],
  );
});

test('a body that nobody reads is given up after the idle time', async (cleanup) => {
  const peer = await server(cleanup, () => 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
  const response = await post(createFetch(cleanup, { idle: 30 }), url(peer));
  await until('its end', () => peer.sockets.size === 0);
  assert.is((await rejection(text(response)))['code'], 'ERR_TIMEOUT');
});

test('a signal ends its own connection, before the answer and in it', async (cleanup) => {
  const peer = await server(cleanup, (n) =>
    n === 1 ? '' : n === 2 ? 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf' : OK,
  );
  const fetch = createFetch(cleanup);
  const stalled = new AbortController();
  const waiting = rejection(post(fetch, url(peer), { signal: stalled.signal }));
  await until('the request', () => peer.requests.length === 1);
  stalled.abort(new Error('too slow'));
  assert.is((await waiting).message, 'too slow');
  const half = new AbortController();
  const response = await post(fetch, url(peer), { signal: half.signal });
  const reading = rejection(text(response));
  await turns();
  half.abort(new Error('enough'));
  assert.is((await reading).message, 'enough');
  await until('both closed', () => peer.sockets.size === 0);
  assert.is((await post(fetch, url(peer))).status, 201);
});

test('an answer before the whole request was read', async (cleanup) => {
  const peer = await tlsPeer(cleanup, (socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'),
    );
  });
  const response = await post(createFetch(cleanup), url(peer), {
    body: new Uint8Array(5_000_000),
  });
  assert.is(response.status, 413);
});

test.run();
