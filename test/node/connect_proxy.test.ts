import { connect, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import {
  cleanSuite,
  createFetch,
  http2Server,
  post,
  rejection,
  reply,
  tcpPeer,
  tlsPeer,
  until,
  type Cleanup,
  type Listening,
} from './peers.ts';

const proxied = cleanSuite('http2Fetch: proxies');

const PUBLIC = '93.184.215.14';
const PUBLIC_6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';
const at =
  (...addresses: string[]) =>
  async (hostname: string): Promise<{ address: string }[]> =>
    hostname === 'localhost'
      ? [{ address: '127.0.0.1' }]
      : addresses.map((address) => ({ address }));

interface Proxy extends Listening {
  /** The heads of the requests that came. */
  readonly heads: string[];
}

/** A proxy that leads every CONNECT to one port of loopback, or answers what `answer` says. */
async function proxy(
  cleanup: Cleanup,
  port: number,
  answer: (head: string, socket: Socket) => string | undefined = () => undefined,
  secure = false,
): Promise<Proxy> {
  const heads: string[] = [];
  const onSocket = (socket: Socket): void => {
    let head = '';
    const read = (bytes: Buffer): void => {
      head += bytes.toString('latin1');
      if (!head.includes('\r\n\r\n')) return;
      socket.off('data', read);
      heads.push(head);
      const refusal = answer(head, socket);
      if (refusal !== undefined) return void (refusal && socket.write(refusal, 'latin1'));
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\nContent-Length: 7\r\n\r\n');
        socket.pipe(onward).pipe(socket);
      });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    };
    socket.on('data', read);
  };
  return Object.assign(await (secure ? tlsPeer(cleanup, onSocket) : tcpPeer(cleanup, onSocket)), {
    heads,
  });
}

proxied('CONNECT carries the address that was checked, and TLS the name', async (cleanup) => {
  const server = await http2Server(cleanup, (stream, headers) =>
    reply(stream, 201, { 'x-host': String(headers[':authority']) }),
  );
  const { port, heads } = await proxy(cleanup, server.port);
  // A resolver that lies the second time, when an unwary client would ask again.
  let asked = 0;
  const lookup = async (hostname: string): Promise<{ address: string }[]> => {
    assert.is(hostname, 'push.example.com');
    return [{ address: ++asked === 1 ? PUBLIC : '127.0.0.1' }];
  };
  const fetch = createFetch(
    cleanup,
    { addresses: 'public', proxy: `http://127.0.0.1:${port}` },
    { lookup },
  );
  const response = await post(fetch, 'https://push.example.com/secret');
  assert.is(response.status, 201);
  assert.is(response.headers.get('x-host'), 'push.example.com');
  assert.equal(heads, [`CONNECT ${PUBLIC}:443 HTTP/1.1\r\nHost: ${PUBLIC}:443\r\n\r\n`]);
  assert.is(asked, 1);
});

proxied('addresses are refused behind a proxy too, without a word to it', async (cleanup) => {
  const { port, count } = await proxy(cleanup, 9);
  for (const addresses of [['10.0.0.1'], [PUBLIC, '127.0.0.1']]) {
    const fetch = createFetch(
      cleanup,
      { addresses: 'public', proxy: `http://127.0.0.1:${port}` },
      { lookup: at(...addresses) },
    );
    assert.is(
      (await rejection(post(fetch, 'https://push.example.com/')))['code'],
      'ERR_ADDRESS_REFUSED',
    );
  }
  assert.is(count(), 0);
});

proxied('IPv6 in brackets, user and password, ports, http: endpoints', async (cleanup) => {
  const plain = await tcpPeer(cleanup, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'));
  });
  const { port, heads } = await proxy(cleanup, plain.port);
  const fetch = createFetch(
    cleanup,
    { addresses: 'public', proxy: `http://us%40er:p%3Ass@127.0.0.1:${port}` },
    { lookup: at(PUBLIC_6) },
  );
  assert.is((await post(fetch, 'http://push.example.com:8080/')).status, 201);
  const credentials = Buffer.from('us@er:p:ss').toString('base64');
  assert.equal(heads, [
    `CONNECT [${PUBLIC_6}]:8080 HTTP/1.1\r\nHost: [${PUBLIC_6}]:8080\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`,
  ]);
});

