import type { HostLike } from './host.ts';

/**
 * What `work` answers, or an error after five seconds: half of what WebKit leaves a service worker
 * for a push.
 */
export function within<T>(host: HostLike, work: () => T | PromiseLike<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    host.setTimeout(reject, 5_000, new Error('Too late'));
    (async () => work())().then(resolve, reject);
  });
}
