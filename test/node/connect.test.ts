import { Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { TLSSocket } from 'node:tls';
import { race } from '../../src/lib/node/sockets.ts';
import {
  certificate, cleanly, createFetch, http2Server, post, rejection, reply, tcpPeer, tlsPeer, until,
} from './peers.ts';

const connecting = suite('http2Fetch: connecting');

const at = (...addresses: string[]) => async (): Promise<{ address: string }[]> =>
  addresses.map((address) => ({ address }));

connecting('a name that resolves to an address of the inside is refused, before any connection', cleanly(async (cleanup) => {
  const server = await tcpPeer(cleanup, () => {});
  const cases: [string, string[]][] = [
    ['a loopback', ['127.0.0.1']], ['a loopback', ['::1']], ['an IPv4-mapped', ['::ffff:127.0.0.1']],
    ['a link-local', ['169.254.169.254']], ['a NAT64', ['64:ff9b::7f00:1']],
    // One bad address among good ones, wherever it stands.
    ['a private', ['93.184.215.14', '10.0.0.1']], ['a loopback', ['::1', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']],
    ['an unreadable', ['fe80::1%eth0']], ['an unreadable', ['localhost']],
  ];
  for (const [kind, addresses] of cases) {
    const fetch = createFetch(cleanup, { addresses: 'public' }, { lookup: at(...addresses) });
    const error = await rejection(post(fetch, `https://push.example.com:${server.port}/secret-path`));
    assert.is(error['code'], 'ERR_ADDRESS_REFUSED');
    assert.is(error['sent'], 'no');
    assert.is(error['origin'], `https://push.example.com:${server.port}`);
    assert.match(error.message, `Refused to call push.example.com: it resolves to ${kind} address`);
    assert.not.match(error.message, 'secret-path');
    // The inner network's addresses are nobody's business.
    for (const address of addresses) assert.not.match(error.message, address);
  }
  assert.is(server.count(), 0);
}));

connecting('literal addresses are checked, in whatever way the URL spells them', cleanly(async (cleanup) => {
  const fetch = createFetch(cleanup, { addresses: 'public' }, {
    lookup: () => Promise.reject(new Error('Nothing is to be looked up')),
  });
  const hosts = [
    '127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '[::]', '0',
    '169.254.169.254', '[fe80::1]', '[64:ff9b::1]', '10.1.2.3', '１２７.0.0.1',
  ];
  for (const host of hosts) {
    const error = await rejection(post(fetch, `https://${host}:9/`));
    assert.is(error['code'], 'ERR_ADDRESS_REFUSED', host);
    assert.match(error.message, /: it is an? [\w4-]+ address/);
  }
}));

connecting('the system\'s resolver is checked just the same', cleanly(async (cleanup) => {
  const { systemLookup } = await import('../../src/lib/node/connect.ts');
  const fetch = createFetch(cleanup, { addresses: 'public' }, { lookup: systemLookup });
  const error = await rejection(post(fetch, 'https://localhost:9/'));
  assert.is(error['code'], 'ERR_ADDRESS_REFUSED');
  assert.match(error.message, 'Refused to call localhost: it resolves to a loopback address');
}));

connecting('there is one look-up a connection: an answer that changes afterwards changes nothing', cleanly(async (cleanup) => {
  const good = await http2Server(cleanup, (stream) => reply(stream));
  let asked = 0;
  // The second answer would lead elsewhere, where nobody listens.
  const fetch = createFetch(cleanup, {}, { lookup: async () => [{ address: ++asked > 1 ? '127.0.0.9' : '127.0.0.1' }] });
  const url = `https://push.example.com:${good.port}/`;
  assert.is((await post(fetch, url)).status, 201);
  assert.is((await post(fetch, url)).status, 201);
  assert.is(asked, 1);
  assert.is(good.count(), 1);
}));

connecting('the name goes into SNI and is held against the certificate', cleanly(async (cleanup) => {
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
  assert.is(wrong.message, `Cannot reach https://push.example.net:${server.port}: ERR_TLS_CERT_ALTNAME_INVALID`);
}));

connecting('a certificate of an unknown authority is refused, and the error says what to do', cleanly(async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const fetch = createFetch(cleanup, { ca: undefined });
  const error = await rejection(post(fetch, `https://localhost:${server.port}/`));
  assert.is(error['code'], 'ERR_NETWORK');
  assert.match(error.message, /: (SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE) \(an authority of your own goes into the ca option\)$/);
}));

connecting('an http: server behind an https: URL is told', cleanly(async (cleanup) => {
  const server = await tcpPeer(cleanup, (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  });
  const error = await rejection(post(createFetch(cleanup), `https://localhost:${server.port}/`));
  assert.match(error.message, /^Cannot reach https:\/\/localhost:\d+: (ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|EPROTO)/);
  assert.is(error['sent'], 'no');
}));

connecting('IPv6 literals and names with several addresses', cleanly(async (cleanup) => {
  const server = await tlsPeer(cleanup, (socket) => {
    socket.on('data', () => socket.write('HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n'));
  }, ['http/1.1'], '::1');
  const literal = createFetch(cleanup);
  assert.is((await post(literal, `https://[::1]:${server.port}/`)).status, 201);
  // Nobody listens on the first two.
  const many = createFetch(cleanup, {}, { lookup: at('127.0.0.8', '127.0.0.9', '::1') });
  assert.is((await post(many, `https://push.example.com:${server.port}/`)).status, 201);
}));

connecting('when no address answers, the error names the reason and keeps the causes', cleanly(async (cleanup) => {
  const { port } = await tcpPeer(cleanup, () => {});
  const free = port === 9 ? 10 : 9;
  const one = await rejection(post(createFetch(cleanup), `https://push.example.com:${free}/wpush/secret`));
  assert.is(one.message, `Cannot reach https://push.example.com:${free}: ECONNREFUSED`);
  assert.is(one['code'], 'ERR_NETWORK');
  assert.is(one['sent'], 'no');
  assert.is(one['origin'], `https://push.example.com:${free}`);
  assert.is((one['cause'] as { code: string }).code, 'ECONNREFUSED');
  const two = createFetch(cleanup, {}, { lookup: at('127.0.0.8', '127.0.0.9') });
  const error = await rejection(post(two, `https://push.example.com:${free}/`));
  assert.is(error.message, `Cannot reach https://push.example.com:${free}: ECONNREFUSED`);
  assert.is((error['cause'] as AggregateError).errors.length, 2);
}));

connecting('a name that is not found, has no address, or is answered with a name', cleanly(async (cleanup) => {
  const missing = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
  const cases: [string, () => Promise<{ address: string }[]>][] = [
    ['ENOTFOUND', () => Promise.reject(missing)],
    ['its name has no address', at()],
    ['A connection is made to an IP address', at('localhost')],
  ];
  for (const [why, lookup] of cases) {
    const error = await rejection(post(createFetch(cleanup, {}, { lookup }), 'https://push.example.com/'));
    assert.is(error.message, `Cannot reach https://push.example.com: ${why}`);
    assert.is(error['sent'], 'no');
  }
}));

connecting('each stage has the same limit: look-up, handshake, preface', cleanly(async (cleanup) => {
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
    assert.is(error.message, `Cannot reach https://localhost:${port}: no end of the ${stage} in 300 ms`);
    assert.is(error['code'], 'ERR_NETWORK');
    assert.is(error['sent'], 'no');
  }
  await until('the sockets closed', () => silent.sockets.size + mute.sockets.size === 0);
}));

connecting('a failed connection is the failure of all who wait for it, and of nobody after', cleanly(async (cleanup) => {
  let asked = 0;
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const lookup = async (): Promise<{ address: string }[]> => {
    if (++asked === 1) throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    return [{ address: '127.0.0.1' }];
  };
  const fetch = createFetch(cleanup, {}, { lookup });
  const url = `https://push.example.com:${server.port}/`;
  const errors = await Promise.all(Array.from({ length: 500 }, () => rejection(post(fetch, url))));
  assert.is(asked, 1);
  assert.ok(errors.every((error) => error['code'] === 'ERR_NETWORK' && error['sent'] === 'no'));
  assert.is((await post(fetch, url)).status, 201);
  assert.is(asked, 2);
}));

connecting('a connection that nobody waits for any more is given up, one that somebody waits for is not', cleanly(async (cleanup) => {
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
}));

connecting('a request right after the last waiter left gets a connection of its own', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const fetch = createFetch(cleanup);
  const url = `https://localhost:${server.port}/`;
  const gone = new AbortController();
  const left = rejection(post(fetch, url, { signal: gone.signal }));
  gone.abort(new Error('gone'));
  const stays = post(fetch, url);
  assert.is((await left).message, 'gone');
  assert.is((await stays).status, 201);
}));

