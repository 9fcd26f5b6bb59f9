import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { http2Fetch } from '../../src/lib/node/http2.ts';
import type { FetchResponse } from '../../src/send.ts';
import {
  block, cleanly, createFetch, END_HEADERS, frame, framePeer, goaway, HEADERS, http2Server, never, post,
  rejection, reply, respond, RST_STREAM, text, tlsPeer, until, DATA, END_STREAM, SETTINGS, settings, PING,
} from './peers.ts';

const test = suite('http2Fetch');

test('a request as it was given, an answer as it came', cleanly(async (cleanup) => {
  const seen: Record<string, unknown>[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    const parts: Buffer[] = [];
    stream.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      seen.push({ ...headers, body: Buffer.concat(parts).toString('hex') });
      stream.respond({ ':status': 429, 'retry-after': '5', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' });
      stream.write('slow ');
      stream.end('down');
    });
  });
  const fetch = createFetch(cleanup);
  const body = new Uint8Array([0, 1, 255]);
  const promise = fetch(`https://localhost:${server.port}/a%20b?c=d&e`, {
    method: 'POST', body, redirect: 'manual', signal: never,
    headers: { TTL: '60', 'Content-Encoding': 'aes128gcm', Authorization: 'vapid t=x, k=y', 'X-Latin': 'é' },
  });
  // The caller may use its buffer again at once.
  body.fill(9);
  const response = await promise;
  assert.is(response.status, 429);
  assert.is(response.headers.get('Retry-After'), '5');
  assert.is(response.headers.get('set-cookie'), 'a=1, b=2');
  for (const name of ['x-missing', ':status', 'constructor', '__proto__', 'toString']) {
    assert.is(response.headers.get(name), null, name);
  }
  assert.is(await text(response), 'slow down');
  const [request] = seen;
  assert.is(request?.['body'], '0001ff');
  for (const [name, value] of Object.entries({
    ':method': 'POST', ':path': '/a%20b?c=d&e', ':scheme': 'https', ':authority': `localhost:${server.port}`,
    ttl: '60', 'content-encoding': 'aes128gcm', authorization: 'vapid t=x, k=y', 'content-length': '3', 'x-latin': 'é',
  })) assert.is(request?.[name], value, name);
}));

test('fields of the connection are left out, and the length is set right', cleanly(async (cleanup) => {
  const seen: Record<string, unknown>[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    seen.push(headers);
    reply(stream);
  });
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const headers = {
    Connection: 'close, X-Hop', 'X-Hop': '1', 'Keep-Alive': '1', 'Proxy-Connection': 'x', 'Transfer-Encoding': 'chunked', TE: 'gzip',
    Upgrade: 'h2c', 'HTTP2-Settings': 'x', Host: 'evil.example', 'Content-Length': '99', Expect: '100-continue', Trailer: 'x',
    'Proxy-Authorization': 'x', 'X-Kept': ' around\t', TTL: '0',
  };
  await post(fetch, url, { headers });
  await post(fetch, url, { headers: {}, body: null });
  await fetch(url, { method: 'DELETE', headers: {}, body: null, redirect: 'manual', signal: never });
  await fetch(url, { method: 'get', headers: {}, body: null, redirect: 'manual', signal: never });
  assert.equal(Object.keys(seen[0]!).filter((name) => !name.startsWith(':')).sort(), ['content-length', 'ttl', 'x-kept']);
  assert.is(seen[0]!['content-length'], '3');
  assert.is(seen[0]!['x-kept'], 'around');
  assert.is(seen[1]!['content-length'], '0');
  assert.is(seen[2]!['content-length'], undefined);
  assert.is(seen[2]![':method'], 'DELETE');
  assert.is(seen[3]![':method'], 'GET');
}));

