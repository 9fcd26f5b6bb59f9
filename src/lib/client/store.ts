import type { Subscription } from '../../types.ts';
import type { HostLike, RequestLike } from './host.ts';

/** What is remembered of a registration: what `save` was told last. */
export interface Saved {
  readonly subscription?: Subscription | undefined;
  readonly publicKey?: string | undefined;
  readonly account?: string | undefined;
  /** The user ended it: only `subscribe` subscribes again. */
  readonly off?: true | undefined;
}

function done<T>(request: RequestLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
}

/**
 * Reads what was saved for a scope, or writes it. In IndexedDB, of which the service worker sees
 * the same. Where that fails (full, or forbidden) nothing is remembered and every visit saves: a
 * server that keeps one row an endpoint is none the worse.
 */
export function remember(host: HostLike, scope: string, value?: Saved): Promise<Saved | undefined>;
export async function remember(host: HostLike, scope: string, value?: Saved): Promise<unknown> {
  try {
    const opening = host.indexedDB!.open('subtle-push');
    opening.onupgradeneeded = () => opening.result.createObjectStore('saved');
    const database = await done(opening);
    const store = database.transaction('saved', 'readwrite').objectStore('saved');
    const request = value ? store.put(value, scope) : store.get(scope);
    // Waits for the transaction.
    database.close();
    return await done(request);
  } catch {
    return undefined;
  }
}
