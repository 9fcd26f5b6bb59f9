import * as assert from 'uvu/assert';
import { createHttp2Fetch } from '../../src/lib/node/http/http2.ts';
import { proxySelector, type Environment } from '../../src/lib/node/http/proxy.ts';
import { cleanSuite } from './peers.ts';

const selecting = cleanSuite('http2Fetch: which proxy');

function chosen(env: Environment, origin: string, option = 'env'): string {
  const { protocol, hostname, port } = new URL(origin);
  const secure = protocol === 'https:';
  const proxy = proxySelector(
    option,
    env,
  )({
    origin,
    secure,
    hostname: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (secure ? 443 : 80),
  });
  return proxy ? `${proxy.secure ? 'https' : 'http'}://${proxy.hostname}:${proxy.port}` : 'none';
}

selecting('the environment, in capitals or not', () => {
  const env = { HTTPS_PROXY: 'http://s:1', http_proxy: 'http://p:2' };
  assert.is(chosen(env, 'https://a.example.com'), 'http://s:1');
  assert.is(chosen(env, 'http://a.example.com'), 'http://p:2');
  assert.is(
    chosen({ https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'https://a.example.com'),
    'http://low:1',
  );
  assert.is(chosen({ ALL_PROXY: 'https://all' }, 'https://a.example.com'), 'https://all:443');
  assert.is(chosen({ all_proxy: 'all' }, 'http://a.example.com'), 'http://all:80');
  assert.is(
    chosen({ HTTPS_PROXY: '10.0.0.1:3128' }, 'https://a.example.com'),
    'http://10.0.0.1:3128',
  );
  assert.is(
    chosen({ HTTPS_PROXY: 'http://[::1]:3128' }, 'https://a.example.com'),
    'http://::1:3128',
  );
  assert.is(chosen({ HTTPS_PROXY: '' }, 'https://a.example.com'), 'none');
  assert.is(chosen({}, 'https://a.example.com'), 'none');
});

selecting('HTTP_PROXY in capitals is a header of the request where there is one (httpoxy)', () => {
  assert.is(chosen({ HTTP_PROXY: 'http://evil' }, 'http://a.example.com'), 'http://evil:80');
  assert.is(
    chosen({ HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET' }, 'http://a.example.com'),
    'none',
  );
  assert.is(
    chosen(
      { http_proxy: 'http://fine', HTTP_PROXY: 'http://evil', REQUEST_METHOD: 'GET' },
      'http://a.example.com',
    ),
    'http://fine:80',
  );
});

selecting('NO_PROXY', () => {
  const direct = (list: string, origin: string): boolean =>
    chosen({ HTTPS_PROXY: 'p', HTTP_PROXY: 'p', NO_PROXY: list }, origin) === 'none';
  const cases: [string, string, boolean][] = [
    ['*', 'https://a.example.com', true],
    ['example.com', 'https://example.com', true],
    ['example.com', 'https://a.example.com', true],
    ['example.com', 'https://badexample.com', false],
    ['example.com', 'https://example.com.evil.net', false],
    ['.example.com', 'https://a.example.com', true],
    ['*.example.com', 'https://b.a.example.com', true],
    ['EXAMPLE.com', 'https://a.Example.COM', true],
    ['example.com', 'https://a.example.com.', true],
    ['example.com:8443', 'https://example.com', false],
    ['example.com:8443', 'https://example.com:8443', true],
    ['a.net, example.com', 'https://example.com', true],
    ['a.net example.com', 'https://example.com', true],
    ['', 'https://example.com', false],
    [',', 'https://example.com', false],
    ['127.0.0.1', 'https://127.0.0.1', true],
    ['127.0.0.1', 'https://127.0.0.11', false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://10.example.com', false],
    ['0.0.1', 'https://127.0.0.1', false],
    ['::1', 'https://[::1]', true],
    ['[::1]', 'https://[::1]', true],
    ['[::1]:443', 'https://[::1]', true],
    ['[::1]:444', 'https://[::1]', false],
    ['fd00::/8', 'https://[fd12::1]', true],
    ['2001:db8::/32', 'https://[2001:db9::1]', false],
    ['localhost', 'http://localhost:8080', true],
  ];
  for (const [list, origin, want] of cases)
    assert.is(direct(list, origin), want, `${list} ${origin}`);
});

selecting('what is no proxy is an error at once, without its password', () => {
  for (const bad of [
    'socks5://p:1',
    'ftp://p',
    'http://',
    'http://a b',
    '',
    'http://u%zz:hunter2@p',
  ]) {
    for (const make of [
      () => createHttp2Fetch({ proxy: bad }),
      () => createHttp2Fetch({ proxy: 'env' }, { env: { HTTPS_PROXY: bad } }),
    ]) {
      try {
        make();
        assert.is(bad, '', 'only an empty variable is none');
      } catch (error) {
        assert.instance(error, TypeError);
        assert.not.match(String(error), 'hunter2');
        assert.match(String(error), /The proxy option|HTTPS_PROXY/);
      }
    }
  }
});

selecting.run();
