/**
 * Which IP addresses a server must not be made to call (SSRF). Pure functions over text and bytes.
 */

/** The 4 bytes of an IPv4 address or the 16 of an IPv6 address. */
export type AddressBytes = readonly number[];

const OCTET = /^(0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/**
 * The bytes of a literal address, or `undefined`: dotted decimal without leading zeros, which
 * parsers read as octal or not, and RFC 4291 §2.2; no brackets, no zone.
 */
export function parseAddress(text: string): AddressBytes | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => OCTET.test(part))) return undefined;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length) return undefined;
  const left = groups(head, tail === undefined);
  if (tail === undefined) return left?.length === 16 ? left : undefined;
  const right = groups(tail, true);
  // `::` stands for at least one group.
  if (!left || !right || left.length + right.length > 14) return undefined;
  return [...left, ...new Array<number>(16 - left.length - right.length).fill(0), ...right];
}

/** The bytes of `a:b:c`; the last group of an address may be IPv4 (RFC 4291 §2.2 form 3). */
function groups(text: string, last: boolean): number[] | undefined {
  if (!text) return [];
  const bytes: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    const ipv4 = last && i === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (ipv4) bytes.push(...ipv4);
    else if (!GROUP.test(part)) return undefined;
    else bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255);
  }
  return bytes;
}

/** Prefix, what it is. First match counts; from the IANA special-purpose registries (RFC 6890). */
type Table = readonly (readonly [prefix: string, kind: string])[];

const IPV4: Table = [
  ['0.0.0.0/8', 'an unspecified'], // RFC 1122 §3.2.1.3
  ['10.0.0.0/8', 'a private'], // RFC 1918 §3
  ['100.64.0.0/10', 'a carrier-grade NAT'], // RFC 6598 §7
  ['127.0.0.0/8', 'a loopback'], // RFC 1122 §3.2.1.3
  ['168.63.129.16/32', 'a cloud host\'s'], // Azure's WireServer, reached only from inside
  ['169.254.0.0/16', 'a link-local'], // RFC 3927 §2.1; the clouds' metadata services
  ['172.16.0.0/12', 'a private'], // RFC 1918 §3
  ['192.0.0.0/24', 'a reserved'], // RFC 6890 §2.2.2
  ['192.0.2.0/24', 'a documentation'], // RFC 5737 §3
  ['192.88.99.0/24', 'a 6to4'], // RFC 3068 §2.3
  ['192.168.0.0/16', 'a private'], // RFC 1918 §3
  ['198.18.0.0/15', 'a benchmarking'], // RFC 2544 C.2.2
  ['198.51.100.0/24', 'a documentation'], // RFC 5737 §3
  ['203.0.113.0/24', 'a documentation'], // RFC 5737 §3
  ['224.0.0.0/4', 'a multicast'], // RFC 5771 §3
  ['240.0.0.0/4', 'a reserved'], // RFC 1112 §4; 255.255.255.255: RFC 919 §7
];

const IPV6: Table = [
  ['::/128', 'an unspecified'], // RFC 4291 §2.5.2
  ['::1/128', 'a loopback'], // RFC 4291 §2.5.3
  ['::ffff:0:0/96', 'an IPv4-mapped'], // RFC 4291 §2.5.5.2
  ['::/96', 'an IPv4-compatible'], // RFC 4291 §2.5.5.1
  ['::ffff:0:0:0/96', 'an IPv4-translated'], // RFC 2765 §2.1
  ['64:ff9b::/96', 'a NAT64'], // RFC 6052 §2.1
  ['64:ff9b:1::/48', 'a NAT64'], // RFC 8215 §3
  ['100::/64', 'a discard-only'], // RFC 6666 §4
  ['2001::/32', 'a Teredo'], // RFC 4380 §2.6
  ['2001:2::/48', 'a benchmarking'], // RFC 5180 §8
  ['2001::/23', 'a reserved'], // RFC 2928 §2: ORCHID, AMT and other protocols' own
  ['2001:db8::/32', 'a documentation'], // RFC 3849 §2
  ['2002::/16', 'a 6to4'], // RFC 3056 §2
  ['3fff::/20', 'a documentation'], // RFC 9637 §3
  ['fc00::/7', 'a private'], // RFC 4193 §3.1: unique local
  ['fe80::/10', 'a link-local'], // RFC 4291 §2.5.6
  ['fec0::/10', 'a site-local'], // RFC 3879 §1
  ['ff00::/8', 'a multicast'], // RFC 4291 §2.7
];

/** Of IPv6, only this much has been given out (RFC 4291 §2.4, IANA's address space registry). */
const GLOBAL_UNICAST = '2000::/3';

/**
 * What keeps a server from calling an address, such as `a loopback`, or `undefined` for a public
 * one. What is no address at all is refused as well.
 */
export function whyNotAddress(address: string): string | undefined {
  const bytes = parseAddress(address);
  if (!bytes) return 'an unreadable';
  const table = bytes.length === 4 ? IPV4 : IPV6;
  const row = table.find(([prefix]) => inPrefix(bytes, prefix));
  if (row) return row[1];
  return bytes.length === 4 || inPrefix(bytes, GLOBAL_UNICAST) ? undefined : 'a reserved';
}

/** Whether an address lies in a prefix such as `10.0.0.0/8`; false for what is no prefix. */
export function inPrefix(bytes: AddressBytes, prefix: string): boolean {
  const [network = '', size = ''] = prefix.split('/');
  const base = parseAddress(network);
  if (!base || base.length !== bytes.length || !OCTET.test(size)) return false;
  const bits = Number(size);
  if (bits > bytes.length * 8) return false;
  return bytes.every((byte, i) => {
    const mask = 0xff00 >> Math.min(8, Math.max(0, bits - 8 * i));
    return ((byte ^ base[i]!) & mask & 255) === 0;
  });
}
