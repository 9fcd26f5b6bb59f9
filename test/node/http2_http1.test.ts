import * as assert from 'uvu/assert';
import { OK, server, url } from './http1_peer.ts';
import { cleanSuite, createFetch, never, post, rejection, text, turns, until } from './peers.ts';

const test = cleanSuite('http2Fetch: HTTP/1.1');
const PREFIX = /^No answer from https:\/\/localhost:\d+: /;

test('the request, byte for byte', async (cleanup) => {
  const peer = await server(cleanup, () => OK);
  const fetch = createFetch(cleanup);
  const response = await post(fetch, url(peer), {
    headers: { TTL: '60', Connection: 'close', Host: 'evil', 'X-L': 'é' },
  });
  assert.is(response.status, 201);
  assert.is(response.body, null);
  assert.is(
    peer.requests[0]!.text,
    `POST /push?a=b HTTP/1.1\r\nhost: localhost:${peer.port}\r\nttl: 60\r\nx-l: \xe9\r\ncontent-length: 3\r\n\r\n\x01\x02\x03`,
  );
  await fetch(url(peer), {
    method: 'DELETE',
    headers: {},
    body: null,
    redirect: 'manual',
    signal: never,
  });
  assert.is(
    peer.requests[1]!.text,
    `DELETE /push?a=b HTTP/1.1\r\nhost: localhost:${peer.port}\r\n\r\n`,
  );
});

test('without ALPN too, and http: endpoints', async (cleanup) => {
  const old = await server(cleanup, () => OK, { protocols: [] });
  const plain = await server(cleanup, () => OK, { secure: false });
  const fetch = createFetch(cleanup);
  assert.is((await post(fetch, url(old))).status, 201);
  assert.is((await post(fetch, `http://localhost:${plain.port}/`)).status, 201);
});

test('a connection is kept and used again', async (cleanup) => {
  const peer = await server(cleanup, (n) =>
    n % 2 ? OK : 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 6; i++) {
    assert.is(await text(await post(fetch, url(peer))), i % 2 ? 'abc' : '');
    await turns();
  }
  assert.is(peer.count(), 1);
});

test('one request at a time on each, more connections for more, none beyond the limit', async (cleanup) => {
  const waiting: (() => void)[] = [];
  const peer = await server(cleanup, (_, socket) => {
    waiting.push(() => socket.write(OK));
    return '';
  });
  const fetch = createFetch(cleanup, { sessions: 10 });
  const all = Array.from({ length: 40 }, () => post(fetch, url(peer)));
  for (let served = 0; served < 40; served += 10) {
    await until('ten at once', () => waiting.length === 10);
    for (const answer of waiting.splice(0)) answer();
  }
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  assert.is(peer.count(), 10);
});

test('a connection that will not go on is not used again', async (cleanup) => {
  const last = [
    'HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nxy',
    'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ];
  const peer = await server(cleanup, (n) => last[n - 1] ?? OK);
  const fetch = createFetch(cleanup);
  for (let i = 0; i <= last.length; i++) {
    assert.is((await post(fetch, url(peer))).status, 201);
    await turns();
  }
  assert.equal(
    peer.requests.map(({ connection }) => connection),
    [0, 1, 2, 3, 4],
  );
  await until('the old ones closed', () => peer.sockets.size === 1);
});

test('what a server sends unasked is the end of the connection, and no answer to anything', async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n === 1)
      setTimeout(
        () => socket.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'),
        5,
      );
    return OK;
  });
  const fetch = createFetch(cleanup);
  await post(fetch, url(peer));
  await until('its end', () => peer.sockets.size === 0);
  assert.is((await post(fetch, url(peer))).status, 201);
});

test('a connection that the server has closed while idle costs nobody a request', async (cleanup) => {
  const peer = await server(cleanup, (_, socket) => {
    setTimeout(() => socket.end(), 2);
    return OK;
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 5; i++) {
    assert.is((await post(fetch, url(peer))).status, 201);
    await until('its end', () => peer.sockets.size === 0);
    await turns();
  }
});

test('Keep-Alive: timeout is kept to, less a second', async (cleanup) => {
  const peer = await server(
    cleanup,
    () => 'HTTP/1.1 201 Created\r\nKeep-Alive: max=5, timeout=1\r\nContent-Length: 0\r\n\r\n',
  );
  const fetch = createFetch(cleanup, { idle: 40 });
  await post(fetch, url(peer));
  await until('its end', () => peer.sockets.size === 0);
});

test('idle connections end', async (cleanup) => {
  const peer = await server(cleanup, () => OK);
  await post(createFetch(cleanup, { idle: 20 }), url(peer));
  await until('its end', () => peer.sockets.size === 0);
});

test('interim answers, also unasked 100 (Continue)', async (cleanup) => {
  const peer = await server(
    cleanup,
    () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`,
  );
  const response = await post(createFetch(cleanup), url(peer), {
    headers: { Expect: '100-continue' },
  });
  assert.is(response.status, 201);
  assert.is(response.headers.get('Link'), null);
  assert.not.match(peer.requests[0]!.text, /expect/i);
});

test('a body up to the close', async (cleanup) => {
  const peer = await server(cleanup, (_, socket) => {
    socket.end('HTTP/1.1 500 Oops\r\n\r\nsome reason');
    return '';
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 2; i++) assert.is(await text(await post(fetch, url(peer))), 'some reason');
  assert.is(peer.count(), 2);
});

test('malformed answers, half answers and none', async (cleanup) => {
  const cases: [string, string][] = [
    ['', 'the server closed the connection without an answer'],
    ['HTTP/1.1 20', 'the server cut its answer off'],
    ['HTTP/1.1 201 Created\r\nLoc', 'the server cut its answer off'],
    ['SSH-2.0-x\r\n\r\n', 'the server did not answer in HTTP/1.1'],
    ['HTTP/1.1 201 Created\n\n', 'the server sent a line without CR'],
    [
      'HTTP/1.1 201 Created\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      'the server framed its answer in two ways',
    ],
    [
      `HTTP/1.1 201 Created\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`,
      'the server sent header fields of more than 16384 bytes',
    ],
    [
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n',
      'the server switched to another protocol unasked',
    ],
  ];
  for (const [answer, why] of cases) {
    const peer = await server(cleanup, (_, socket) => {
      socket.end(answer);
      return '';
    });
    const error = await rejection(post(createFetch(cleanup), url(peer)));
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'maybe');
    assert.is(error.message.replace(PREFIX, ''), why);
    assert.is(peer.requests.length, 1, 'not sent again');
    await until('its end', () => peer.sockets.size === 0);
  }
});

test('what waits behind a malformed answer goes to a new connection, and is sent once', async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n > 3) return OK;
    if (n === 3) socket.destroy();
    return n === 1 ? 'nonsense\r\n' : n === 2 ? `${OK}more` : '';
  });
  const fetch = createFetch(cleanup, { sessions: 1 });
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => post(fetch, url(peer))));
  assert.equal(
    all.map(({ status }) => status),
    ['rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'],
  );
  assert.is(peer.requests.length, 5);
});

test('a reset before and after the request was read', async (cleanup) => {
  const peer = await server(cleanup, () => {
    for (const socket of peer.sockets) socket.resetAndDestroy();
    return '';
  });
  const error = await rejection(post(createFetch(cleanup), url(peer)));
  assert.is(error['sent'], 'maybe');
  assert.match(
    error.message,
    /: (the connection was lost \(ECONNRESET\)|the connection was closed)$/,
  );
});

test.run();