// ---- race ----------------------------------------------------------------------------------------

interface Attempt { readonly address: string; readonly signal: AbortSignal; readonly win: (socket: Socket) => void; readonly lose: (error: unknown) => void }

function attempts(): { readonly made: Attempt[]; readonly attempt: (address: string, signal: AbortSignal) => Promise<Socket> } {
  const made: Attempt[] = [];
  return {
    made,
    attempt: (address, signal) => new Promise((win, lose) => made.push({ address, signal, win, lose })),
  };
}

const racing = suite('http2Fetch: several addresses');
const calm = (): AbortSignal => new AbortController().signal;

racing('the next one is tried when one fails, at once', async () => {
  const { made, attempt } = attempts();
  const socket = new Socket();
  const result = race(['a', 'b', 'c'], 60_000, calm(), attempt);
  assert.is(made.length, 1);
  made[0]!.lose(new Error('a'));
  await until('the second', () => made.length === 2);
  made[1]!.lose(new Error('b'));
  await until('the third', () => made.length === 3);
  made[2]!.win(socket);
  assert.is(await result, socket);
});

racing('and when one hangs, beside it; losers are given up, late ones destroyed', async () => {
  const { made, attempt } = attempts();
  const [socket, late] = [new Socket(), new Socket()];
  const result = race(['a', 'b', 'c'], 5, calm(), attempt);
  await until('all', () => made.length === 3);
  made[1]!.win(socket);
  made[0]!.win(late);
  assert.is(await result, socket);
  assert.ok(made.every(({ signal }) => signal.aborted));
  await until('the late one destroyed', () => late.destroyed);
  assert.not(socket.destroyed);
});

