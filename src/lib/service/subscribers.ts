/** Subscriptions: how they begin, change and end. */
import { PushError } from '../../errors.ts';
import type { Receiver } from '../../receive.ts';
import type { Bytes } from '../../types.ts';
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { copyBytes } from '../bytes.ts';
import { isPoint } from '../p256.ts';
import { currentOrigin, parseUrl } from './core.ts';
import type { Core } from './core.ts';
import { acknowledge, endWaiting, isAlive } from './delivery.ts';
import { createMailbox } from './mailbox.ts';
import { rememberEnd } from './store.ts';
import type { Sink, Subscriber } from './store.ts';
import { randomToken } from './tokens.ts';
import type { SubscribeOptions, TestSubscription } from './types.ts';

export interface NewSubscriber {
  readonly key?: Bytes | undefined;
  readonly receiver?: Receiver | undefined;
  /** An endpoint of someone else's making, such as a real browser's. */
  readonly endpoint?: string | undefined;
  readonly sink?: Sink | undefined;
  /** Milliseconds since the epoch. */
  readonly expires?: number | undefined;
}

/** Whether there is no room for another subscription. */
export function isFull({ store }: Core): boolean {
  return store.subscribers.size >= store.limits.subscribers;
}

export function addSubscriber(core: Core, options: NewSubscriber): Subscriber {
  const { key, receiver, sink, expires } = options;
  const endpoint = options.endpoint
    ?? currentOrigin(core) + core.vendor.endpoint(key !== undefined);
  const url = parseUrl(endpoint);
  if (!url) throw new TypeError('The endpoint is no URL');
  const path = url.pathname + url.search;
  if (core.store.subscribers.has(path)) throw new TypeError('The endpoint is in use');
  if (isFull(core)) throw new RangeError('The push service is full of subscriptions');
  const subscriber: Subscriber = {
    endpoint, origin: url.origin, path, resource: `/subscription/${randomToken()}`, receiver,
    created: core.now(), waiting: new Set(), topics: new Map(), key, expires, sink,
    refused: undefined,
  };
  core.store.ended.delete(path);
  core.store.subscribers.set(path, subscriber);
  core.store.resources.set(subscriber.resource, subscriber);
  core.origins.add(url.origin);
  for (const observer of core.observers) observer.subscribed?.(subscriber);
  return subscriber;
}

/** The subscription of an endpoint's path, unless it has expired meanwhile. */
export function findSubscriber(core: Core, path: string): Subscriber | undefined {
  const subscriber = core.store.subscribers.get(path);
  if (!subscriber || isCurrent(core, subscriber)) return subscriber;
  endSubscriber(core, subscriber);
  return undefined;
}

/** Whether pushes to it are taken. */
export function isCurrent(core: Core, subscriber: Subscriber): boolean {
  const { path, expires } = subscriber;
  return core.store.subscribers.get(path) === subscriber
    && (expires === undefined || core.now() < expires);
}

/** Ends a subscription, and with it the messages that wait (RFC 8030 §7.3). */
export function endSubscriber(core: Core, subscriber: Subscriber): void {
  const { path, resource, waiting, sink } = subscriber;
  if (core.store.subscribers.get(path) !== subscriber) return;
  core.store.subscribers.delete(path);
  core.store.resources.delete(resource);
  rememberEnd(core.store, path);
  for (const message of [...waiting]) endWaiting(core, message, 'dropped');
  sink?.close?.();
  for (const observer of core.observers) observer.ended?.(subscriber);
}

/** Lets a subscription expire at an instant, or at once. `time`: milliseconds since the epoch. */
export function expireSubscriber(core: Core, subscriber: Subscriber, time?: number): void {
  subscriber.expires = time ?? core.now();
  if (!isCurrent(core, subscriber)) endSubscriber(core, subscriber);
}

/** Restricts a subscription to another application server, or to none. */
export function rotateKey(subscriber: Subscriber, key: Bytes | undefined): void {
  subscriber.key = key;
}

/** An application server's key as `pushManager.subscribe` takes it, or `undefined`. */
export function decodeServerKey(key: unknown): Bytes | undefined {
  const bytes = typeof key === 'string' ? decodeBase64url(key) : copyBytes(key);
  return bytes && isPoint(bytes) ? bytes : undefined;
}

/** A subscription with keys of its own, whose messages are opened for the test. */
export async function subscribe(
  core: Core,
  { applicationServerKey }: SubscribeOptions = {},
): Promise<TestSubscription> {
  const key = applicationServerKey === undefined
    ? undefined
    : decodeServerKey(applicationServerKey);
  if (applicationServerKey !== undefined && !key) {
    throw new PushError(
      'ERR_VAPID_INVALID',
      'The applicationServerKey is no public key: 65 bytes are wanted, or their base64url unpadded',
    );
  }
  const receiver = await core.tools.generateReceiver();
  const mailbox = createMailbox({
    isAlive: (message) => isAlive(core, message),
    acknowledge: (message) => void acknowledge(core, message),
    explain: () => explain(subscriber),
  });
  const subscriber = addSubscriber(core, { key, receiver, sink: mailbox });
  const subscription: TestSubscription = {
    endpoint: subscriber.endpoint,
    expirationTime: null,
    keys: { p256dh: encodeBase64url(receiver.publicKey), auth: encodeBase64url(receiver.auth) },
    get messages() { return mailbox.messages(); },
    next: mailbox.next,
    unsubscribe: () => endSubscriber(core, subscriber),
  };
  // So that JSON, a spread and a comparison see what a browser's subscription has.
  const hidden = { enumerable: false };
  return Object.defineProperties(subscription, {
    messages: hidden, next: hidden, unsubscribe: hidden,
  });
}

function explain({ refused }: Subscriber): string {
  return refused === undefined
    ? 'nothing unread was sent to this subscription'
    : `the last push was refused: ${refused}`;
}
