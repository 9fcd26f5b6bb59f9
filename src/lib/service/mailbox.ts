/** The user agent of a TestSubscription: it takes what comes, and hands it to who waits. */
import { PushError } from '../../errors.ts';
import type { Message, Sink } from './store.ts';
import type { NextOptions, ReceivedMessage } from './types.ts';

/** Longer timers fire at once. */
const MAX_TIMER = 2 ** 31 - 1;
const TIMEOUT = 5000;

/** What a mailbox needs of the service. */
export interface Postman {
  /** Whether a message may still be delivered, by the service's clock (RFC 8030 §5.2). */
  readonly isAlive: (message: Message) => boolean;
  readonly acknowledge: (message: Message) => void;
  /** Why nothing may have come, for people. */
  readonly explain: () => string;
}

interface Entry {
  readonly message: Message;
  /** `undefined`: it does not decrypt. */
  readonly received: ReceivedMessage | undefined;
}

interface Waiter {
  readonly give: (entry: Entry) => void;
  readonly fail: (error: unknown) => void;
}

export interface Mailbox extends Sink {
  readonly messages: () => readonly ReceivedMessage[];
  readonly next: (options?: NextOptions) => Promise<ReceivedMessage>;
}

/** What a mailbox holds. */
interface Box {
  readonly kept: Map<Message, Entry>;
  readonly unread: Set<Entry>;
  readonly waiters: Set<Waiter>;
  closed: boolean;
}

export function createMailbox(postman: Postman): Mailbox {
  const box: Box = { kept: new Map(), unread: new Set(), waiters: new Set(), closed: false };
  return {
    deliver: (message) => {
      put(box, postman, message);
      return true;
    },
    forget: (message) => {
      const entry = box.kept.get(message);
      box.kept.delete(message);
      if (entry) box.unread.delete(entry);
    },
    close: () => {
      box.closed = true;
      for (const waiter of box.waiters) waiter.fail(gone());
    },
    messages: () => [...box.kept.values()].flatMap(({ message, received }) =>
      received && postman.isAlive(message) ? [received] : []),
    next: async ({ timeout = TIMEOUT, signal } = {}) => {
      checkTimeout(timeout);
      signal?.throwIfAborted();
      const entry = take(box, postman);
      if (!entry && box.closed) throw gone();
      return open(entry ?? await wait(box.waiters, timeout, signal, postman.explain));
    },
  };
}

/** Keeps a message for reading, or hands it to who has waited longest. */
function put({ kept, unread, waiters }: Box, { acknowledge }: Postman, message: Message): void {
  const entry = { message, received: receive(message) };
  kept.set(message, entry);
  const [waiter] = waiters;
  if (!waiter) unread.add(entry);
  else {
    acknowledge(message);
    waiter.give(entry);
  }
}

/** The oldest unread message that may still be delivered. */
function take({ unread }: Box, { isAlive, acknowledge }: Postman): Entry | undefined {
  for (const entry of unread) {
    unread.delete(entry);
    if (!isAlive(entry.message)) continue;
    acknowledge(entry.message);
    return entry;
  }
  return undefined;
}

function open({ message: { opened }, received }: Entry): ReceivedMessage {
  if (received) return received;
  throw opened && 'error' in opened ? opened.error : undefined;
}

/** A place in the queue, given up when the time is over or the signal fires. */
function wait(
  waiters: Set<Waiter>,
  timeout: number,
  signal: AbortSignal | undefined,
  explain: () => string,
): Promise<Entry> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      waiters.delete(waiter);
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const waiter: Waiter = {
      give: (entry) => {
        leave();
        resolve(entry);
      },
      fail: (error) => {
        leave();
        reject(error);
      },
    };
    const abort = (): void => waiter.fail(signal?.reason);
    const expire = (): void => waiter.fail(
      new PushError('ERR_TIMEOUT', `No push message came within ${timeout} ms: ${explain()}`),
    );
    // Without a limit there is no timer that would keep a process alive.
    const timer = timeout === Infinity
      ? undefined
      : setTimeout(expire, Math.min(timeout, MAX_TIMER));
    signal?.addEventListener('abort', abort);
    waiters.add(waiter);
  });
}

function checkTimeout(timeout: unknown): void {
  if (typeof timeout !== 'number') throw new TypeError('The timeout must be milliseconds');
  if (!(timeout >= 0)) throw new RangeError('The timeout must be 0 ms or more');
}

function gone(): PushError {
  return new PushError('ERR_SUBSCRIPTION_GONE', 'No push message can come: this was unsubscribed');
}

function receive(message: Message): ReceivedMessage | undefined {
  const { opened, id, headers, ttl, urgency, topic, coding, vapid } = message;
  if (!opened || 'error' in opened) return undefined;
  const { data } = opened;
  // As PushMessageData does it: invalid UTF-8 becomes U+FFFD, a byte order mark goes.
  const text = (): string => (data ? new TextDecoder().decode(data) : '');
  const json = (): unknown => JSON.parse(text());
  return { id, data, headers, ttl, urgency, topic, coding, vapid, text, json };
}
