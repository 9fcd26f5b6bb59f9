import type { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  cleanly, createFetch, never, post, rejection, tcpPeer, text, tlsPeer, turns, until, type Cleanup, type Listening,
} from './peers.ts';

const test = suite('http2Fetch: HTTP/1.1');
const PREFIX = /^No answer from https:\/\/localhost:\d+: /;
const OK = 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n';

interface Server extends Listening {
  /** Requests as they came, with the number of the connection. */
  readonly requests: { readonly connection: number; readonly text: string }[];
}

/** A server that answers each whole request with what `answer` says; '' for nothing. */
async function server(
  cleanup: Cleanup, answer: (number: number, socket: Socket, connection: number) => string,
  { secure = true, protocols = ['http/1.1'] } = {},
): Promise<Server> {
  const requests: { connection: number; text: string }[] = [];
  let connections = 0;
  const onSocket = (socket: Socket): void => {
    const connection = connections++;
    let all = '';
    socket.on('data', (bytes: Buffer) => {
      all += bytes.toString('latin1');
      const [head = '', rest] = all.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (rest === undefined || rest.length < length) return;
      requests.push({ connection, text: all });
      all = '';
      const said = answer(requests.length, socket, connection);
      if (said) socket.write(said, 'latin1');
    });
  };
  const listening = await (secure ? tlsPeer(cleanup, onSocket, protocols) : tcpPeer(cleanup, onSocket));
  return { ...listening, requests };
}

const url = ({ port }: { port: number }): string => `https://localhost:${port}/push?a=b`;

test('the request, byte for byte', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => OK);
  const fetch = createFetch(cleanup);
  const response = await post(fetch, url(peer), { headers: { TTL: '60', Connection: 'close', Host: 'evil', 'X-L': 'é' } });
  assert.is(response.status, 201);
  assert.is(response.body, null);
  assert.is(peer.requests[0]!.text,
    `POST /push?a=b HTTP/1.1\r\nhost: localhost:${peer.port}\r\nttl: 60\r\nx-l: \xe9\r\ncontent-length: 3\r\n\r\n\x01\x02\x03`);
  await fetch(url(peer), { method: 'DELETE', headers: {}, body: null, redirect: 'manual', signal: never });
  assert.is(peer.requests[1]!.text, `DELETE /push?a=b HTTP/1.1\r\nhost: localhost:${peer.port}\r\n\r\n`);
}));

test('without ALPN too, and http: endpoints', cleanly(async (cleanup) => {
  const old = await server(cleanup, () => OK, { protocols: [] });
  const plain = await server(cleanup, () => OK, { secure: false });
  const fetch = createFetch(cleanup);
  assert.is((await post(fetch, url(old))).status, 201);
  assert.is((await post(fetch, `http://localhost:${plain.port}/`)).status, 201);
}));

test('a connection is kept and used again', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (n) => n % 2 ? OK : 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 6; i++) {
    assert.is(await text(await post(fetch, url(peer))), i % 2 ? 'abc' : '');
    await turns();
  }
  assert.is(peer.count(), 1);
}));

test('one request at a time on each, more connections for more, none beyond the limit', cleanly(async (cleanup) => {
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
}));

test('a connection that will not go on is not used again', cleanly(async (cleanup) => {
  const last = [
    'HTTP/1.1 201 Created\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', 'HTTP/1.0 201 Created\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\nxy', 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ];
  const peer = await server(cleanup, (n) => last[n - 1] ?? OK);
  const fetch = createFetch(cleanup);
  for (let i = 0; i <= last.length; i++) {
    assert.is((await post(fetch, url(peer))).status, 201);
    await turns();
  }
  assert.equal(peer.requests.map(({ connection }) => connection), [0, 1, 2, 3, 4]);
  await until('the old ones closed', () => peer.sockets.size === 1);
}));

test('what a server sends unasked is the end of the connection, and no answer to anything', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n === 1) setTimeout(() => socket.write('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n'), 5);
    return OK;
  });
  const fetch = createFetch(cleanup);
  await post(fetch, url(peer));
  await until('its end', () => peer.sockets.size === 0);
  assert.is((await post(fetch, url(peer))).status, 201);
}));

test('a connection that the server has closed while idle costs nobody a request', cleanly(async (cleanup) => {
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
}));

test('Keep-Alive: timeout is kept to, less a second', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => 'HTTP/1.1 201 Created\r\nKeep-Alive: max=5, timeout=1\r\nContent-Length: 0\r\n\r\n');
  const fetch = createFetch(cleanup, { idle: 40 });
  await post(fetch, url(peer));
  await until('its end', () => peer.sockets.size === 0);
}));

