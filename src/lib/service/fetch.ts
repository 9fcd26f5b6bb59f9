import type { Core } from './core.ts';
import { handle } from './handle.ts';

/** Statuses that a fetch follows (Fetch §2.2.6). */
const REDIRECTS: ReadonlySet<number> = /* @__PURE__ */ new Set([301, 302, 303, 307, 308]);

/** A whole fetch that ends in this push service. */
export async function fetchFrom(
  core: Core,
  input: string | URL | Request,
  init: RequestInit | undefined,
): Promise<Response> {
  const request = new Request(input, init);
  const signal = init?.signal ?? request.signal ?? undefined;
  signal?.throwIfAborted();
  const { origin } = new URL(request.url);
  if (!core.origins.has(origin) && !core.listening.has(origin)) {
    throw new TypeError(
      `fetch failed: this push service gave out no endpoint at ${origin}, and it has no network`,
    );
  }
  const response = await unlessAborted(handle(core, request), signal);
  // None of ours says where to; `follow` has nothing to follow then.
  if (request.redirect === 'error' && REDIRECTS.has(response.status)) {
    throw new TypeError('fetch failed: unexpected redirect');
  }
  return response;
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
