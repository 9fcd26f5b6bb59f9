import { decodeDeclarative } from '../notification/declarative.ts';
import type { DeclarativeNotification } from '../notification/declarative.ts';
import type { HostLike } from './host.ts';
import { sync } from './page.ts';
import type { SubscribeOptions } from './page.ts';
import { within } from './within.ts';

/** An ExtendableEvent of a service worker. */
export interface EventLike {
  waitUntil(work: Promise<unknown>): void;
}

/** A PushSubscriptionChangeEvent, which TypeScript's library before 5.9 has as an Event. */
export interface SubscriptionChangeEventLike {
  readonly type: string;
  waitUntil?(work: Promise<unknown>): void;
}

/** A PushEvent; `Data`: its PushMessageData. */
export interface PushEventLike<Data> extends EventLike {
  readonly data: Data | null;
  /** What the browser has read of a declarative message that is `mutable`. */
  readonly notification?: DeclarativeNotification | null | undefined;
}

/** A NotificationEvent. */
export interface ClickEventLike extends EventLike {
  readonly action: string;
  readonly notification: { readonly data?: unknown; close(): void };
}

/** What is to be shown: the members of a declarative notification, without what is required. */
export type NotificationContent =
  Pick<DeclarativeNotification, 'title'> & Partial<DeclarativeNotification>;

/**
 * Answers what is to be shown. `data`: the event's, null for a push without payload;
 * `notification`: what a declarative message says. `undefined`: that, or else the fallback.
 */
export type Render<Data> = (
  data: Data | null,
  notification: DeclarativeNotification | undefined,
) => NotificationContent | undefined | PromiseLike<NotificationContent | undefined>;

/** A click on a notification that `onPush` has shown. */
export interface Click {
  /** The name of the button; '' for the notification itself. */
  readonly action: string;
  /** What was shown. */
  readonly content: Partial<NotificationContent>;
}

/** Answers the URL to open; `undefined`: the notification's or button's own; `null`: none. */
export type Open = (
  click: Click,
) => string | null | undefined | PromiseLike<string | null | undefined>;

/**
 * Shows a notification for a push, whatever happens: browsers take the subscription away from those
 * who do not (Safari after the third time). What `render` answers; else, when it throws, answers
 * nothing or takes more than five seconds, what a declarative message says; else `fallback`, which
 * should speak the user's language (default: the title 'New notification'). Errors go to the
 * worker's `error` event and console. The notification's `data` is all that was shown, for
 * `onClick`.
 *
 * `host`: a stand-in for the global object, for tests.
 *
 * @example
 * import { onPush } from 'subtle-push/client';
 * import type { PushEventLike } from 'subtle-push/client';
 *
 * export function handle(event: PushEventLike<{ text(): string }>): void {
 *   onPush(event, (data) => ({ title: 'Chat', body: data?.text(), tag: 'chat' }));
 * }
 */
export function onPush<Data extends { text(): string }>(
  event: PushEventLike<Data>,
  render?: Render<Data>,
  fallback: NotificationContent = { title: 'New notification' },
  host: HostLike = globalThis,
): void {
  const registration = host.registration!;
  const read = decodeDeclarative(event.data?.text() ?? '', registration.scope);
  const notification = event.notification ?? (typeof read === 'string' ? undefined : read);
  const report = (error: unknown): undefined => {
    host.reportError?.(error);
  };
  const show = (content: NotificationContent): Promise<void> =>
    registration.showNotification(content.title, { ...content, data: content });
  event.waitUntil((async () => {
    const content = await within(host, () => render?.(event.data, notification)).catch(report)
      ?? notification ?? fallback;
    // What the browser has read itself it shows itself.
    if (content !== event.notification) await show(content).catch((error: unknown) => {
      report(error);
      return show(fallback);
    });
  })());
}

/**
 * Subscribes anew when the browser has dropped or replaced the subscription by itself
 * (`pushsubscriptionchange`), and saves that: `sync` in the service worker. Does not rely on the
 * event's subscriptions, which many browsers leave out.
 *
 * @example
 * import { onSubscriptionChange } from 'subtle-push/client';
 * import type { SubscriptionChangeEventLike } from 'subtle-push/client';
 *
 * export function handle(event: SubscriptionChangeEventLike): void {
 *   onSubscriptionChange(event, {
 *     publicKey: async () => (await fetch('/push/key')).text(),
 *     save: (subscription, previous) => fetch('/push/subscription', {
 *       method: 'PUT', body: JSON.stringify({ subscription, previous }),
 *     }),
 *   });
 * }
 */
export function onSubscriptionChange(
  event: SubscriptionChangeEventLike,
  options: SubscribeOptions,
  host: HostLike = globalThis,
): void {
  event.waitUntil!(sync(host.registration!, options, host));
}

/**
 * Closes a notification that was clicked, and focuses the tab that shows its URL or opens one. The
 * URL: what `open` answers; else the `navigate` of the button or of the notification; else the
 * scope of the service worker, against which it is resolved.
 *
 * @example
 * import { onClick } from 'subtle-push/client';
 * import type { ClickEventLike } from 'subtle-push/client';
 *
 * export function handle(event: ClickEventLike): void {
 *   onClick(event, ({ action }) => (action === 'later' ? null : undefined));
 * }
 */
export function onClick(
  event: ClickEventLike,
  open?: Open,
  host: HostLike = globalThis,
): void {
  const { action, notification } = event;
  const { registration, clients } = host;
  notification.close();
  const content: Partial<NotificationContent> = { ...Object(notification.data) };
  event.waitUntil((async () => {
    const chosen = await open?.({ action, content });
    if (chosen === null) return;
    const button = content.actions?.find((one) => one.action === action);
    const path = chosen ?? button?.navigate ?? content.navigate ?? '';
    const { href } = new URL(path, registration!.scope);
    const tabs = await clients!.matchAll({ includeUncontrolled: true });
    try {
      await tabs.find((tab) => tab.url === href)!.focus!();
    } catch {
      // There is none, or it is gone since, or Safari has ended it: another then.
      await clients!.openWindow(href);
    }
  })());
}