test('what cannot be sent is a TypeError, and nothing is connected', cleanly(async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const bad: [string, object][] = [
    ['nonsense:hunter2', {}], ['https://hunter2:99999/', {}], ['ftp://localhost/', {}], ['https://user:hunter2@localhost/', {}], ['https://user@localhost/', {}],
    [url, { method: 'CONNECT' }], [url, { method: 'trace' }], [url, { method: 'PO ST' }], [url, { method: '' }], [url, { method: 7 }],
    [url, { headers: { 'X A': '1' } }], [url, { headers: { '': '1' } }], [url, { headers: { ':path': '/' } }],
    [url, { headers: { 'X-A': 'a\r\nX-B: b' } }], [url, { headers: { 'X-A': 'a\0' } }], [url, { headers: { 'X-A': '€' } }],
    [url, { headers: { 'X-A': 7 } }], [url, { headers: new Headers({ a: 'b' }) }], [url, { headers: [['a', 'b']] }],
    [url, { headers: null }], [url, { body: 'text' }], [url, { body: {} }],
  ];
  for (const [target, init] of bad) {
    const error = await rejection(post(fetch, target, init));
    assert.instance(error, TypeError, JSON.stringify([target, init]));
    assert.not.match(inspect(error), 'hunter2');
  }
  assert.is(server.count(), 0);
}));

test('wrong options are errors at once', () => {
  const wrong: [object, typeof TypeError | typeof RangeError][] = [
    [{ addresses: 'all' }, TypeError], [{ ca: 7 }, TypeError], [{ ca: 'not PEM' }, TypeError], [{ proxy: 7 }, TypeError],
    [{ idle: '5' }, TypeError], [{ idle: -1 }, RangeError], [{ idle: NaN }, RangeError],
    [{ sessions: 1.5 }, TypeError], [{ sessions: 0 }, RangeError], [{ sessions: '2' }, TypeError],
  ];
  for (const [options, kind] of wrong) assert.throws(() => http2Fetch(options), (error: unknown) => error instanceof kind, JSON.stringify(options));
});

test('interim answers are passed over', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => {
    stream.additionalHeaders({ ':status': 100 });
    stream.additionalHeaders({ ':status': 103, link: '</x>' });
    reply(stream);
  });
  const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`);
  assert.is(response.status, 201);
  assert.is(response.headers.get('link'), null);
}));

test('redirects are answers like any other', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream, 307, { location: 'https://127.0.0.1/' }));
  assert.is((await post(createFetch(cleanup), `https://localhost:${server.port}/`)).status, 307);
}));

test('one session carries many requests at once', cleanly(async (cleanup) => {
  const waiting: (() => void)[] = [];
  const server = await http2Server(cleanup, (stream) => {
    stream.resume().on('end', () => waiting.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
  });
  const fetch = createFetch(cleanup);
  const all = Array.from({ length: 50 }, () => post(fetch, `https://localhost:${server.port}/`));
  await until('all fifty at once', () => waiting.length === 50);
  for (const answer of waiting) answer();
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  assert.is(server.count(), 1);
}));

test('a thousand at once, a hundred a session: ten sessions, each full and no more', cleanly(async (cleanup) => {
  const open = new Map<unknown, number>();
  let most = 0;
  const waiting: (() => void)[] = [];
  const server = await http2Server(cleanup, (stream) => {
    const now = (open.get(stream.session) ?? 0) + 1;
    open.set(stream.session, now);
    most = Math.max(most, now);
    stream.resume().on('end', () => waiting.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
    stream.on('close', () => open.set(stream.session, open.get(stream.session)! - 1));
  }, { settings: { maxConcurrentStreams: 100 } });
  const fetch = createFetch(cleanup);
  const all = Array.from({ length: 1000 }, () => post(fetch, `https://localhost:${server.port}/`));
  await until('all thousand', () => waiting.length === 1000);
  for (const answer of waiting) answer();
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  assert.is(server.count(), 10);
  assert.is(most, 100);
}));

test('a limit that the server changes holds at once', cleanly(async (cleanup) => {
  const requests: number[] = [];
  const server = await framePeer(cleanup, {
    settings: { 3: 1 },
    onRequest: (peer, _, index) => {
      requests.push(index);
      if (requests.length === 1) peer.send(settings({ 3: 3 }));
      if (index === 0 && peer.of(HEADERS).length === 3) {
        for (const { id: each } of peer.of(HEADERS)) peer.send(respond(each, 201));
      }
    },
  });
  const fetch = createFetch(cleanup, { sessions: 1 });
  const url = `https://localhost:${server.port}/`;
  const responses = await Promise.all([post(fetch, url), post(fetch, url), post(fetch, url)]);
  assert.equal(responses.map(({ status }) => status), [201, 201, 201]);
  assert.equal(requests, [0, 0, 0]);
}));

test('the settings: no push, header list of 16 KiB', cleanly(async (cleanup) => {
  const server = await framePeer(cleanup, { onRequest: (peer, id) => peer.send(respond(id, 201)) });
  await post(createFetch(cleanup), `https://localhost:${server.port}/`);
  const [first] = server.peers[0]!.of(SETTINGS);
  const values = new Map<number, number>();
  for (let at = 0; at < first!.payload.length; at += 6) {
    values.set(first!.payload.readUInt16BE(at), first!.payload.readUInt32BE(at + 2));
  }
  assert.is(values.get(2), 0);
  assert.is(values.get(6), 16_384);
  assert.is(values.get(4), 16_384);
}));

test('origins never share a session, whatever their addresses', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream, headers) => reply(stream, 201, { 'x-host': String(headers[':authority']) }));
  const fetch = createFetch(cleanup);
  for (const host of ['a.example.com', 'b.example.com']) {
    const response = await post(fetch, `https://${host}:${server.port}/`);
    assert.is(response.headers.get('x-host'), `${host}:${server.port}`);
  }
  assert.is(server.count(), 2);
}));

