import * as assert from 'uvu/assert';
import type { TLSSocket } from 'node:tls';
import {
  certificate,
  cleanSuite,
  createFetch,
  http2Server,
  post,
  rejection,
  reply,
  tcpPeer,
  tlsPeer,
  until,
} from './peers.ts';

const connecting = cleanSuite('http2Fetch: connecting');

const at =
  (...addresses: string[]) =>
  async (): Promise<{ address: string }[]> =>
    addresses.map((address) => ({ address }));

connecting('the name goes into SNI and is held against the certificate', async (cleanup) => {
  const names: (string | false)[] = [];
  const server = await tlsPeer(cleanup, (socket: TLSSocket) => {
    names.push(socket.servername ?? false);
    socket.once('data', () => socket.end('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'));
  });
  const fetch = createFetch(cleanup);
  for (const host of ['push.example.com', 'example.com.', '127.0.0.1']) {
    assert.is((await post(fetch, `https://${host}:${server.port}/`)).status, 201, host);
  }
  assert.equal(names, ['push.example.com', 'example.com', false]);
  const wrong = await rejection(post(fetch, `https://push.example.net:${server.port}/`));
  assert.is(wrong['code'], 'ERR_NETWORK');
  assert.is(wrong['sent'], 'no');
  assert.is(
    wrong.message,
    `Cannot reach https://push.example.net:${server.port}: ERR_TLS_CERT_ALTNAME_INVALID`,
  );
});

connecting(
  'a certificate of an unknown authority is refused, and the error says what to do',
  async (cleanup) => {
    const server = await tlsPeer(cleanup, () => {});
    const fetch = createFetch(cleanup, { ca: undefined });
    const error = await rejection(post(fetch, `https://localhost:${server.port}/`));
    assert.is(error['code'], 'ERR_NETWORK');
    assert.match(
      error.message,
      /: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE) \(an authority of your own goes into the ca option\)$/,
    );
  },
);

connecting('an http: server behind an https: URL is told', async (cleanup) => {
  const server = await tcpPeer(cleanup, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const error = await rejection(post(createFetch(cleanup), `https://localhost:${server.port}/`));
  assert.match(
    error.message,
    /^Cannot reach https:\/\/localhost:\d+: (ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)/,
  );
  assert.is(error['sent'], 'no');
});

connecting('IPv6 literals and names with several addresses', async (cleanup) => {
  const server = await tlsPeer(
    cleanup,
    (socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'));
    },
    ['http/1.1'],
    '::1',
  );
  const literal = createFetch(cleanup);
  assert.is((await post(literal, `https://[::1]:${server.port}/`)).status, 201);
  // Nobody listens on the first two.
  const many = createFetch(cleanup, {}, { lookup: at('127.0.0.8', '127.0.0.9', '::1') });
  assert.is((await post(many, `https://push.example.com:${server.port}/`)).status, 201);
});

connecting(
  'when no address answers, the error names the reason and keeps the causes',
  async (cleanup) => {
    const { port } = await tcpPeer(cleanup, () => {});
    const free = port === 9 ? 10 : 9;
    const one = await rejection(
      post(createFetch(cleanup), `https://push.example.com:${free}/wpush/secret`),
    );
    assert.is(one.message, `Cannot reach https://push.example.com:${free}: ECONNREFUSED`);
    assert.is(one['code'], 'ERR_NETWORK');
    assert.is(one['sent'], 'no');
    assert.is(one['origin'], `https://push.example.com:${free}`);
    assert.is((one['cause'] as { code: string }).code, 'ECONNREFUSED');
    const two = createFetch(cleanup, {}, { lookup: at('127.0.0.8', '127.0.0.9') });
    const error = await rejection(post(two, `https://push.example.com:${free}/`));
    assert.is(error.message, `Cannot reach https://push.example.com:${free}: ECONNREFUSED`);
    assert.is((error['cause'] as AggregateError).errors.length, 2);
  },
);

connecting(
  'a name that is not found, has no address, or is answered with a name',
  async (cleanup) => {
    const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const cases: [string, () => Promise<{ address: string }[]>][] = [
      ['ENOTFOUND', () => Promise.reject(missing)],
      ['its name has no address', at()],
      ['A connection is made to an IP address', at('localhost')],
    ];
    for (const [why, lookup] of cases) {
      const error = await rejection(
        post(createFetch(cleanup, {}, { lookup }), 'https://push.example.com/'),
      );
      assert.is(error.message, `Cannot reach https://push.example.com: ${why}`);
      assert.is(error['sent'], 'no');
    }
  },
);

connecting('each stage has the same limit: look-up, handshake, preface', async (cleanup) => {
  const silent = await tcpPeer(cleanup, () => {});
  const mute = await tlsPeer(cleanup, () => {}, ['h2']);
  const cases: [string, number, () => Promise<{ address: string }[]>][] = [
    ['name look-up', silent.port, () => new Promise(() => {})],
    ['TLS handshake', silent.port, at('127.0.0.1')],
    ['HTTP/2 preface', mute.port, at('127.0.0.1')],
  ];
  for (const [stage, port, lookup] of cases) {
    const fetch = createFetch(cleanup, {}, { lookup, connectTimeout: 300 });
    const error = await rejection(post(fetch, `https://localhost:${port}/`));
    assert.is(
      error.message,
      `Cannot reach https://localhost:${port}: no end of the ${stage} in 300 ms`,
    );
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'no');
  }
  await until('the sockets closed', () => silent.sockets.size + mute.sockets.size === 0);
});

