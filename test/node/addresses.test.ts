import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inPrefix, parseAddress, whyNotAddress } from '../../src/lib/node/http/addresses.ts';

const addresses = suite('addresses');

const REFUSED: Readonly<Record<string, readonly string[]>> = {
  'an unspecified': ['0.0.0.0', '0.1.2.3', '0.255.255.255', '::', '0:0:0:0:0:0:0:0'],
  'a private': [
    '10.0.0.0',
    '10.255.255.255',
    '172.16.0.0',
    '172.31.255.255',
    '192.168.0.1',
    '192.168.255.255',
    'fc00::',
    'fc00::1',
    'fd12:3456:789a::1',
    'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff',
    'fd00:ec2::254',
  ],
  'a carrier-grade NAT': ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  'a loopback': [
    '127.0.0.0',
    '127.0.0.1',
    '127.1.2.3',
    '127.255.255.255',
    '::1',
    '0:0:0:0:0:0:0:1',
  ],
  "a cloud host's": ['168.63.129.16'],
  'a link-local': ['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::1', 'febf:ffff::1'],
  'a reserved': [
    '192.0.0.0',
    '192.0.0.192',
    '192.0.0.255',
    '240.0.0.0',
    '250.1.2.3',
    '255.255.255.255',
    '2001:10::1',
    '2001:20::1',
    '2001:1::1',
    '2001:1ff:ffff::1',
    '1::1',
    '100:0:0:1::1',
    '200::1',
    '4000::1',
    '5f00::1',
    '8000::1',
    'e000::1',
    'fe00::1',
    '1fff:ffff::1',
    '::1:0:0:0:0',
  ],
  'a documentation': [
    '192.0.2.0',
    '192.0.2.255',
    '198.51.100.1',
    '203.0.113.255',
    '2001:db8::',
    '2001:DB8:ffff::1',
    '3fff::1',
    '3fff:fff:ffff::1',
  ],
  'a 6to4': ['192.88.99.1', '2002::1', '2002:7f00:1::1', '2002:808:808::1', '2002:ffff:ffff::'],
  'a benchmarking': ['198.18.0.0', '198.19.255.255', '2001:2::1', '2001:2:0:ffff::1'],
  'a multicast': ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff00::', 'ffff:ffff::1'],
  'an IPv4-mapped': [
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:10.0.0.1',
    '::FFFF:169.254.169.254',
  ],
  'an IPv4-compatible': ['::127.0.0.1', '::8.8.8.8', '::7f00:1', '::2', '::ffff:ffff'],
  'an IPv4-translated': ['::ffff:0:127.0.0.1', '::ffff:0:808:808'],
  'a NAT64': [
    '64:ff9b::7f00:1',
    '64:ff9b::127.0.0.1',
    '64:ff9b::8.8.8.8',
    '64:ff9b:1::1',
    '64:ff9b:1:ffff::10.0.0.1',
  ],
  'a discard-only': ['100::', '100::1', '100::ffff:ffff:ffff:ffff'],
  'a Teredo': ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
};

for (const [kind, list] of Object.entries(REFUSED)) {
  addresses(`${kind} address is refused`, () => {
    for (const text of list) assert.is(whyNotAddress(text), kind, text);
  });
}

addresses('public addresses, also those beside a refused range, are allowed', () => {
  const list = [
    '1.0.0.0',
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '126.255.255.255',
    '128.0.0.0',
    '168.63.129.15',
    '168.63.129.17',
    '169.253.255.255',
    '169.255.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '191.255.255.255',
    '192.0.1.0',
    '192.0.3.0',
    '192.88.98.255',
    '192.88.100.0',
    '192.167.255.255',
    '192.169.0.0',
    '198.17.255.255',
    '198.20.0.0',
    '198.51.99.255',
    '198.51.101.0',
    '203.0.112.255',
    '203.0.114.0',
    '223.255.255.255',
    '2000::1',
    '2001:200::1',
    '2001:4860:4860::8888',
    '2001:db7:ffff::1',
    '2001:db9::1',
    '2003::1',
    '2606:4700::1111',
    '2a00:1450:4001::200e',
    '3ffe::1',
    '3fff:1000::1',
  ];
  for (const text of list) assert.is(whyNotAddress(text), undefined, text);
});

addresses('what is no address, or only for some parsers, is refused', () => {
  const list = [
    '',
    ' ',
    'localhost',
    'example.com',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '1.2.3.-4',
    '1.2.3.4 ',
    '01.2.3.4',
    '8.8.8.08',
    '0x7f.0.0.1',
    '0x7f000001',
    '2130706433',
    '017700000001',
    '1e1.2.3.4',
    '1.2.3.',
    ':',
    ':::',
    '1::2::3',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7::8',
    ':1:2:3:4:5:6:7',
    '2a00::g',
    '2a00::12345',
    '[2a00::1]',
    'fe80::1%eth0',
    '2a00::1%0',
    '2a00::1/64',
    '::1.2.3',
    '1.2.3.4::',
    '2a00::1.2.3.4:5',
    '::ffff:0x7f.0.0.1',
    '１.1.1.1',
    '2a00:١::',
  ];
  for (const text of list) assert.is(whyNotAddress(text), 'an unreadable', JSON.stringify(text));
});

addresses('every spelling of an address reads as the same bytes', () => {
  const same = ['2a00::1', '2a00:0:0:0:0:0:0:1', '2A00:0000::0001', '2a00::0:1', '2a00:0::0.0.0.1'];
  for (const text of same) assert.equal(parseAddress(text), parseAddress('2a00:0:0::1'), text);
  assert.equal(parseAddress('1.20.255.0'), [1, 20, 255, 0]);
  assert.equal(parseAddress('::'), new Array(16).fill(0));
  assert.equal(parseAddress('1::'), [0, 1, ...new Array(14).fill(0)]);
  assert.equal(
    parseAddress('1:203:4:5:6:7:1.2.3.4'),
    [0, 1, 2, 3, 0, 4, 0, 5, 0, 6, 0, 7, 1, 2, 3, 4],
  );
});

addresses('prefixes of every length', () => {
  const one = parseAddress('255.255.255.255')!;
  for (let bits = 0; bits <= 32; bits++) {
    assert.is(inPrefix(one, `255.255.255.255/${bits}`), true, `/${bits}`);
    assert.is(inPrefix(one, `0.0.0.0/${bits}`), bits === 0, `/${bits}`);
  }
  for (const bad of [
    '255.255.255.255/33',
    '255.255.255.255/',
    '255.255.255.255',
    'x/8',
    '::/0',
    '1.2.3.4/-1',
  ]) {
    assert.is(inPrefix(one, bad), false, bad);
  }
  assert.is(inPrefix(parseAddress('fe80::1')!, 'fe80::/10'), true);
});

addresses.run();
