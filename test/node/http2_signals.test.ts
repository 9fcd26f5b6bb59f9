import { getEventListeners } from 'node:events';
import * as assert from 'uvu/assert';
import { attempt } from '../../src/lib/send/attempt.ts';
import { abort, createSpan } from '../../src/lib/send/span.ts';
import { readTransfer, type FetchInit } from '../../src/send.ts';
import {
  DATA,
  END_HEADERS,
  frame,
  framePeer,
  HEADERS,
  respond,
  RST_STREAM,
} from './frame_peer.ts';
import {
  cleanSuite,
  createFetch,
  http2Server,
  post,
  rejection,
  reply,
  text,
  tlsPeer,
  until,
} from './peers.ts';

const test = cleanSuite('http2Fetch: signals');

test('a signal that has fired: nothing is sent', async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const error = await rejection(
    post(createFetch(cleanup), `https://localhost:${server.port}/`, {
      signal: AbortSignal.abort(new Error('early')),
    }),
  );
  assert.is(error.message, 'early');
  assert.is(server.count(), 0);
});

test('a signal resets its own stream with CANCEL; the session and the others go on', async (cleanup) => {
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
});

test('a signal ends a body with its reason', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) =>
      peer.send(respond(id, 200, END_HEADERS), frame(DATA, 0, id, Buffer.from('half'))),
  });
  const controller = new AbortController();
  const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`, {
    signal: controller.signal,
  });
  const reading = rejection(text(response));
  setTimeout(() => controller.abort(new Error('enough')), 5);
  assert.is((await reading).message, 'enough');
  await until('the reset', () => server.peers[0]!.of(RST_STREAM).length === 1);
});

test('what send gives up is reset without a signal; a copy of its init has one', async (cleanup) => {
  const server = await framePeer(cleanup, {});
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const timeout = 300;
  let made = 0;
  const { prototype } = AbortController;
  const getter = Object.getOwnPropertyDescriptor(prototype, 'signal')!;
  Object.defineProperty(prototype, 'signal', { ...getter, get() {
    made++;
    return getter.get!.call(this);
  } });
  cleanup.add(() => Object.defineProperty(prototype, 'signal', getter));
  const span = createSpan();
  const build = async (): Promise<Omit<FetchInit, 'signal'> & { url: string }> =>
    ({ url, method: 'POST', headers: {}, body: null, redirect: 'manual' });
  const outgoing = { endpoint: url, origin: url.slice(0, -1), build };
  // The first makes the session, which has signals of its own.
  const first = rejection(attempt(readTransfer({ fetch, timeout }), outgoing));
  assert.is((await first)['code'], 'ERR_TIMEOUT');
  await until('the reset', () => server.peers[0]!.of(RST_STREAM).length === 1);
  const second = rejection(attempt(readTransfer({ fetch }), outgoing, 1, span));
  await until('the request', () => server.peers[0]!.of(HEADERS).length === 2);
  const before = made;
  abort(span, new Error('no more'));
  assert.is((await second).message, 'no more');
  assert.ok(made > before, 'the count counts');
  const other = new AbortController();
  const wrapped: typeof fetch = Object.assign(
    (to: string, init: FetchInit) => fetch(to, { ...init, signal: other.signal }), fetch,
  );
  const third = rejection(attempt(readTransfer({ fetch: wrapped }), outgoing));
  await until('the request', () => server.peers[0]!.of(HEADERS).length === 3);
  other.abort(new Error('mine'));
  assert.is((await third)['code'], 'ERR_NETWORK');
  await until('the resets', () => server.peers[0]!.of(RST_STREAM).length === 3);
  assert.is(server.count(), 1);
});

test('one signal for a whole batch brings no warning, and keeps nothing', async (cleanup) => {
  const warnings: string[] = [];
  const warn = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', warn);
  cleanup.add(() => process.off('warning', warn));
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const fetch = createFetch(cleanup);
  const { signal } = new AbortController();
  await Promise.all(
    Array.from({ length: 100 }, () => post(fetch, `https://localhost:${server.port}/`, { signal })),
  );
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(warnings, []);
  assert.is(getEventListeners(signal, 'abort').length, 0);
});

test.run();
