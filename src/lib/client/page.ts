import type { Subscription } from '../../types.ts';
import type { HostLike, PushSubscriptionLike, RegistrationLike } from './host.ts';
import { remember } from './store.ts';
import type { Saved } from './store.ts';
import { within } from './within.ts';

/** What `pushSupport` answers. */
export type PushSupport = 'ready' | 'ask' | 'denied' | 'install-first' | 'insecure' | 'unsupported';

/** What `subscribe`, `sync` and `onSubscriptionChange` ask for. */
export interface SubscribeOptions {
  /** The server's VAPID public key (base64url), or how to get it: a fetched one cannot drift. */
  readonly publicKey: string | (() => string | PromiseLike<string>);
  /**
   * Tells the server, which keeps one row an endpoint. `previous`: what it was told before, a row
   * to be replaced. When this rejects, the next visit tries again. Other tabs wait for it: let it
   * end (`AbortSignal.timeout`).
   */
  readonly save: (subscription: Subscription, previous: Subscription | undefined) => unknown;
  /** Whose the subscription is: another than the last time, and `save` is called again. */
  readonly account?: string | undefined;
  /** The server has no row of the subscription, or was told that it is gone: make another. */
  readonly renew?: boolean | undefined;
}

/** What `unsubscribe` takes. */
export interface UnsubscribeOptions {
  /** Tells the server to delete the row. */
  readonly remove?: ((subscription: Subscription) => unknown) | undefined;
}

/**
 * Tells whether push can be used here, and else what the user must do.
 *
 * - `'ready'`: the user has allowed notifications.
 * - `'ask'`: not asked yet; `subscribe` in a click handler asks.
 * - `'denied'`: forbidden; only the user can change that, in the browser's settings.
 * - `'install-first'`: on iPhone and iPad push is for pages that were added to the Home Screen and
 *   opened from there (iOS 16.4 and newer).
 * - `'insecure'`: the page was not loaded over https (or from localhost).
 * - `'unsupported'`: no push in this browser, or not here (an app's web view, a server).
 *
 * `host`: a stand-in for the global object, for tests.
 *
 * @example
 * import { pushSupport } from 'subtle-push/client';
 *
 * if (pushSupport() === 'install-first') console.log('Add this page to the Home Screen first');
 */
export function pushSupport(host: HostLike = globalThis): PushSupport {
  const { Notification, navigator } = host;
  if (host.isSecureContext === false) return 'insecure';
  if (!host.PushManager || !Notification) {
    return navigator?.standalone === false ? 'install-first' : 'unsupported';
  }
  const states: Readonly<Record<string, PushSupport>> = { granted: 'ready', denied: 'denied' };
  return states[Notification.permission] ?? 'ask';
}

/**
 * One after the other in all tabs and the service worker. Without Web Locks (Firefox before 96) at
 * once: browsers answer that with one subscription, and `save` may be called twice for it.
 */
async function locked<T>(
  host: HostLike,
  { scope, pushManager }: RegistrationLike,
  work: (saved: Saved | undefined, live: PushSubscriptionLike | null) => Promise<T>,
): Promise<T> {
  // Firefox never answers a page that asks while the browser is starting: that must end, and with
  // it the lock that every tab waits for.
  const whole = async (): Promise<T> => work(
    await remember(host, scope), await within(host, () => pushManager.getSubscription()),
  );
  return host.navigator?.locks?.request(`subtle-push ${scope}`, whole) ?? whole();
}

function plain(subscription: PushSubscriptionLike): Subscription {
  return JSON.parse(JSON.stringify(subscription));
}

/** Brings browser, server and memory to one state, if the user asks for it or once did. */
function bring(
  registration: RegistrationLike,
  { publicKey, save, renew, account }: SubscribeOptions,
  host: HostLike,
  asked: boolean,
): Promise<Subscription | undefined> {
  return locked(host, registration, async (saved, live) => {
    if (!asked && (saved ? saved.off : !live)) return undefined;
    const applicationServerKey = typeof publicKey === 'string' ? publicKey : await publicKey();
    const make = (): Promise<PushSubscriptionLike> =>
      registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
    // Chromium subscribes for an active worker alone; on a first visit it is not active yet.
    const worker = registration.active ? null : registration.installing ?? registration.waiting;
    if (worker) await new Promise<void>((resolve) => {
      worker.addEventListener('statechange', () => {
        if (worker.state !== 'installed') resolve();
      });
    });
    if (renew) await live?.unsubscribe();
    // For the same key this answers the subscription there is. That it is the same is left to the
    // browser (Push API, subscribe(): else InvalidStateError): `options.applicationServerKey` is
    // null in some, and a key that is none is refused before the old subscription is given up.
    const subscription = plain(await make().catch(async (error: unknown) => {
      if (!live || Object(error).name !== 'InvalidStateError') throw error;
      await live.unsubscribe();
      return make();
    }));
    const record: Saved = { subscription, account: account ?? saved?.account };
    if (JSON.stringify(record) !== JSON.stringify(saved)) {
      await save(subscription, saved?.subscription);
      await remember(host, registration.scope, record);
    }
    return subscription;
  });
}