test('the least recently used idle session makes room', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const fetch = createFetch(cleanup, { sessions: 2 });
  const to = (name: string): Promise<FetchResponse> => post(fetch, `https://${name}.example.com:${server.port}/`);
  await to('a');
  await to('b');
  await to('a');
  await to('c');
  assert.is(server.count(), 3);
  await until('the third to go', () => server.sockets.size === 2);
  await to('a');
  assert.is(server.count(), 3, 'a was kept');
  await to('b');
  assert.is(server.count(), 4, 'b had gone');
}));

test('busy sessions are waited for, and no origin starves', cleanly(async (cleanup) => {
  const held: (() => void)[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] === '/held') stream.resume().on('end', () => held.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
    else reply(stream);
  });
  const fetch = createFetch(cleanup, { sessions: 2 });
  const to = (name: string, path = '/'): Promise<FetchResponse> => post(fetch, `https://${name}.example.com:${server.port}${path}`);
  const first = [to('a', '/held'), to('b', '/held')];
  await until('both', () => held.length === 2);
  const third = to('c');
  // While c waits, a is asked without end: it must not keep its session for that.
  let over = false;
  let more = 0;
  const busy = (async () => {
    while (!over) {
      await to('a');
      more++;
    }
  })();
  held[0]!();
  held[1]!();
  assert.is((await third).status, 201);
  over = true;
  await busy;
  assert.equal((await Promise.all(first)).map(({ status }) => status), [201, 201]);
  assert.ok(server.sockets.size <= 2);
  assert.ok(more >= 0);
}));

test('many more origins than sessions, all at once', cleanly(async (cleanup) => {
  let most = 0;
  const server = await http2Server(cleanup, (stream) => {
    most = Math.max(most, server.sockets.size);
    reply(stream);
  });
  const fetch = createFetch(cleanup, { sessions: 3 });
  const all = Array.from({ length: 60 }, (_, i) => post(fetch, `https://n${i % 20}.example.com:${server.port}/`));
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  // One more while the socket of the one that made room is closing.
  assert.ok(most <= 5, `${most} at once`);
}));

test('an idle session is closed after its time, with a GOAWAY', cleanly(async (cleanup) => {
  const server = await framePeer(cleanup, { onRequest: (peer, id) => peer.send(respond(id, 201)) });
  const fetch = createFetch(cleanup, { idle: 20 });
  await post(fetch, `https://localhost:${server.port}/`);
  await until('its end', () => server.sockets.size === 0);
  assert.is(server.peers[0]!.of(7).length, 1);
  await post(fetch, `https://localhost:${server.port}/`);
  assert.is(server.count(), 2);
}));

// ---- bodies --------------------------------------------------------------------------------------

test('an answer without a body has none', cleanly(async (cleanup) => {
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
}));

