import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import * as assert from 'uvu/assert';
import { framePeer, GOAWAY, respond } from './frame_peer.ts';
import {
  certificate,
  cleanSuite,
  createFetch,
  http2Server,
  post,
  rejection,
  tcpPeer,
  tlsPeer,
  turns,
  until,
  type Cleanup,
} from './peers.ts';

const test = cleanSuite('http2Fetch: close');
const url = ({ port }: { port: number }): string => `https://localhost:${port}/secret`;

/** Answers when told to: `held` has what answers the requests that came. */
async function holdingServer(cleanup: Cleanup, maxConcurrentStreams: number) {
  const held: (() => void)[] = [];
  const server = await http2Server(
    cleanup,
    (stream) => {
      stream
        .resume()
        .on('end', () => held.push(() => stream.respond({ ':status': 201 }, { endStream: true })));
    },
    { settings: { maxConcurrentStreams } },
  );
  return { server, held };
}

test('close waits for what is in flight, takes nothing new, and closes every socket', async (cleanup) => {
  const { server, held } = await holdingServer(cleanup, 2);
  const fetch = createFetch(cleanup, { sessions: 1 });
  // Two in flight, three that wait for them.
  const all = Array.from({ length: 5 }, () => post(fetch, url(server)));
  await until('two', () => held.length === 2);
  let closed = false;
  const closing = fetch.close().then(() => {
    closed = true;
  });
  const error = await rejection(post(fetch, url(server)));
  assert.is(error['code'], 'ERR_NETWORK');
  assert.is(error['sent'], 'no');
  assert.is(
    error.message,
    `Cannot reach https://localhost:${server.port}: this http2Fetch was closed`,
  );
  while (held.length) {
    assert.not(closed);
    held.shift()!();
    await turns();
  }
  await until('the rest', () => {
    held.shift()?.();
    return closed;
  });
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  await closing;
  await until('the sockets closed', () => server.sockets.size === 0);
});

test('what takes longer than the timeout fails, what was never sent with sent: no', async (cleanup) => {
  const server = await http2Server(cleanup, () => {}, { settings: { maxConcurrentStreams: 1 } });
  const fetch = createFetch(cleanup, { sessions: 1 });
  const outcomes = Promise.all([
    rejection(post(fetch, url(server))),
    rejection(post(fetch, url(server))),
  ]);
  await until('the first', () => server.sessions.length === 1 && server.count() === 1);
  await turns();
  await fetch.close({ timeout: 20 });
  const [first, second] = await outcomes;
  assert.is(first!['sent'], 'maybe');
  assert.is(second!['sent'], 'no');
  assert.match(first!.message, /^No answer from https:\/\/localhost:\d+: http2Fetch was closed$/);
});

test('idle sessions get a GOAWAY at once; a second close is the first', async (cleanup) => {
  const server = await framePeer(cleanup, {
    onRequest: (peer, id) => peer.send(respond(id, 201)),
  });
  const fetch = createFetch(cleanup);
  await post(fetch, url(server));
  const [first, second] = [fetch.close(), fetch.close({ timeout: 0 })];
  assert.is(first, second);
  await first;
  await until('the end', () => server.sockets.size === 0);
  assert.is(server.peers[0]!.of(GOAWAY).length, 1);
});

test('close gives up connections in the making, proxies, and peers that are deaf', async (cleanup) => {
  const silent = await tcpPeer(cleanup, () => {});
  const mute = await tlsPeer(cleanup, () => {}, ['h2']);
  const fetch = createFetch(cleanup);
  const errors = [rejection(post(fetch, url(silent))), rejection(post(fetch, url(mute)))];
  await until('both', () => silent.count() + mute.count() === 2);
  await fetch.close({ timeout: 0 });
  for (const error of await Promise.all(errors)) assert.is(error['sent'], 'no');
  await until('the sockets closed', () => silent.sockets.size + mute.sockets.size === 0);
});

test('close while a further session cannot be made', async (cleanup) => {
  let asked = 0;
  let fail = (): void => {};
  const { server, held } = await holdingServer(cleanup, 1);
  const fetch = createFetch(
    cleanup,
    {},
    {
      lookup: () =>
        ++asked === 1
          ? Promise.resolve([{ address: '127.0.0.1' }])
          : new Promise((_, reject) => (fail = () => reject(new Error('no')))),
    },
  );
  const all = [post(fetch, url(server)), post(fetch, url(server))];
  await until('the first', () => held.length === 1);
  await until('the second look-up', () => asked === 2);
  held.shift()!();
  await until('the second', () => held.length === 1);
  const closing = fetch.close();
  held.shift()!();
  for (const response of await Promise.all(all)) assert.is(response.status, 201);
  fail();
  await closing;
});

