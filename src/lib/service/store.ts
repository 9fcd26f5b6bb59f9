/** What a push service keeps, and nothing else: subscriptions, messages, receipt subscriptions. */
import type { Receiver } from '../../receive.ts';
import type { Bytes, Urgency } from '../../types.ts';
import type { VerifiedVapid } from './types.ts';

/** What becomes of a message. `delivered`: the user agent has acknowledged it (RFC 8030 §6.2). */
export type MessageStatus =
  | 'waiting' | 'delivered' | 'expired' | 'replaced' | 'cancelled' | 'dropped';

/** What decryption made of a message; `undefined` where the service does not have the keys. */
export type Opened = { readonly data: Bytes | null } | { readonly error: unknown } | undefined;

export interface Message {
  /** Ends the path of its resource where there is one, else it is the vendor's own id. */
  readonly id: string;
  /** Path and query of its resource; `undefined` where the vendor gives none. */
  readonly path: string | undefined;
  readonly subscriber: Subscriber;
  readonly body: Bytes;
  /** What may be forwarded to the user agent, names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds. */
  readonly ttl: number;
  readonly urgency: Urgency;
  readonly topic: string | undefined;
  readonly coding: string | undefined;
  readonly vapid: VerifiedVapid | undefined;
  readonly opened: Opened;
  /** Milliseconds since the epoch, both. */
  readonly created: number;
  readonly expires: number;
  /** Path of the receipt subscription that wants to hear of it. */
  readonly receipt: string | undefined;
  status: MessageStatus;
}

/** Where the messages of a subscription go. */
export interface Sink {
  /**
   * Takes a message; it waits until `acknowledge`. Answers whether somebody is there to take it: a
   * message with TTL 0 ends with this call either way (RFC 8030 §5.2).
   */
  readonly deliver: (message: Message) => boolean;
  /** A message that was delivered or waited is no longer kept. */
  readonly forget?: ((message: Message) => void) | undefined;
  /** The subscription has ended. */
  readonly close?: (() => void) | undefined;
}

export interface Subscriber {
  readonly endpoint: string;
  /** The origin of the endpoint: what tokens are for. */
  readonly origin: string;
  /** Path and query of the endpoint. */
  readonly path: string;
  /** Path of the subscription resource, which is the user agent's alone (RFC 8030 §4). */
  readonly resource: string;
  /** Opens its messages; `undefined`: it subscribed by HTTP, or is a real browser. */
  readonly receiver: Receiver | undefined;
  readonly created: number;
  /** The messages that wait, by arrival, and those of them with a topic. */
  readonly waiting: Set<Message>;
  readonly topics: Map<string, Message>;
  /** The application server it is restricted to (RFC 8292 §4). */
  key: Bytes | undefined;
  /** Milliseconds since the epoch. */
  expires: number | undefined;
  sink: Sink | undefined;
  /** Why its last push was refused, for who waits for it in vain. */
  refused: string | undefined;
}

/** 204: acknowledged; 410: it expired unacknowledged (RFC 8030 §6.3). */
export interface Receipt {
  readonly message: string;
  readonly status: 204 | 410;
}

export interface Store {
  /** By path of the endpoint, and by path of the subscription resource. */
  readonly subscribers: Map<string, Subscriber>;
  readonly resources: Map<string, Subscriber>;
  /** Paths of endpoints that were in use, oldest first. */
  readonly ended: Set<string>;
  /** By path of the message resource: those that wait. */
  readonly messages: Map<string, Message>;
  /** All that are kept, oldest first, delivered ones too. */
  readonly kept: Set<Message>;
  /** By path: the receipts of a receipt subscription. */
  readonly receipts: Map<string, Receipt[]>;
  /** Octets of the messages that are kept. */
  size: number;
  limits: Limits;
}

export type Limits = Readonly<Record<
  'messages' | 'octets' | 'subscribers' | 'ended' | 'receipts' | 'receiptsOfOne', number
>>;

/**
 * What is kept at most. Beyond, the oldest messages are dropped, read ones and waiting ones alike:
 * a test that reads none of 20,000 pushes finds the last ones. A service that is full of
 * subscriptions or receipt subscriptions answers 429, as RFC 8030 §5.1 and §8.4 allow.
 */
export const LIMITS: Limits = {
  messages: 20_000,
  octets: 134_217_728,
  subscribers: 200_000,
  ended: 20_000,
  receipts: 10_000,
  receiptsOfOne: 1_000,
};

export function createStore(): Store {
  return {
    subscribers: new Map(), resources: new Map(), ended: new Set(), messages: new Map(),
    kept: new Set(), receipts: new Map(), size: 0, limits: LIMITS,
  };
}

function sizeOf({ body, headers, opened }: Message): number {
  const data = opened && 'data' in opened ? opened.data?.length ?? 0 : 0;
  const fields = Object.entries(headers).reduce((sum, [name, value]) =>
    sum + name.length + value.length, 0);
  return body.length + data + 2 * fields;
}

/** Keeps a message that waits. Answers those that had to go for it: replaced or dropped. */
export function addMessage(store: Store, message: Message): Message[] {
  const { subscriber, topic } = message;
  const { limits } = store;
  const gone: Message[] = [];
  const former = topic === undefined ? undefined : subscriber.topics.get(topic);
  // RFC 8030 §5.4: the replacement is a new resource and takes the place of the old one.
  if (former && endMessage(store, former, 'replaced')) gone.push(former);
  store.kept.add(message);
  store.size += sizeOf(message);
  subscriber.waiting.add(message);
  if (topic !== undefined) subscriber.topics.set(topic, message);
  if (message.path !== undefined) store.messages.set(message.path, message);
  for (const oldest of store.kept) {
    if (store.kept.size <= limits.messages && store.size <= limits.octets) break;
    endMessage(store, oldest, 'dropped');
    gone.push(oldest);
  }
  return gone;
}

/** Ends a message's waiting, or its being kept. Answers whether it waited until now. */
export function endMessage(
  store: Store,
  message: Message,
  status: Exclude<MessageStatus, 'waiting'>,
): boolean {
  const { subscriber, topic, path, receipt } = message;
  const waited = subscriber.waiting.delete(message);
  if (status !== 'delivered' && store.kept.delete(message)) store.size -= sizeOf(message);
  if (!waited) return false;
  message.status = status;
  if (topic !== undefined && subscriber.topics.get(topic) === message) {
    subscriber.topics.delete(topic);
  }
  if (path !== undefined) store.messages.delete(path);
  if (receipt !== undefined && (status === 'delivered' || status === 'expired')) {
    addReceipt(store, receipt, { message: message.id, status: status === 'delivered' ? 204 : 410 });
  }
  return true;
}

function addReceipt(store: Store, path: string, receipt: Receipt): void {
  const receipts = store.receipts.get(path);
  receipts?.push(receipt);
  if (receipts && receipts.length > store.limits.receiptsOfOne) receipts.shift();
}

/** Remembers that an endpoint was in use: vendors answer 410 for those, and 404 for others. */
export function rememberEnd(store: Store, path: string): void {
  store.ended.add(path);
  for (const oldest of store.ended) {
    if (store.ended.size <= store.limits.ended) return;
    store.ended.delete(oldest);
  }
}
