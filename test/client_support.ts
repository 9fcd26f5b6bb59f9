/**
 * A browser for the tests of ./client: permission, push manager, IndexedDB, locks, notifications
 * and windows as Chromium, Firefox and Safari have them, and a server that the page saves to.
 */
import type { Subscription } from '../src/types.ts';
import type { HostLike, RegistrationLike } from '../src/client.ts';
import type { RequestLike } from '../src/lib/client/host.ts';

export const KEY: string = `B${'a'.repeat(86)}`;
export const OTHER_KEY: string = `B${'b'.repeat(86)}`;
export const SCOPE: string = 'https://app.example/';

/** Lets everything run that waits for no more than microtasks and timers of 0 ms. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 0));
}

function fire(handler: unknown): void {
  if (typeof handler === 'function') setTimeout(() => handler(new Event('event')), 0);
}

/** An IndexedDB that is asynchronous as the real one, and clones what is put into it. */
function createIndexedDB(state: State): NonNullable<HostLike['indexedDB']> {
  const stores = new Map<string, Map<string, unknown>>();
  type Opening<T> = RequestLike<T> & { onupgradeneeded: unknown };
  const request = <T>(result: T, failed: boolean): Opening<T> => {
    const made = { result, onsuccess: null, onerror: null, onupgradeneeded: null };
    setTimeout(() => fire(failed ? made.onerror : made.onsuccess), 0);
    return made;
  };
  const store = (name: string) => ({
    get: (key: string) => request(structuredClone(stores.get(name)?.get(key)), false),
    put: (value: unknown, key: string) => {
      const failed = state.storage === 'full';
      if (!failed) stores.get(name)!.set(key, structuredClone(value));
      return request<unknown>(key, failed);
    },
  });
  return {
    open: () => {
      if (state.storage === 'forbidden') throw new DOMException('Forbidden', 'SecurityError');
      const database = {
        createObjectStore: (name: string) => stores.set(name, new Map()),
        transaction: () => ({ objectStore: store }),
        close: () => {},
      };
      const opening = request(database, state.storage === 'broken');
      if (!stores.size) setTimeout(() => {
        if (typeof opening.onupgradeneeded === 'function') opening.onupgradeneeded();
      }, 0);
      return opening;
    },
  };
}

/** Web Locks: one holder a name, the others in turn. */
function createLocks(): NonNullable<HostLike['navigator']['locks']> {
  const tails = new Map<string, Promise<unknown>>();
  return {
    request: <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const turn = (tails.get(name) ?? Promise.resolve()).then(work);
      tails.set(name, turn.catch(() => {}));
      return turn;
    },
  };
}

interface Live {
  readonly endpoint: string;
  readonly options: { readonly applicationServerKey: ArrayBuffer | null };
  readonly key: string;
  toJSON(): Subscription;
  unsubscribe(): Promise<boolean>;
}

export interface State {
  permission: string;
  /** What the user will answer; `undefined` when the question is not even shown. */
  answer: string | undefined;
  storage: 'well' | 'forbidden' | 'broken' | 'full';
  pushService: 'well' | 'away';
  /** Browsers that do not tell: `options.applicationServerKey` is null. */
  tellsKey: boolean;
  live: Live | null;
  unsubscribeFails: boolean;
  /** How often the user was asked, and whether in the course of a click. */
  questions: boolean[];
  subscribeCalls: number;
  inClick: boolean;
}

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

/** Push API, subscribe(), in the order of its steps. */
function createPushManager(state: State, active: () => boolean): RegistrationLike['pushManager'] {
  let made = 0;
  const create = (key: string): Live => {
    const number = ++made;
    const live: Live = {
      endpoint: `https://push.example/${number}`,
      key,
      options: {
        applicationServerKey: state.tellsKey ? new TextEncoder().encode(key).buffer : null,
      },
      toJSON: () => ({
        endpoint: live.endpoint, expirationTime: null,
        keys: { p256dh: `p${number}`, auth: `a${number}` },
      }),
      unsubscribe: async () => {
        await later();
        if (state.unsubscribeFails) throw new DOMException('Storage', 'AbortError');
        const had = state.live === live;
        if (had) state.live = null;
        return had;
      },
    };
    return live;
  };
  return {
    getSubscription: async () => {
      await later();
      return state.live;
    },
    subscribe: async ({ userVisibleOnly, applicationServerKey: key }) => {
      state.subscribeCalls++;
      await later();
      if (!userVisibleOnly) throw new DOMException('Chromium wants it', 'NotAllowedError');
      if (!/^B[\w-]{86}$/.test(key)) throw new DOMException('No key', 'InvalidAccessError');
      if (!active()) throw new DOMException('No active Service Worker', 'AbortError');
      if (state.permission === 'default') state.questions.push(state.inClick);
      if (state.permission !== 'granted') throw new DOMException('Denied', 'NotAllowedError');
      const { live, pushService } = state;
      if (live && live.key !== key) throw new DOMException('Other', 'InvalidStateError');
      if (!live && pushService === 'away') throw new DOMException('Away', 'AbortError');
      // Two tabs at once get the same.
      return (state.live ??= create(key));
    },
  };
}

