/** Binds the browsers' protocols to a push service. */
import { type Bell, createBell } from '../node/browsers/bell.ts';
import type { Acknowledgement, BrowserName, Hub, Subscriber } from '../node/browsers/hub.ts';
import { type Core, currentOrigin, listenAt } from '../service/core.ts';
import { acknowledge, isAlive } from '../service/delivery.ts';
import type { Message } from '../service/store.ts';
import { addSubscriber, endSubscriber } from '../service/subscribers.ts';
import type { BrowsersOptions } from './types.ts';

/** Where Chromium's builds have their endpoints, whatever they are told. */
const GOOGLE = ['https://jmt17.google.com', 'https://fcm.googleapis.com'] as const;
/** Other paths that it may put its tokens under, by a switch of its own. */
const GOOGLE_PATHS = ['/wp/', '/preprod/wp/'] as const;

/** Acknowledgements that are remembered: as many as the service keeps messages. */
const MAX_REMEMBERED = 20_000;

/** What is known of browsers and their pushes. */
export interface State {
  readonly core: Core;
  readonly bell: Bell;
  readonly online: BrowserName[];
  /** Pushes that browsers have not acknowledged, by id. */
  readonly messages: Map<string, Message>;
  readonly acknowledgements: Map<string, Acknowledgement>;
  /** Ends what browsers have subscribed. */
  readonly ends: Set<() => void>;
}

export function createState(core: Core): State {
  return {
    core, bell: createBell(), online: [], messages: new Map(), acknowledgements: new Map(),
    ends: new Set(),
  };
}

/** Where this instance is: known only once its sockets are open. */
export interface Place {
  readonly http: string;
  readonly endpoints: string;
}

/** Tokens for these origins fit from now on; new endpoints of the service stay where they were. */
export function announce(core: Core, places: readonly string[]): () => void {
  const current = currentOrigin(core);
  const own = new Set([...GOOGLE, ...places].filter((origin) => !core.listening.has(origin)));
  own.delete(current);
  const stops = [...own, current].map((origin) => {
    core.listening.delete(origin);
    return listenAt(core, origin);
  });
  return () => stops.slice(0, own.size).forEach((stop) => stop());
}

export function findOnline(
  online: readonly BrowserName[],
  browser: string | undefined,
): BrowserName | undefined {
  return online.find((each) => browser === undefined || each === browser);
}

/** Binds the browsers' protocols to the push service. */
export function createHub(state: State, place: Place, { onAcknowledge }: BrowsersOptions): Hub {
  const { core, bell, online, messages, acknowledgements } = state;
  return {
    subscribe: (subscriber) => subscribe(state, place, subscriber),
    isAlive: (id) => {
      const message = messages.get(id);
      return message !== undefined && isAlive(core, message);
    },
    connected: (browser) => {
      online.push(browser);
      bell.ring();
    },
    disconnected: (browser) => {
      online.splice(online.indexOf(browser), 1);
    },
    acknowledged: (acknowledgement) => {
      const message = messages.get(acknowledgement.id);
      messages.delete(acknowledgement.id);
      if (message) acknowledge(core, message);
      acknowledgements.set(acknowledgement.id, acknowledgement);
      const [oldest = ''] = acknowledgements.keys();
      if (acknowledgements.size > MAX_REMEMBERED) acknowledgements.delete(oldest);
      bell.ring();
      // Apart: what it throws is its caller's, and no fault of the browser's connection.
      if (onAcknowledge) queueMicrotask(() => onAcknowledge(acknowledgement));
    },
  };
}

function subscribe(
  { core, messages, ends }: State,
  { endpoints }: Place,
  subscriber: Subscriber,
): ReturnType<Hub['subscribe']> {
  const { browser, token, applicationServerKey: key } = subscriber;
  const endpoint = browser === 'firefox'
    ? `${endpoints}/wpush/v2/${token}`
    : `${GOOGLE[0]}/fcm/send/${token}`;
  const aliases = browser === 'firefox' ? [] : GOOGLE_PATHS.map((path) => path + token);
  const added = addSubscriber(core, {
    key,
    endpoint,
    sink: {
      deliver: (message) => {
        const { id, body, headers, ttl } = message;
        messages.set(id, message);
        return subscriber.deliver({ id, data: body.length ? body : null, headers, ttl });
      },
      forget: ({ id }) => {
        messages.delete(id);
        subscriber.forget(id);
      },
      close: () => {
        for (const alias of aliases) core.store.subscribers.delete(alias);
        ends.delete(unsubscribe);
        subscriber.close();
      },
    },
  });
  for (const alias of aliases) core.store.subscribers.set(alias, added);
  const unsubscribe = (): void => endSubscriber(core, added);
  ends.add(unsubscribe);
  return { endpoint, unsubscribe };
}
