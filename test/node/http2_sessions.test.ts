import * as assert from 'uvu/assert';
import type { FetchResponse } from '../../src/send.ts';
import { framePeer, HEADERS, respond, settings, SETTINGS } from './frame_peer.ts';
import { cleanSuite, createFetch, http2Server, post, reply, until } from './peers.ts';

const test = cleanSuite('http2Fetch: sessions');

test('one session carries many requests at once', async (cleanup) => {
  const waiting: (() => void)[] = [];
  const server = await http2Server(cleanup, (stream) => {
    stream
      .resume()
      .on('end', () => waiting.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
  });
  const fetch = createFetch(cleanup);
  const all = Array.from({ length: 50 }, () => post(fetch, `https://localhost:${server.port}/`));
  await until('all fifty at once', () => waiting.length === 50);
  for (const answer of waiting) answer();
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  assert.is(server.count(), 1);
});

test('a thousand at once, a hundred a session: ten sessions, each full and no more', async (cleanup) => {
  const open = new Map<unknown, number>();
  let most = 0;
  const waiting: (() => void)[] = [];
  const server = await http2Server(
    cleanup,
    (stream) => {
      const now = (open.get(stream.session) ?? 0) + 1;
      open.set(stream.session, now);
      most = Math.max(most, now);
      stream
        .resume()
        .on('end', () =>
          waiting.push(() => stream.respond({ ':status': 201 }, { endStream: true })),
        );
      stream.on('close', () => open.set(stream.session, open.get(stream.session)! - 1));
    },
    { settings: { maxConcurrentStreams: 100 } },
  );
  const fetch = createFetch(cleanup);
  const all = Array.from({ length: 1000 }, () => post(fetch, `https://localhost:${server.port}/`));
  await until('all thousand', () => waiting.length === 1000);
  for (const answer of waiting) answer();
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  assert.is(server.count(), 10);
  assert.is(most, 100);
});

test('a limit that the server changes holds at once', async (cleanup) => {
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
  assert.equal(
    responses.map(({ status }) => status),
    [201, 201, 201],
  );
  assert.equal(requests, [0, 0, 0]);
});

test('the settings: no push, header list of 16 KiB', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  await post(createFetch(cleanup), `https://localhost:${server.port}/`);
  const [first] = server.peers[0]!.of(SETTINGS);
  const values = new Map<number, number>();
  for (let at = 0; at < first!.payload.length; at += 6) {
    values.set(first!.payload.readUInt16BE(at), first!.payload.readUInt32BE(at + 2));
  }
  assert.is(values.get(2), 0);
  assert.is(values.get(6), 16_384);
  assert.is(values.get(4), 16_384);
});

test('origins never share a session, whatever their addresses', async (cleanup) => {
  const server = await http2Server(cleanup, (stream, headers) =>
    reply(stream, 201, { 'x-host': String(headers[':authority']) }),
  );
  const fetch = createFetch(cleanup);
  for (const host of ['a.example.com', 'b.example.com']) {
    const response = await post(fetch, `https://${host}:${server.port}/`);
    assert.is(response.headers.get('x-host'), `${host}:${server.port}`);
  }
  assert.is(server.count(), 2);
});

test('the least recently used idle session makes room', async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const fetch = createFetch(cleanup, { sessions: 2 });
  const to = (name: string): Promise<FetchResponse> =>
    post(fetch, `https://${name}.example.com:${server.port}/`);
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
});

test('busy sessions are waited for, and no origin starves', async (cleanup) => {
  const held: (() => void)[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    if (headers[':path'] === '/held')
      stream
        .resume()
        .on('end', () => held.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
    else reply(stream);
  });
  const fetch = createFetch(cleanup, { sessions: 2 });
  const to = (name: string, path = '/'): Promise<FetchResponse> =>
    post(fetch, `https://${name}.example.com:${server.port}${path}`);
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
  assert.equal(
    (await Promise.all(first)).map(({ status }) => status),
    [201, 201],
  );
  assert.ok(server.sockets.size <= 2);
  assert.ok(more >= 0);
});

test('many more origins than sessions, all at once', async (cleanup) => {
  let most = 0;
  const server = await http2Server(cleanup, (stream) => {
    most = Math.max(most, server.sockets.size);
    reply(stream);
  });
  const fetch = createFetch(cleanup, { sessions: 3 });
  const all = Array.from({ length: 60 }, (_, i) =>
    post(fetch, `https://n${i % 20}.example.com:${server.port}/`),
  );
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  // One more while the socket of the one that made room is closing.
  assert.ok(most <= 5, `${most} at once`);
});

test('an idle session is closed after its time, with a GOAWAY', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  const fetch = createFetch(cleanup, { idle: 20 });
  await post(fetch, `https://localhost:${server.port}/`);
  await until('its end', () => server.sockets.size === 0);
  assert.is(server.peers[0]!.of(7).length, 1);
  await post(fetch, `https://localhost:${server.port}/`);
  assert.is(server.count(), 2);
});

test.run();
