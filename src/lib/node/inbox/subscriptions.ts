/** The subscriptions of an inbox: it is their user agent, which is always there. */
import type { SubscriptionView } from '../../../inbox/types.ts';
import type { Receiver } from '../../../receive.ts';
import type { Bytes } from '../../../types.ts';
import { encodeBase64url } from '../../base64url.ts';
import { equal } from '../../bytes.ts';
import type { Core } from '../../service/core.ts';
import { acknowledge } from '../../service/delivery.ts';
import type { Subscriber } from '../../service/store.ts';
import {
  addSubscriber, endSubscriber, expireSubscriber, isCurrent, rotateKey,
} from '../../service/subscribers.ts';

export interface Own {
  readonly id: number;
  readonly name: string;
  readonly subscriber: Subscriber;
  readonly receiver: Receiver;
  pushes: number;
}

export interface Subscriptions {
  readonly core: Core;
  /** The pair that the page signs with. */
  readonly point: Bytes;
  readonly all: Map<number, Own>;
  readonly bySubscriber: WeakMap<Subscriber, Own>;
  last: number;
}

/** Subscriptions that an inbox has at most, ended ones included. */
const MAX = 100;

export function createSubscriptions(core: Core, point: Bytes): Subscriptions {
  return { core, point, all: new Map(), bySubscriber: new WeakMap(), last: 0 };
}

/** `origin`: where its endpoint is to be. */
export interface NewOwn {
  readonly origin: string;
  readonly name: string;
  readonly key: Bytes | undefined;
}

/** Makes one, or answers `undefined` when there are as many as there may be. */
export async function addOwn(
  subscriptions: Subscriptions,
  { origin, name, key }: NewOwn,
): Promise<Own | undefined> {
  const { core, all } = subscriptions;
  const receiver = await core.tools.generateReceiver();
  if (!makeRoom(subscriptions)) return undefined;
  const subscriber = addSubscriber(core, {
    key, receiver, endpoint: origin + core.vendor.endpoint(key !== undefined),
    // At once: as a browser that is online.
    sink: { deliver: (message) => acknowledge(core, message) },
  });
  const id = ++subscriptions.last;
  const own = { id, name: name || `Browser ${id}`, subscriber, receiver, pushes: 0 };
  all.set(id, own);
  subscriptions.bySubscriber.set(subscriber, own);
  return own;
}

/** Ended ones go for new ones. */
function makeRoom({ core, all }: Subscriptions): boolean {
  for (const own of all.values()) {
    if (all.size < MAX) return true;
    if (!isCurrent(core, own.subscriber)) all.delete(own.id);
  }
  return all.size < MAX;
}

/** What a person does to a subscription to see how a server takes it. */
export type Change = 'expire' | 'rotate' | 'remove';

/** Changes one. Answers whether there is one. */
export async function changeOwn(
  { core, all }: Subscriptions,
  id: number,
  change: Change,
): Promise<boolean> {
  const own = all.get(id);
  if (!own) return false;
  const { subscriber } = own;
  if (change === 'expire') expireSubscriber(core, subscriber);
  else if (change === 'remove') {
    endSubscriber(core, subscriber);
    all.delete(id);
  } else rotateKey(subscriber, (await core.tools.generateReceiver()).publicKey);
  return true;
}

export function viewOwn(
  { core, point }: Subscriptions,
  { id, name, subscriber, receiver, pushes }: Own,
): SubscriptionView {
  const { endpoint, key, created } = subscriber;
  return {
    id, name, endpoint, created, pushes,
    p256dh: encodeBase64url(receiver.publicKey), auth: encodeBase64url(receiver.auth),
    key: key ? encodeBase64url(key) : null, own: key !== undefined && equal(key, point),
    ended: !isCurrent(core, subscriber),
  };
}
