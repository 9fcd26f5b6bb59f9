/** The events that a service worker is given, and what notifications they bring. */
import type { ClickEventLike, NotificationContent, PushEventLike } from '../src/client.ts';

export interface Data { text(): string; json(): unknown }

/** An event with what its `waitUntil` was given. */
export interface Waiting {
  readonly type: string;
  readonly waited: Promise<unknown>[];
  waitUntil(work: Promise<unknown>): void;
}

export function createEvent(): Waiting {
  const waited: Promise<unknown>[] = [];
  return { type: 'event', waited, waitUntil: (work) => void waited.push(work) };
}

export function pushEvent(text: string | null): PushEventLike<Data> & Waiting {
  const data = text === null ? null : { text: () => text, json: (): unknown => JSON.parse(text) };
  return { ...createEvent(), data };
}

export function clickEvent(
  content: unknown,
  action: string = '',
): ClickEventLike & Waiting & { readonly closed: true[] } {
  const closed: true[] = [];
  const notification = { data: content, close: () => void closed.push(true) };
  return { ...createEvent(), action, notification, closed };
}

export const HELLO: NotificationContent = { title: 'Hello' };
export const DECLARED = {
  title: 'Ada wrote', navigate: 'https://app.example/ada', body: 'Noon?', tag: 'ada',
};
