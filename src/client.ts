export { pushSupport, subscribe, sync, unsubscribe } from './lib/client/page.ts';
export type { PushSupport, SubscribeOptions, UnsubscribeOptions } from './lib/client/page.ts';
export { onClick, onPush, onSubscriptionChange } from './lib/client/worker.ts';
export type {
  Click, ClickEventLike, EventLike, NotificationContent, Open, PushEventLike, Render,
  SubscriptionChangeEventLike,
} from './lib/client/worker.ts';
export type {
  ClientLike, HostLike, PushSubscriptionLike, RegistrationLike,
} from './lib/client/host.ts';
export type { DeclarativeAction, DeclarativeNotification } from './lib/notification/declarative.ts';
export type { Subscription } from './types.ts';