proxied('a proxy that is spoken to over TLS', async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const { port, heads } = await proxy(cleanup, server.port, undefined, true);
  const fetch = createFetch(
    cleanup,
    { addresses: 'public', proxy: `https://localhost:${port}` },
    { lookup: at(PUBLIC) },
  );
  const url = 'https://push.example.com/';
  assert.equal(
    (await Promise.all([post(fetch, url), post(fetch, url)])).map(({ status }) => status),
    [201, 201],
  );
  assert.is(heads.length, 1);
  await fetch.close();
  await until('both connections closed', () => server.sockets.size === 0);
});

proxied('what the proxy says when it says no', async (cleanup) => {
  const cases: [string, string][] = [
    [
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n\r\n',
      'its proxy answered 407; user and password go into the URL of the proxy',
    ],
    ['HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno', 'its proxy answered 403 to CONNECT'],
    ['HTTP/1.0 503 No\r\n\r\n', 'its proxy answered 503 to CONNECT'],
    [
      'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n',
      'its proxy answered 302 to CONNECT',
    ],
    ['SSH-2.0-OpenSSH_9.2\r\n\r\n', 'its proxy did not answer in HTTP/1.1'],
    ['HTTP/1.1 2000 OK\r\n\r\n', 'its proxy did not answer in HTTP/1.1'],
    [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`, 'its proxy did not answer in HTTP/1.1'],
    ['HTTP/1.1 200 OK\r\n\r\nsmuggled', 'its proxy sent something ahead of the connection'],
  ];
  for (const [answer, why] of cases) {
    const { port, sockets } = await proxy(cleanup, 9, () => answer);
    const fetch = createFetch(
      cleanup,
      { proxy: `http://user:hunter2@127.0.0.1:${port}` },
      { lookup: at(PUBLIC) },
    );
    const error = await rejection(post(fetch, 'https://push.example.com/'));
    assert.is(error.message, `Cannot reach https://push.example.com: ${why}`);
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'no');
    assert.not.match(JSON.stringify(error), 'hunter2');
    await until('the end of the connection', () => sockets.size === 0);
  }
});

proxied('a proxy that hangs up, hangs, or is not there', async (cleanup) => {
  const dead = await proxy(cleanup, 9, (_, socket) => {
    socket.destroy();
    return '';
  });
  const mute = await proxy(cleanup, 9, () => '');
  const cases: [string, string][] = [
    [`http://127.0.0.1:${dead.port}`, 'its proxy closed the connection'],
    [`http://127.0.0.1:${mute.port}`, 'no end of the connection through the proxy in 300 ms'],
    ['http://127.0.0.1:9', 'its proxy: ECONNREFUSED'],
    [`https://127.0.0.1:${mute.port}`, 'no end of the connection through the proxy in 300 ms'],
  ];
  for (const [url, why] of cases) {
    const fetch = createFetch(cleanup, { proxy: url }, { lookup: at(PUBLIC), connectTimeout: 300 });
    const error = await rejection(post(fetch, 'https://push.example.com/'));
    assert.ok(
      error.message.startsWith(`Cannot reach https://push.example.com: ${why}`) ||
        error.message.endsWith('ECONNRESET'),
      error.message,
    );
    assert.is(error['sent'], 'no');
  }
  await until('the end of the connections', () => dead.sockets.size + mute.sockets.size === 0);
});

proxied('when the proxy cannot reach one address, the next is asked for', async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const { port, heads } = await proxy(cleanup, server.port, (head) =>
    head.startsWith('CONNECT [') ? 'HTTP/1.1 502 Bad Gateway\r\n\r\n' : undefined,
  );
  const fetch = createFetch(
    cleanup,
    { addresses: 'public', proxy: `http://localhost:${port}` },
    { lookup: at(PUBLIC_6, PUBLIC) },
  );
  assert.is((await post(fetch, 'https://push.example.com/')).status, 201);
  assert.equal(
    heads.map((head) => head.split(' ')[1]),
    [`[${PUBLIC_6}]:443`, `${PUBLIC}:443`],
  );
});

proxied.run();
