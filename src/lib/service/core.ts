/**
 * The push service without its public face. `createPushService` makes one and hides it; what serves
 * it over HTTP, shows it, or brings real browsers to it gets it by `coreOf(service)` and then uses
 *
 * - `handle` (handle.ts): answers a request; rejects with what `isReset` (faults.ts) knows where
 *   the connection is to break
 * - `listenAt`: says at which origin a server makes it reachable
 * - `observe`: every exchange, message and subscription as it comes and goes
 * - `addSubscriber` (subscribers.ts): a subscription with its own endpoint and its own `Sink`
 * - `endSubscriber`, `expireSubscriber`, `rotateKey` (subscribers.ts)
 * - `acknowledge`, `endWaiting`, `outstanding` (delivery.ts): what user agents say and ask
 * - `plan` (faults.ts): the same as `service.fail`; `clear`: forgets all messages
 */
import type { IncomingMessage, Receiver } from '../../receive.ts';
import type { Bytes, Now } from '../../types.ts';
import { APPLE } from './apple.ts';
import type { PlannedFault } from './faults.ts';
import { FCM } from './fcm.ts';
import { MOZILLA } from './mozilla.ts';
import { NTFY } from './ntfy.ts';
import type { Answer, Refusal } from './refusal.ts';
import { RFC8030 } from './rfc8030.ts';
import { createStore } from './store.ts';
import type { Message, Store, Subscriber } from './store.ts';
import type { Imitation, PushService, PushServiceOptions } from './types.ts';
import type { Vendor } from './vendor.ts';
import { WNS } from './wns.ts';

/** What the user agent's side does for the service. */
export interface Tools {
  readonly generateReceiver: () => Promise<Receiver>;
  readonly decrypt: (message: IncomingMessage, receiver: Receiver) => Promise<Bytes>;
}

/** A request, what was made of it, and its answer. */
export interface Exchange {
  readonly time: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** As far as it was read. */
  readonly body: Bytes;
  readonly subscriber: Subscriber | undefined;
  readonly message: Message | undefined;
  readonly refusal: Refusal | undefined;
  /** `undefined`: the connection broke. */
  readonly answer: Answer | undefined;
}

export interface Observer {
  readonly exchanged?: ((exchange: Exchange) => void) | undefined;
  /** Before the answer, and before the message is delivered. */
  readonly stored?: ((message: Message) => void) | undefined;
  /** Its `status` is no longer what it was. */
  readonly changed?: ((message: Message) => void) | undefined;
  readonly subscribed?: ((subscriber: Subscriber) => void) | undefined;
  readonly ended?: ((subscriber: Subscriber) => void) | undefined;
}

export interface Core {
  readonly store: Store;
  readonly vendor: Vendor;
  readonly vapid: Vendor['vapid'];
  readonly now: Now;
  readonly tools: Tools;
  /** Where it was told to be; `undefined`: where a server listens, or else at the vendor's. */
  readonly origin: string | undefined;
  /** Origins at which servers make it reachable, the last first for new endpoints. */
  readonly listening: Set<string>;
  /** Origins of endpoints that it handed out. */
  readonly origins: Set<string>;
  readonly faults: PlannedFault[];
  readonly observers: Set<Observer>;
  /** Tokens whose signature is known to be right. */
  readonly seen: Set<string>;
}

const VENDORS: ReadonlyMap<Imitation, Vendor> = /* @__PURE__ */ new Map([
  ['fcm', FCM], ['mozilla', MOZILLA], ['apple', APPLE], ['wns', WNS], ['ntfy', NTFY],
]);

export function createCore(options: PushServiceOptions, tools: Tools): Core {
  const { origin, now = Date.now, vapid, imitate } = options;
  const vendor = imitate === undefined ? RFC8030 : VENDORS.get(imitate);
  if (!vendor) throw new TypeError('imitate is one of fcm, mozilla, apple, wns and ntfy');
  if (vapid !== undefined && vapid !== 'required' && vapid !== 'optional') {
    throw new TypeError("vapid is 'required' or 'optional'");
  }
  if (typeof now !== 'function') throw new TypeError('now is a function that answers milliseconds');
  const own = origin === undefined ? undefined : checkOrigin(origin);
  return {
    store: createStore(), vendor, vapid: vapid ?? vendor.vapid, now, tools, origin: own,
    listening: new Set(), origins: new Set([own ?? vendor.origin]), faults: [],
    observers: new Set(), seen: new Set(),
  };
}

function checkOrigin(text: unknown): string {
  const url = typeof text === 'string' ? parseUrl(text) : undefined;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  if (!url || !isWeb || url.href !== `${url.origin}/`) {
    throw new TypeError('The origin must be like https://push.example.com: scheme, host and port');
  }
  return url.origin;
}

export function parseUrl(text: string, base?: string): URL | undefined {
  try {
    return new URL(text, base);
  } catch {
    return undefined;
  }
}

/** The origin of endpoints that are handed out now. */
export function currentOrigin({ origin, listening, vendor }: Core): string {
  return origin ?? [...listening].at(-1) ?? vendor.origin;
}

/**
 * Says that a server passes on what comes to `origin`: new endpoints are there from now on, unless
 * the service was made with an origin of its own, and tokens for that origin fit requests to it.
 * Answers how to take it back.
 */
export function listenAt(core: Core, origin: string): () => void {
  const own = checkOrigin(origin);
  core.listening.add(own);
  return () => void core.listening.delete(own);
}

/** Tells `observer` what happens from now on. Answers how to stop. */
export function observe(core: Core, observer: Observer): () => void {
  core.observers.add(observer);
  return () => void core.observers.delete(observer);
}

/** Where a service keeps its core. Registered: each CommonJS bundle has its own copy of this. */
const CORE: unique symbol = /* @__PURE__ */ Symbol.for('subtle-push.core');

export function attachCore(service: PushService, core: Core): PushService {
  return Object.defineProperty(service, CORE, { value: core });
}

function hasCore(service: object): service is { readonly [CORE]: Core } {
  return CORE in service;
}

/** What is behind a service that `createPushService` made. */
export function coreOf(service: PushService): Core {
  if (hasCore(service)) return service[CORE];
  throw new TypeError('This is no push service that createPushService made');
}