export interface Shown { readonly title: string; readonly options: Record<string, unknown> }

export interface Browser {
  readonly state: State;
  readonly host: HostLike;
  readonly registration: NonNullable<HostLike['registration']>;
  readonly shown: Shown[];
  readonly reported: unknown[];
  readonly opened: string[];
  readonly focused: string[];
  /** The URLs of open windows; focusing one that ends in `#gone` fails. */
  readonly windows: string[];
  /** Runs what a click handler does: the user's activation lasts while it has not waited yet. */
  readonly click: <T>(handler: () => T) => T;
  /** What stands in IndexedDB, for another browser profile of the same. */
  readonly without: (changes: Partial<HostLike>) => HostLike;
}

export function createBrowser(changes: Partial<State> = {}): Browser {
  const state: State = {
    permission: 'default', answer: 'granted', storage: 'well', pushService: 'well',
    tellsKey: true, live: null, unsubscribeFails: false, questions: [], subscribeCalls: 0,
    inClick: false, ...changes,
  };
  const shown: Shown[] = [];
  const reported: unknown[] = [];
  const opened: string[] = [];
  const focused: string[] = [];
  const windows: string[] = [];
  const registration = {
    scope: SCOPE,
    active: { state: 'activated', addEventListener: () => {} },
    pushManager: createPushManager(state, () => true),
    showNotification: async (title: string, given: object) => {
      await later();
      const options: Record<string, unknown> = structuredClone({ ...given });
      // Notifications API, "create a notification".
      if (options.silent && options.vibrate) throw new TypeError('silent and vibrate');
      if (options.renotify && !options.tag) throw new TypeError('renotify without tag');
      if (options.tag) for (const old of shown.filter((one) => one.options.tag === options.tag)) {
        shown.splice(shown.indexOf(old), 1);
      }
      shown.push({ title, options });
    },
  };
  const host: HostLike = {
    isSecureContext: true,
    PushManager: class {},
    Notification: {
      get permission() {
        return state.permission;
      },
      requestPermission: async () => {
        const { inClick } = state;
        state.questions.push(inClick);
        await later();
        // Safari and Firefox: without a click the answer is no, or nothing.
        if (inClick && state.answer) state.permission = state.answer;
        return state.permission;
      },
    },
    navigator: { locks: createLocks() },
    indexedDB: createIndexedDB(state),
    registration,
    clients: {
      matchAll: async ({ includeUncontrolled }) => {
        if (!includeUncontrolled) return [];
        return windows.map((url) => ({
          url,
          focus: async () => {
            if (url.endsWith('#gone')) throw new DOMException('Gone', 'NotFoundError');
            focused.push(url);
          },
        }));
      },
      openWindow: async (url) => {
        opened.push(url);
      },
    },
    reportError: (error) => {
      reported.push(error);
    },
    setTimeout: (handler, milliseconds, error) => {
      // Time is short here: what waits for seconds waits for what is to be done first.
      if (milliseconds >= 1000) void settled().then(() => handler(error));
    },
  };
  const click = <T>(handler: () => T): T => {
    state.inClick = true;
    const answer = handler();
    state.inClick = false;
    return answer;
  };
  return {
    state, host, registration, shown, reported, opened, focused, windows, click,
    without: (other) => ({ ...host, ...other }),
  };
}

export interface Server {
  readonly rows: Map<string, Subscription>;
  readonly saves: (readonly [string, string | undefined])[];
  away: boolean;
  readonly save: (subscription: Subscription, previous: Subscription | undefined) => Promise<void>;
  readonly remove: (subscription: Subscription) => Promise<void>;
}

/** One row an endpoint; a row that is replaced goes. */
export function createServer(): Server {
  const rows = new Map<string, Subscription>();
  const server: Server = {
    rows,
    saves: [],
    away: false,
    save: async (subscription, previous) => {
      await later();
      if (server.away) throw new Error('Away');
      server.saves.push([subscription.endpoint, previous?.endpoint]);
      if (previous) rows.delete(previous.endpoint);
      rows.set(subscription.endpoint, subscription);
    },
    remove: async ({ endpoint }) => {
      await later();
      if (server.away) throw new Error('Away');
      rows.delete(endpoint);
    },
  };
  return server;
}
