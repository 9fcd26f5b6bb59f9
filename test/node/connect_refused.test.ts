import * as assert from 'uvu/assert';
import { cleanSuite, createFetch, http2Server, post, rejection, reply, tcpPeer } from './peers.ts';

const connecting = cleanSuite('http2Fetch: addresses that are refused');

const at =
  (...addresses: string[]) =>
  async (): Promise<{ address: string }[]> =>
    addresses.map((address) => ({ address }));

connecting(
  'a name that resolves to an address of the inside is refused, before any connection',
  async (cleanup) => {
    const server = await tcpPeer(cleanup, () => {});
    const cases: [string, string[]][] = [
      ['a loopback', ['127.0.0.1']],
      ['a loopback', ['::1']],
      ['an IPv4-mapped', ['::ffff:127.0.0.1']],
      ['a link-local', ['169.254.169.254']],
      ['a NAT64', ['64:ff9b::7f00:1']],
      // One bad address among good ones, wherever it stands.
      ['a private', ['93.184.215.14', '10.0.0.1']],
      ['a loopback', ['::1', '2606:2800:21f:cb07:6820:80da:af6b:8b2c']],
      ['an unreadable', ['fe80::1%eth0']],
      ['an unreadable', ['localhost']],
    ];
    for (const [kind, addresses] of cases) {
      const fetch = createFetch(cleanup, { addresses: 'public' }, { lookup: at(...addresses) });
      const error = await rejection(
        post(fetch, `https://push.example.com:${server.port}/secret-path`),
      );
      assert.is(error['code'], 'ERR_ADDRESS_REFUSED');
      assert.is(error['sent'], 'no');
      assert.is(error['origin'], `https://push.example.com:${server.port}`);
      assert.match(
        error.message,
        `Refused to call push.example.com: it resolves to ${kind} address`,
      );
      assert.not.match(error.message, 'secret-path');
      // The inner network's addresses are nobody's business.
      for (const address of addresses) assert.not.match(error.message, address);
    }
    assert.is(server.count(), 0);
  },
);

connecting(
  'literal addresses are checked, in whatever way the URL spells them',
  async (cleanup) => {
    const fetch = createFetch(
      cleanup,
      { addresses: 'public' },
      {
        lookup: () => Promise.reject(new Error('Nothing is to be looked up')),
      },
    );
    const hosts = [
      '127.0.0.1',
      '127.1',
      '2130706433',
      '0x7f.1',
      '0177.0.0.1',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '[::]',
      '0',
      '169.254.169.254',
      '[fe80::1]',
      '[64:ff9b::1]',
      '10.1.2.3',
      '１２７.0.0.1',
    ];
    for (const host of hosts) {
      const error = await rejection(post(fetch, `https://${host}:9/`));
      assert.is(error['code'], 'ERR_ADDRESS_REFUSED', host);
      assert.match(error.message, /: it is an? [\w4-]+ address/);
    }
  },
);

connecting("the system's resolver is checked just the same", async (cleanup) => {
  const { systemLookup } = await import('../../src/lib/node/http/connect.ts');
  const fetch = createFetch(cleanup, { addresses: 'public' }, { lookup: systemLookup });
  const error = await rejection(post(fetch, 'https://localhost:9/'));
  assert.is(error['code'], 'ERR_ADDRESS_REFUSED');
  assert.match(error.message, 'Refused to call localhost: it resolves to a loopback address');
});

connecting(
  'there is one look-up a connection: an answer that changes afterwards changes nothing',
  async (cleanup) => {
    const good = await http2Server(cleanup, (stream) => reply(stream));
    let asked = 0;
    // The second answer would lead elsewhere, where nobody listens.
    const fetch = createFetch(
      cleanup,
      {},
      { lookup: async () => [{ address: ++asked > 1 ? '127.0.0.9' : '127.0.0.1' }] },
    );
    const url = `https://push.example.com:${good.port}/`;
    assert.is((await post(fetch, url)).status, 201);
    assert.is((await post(fetch, url)).status, 201);
    assert.is(asked, 1);
    assert.is(good.count(), 1);
  },
);

connecting.run();
