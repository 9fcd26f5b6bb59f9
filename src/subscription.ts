import { checkEndpoint, checkPolicy, invalid, parseEndpoint } from './endpoint.ts';
import { encodeBase64url, readBase64 } from './lib/base64url.ts';
import { property, utf8 } from './lib/bytes.ts';
import { isPoint } from './lib/p256.ts';
import { sha256 } from './lib/sha256.ts';
import { AUTH_LENGTH } from './lib/webpush.ts';
import type { Recipient } from './lib/webpush.ts';
import type { EndpointPolicy, Subscription } from './types.ts';

/**
 * Reads a member once. Plain objects have own ones only, so that nothing comes from a polluted
 * prototype; a PushSubscription or a database row with getters is read as it is.
 */
function read(value: unknown, name: string): unknown {
  const prototype: unknown = Object.getPrototypeOf(value);
  const plain = prototype === null || Object.getPrototypeOf(prototype) === null;
  return plain && !Object.hasOwn(Object(value), name) ? undefined : property(value, name);
}

/** An object to read members from. */
function object(value: unknown): object {
  if (typeof value === 'object' && value !== null) return value;
  throw invalid('it must be an object');
}

/** The keys in an object, checked; `undefined` where it has none. */
function readKeys(holder: unknown): Recipient | undefined {
  const keys = object(holder);
  const p256dh = read(keys, 'p256dh') ?? undefined;
  const auth = read(keys, 'auth') ?? undefined;
  if (p256dh === undefined && auth === undefined) return undefined;
  const recipient = { point: readBase64(p256dh), auth: readBase64(auth) };
  if (!isPoint(recipient.point)) throw invalid('p256dh must be base64 of 65 bytes, a P-256 point');
  if (recipient.auth.length !== AUTH_LENGTH) throw invalid('auth must be base64 of 16 bytes');
  return recipient;
}

/** For whom to encrypt, out of what a caller gave as a subscription. No policy: nothing is sent. */
export function readReceiver(subscription: unknown): Recipient {
  const value = readShape(subscription);
  parseEndpoint(read(value, 'endpoint'));
  return requireKeys(readKeys(read(value, 'keys') ?? value));
}

export function requireKeys(recipient: Recipient | undefined): Recipient {
  if (!recipient) throw invalid('without keys it takes pushes without payload only');
  return recipient;
}

/** An object out of any of the shapes that `parseSubscription` takes. */
function readShape(input: unknown): object {
  if (typeof input === 'string') {
    try {
      return object(JSON.parse(input));
    } catch {
      throw invalid('it must be JSON of an object');
    }
  }
  const toJSON = read(object(input), 'toJSON');
  return object(typeof toJSON === 'function' ? toJSON.call(input) : input);
}

/** A subscription that was checked, and its endpoint's URL. */
export interface Checked {
  readonly url: URL;
  readonly endpoint: string;
  readonly expirationTime: number | null | undefined;
  readonly recipient: Recipient | undefined;
}

/** Checks what a caller gave as a subscription, as `parseSubscription` does. */
export function checkSubscription(input: unknown, policy?: EndpointPolicy): Checked {
  const value = readShape(input);
  const endpoint = checkEndpoint(read(value, 'endpoint'));
  const expirationTime = read(value, 'expirationTime');
  const recipient = readKeys(read(value, 'keys') ?? value);
  const url = parseEndpoint(endpoint);
  checkPolicy(url, policy);
  const none = expirationTime === undefined || expirationTime === null;
  if (none || (typeof expirationTime === 'number' && expirationTime >= 0)) {
    return { url, endpoint, expirationTime, recipient };
  }
  throw invalid('expirationTime must be milliseconds or null');
}

/** A fresh object of the members that were there. */
export function toPlain({ endpoint, expirationTime, recipient }: Checked): Subscription {
  return {
    endpoint,
    ...(expirationTime === undefined ? {} : { expirationTime }),
    ...(recipient && { keys: encodeKeys(recipient) }),
  };
}

function encodeKeys({ point, auth }: Recipient): { p256dh: string; auth: string } {
  return { p256dh: encodeBase64url(point), auth: encodeBase64url(auth) };
}

/**
 * Reads a subscription that came from anywhere, and checks it: the endpoint by the policy, the keys
 * down to the curve.
 *
 * @param input JSON text, an object, a live PushSubscription, or a flat row `{ endpoint, p256dh,
 * auth }`. Keys in either base64 alphabet, padded or not.
 * @param options `endpoints`: which endpoints a server may be made to call, default `'public'`.
 * @returns A fresh object with the three known members only; keys as base64url.
 * @throws {PushError} ERR_SUBSCRIPTION_INVALID; ERR_SUBSCRIPTION_GONE for an endpoint that says so.
 * @example
 * const row = parseSubscription(await request.text());
 */
export function parseSubscription(
  input: unknown,
  options: { readonly endpoints?: EndpointPolicy | undefined } = {},
): Subscription {
  return toPlain(checkSubscription(input, options.endpoints));
}

/**
 * A stable name for a subscription, for a UNIQUE column: 43 characters, the base64url of the
 * SHA-256 of its endpoint. It gives the endpoint, which is a capability, to nobody.
 *
 * @example
 * const id = subscriptionId({ endpoint: 'https://push.example.com/abc' });
 */
export function subscriptionId(subscription: Subscription): string {
  return encodeBase64url(sha256(utf8(checkEndpoint(read(object(subscription), 'endpoint')))));
}

/**
 * Any text as a Topic that every push service takes: 32 base64url characters of its SHA-256 (RFC
 * 8030 §5.4 allows 32; Apple decodes them, which other lengths do not always survive).
 *
 * @example
 * const topic = topicFrom('chat:42');
 */
export function topicFrom(text: string): string {
  return encodeBase64url(sha256(utf8(text))).slice(0, 32);
}
