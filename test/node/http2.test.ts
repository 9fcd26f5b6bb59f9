import { inspect } from 'node:util';
import * as assert from 'uvu/assert';
import { http2Fetch } from '../../src/lib/node/http/http2.ts';
import {
  cleanSuite,
  createFetch,
  http2Server,
  never,
  post,
  rejection,
  reply,
  text,
  tlsPeer,
} from './peers.ts';

const test = cleanSuite('http2Fetch');

test('a request as it was given, an answer as it came', async (cleanup) => {
  const seen: Record<string, unknown>[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    const parts: Buffer[] = [];
    stream
      .on('data', (part: Buffer) => parts.push(part))
      .on('end', () => {
        seen.push({ ...headers, body: Buffer.concat(parts).toString('hex') });
        stream.respond({
          ':status': 429,
          'retry-after': '5',
          'set-cookie': ['a=1', 'b=2'],
          'content-type': 'text/plain',
        });
        stream.write('slow ');
        stream.end('down');
      });
  });
  const fetch = createFetch(cleanup);
  const body = new Uint8Array([0, 1, 255]);
  const promise = fetch(`https://localhost:${server.port}/a%20b?c=d&e`, {
    method: 'POST',
    body,
    redirect: 'manual',
    signal: never,
    headers: {
      TTL: '60',
      'Content-Encoding': 'aes128gcm',
      Authorization: 'vapid t=x, k=y',
      'X-Latin': 'é',
    },
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
    ':method': 'POST',
    ':path': '/a%20b?c=d&e',
    ':scheme': 'https',
    ':authority': `localhost:${server.port}`,
    ttl: '60',
    'content-encoding': 'aes128gcm',
    authorization: 'vapid t=x, k=y',
    'content-length': '3',
    'x-latin': 'é',
  }))
    assert.is(request?.[name], value, name);
});

test('fields of the connection are left out, and the length is set right', async (cleanup) => {
  const seen: Record<string, unknown>[] = [];
  const server = await http2Server(cleanup, (stream, headers) => {
    seen.push(headers);
    reply(stream);
  });
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const headers = {
    Connection: 'close, X-Hop',
    'X-Hop': '1',
    'Keep-Alive': '1',
    'Proxy-Connection': 'x',
    'Transfer-Encoding': 'chunked',
    TE: 'gzip',
    Upgrade: 'h2c',
    'HTTP2-Settings': 'x',
    Host: 'evil.example',
    'Content-Length': '99',
    Expect: '100-continue',
    Trailer: 'x',
    'Proxy-Authorization': 'x',
    'X-Kept': ' around\t',
    TTL: '0',
  };
  await post(fetch, url, { headers });
  await post(fetch, url, { headers: {}, body: null });
  await fetch(url, {
    method: 'DELETE',
    headers: {},
    body: null,
    redirect: 'manual',
    signal: never,
  });
  await fetch(url, { method: 'get', headers: {}, body: null, redirect: 'manual', signal: never });
  assert.equal(
    Object.keys(seen[0]!)
      .filter((name) => !name.startsWith(':'))
      .sort(),
    ['content-length', 'ttl', 'x-kept'],
  );
  assert.is(seen[0]!['content-length'], '3');
  assert.is(seen[0]!['x-kept'], 'around');
  assert.is(seen[1]!['content-length'], '0');
  assert.is(seen[2]!['content-length'], undefined);
  assert.is(seen[2]![':method'], 'DELETE');
  assert.is(seen[3]![':method'], 'GET');
});

test('what cannot be sent is a TypeError, and nothing is connected', async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const bad: [string, object][] = [
    ['nonsense:hunter2', {}],
    ['https://hunter2:99999/', {}],
    ['ftp://localhost/', {}],
    ['https://user:hunter2@localhost/', {}],
    ['https://user@localhost/', {}],
    [url, { method: 'CONNECT' }],
    [url, { method: 'trace' }],
    [url, { method: 'PO ST' }],
    [url, { method: '' }],
    [url, { method: 7 }],
    [url, { headers: { 'X A': '1' } }],
    [url, { headers: { '': '1' } }],
    [url, { headers: { ':path': '/' } }],
    [url, { headers: { 'X-A': 'a\r\nX-B: b' } }],
    [url, { headers: { 'X-A': 'a\0' } }],
    [url, { headers: { 'X-A': '€' } }],
    [url, { headers: { 'X-A': 7 } }],
    [url, { headers: new Headers({ a: 'b' }) }],
    [url, { headers: [['a', 'b']] }],
    [url, { headers: null }],
    [url, { body: 'text' }],
    [url, { body: {} }],
  ];
  for (const [target, init] of bad) {
    const error = await rejection(post(fetch, target, init));
    assert.instance(error, TypeError, JSON.stringify([target, init]));
    assert.not.match(inspect(error), 'hunter2');
  }
  assert.is(server.count(), 0);
});

test('wrong options are errors at once', () => {
  const wrong: [object, typeof TypeError | typeof RangeError][] = [
    [{ addresses: 'all' }, TypeError],
    [{ ca: 7 }, TypeError],
    [{ ca: 'not PEM' }, TypeError],
    [{ proxy: 7 }, TypeError],
    [{ idle: '5' }, TypeError],
    [{ idle: -1 }, RangeError],
    [{ idle: NaN }, RangeError],
    [{ sessions: 1.5 }, TypeError],
    [{ sessions: 0 }, RangeError],
    [{ sessions: '2' }, TypeError],
  ];
  for (const [options, kind] of wrong)
    assert.throws(
      () => http2Fetch(options),
      (error: unknown) => error instanceof kind,
      JSON.stringify(options),
    );
});

test('interim answers are passed over', async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => {
    stream.additionalHeaders({ ':status': 100 });
    stream.additionalHeaders({ ':status': 103, link: '</x>' });
    reply(stream);
  });
  const response = await post(createFetch(cleanup), `https://localhost:${server.port}/`);
  assert.is(response.status, 201);
  assert.is(response.headers.get('link'), null);
});

test('redirects are answers like any other', async (cleanup) => {
  const server = await http2Server(cleanup, (stream) =>
    reply(stream, 307, { location: 'https://127.0.0.1/' }),
  );
  assert.is((await post(createFetch(cleanup), `https://localhost:${server.port}/`)).status, 307);
});

test.run();
