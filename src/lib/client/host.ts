/**
 * As much of the browser's objects as is used: they fit as they are, whichever of TypeScript's
 * libraries declares them (DOM or WebWorker), and so do stand-ins in tests.
 */

/** A PushSubscription. */
export interface PushSubscriptionLike {
  readonly endpoint: string;
  readonly options?: { readonly applicationServerKey: ArrayBuffer | null } | undefined;
  toJSON(): object;
  unsubscribe(): Promise<boolean>;
}

/** A ServiceWorkerRegistration. */
export interface RegistrationLike {
  readonly scope: string;
  readonly pushManager: {
    getSubscription(): Promise<PushSubscriptionLike | null>;
    subscribe(options: {
      readonly userVisibleOnly: boolean;
      readonly applicationServerKey: string;
    }): Promise<PushSubscriptionLike>;
  };
  readonly active?: WorkerLike | null | undefined;
  readonly waiting?: WorkerLike | null | undefined;
  readonly installing?: WorkerLike | null | undefined;
}

/** A ServiceWorker. */
export interface WorkerLike {
  readonly state: string;
  addEventListener(type: string, listener: () => void): void;
}

/** An IDBRequest; `unknown` is what functions of every library's type can be put into. */
export interface RequestLike<T> {
  readonly result: T;
  onsuccess: unknown;
  onerror: unknown;
}

interface StoreLike {
  get(key: string): RequestLike<unknown>;
  put(value: unknown, key: string): RequestLike<unknown>;
}

interface DatabaseLike {
  createObjectStore(name: string): unknown;
  transaction(name: string, mode: 'readwrite'): { objectStore(name: string): StoreLike };
  close(): void;
}

/** A WindowClient. */
export interface ClientLike {
  readonly url: string;
  focus?(): Promise<unknown>;
}

/** What is used of the global object of a page or a service worker; the default is that object. */
export interface HostLike {
  readonly isSecureContext?: boolean | undefined;
  readonly PushManager?: unknown;
  readonly Notification?: {
    readonly permission: string;
    requestPermission?(): Promise<string>;
  } | undefined;
  readonly navigator: {
    /** iOS and iPadOS alone: whether the page runs from the Home Screen. */
    readonly standalone?: unknown;
    readonly locks?: {
      request<T>(name: string, callback: () => Promise<T>): Promise<T>;
    } | undefined;
  };
  readonly indexedDB?: {
    open(name: string): RequestLike<DatabaseLike> & { onupgradeneeded: unknown };
  } | undefined;
  /** In a service worker. */
  readonly registration?: RegistrationLike & {
    showNotification(title: string, options: object): Promise<void>;
  } | undefined;
  /** In a service worker. */
  readonly clients?: {
    matchAll(options: { readonly includeUncontrolled: boolean }): Promise<readonly ClientLike[]>;
    openWindow(url: string): Promise<unknown>;
  } | undefined;
  reportError?(error: unknown): void;
  setTimeout(handler: (error: Error) => void, milliseconds: number, error: Error): unknown;
}
