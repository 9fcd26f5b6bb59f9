import { PushError } from './errors.ts';
import type { EndpointPolicy } from './types.ts';

/**
 * What holds under every policy: http(s), a host, no user info; none of the characters that
 * different parsers read differently (white space, control characters, backslash, "#").
 */
const ENDPOINT = /^https?:\/\/[^/?@]+([/?]|$)/i;
const AMBIGUOUS = /[\s\\#\x00-\x1f\x7f-\x9f]/;
/** Real endpoints have 150 to 700 characters. */
const MAX_LENGTH = 2048;

/** Edge and Android hand this out for a subscription that is no more. */
const REMOVED = /(^|\.)permanently-removed\.invalid$/;

/** The vendors' hosts. Chromium outside the stable channel uses jmt17.google.com. */
const KNOWN: readonly RegExp[] = [
  /^(fcm\.googleapis|jmt17\.google)\.com$/,
  /(^|\.)(push\.services\.mozilla|push\.apple|notify\.windows)\.com$/,
];

/** Last labels that no public name has (RFC 6761, 6762, 8375, 7686, 9476, and practice). */
const RESERVED: readonly unknown[] = [
  'localhost', 'localdomain', 'local', 'internal', 'intranet', 'lan', 'home', 'corp', 'private',
  'alt', 'onion', 'test', 'invalid', 'example', 'arpa',
];

/** An error that says which subscription cannot be used; by its fault, not the caller's. */
export function invalid(what: string): PushError {
  return new PushError('ERR_SUBSCRIPTION_INVALID', `Cannot use this subscription: ${what}`);
}

/** The host without the dot that makes a name absolute. */
function bareHost(url: URL): string {
  return url.hostname.replace(/\.$/, '');
}

/** Throws ERR_SUBSCRIPTION_INVALID for what is no endpoint under any policy. */
export function checkEndpoint(endpoint: unknown): string {
  const right = typeof endpoint === 'string' && endpoint.length <= MAX_LENGTH
    && ENDPOINT.test(endpoint) && !AMBIGUOUS.test(endpoint);
  if (right) return endpoint;
  throw invalid('its endpoint must be an http(s) URL without user info, white space, "\\" or "#"');
}

/** The same, and ERR_SUBSCRIPTION_GONE for `permanently-removed.invalid`. */
export function parseEndpoint(endpoint: unknown): URL {
  const text = checkEndpoint(endpoint);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw invalid('its endpoint is no URL');
  }
  if (REMOVED.test(bareHost(url))) {
    throw new PushError(
      'ERR_SUBSCRIPTION_GONE', 'The browser says that this subscription was removed for good',
    );
  }
  return url;
}

/** Why `'public'` refuses a URL, if it does. A policy of names: only `http2Fetch` resolves them. */
function whyNotPublic(url: URL): string | undefined {
  const host = bareHost(url);
  if (url.protocol !== 'https:') return 'must be https';
  if (url.port !== '' && url.port !== '8443') return 'must have port 443 or 8443';
  if (/^[\d.]+$|^\[/.test(host)) return 'must have a name, not an address';
  // URL parsers let quotes and brackets into names; no public name has them, and shells and clients
  // that are no URL parsers read them otherwise.
  const named = /^[\w-]+(\.[\w-]+)+$/.test(host) && !RESERVED.includes(host.split('.').pop());
  return named ? undefined : 'must have a public name';
}

function isKnown(url: URL): boolean {
  return KNOWN.some((pattern) => pattern.test(bareHost(url)));
}

/**
 * Throws ERR_SUBSCRIPTION_INVALID where the policy does not allow the URL, TypeError for no policy.
 */
export function checkPolicy(url: URL, policy: EndpointPolicy = 'public'): void {
  if (typeof policy === 'function') {
    const answer: unknown = policy(new URL(url));
    // A promise is truthy: an async function would let everything through.
    if (typeof answer !== 'boolean') {
      // Where it rejects, nobody else would hear it.
      Promise.resolve(answer).catch(() => undefined);
      throw new TypeError('An endpoints function must answer true or false, at once');
    }
    if (!answer) throw invalid('the endpoints function does not allow its endpoint');
  } else if (policy === 'public' || policy === 'known') {
    const why = whyNotPublic(url)
      ?? (policy === 'public' || isKnown(url) ? undefined : 'must be a known vendor\'s');
    if (why) throw invalid(`its endpoint ${why} (see the endpoints option)`);
  } else if (policy !== 'any') {
    throw new TypeError("The endpoints option is 'public', 'known', 'any' or a function");
  }
}