connecting(
  'a failed connection is the failure of all who wait for it, and of nobody after',
  async (cleanup) => {
    let asked = 0;
    const server = await http2Server(cleanup, (stream) => reply(stream));
    const lookup = async (): Promise<{ address: string }[]> => {
      if (++asked === 1) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
      return [{ address: '127.0.0.1' }];
    };
    const fetch = createFetch(cleanup, {}, { lookup });
    const url = `https://push.example.com:${server.port}/`;
    const errors = await Promise.all(
      Array.from({ length: 500 }, () => rejection(post(fetch, url))),
    );
    assert.is(asked, 1);
    assert.ok(errors.every((error) => error['code'] === 'ERR_NETWORK' && error['sent'] === 'no'));
    assert.is((await post(fetch, url)).status, 201);
    assert.is(asked, 2);
  },
);

connecting(
  'a connection that nobody waits for any more is given up, one that somebody waits for is not',
  async (cleanup) => {
    const silent = await tcpPeer(cleanup, () => {});
    const fetch = createFetch(cleanup);
    const [first, second] = [new AbortController(), new AbortController()];
    const url = `https://localhost:${silent.port}/`;
    const one = rejection(post(fetch, url, { signal: first.signal }));
    const two = rejection(post(fetch, url, { signal: second.signal }));
    await until('the connection', () => silent.count() === 1);
    first.abort(new Error('first'));
    assert.is((await one).message, 'first');
    await new Promise((resolve) => setImmediate(resolve));
    assert.is(silent.sockets.size, 1);
    second.abort(new Error('second'));
    assert.is((await two).message, 'second');
    await until('its end', () => silent.sockets.size === 0);
    assert.is(silent.count(), 1);
  },
);

connecting(
  'a request right after the last waiter left gets a connection of its own',
  async (cleanup) => {
    const server = await http2Server(cleanup, (stream) => reply(stream));
    const fetch = createFetch(cleanup);
    const url = `https://localhost:${server.port}/`;
    const gone = new AbortController();
    const left = rejection(post(fetch, url, { signal: gone.signal }));
    gone.abort(new Error('gone'));
    const stays = post(fetch, url);
    assert.is((await left).message, 'gone');
    assert.is((await stays).status, 201);
  },
);

connecting('a name with a hundred addresses is tried at eight of them', async (cleanup) => {
  const addresses = Array.from({ length: 100 }, (_, i) => `127.0.1.${i + 1}`);
  const fetch = createFetch(cleanup, {}, { lookup: at(...addresses) });
  const error = await rejection(post(fetch, 'https://push.example.com:9/'));
  assert.is((error['cause'] as AggregateError).errors.length, 8);
});

connecting(
  'the ca option: several authorities in one text, and no other is trusted',
  async (cleanup) => {
    const server = await http2Server(cleanup, (stream) => reply(stream));
    const { createCertificate } = await import('../../src/lib/node/certificate.ts');
    const other = await createCertificate({ names: ['localhost'] });
    const both = createFetch(cleanup, { ca: other.ca + certificate.ca });
    assert.is((await post(both, `https://localhost:${server.port}/`)).status, 201);
    const error = await rejection(
      post(createFetch(cleanup, { ca: other.ca }), `https://localhost:${server.port}/`),
    );
    assert.is(error['code'], 'ERR_NETWORK');
  },
);

connecting(
  'a ca that is no certificate fails, and leaves no connection behind',
  async (cleanup) => {
    const server = await tlsPeer(cleanup, () => {});
    const ca = '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n';
    const error = await rejection(
      post(createFetch(cleanup, { ca }), `https://localhost:${server.port}/`),
    );
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'no');
    await until('the end of the connection', () => server.sockets.size === 0);
  },
);

connecting.run();