racing('it fails with all errors, or the signal\'s reason', async () => {
  const { made, attempt } = attempts();
  const failing = race(['a', 'b'], 5, calm(), attempt);
  await until('both', () => made.length === 2);
  made[1]!.lose(new Error('b'));
  made[0]!.lose(new Error('a'));
  const error = await rejection(failing);
  assert.equal((error['errors'] as Error[]).map(({ message }) => message), ['b', 'a']);
  const controller = new AbortController();
  const stopped = race(['a'], 5, controller.signal, attempt);
  controller.abort(new Error('enough'));
  assert.is((await rejection(stopped)).message, 'enough');
  assert.ok(made[2]!.signal.aborted);
});

connecting('a name with a hundred addresses is tried at eight of them', cleanly(async (cleanup) => {
  const addresses = Array.from({ length: 100 }, (_, i) => `127.0.1.${i + 1}`);
  const fetch = createFetch(cleanup, {}, { lookup: at(...addresses) });
  const error = await rejection(post(fetch, 'https://push.example.com:9/'));
  assert.is((error['cause'] as AggregateError).errors.length, 8);
}));

connecting('the ca option: several authorities in one text, and no other is trusted', cleanly(async (cleanup) => {
  const server = await http2Server(cleanup, (stream) => reply(stream));
  const { createCertificate } = await import('../../src/lib/node/certificate.ts');
  const other = await createCertificate({ names: ['localhost'] });
  const both = createFetch(cleanup, { ca: other.ca + certificate.ca });
  assert.is((await post(both, `https://localhost:${server.port}/`)).status, 201);
  const error = await rejection(post(createFetch(cleanup, { ca: other.ca }), `https://localhost:${server.port}/`));
  assert.is(error['code'], 'ERR_NETWORK');
}));

connecting('a ca that is no certificate fails, and leaves no connection behind', cleanly(async (cleanup) => {
  const server = await tlsPeer(cleanup, () => {});
  const ca = '-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n';
  const error = await rejection(post(createFetch(cleanup, { ca }), `https://localhost:${server.port}/`));
  assert.is(error['code'], 'ERR_NETWORK');
  assert.is(error['sent'], 'no');
  await until('the end of the connection', () => server.sockets.size === 0);
}));

connecting.run();
racing.run();