test('a body that nobody reads costs a window, and stalls nothing', cleanly(async (cleanup) => {
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
}));

test('reading is what makes it flow, and a huge body comes whole', cleanly(async (cleanup) => {
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
}));

test('cancel resets the stream of a body that goes on, not the session', cleanly(async (cleanup) => {
  const codes: number[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] === '/') return reply(stream);
    stream.on('close', () => codes.push(stream.rstCode));
    if (headers[':path'] === '/long') stream.respond({ ':status': 200, 'content-length': 1_000_000 });
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
}));

test('cancel of a small body is no reset: many of them would look like an attack', cleanly(async (cleanup) => {
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
}));

test('a body that nobody reads is given up after the idle time', cleanly(async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 200, END_HEADERS), frame(DATA, 0, id, Buffer.from('x'))),
  });
  const fetch = createFetch(cleanup, { idle: 30 });
  const response = await post(fetch, `https://localhost:${server.port}/`);
  await until('the reset', () => server.peers[0]!.of(RST_STREAM).length === 1);
  const error = await rejection(text(response));
  assert.is(error['code'], 'ERR_TIMEOUT');
  assert.match(error.message, /^Nobody read the answer of https:\/\/localhost:\d+ for 30 ms$/);
}));

test('a body that is cut off fails where it was cut', cleanly(async (cleanup) => {
  const cuts: ((peer: import('./peers.ts').Peer, id: number) => void)[] = [
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
        peer.send(frame(HEADERS, END_HEADERS, id, block(200, [['content-length', '10']])), frame(DATA, 0, id, Buffer.from('half')));
        setTimeout(() => cut(peer, id), 10);
      },
    });
    const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`);
    assert.is(response.status, 200);
    const error = await rejection(text(response));
    assert.is(error['code'], 'ERR_NETWORK', `cut ${i}`);
    assert.is(error['sent'] === 'no', i === 6, `cut ${i}: ${String(error['sent'])}`);
  }
}));

// ---- signals -------------------------------------------------------------------------------------

test('a signal that has fired: nothing is sent', cleanly(async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const error = await rejection(post(createFetch(cleanup), `https://localhost:${server.port}/`, { signal: AbortSignal.abort(new Error('early')) }));
  assert.is(error.message, 'early');
  assert.is(server.count(), 0);
}));

test('a signal resets its own stream with CANCEL; the session and the others go on', cleanly(async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => {
      if (id === 3) peer.send(respond(id, 201));
    },
    onFrame: (peer, got) => {
      if (got.type === RST_STREAM) peer.send(respond(5, 201));
    },
  });
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const controller = new AbortController();
  const stalled = rejection(post(fetch, url, { signal: controller.signal }));
  const [second, third] = [post(fetch, url), post(fetch, url)];
  assert.is((await second).status, 201);
  controller.abort(new Error('too slow'));
  assert.is((await stalled).message, 'too slow');
  assert.is((await third).status, 201);
  const [sent] = server.peers[0]!.of(RST_STREAM);
  assert.is(sent!.id, 1);
  assert.is(sent!.payload.readUInt32BE(), 8);
  assert.is(server.count(), 1);
}));

test('a signal ends a body with its reason', cleanly(async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 200, END_HEADERS), frame(DATA, 0, id, Buffer.from('half'))),
  });
  const controller = new AbortController();
  const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`, { signal: controller.signal });
  const reading = rejection(text(response));
  setTimeout(() => controller.abort(new Error('enough')), 5);
  assert.is((await reading).message, 'enough');
  await until('the reset', () => server.peers[0]!.of(RST_STREAM).length === 1);
}));

test('one signal for a whole batch brings no warning, and keeps nothing', cleanly(async (cleanup) => {
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warn);
  cleanup.add(() => process.off('warning', warn));
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const fetch = createFetch(cleanup);
  const { signal } = new AbortController();
  await Promise.all(Array.from({ length: 100 }, () => post(fetch, `https://localhost:${server.port}/`, { signal })));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(warnings, []);
  assert.is(getEventListeners(signal, 'abort').length, 0);
}));

test('pings of the server are answered, and its pushes are an error of its own', cleanly(async (cleanup) => {
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
}));

test.run();
