/** Which proxy an origin is reached through: one that was named, or what the environment says. */
import { Buffer } from 'node:buffer';
import { inPrefix, parseAddress } from './addresses.ts';
import type { Target } from './connect.ts';

/** An HTTP proxy that takes CONNECT. */
export interface Proxy {
  /** Whether the proxy itself is spoken to over TLS. */
  readonly secure: boolean;
  /** Without brackets. */
  readonly hostname: string;
  readonly port: number;
  /** The Proxy-Authorization value. */
  readonly authorization: string | undefined;
}

/** The proxy for a target, or `undefined` for a direct connection. */
export type ProxyFor = (target: Target) => Proxy | undefined;
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * `option`: the URL of a proxy for every origin; `'env'` for what HTTPS_PROXY, HTTP_PROXY,
 * ALL_PROXY and NO_PROXY say now, in capitals or not; `undefined` for none. Throws TypeError for
 * another scheme.
 */
export function proxySelector(option: string | undefined, env: Environment): ProxyFor {
  if (option === undefined) return () => undefined;
  if (option !== 'env') {
    const proxy = parseProxy(option, 'The proxy option');
    return () => proxy;
  }
  const read = (name: string): string => env[name.toLowerCase()] || env[name] || '';
  const proxyOf = (name: string): Proxy | undefined => {
    const url = read(name) || read('ALL_PROXY');
    return url ? parseProxy(url, name) : undefined;
  };
  const https = proxyOf('HTTPS_PROXY');
  // In a CGI process the HTTP_PROXY in capitals is a header of the request: httpoxy, CVE-2016-5385.
  const http = env['REQUEST_METHOD'] && !env['http_proxy'] ? undefined : proxyOf('HTTP_PROXY');
  const excluded = exclusions(read('NO_PROXY'));
  return (target) => (excluded(target) ? undefined : target.secure ? https : http);
}

/**
 * A URL, or `host:port` as the environment often has it. Its password stays out of every message.
 */
function parseProxy(text: string, name: string): Proxy {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  } catch {
    // Told below.
  }
  const secure = url?.protocol === 'https:';
  if (!url || (!secure && url.protocol !== 'http:')) {
    throw new TypeError(`${name} must be the URL of an http: or https: proxy`);
  }
  return {
    secure,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 443 : 80),
    authorization: credentials(url, name),
  };
}

/** RFC 7617 §2; the user and password of a URL are percent-encoded. */
function credentials({ username, password }: URL, name: string): string | undefined {
  if (!username && !password) return undefined;
  try {
    const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  } catch {
    throw new TypeError(`${name} has a user or password that is not percent-encoded`);
  }
}

/**
 * NO_PROXY as curl and Go read it: `*`, names with everything below them (`example.com`, also with
 * a dot or `*.` before it), addresses, prefixes (`10.0.0.0/8`), each with `:port` or without.
 */
function exclusions(list: string): (target: Target) => boolean {
  const entries = list.toLowerCase().split(/[\s,]+/).filter(Boolean).map(parseExclusion);
  return ({ hostname, port }) => {
    const host = hostname.toLowerCase().replace(/\.$/, '');
    const bytes = parseAddress(host);
    return entries.some((entry) => (entry.port === undefined || entry.port === port)
      && (entry.host === '*' || host === entry.host
        || (bytes ? inPrefix(bytes, entry.prefix) : host.endsWith(`.${entry.host}`))));
  };
}

interface Exclusion {
  readonly host: string;
  readonly prefix: string;
  readonly port: number | undefined;
}

function parseExclusion(text: string): Exclusion {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(text) ?? [];
  const host = (bracketed ?? plain ?? text).replace(/^\*?\.(?=.)/, '');
  const size = host.includes(':') ? 128 : 32;
  const prefix = host.includes('/') ? host : `${host}/${size}`;
  return { host, prefix, port: port === undefined ? undefined : Number(port) };
}