test('idle connections end', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => OK);
  await post(createFetch(cleanup, { idle: 20 }), url(peer));
  await until('its end', () => peer.sockets.size === 0);
}));

test('interim answers, also unasked 100 (Continue)', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`);
  const response = await post(createFetch(cleanup), url(peer), { headers: { Expect: '100-continue' } });
  assert.is(response.status, 201);
  assert.is(response.headers.get('Link'), null);
  assert.not.match(peer.requests[0]!.text, /expect/i);
}));

test('a body up to the close', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (_, socket) => {
    socket.end('HTTP/1.1 500 Oops\r\n\r\nsome reason');
    return '';
  });
  const fetch = createFetch(cleanup);
  for (let i = 0; i < 2; i++) assert.is(await text(await post(fetch, url(peer))), 'some reason');
  assert.is(peer.count(), 2);
}));

test('malformed answers, half answers and none', cleanly(async (cleanup) => {
  const cases: [string, string][] = [
    ['', 'the server closed the connection without an answer'], ['HTTP/1.1 20', 'the server cut its answer off'],
    ['HTTP/1.1 201 Created\r\nLoc', 'the server cut its answer off'], ['SSH-2.0-x\r\n\r\n', 'the server did not answer in HTTP/1.1'],
    ['HTTP/1.1 201 Created\n\n', 'the server sent a line without CR'],
    ['HTTP/1.1 201 Created\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 'the server framed its answer in two ways'],
    [`HTTP/1.1 201 Created\r\nX: ${'a'.repeat(17_000)}\r\n\r\n`, 'the server sent header fields of more than 16384 bytes'],
    ['HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n', 'the server switched to another protocol unasked'],
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
}));

test('what waits behind a malformed answer goes to a new connection, and is sent once', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n > 3) return OK;
    if (n === 3) socket.destroy();
    return n === 1 ? 'nonsense\r\n' : n === 2 ? `${OK}more` : '';
  });
  const fetch = createFetch(cleanup, { sessions: 1 });
  const all = await Promise.allSettled(Array.from({ length: 5 }, () => post(fetch, url(peer))));
  assert.equal(all.map(({ status }) => status), ['rejected', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  assert.is(peer.requests.length, 5);
}));

test('a reset before and after the request was read', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => {
    for (const socket of peer.sockets) socket.resetAndDestroy();
    return '';
  });
  const error = await rejection(post(createFetch(cleanup), url(peer)));
  assert.is(error['sent'], 'maybe');
  assert.match(error.message, /: (the connection was lost \(ECONNRESET\)|the connection was closed)$/);
}));

test('a body that is cut off fails where it was cut', cleanly(async (cleanup) => {
  for (const answer of [
    'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf',
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
}));

test('a body flows as it is read, and huge ones come whole', cleanly(async (cleanup) => {
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
}));

test('cancel: the rest of a small body is thrown away, of a long one the connection', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (n, socket) => {
    if (n < 3) {
      setTimeout(() => socket.write('half'), 5);
      return 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf';
    }
    if (n === 3) return 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhalf';
    return n === 4 ? `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${'5000\r\n'}${'a'.repeat(0x5000)}\r\n` : OK;
  });
  const fetch = createFetch(cleanup, { sessions: 1 });
  for (let i = 0; i < 5; i++) await (await post(fetch, url(peer))).body?.cancel();
  assert.equal(peer.requests.map(({ connection }) => connection), [0, 0, 0, 1, 2]);
}));

test('a body that nobody reads is given up after the idle time', cleanly(async (cleanup) => {
  const peer = await server(cleanup, () => 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf');
  const response = await post(createFetch(cleanup, { idle: 30 }), url(peer));
  await until('its end', () => peer.sockets.size === 0);
  assert.is((await rejection(text(response)))['code'], 'ERR_TIMEOUT');
}));

test('a signal ends its own connection, before the answer and in it', cleanly(async (cleanup) => {
  const peer = await server(cleanup, (n) => n === 1 ? '' : n === 2 ? 'HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf' : OK);
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
}));

test('an answer before the whole request was read', cleanly(async (cleanup) => {
  const peer = await tlsPeer(cleanup, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'));
  });
  const response = await post(createFetch(cleanup), url(peer), { body: new Uint8Array(5_000_000) });
  assert.is(response.status, 413);
}));

test.run();