/**
 * Subscribes, asking the user if need be: call it in a click handler, before anything is awaited
 * there. Answers the subscription there is when its key is the server's, and replaces it when not.
 * `save` is called when anything differs from what was saved last, and never for two tabs at once.
 *
 * Rejects with a DOMException `NotAllowedError` when the user has not allowed it or `pushSupport()`
 * is against it, with what `save` rejected with (the subscription stays, and the next `sync`
 * saves), and with the browser's errors for a bad key or when its push service is out of reach.
 *
 * `host`: a stand-in for the global object, for tests.
 *
 * @example
 * import { subscribe } from 'subtle-push/client';
 *
 * export async function onButton(registration: ServiceWorkerRegistration): Promise<void> {
 *   await subscribe(registration, {
 *     publicKey: async () => (await fetch('/push/key')).text(),
 *     save: async (subscription, previous) => {
 *       const body = JSON.stringify({ subscription, previous });
 *       const { ok } = await fetch('/push/subscription', { method: 'PUT', body });
 *       if (!ok) throw new Error('Not saved');
 *     },
 *   });
 * }
 */
export async function subscribe(
  registration: RegistrationLike,
  options: SubscribeOptions,
  host: HostLike = globalThis,
): Promise<Subscription> {
  // Before anything that waits: Safari and Firefox take the question only while the click lasts.
  if (pushSupport(host) === 'ask') await host.Notification!.requestPermission!();
  const support = pushSupport(host);
  if (support !== 'ready') {
    throw new DOMException(`Cannot subscribe: ${support}`, 'NotAllowedError');
  }
  return (await bring(registration, options, host, true))!;
}

/**
 * Puts right on every page load what went wrong since: a subscription that the browser lost, a key
 * that the server changed, a `save` that failed. Never asks the user, and does nothing for those
 * who are not subscribed or have unsubscribed. Answers the subscription, or `undefined` where there
 * is to be none. Rejects as `subscribe` does.
 *
 * @example
 * import { sync } from 'subtle-push/client';
 * import type { SubscribeOptions } from 'subtle-push/client';
 *
 * export async function onLoad(options: SubscribeOptions): Promise<void> {
 *   await sync(await navigator.serviceWorker.register('/worker.js'), options);
 * }
 */
export async function sync(
  registration: RegistrationLike,
  options: SubscribeOptions,
  host: HostLike = globalThis,
): Promise<Subscription | undefined> {
  return pushSupport(host) === 'ready' ? bring(registration, options, host, false) : undefined;
}

/**
 * Ends the subscription, for a logout: in the browser in any case, on the server by `remove`, for
 * which it waits five seconds. Answers whether both did; if the server was away, its row is of no
 * use any more (it is answered 410), and a later `subscribe` names it as `previous`.
 *
 * @example
 * import { unsubscribe } from 'subtle-push/client';
 *
 * export async function onLogout(registration: ServiceWorkerRegistration): Promise<void> {
 *   await unsubscribe(registration, {
 *     remove: ({ endpoint }) => fetch('/push/subscription', { method: 'DELETE', body: endpoint }),
 *   });
 * }
 */
export function unsubscribe(
  registration: RegistrationLike,
  { remove }: UnsubscribeOptions = {},
  host: HostLike = globalThis,
): Promise<boolean> {
  const note = (value: Saved): unknown => remember(host, registration.scope, value);
  const succeeds = (work: () => unknown): Promise<boolean> =>
    within(host, work).then(() => true, () => false);
  return locked(host, registration, async (saved, live) => {
    const subscription = live ? plain(live) : saved?.subscription;
    // First, so that no tab subscribes again, whatever comes in between.
    await note({ subscription, off: true });
    const ended = await succeeds(() => live?.unsubscribe());
    const told = await succeeds(() => subscription && remove?.(subscription));
    if (told) await note({ off: true });
    return ended && told;
  });
}