test('wrong timeouts are errors', async (cleanup) => {
  const fetch = createFetch(cleanup);
  assert.throws(
    () => fetch.close({ timeout: -1 }),
    (error: unknown) => error instanceof RangeError,
  );
  assert.throws(
    // @ts-expect-error
    () => fetch.close({ timeout: '5' }),
    (error: unknown) => error instanceof TypeError,
  );
});

// ---- what keeps the process alive ----------------------------------------------------------------

/** What keeps this process alive, by kind. */
function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => /TCP|TLS|Pipe|HTTP2|Timeout|Immediate|GetAddrInfo/i.test(kind))
    .sort();
}

test('an idle session keeps no process alive, one in use does; after close nothing is left', async (cleanup) => {
  const { port, stop } = await serverProcess(cleanup);
  const before = handles();
  const fetch = createFetch(cleanup);
  const controller = new AbortController();
  const stalled = rejection(
    post(fetch, `https://localhost:${port}/stall`, { signal: controller.signal }),
  );
  await post(fetch, `https://localhost:${port}/`);
  assert.ok(handles().length > before.length, 'in use');
  controller.abort(new Error('enough'));
  await stalled;
  await post(fetch, `https://localhost:${port}/`);
  await until('idle', () => handles().length === before.length);
  await fetch.close();
  await until('closed', () => handles().length === before.length);
  await stop();
});

const DIRECTORY = join('.tmp', `close-${process.pid}`);

/** A module that the runtime can run as it is. */
function script(cleanup: Cleanup, name: string, contents: string): string {
  mkdirSync(DIRECTORY, { recursive: true });
  cleanup.add(() => rmSync(DIRECTORY, { recursive: true, force: true }));
  const outfile = join(DIRECTORY, `${name}.mjs`);
  buildSync({
    stdin: { contents, resolveDir: process.cwd(), loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
  });
  return outfile;
}

interface Child {
  readonly output: () => string;
  readonly ended: Promise<number | null>;
  readonly kill: () => void;
}

function run(cleanup: Cleanup, file: string): Child {
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => {
    output += bytes.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const kill = (): void => void child.kill('SIGKILL');
  cleanup.add(kill);
  return { output: () => output, ended, kill };
}

/** A server in a process of its own, so that this one holds nothing of it. */
async function serverProcess(
  cleanup: Cleanup,
): Promise<{ port: number; stop: () => Promise<unknown> }> {
  mkdirSync(DIRECTORY, { recursive: true });
  const pem = join(DIRECTORY, 'server.json');
  writeFileSync(pem, JSON.stringify({ key: certificate.key, cert: certificate.cert }));
  const child = run(
    cleanup,
    script(
      cleanup,
      'server',
      `
    import { createSecureServer } from 'node:http2';
    import { readFileSync } from 'node:fs';
    const server = createSecureServer(JSON.parse(readFileSync(${JSON.stringify(pem)}, 'utf8')));
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] !== '/stall') stream.respond({ ':status': 201 }, { endStream: true });
    });
    server.listen(0, '127.0.0.1', () => console.log(server.address().port));
  `,
    ),
  );
  await until('the server', () => child.output().endsWith('\n'));
  return { port: Number(child.output()), stop: () => (child.kill(), child.ended) };
}

test('a script that forgets close ends by itself, and not before its answers', async (cleanup) => {
  const { port, stop } = await serverProcess(cleanup);
  const source = JSON.stringify(pathToFileURL(join('src', 'lib', 'node', 'http', 'http2.ts')).pathname);
  const child = run(
    cleanup,
    script(
      cleanup,
      'client',
      `
    import { http2Fetch } from ${source};
    const fetch = http2Fetch({ addresses: 'any', ca: ${JSON.stringify(certificate.ca)} });
    const init = { method: 'POST', headers: {}, body: null, redirect: 'manual', signal: new AbortController().signal };
    fetch('https://localhost:${port}/', init).then(({ status }) => console.log(status));
  `,
    ),
  );
  assert.is(await child.ended, 0);
  assert.is(child.output(), '201\n');
  await stop();
});

test.run();
