/** The way of a message from its acceptance to its end. */
import type { Core } from './core.ts';
import { addMessage, endMessage } from './store.ts';
import type { Message, MessageStatus, Subscriber } from './store.ts';

/** Keeps a message and hands it to its user agent. */
export function deliver(core: Core, message: Message): void {
  const { sink } = message.subscriber;
  for (const gone of addMessage(core.store, message)) leave(core, gone);
  for (const observer of core.observers) observer.stored?.(message);
  const isTaken = sink?.deliver(message) ?? false;
  // RFC 8030 §5.2: now or never.
  if (message.ttl === 0) endWaiting(core, message, isTaken ? 'delivered' : 'expired');
}

function leave(core: Core, message: Message): void {
  message.subscriber.sink?.forget?.(message);
  for (const observer of core.observers) observer.changed?.(message);
}

/** Ends a message's waiting. Answers whether it waited. */
export function endWaiting(
  core: Core,
  message: Message,
  status: Exclude<MessageStatus, 'waiting'>,
): boolean {
  if (!endMessage(core.store, message, status)) return false;
  if (status !== 'delivered') leave(core, message);
  else for (const observer of core.observers) observer.changed?.(message);
  return true;
}

/** The user agent has it (RFC 8030 §6.2). */
export function acknowledge(core: Core, message: Message): boolean {
  return isAlive(core, message) && endWaiting(core, message, 'delivered');
}

/** Whether it may be delivered, or was: once its TTL has elapsed it must not be (RFC 8030 §5.2). */
export function isAlive(core: Core, message: Message): boolean {
  if (message.status !== 'waiting') return message.status === 'delivered';
  if (core.now() < message.expires) return true;
  endWaiting(core, message, 'expired');
  return false;
}

/** The messages that wait for a user agent that has come back, oldest first. */
export function outstanding(core: Core, subscriber: Subscriber): readonly Message[] {
  return [...subscriber.waiting].filter((message) => isAlive(core, message));
}

/** Forgets all messages, read or not. */
export function clear(core: Core): void {
  for (const message of [...core.store.kept]) {
    if (!endWaiting(core, message, 'dropped')) {
      endMessage(core.store, message, 'dropped');
      leave(core, message);
    }
  }
}
