import { attachCore, createCore } from './lib/service/core.ts';
import { plan } from './lib/service/faults.ts';
import { fetchFrom } from './lib/service/fetch.ts';
import { handle } from './lib/service/handle.ts';
import { subscribe } from './lib/service/subscribers.ts';
import type { PushService, PushServiceOptions } from './lib/service/types.ts';
import { decrypt, generateReceiver } from './receive.ts';

export type {
  Bytes, HeadersLike, Now, Subscription, Urgency,
} from './types.ts';
export type {
  Fault, Imitation, NextOptions, PushService, PushServiceOptions, ReceivedMessage, SubscribeOptions,
  TestSubscription, VerifiedVapid, VerifyOptions,
} from './lib/service/types.ts';
export { verifyVapid } from './lib/service/verify.ts';
export { isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';

/**
 * Makes a push service in memory: RFC 8030 and RFC 8292, for tests and for development. Hand its
 * `fetch` to whatever sends, and read with `next()` what a user agent would decrypt.
 *
 * It is strict: what an RFC has a push service refuse is refused, and a token that is there is
 * verified. Time is `now`'s, so a test can let messages expire without waiting. A message is
 * delivered when `next()` takes it, one with TTL 0 at once; until then it can be taken back, and a
 * later one with its Topic replaces it. Delivery by HTTP/2 server push (RFC 8030 §6) is left out.
 * It keeps the last 20,000 messages or 128 MiB, and at most 200,000 subscriptions and 10,000
 * receipt subscriptions.
 *
 * @param options `origin`: where its resources are, default `https://push.example.com` or the
 * imitated vendor's host. `now`: milliseconds. `vapid`: `'required'` wants a token with every push.
 * `imitate`: one vendor's endpoints, strictness and answers.
 * @throws {TypeError} for options that are none.
 * @example
 * const service = createPushService();
 * const subscription = await service.subscribe();
 * const response = await service.fetch(subscription.endpoint, {
 *   method: 'POST',
 *   headers: { TTL: '60' },
 * });
 * const message = await subscription.next();
 * console.log(response.status, message.data); // 201 null: a push without payload
 */
export function createPushService(options: PushServiceOptions = {}): PushService {
  const core = createCore(options, { generateReceiver, decrypt });
  return attachCore({
    fetch: (input, init) => fetchFrom(core, input, init),
    handle: (request) => handle(core, request),
    subscribe: (subscribing) => subscribe(core, subscribing),
    fail: (fault) => plan(core, fault),
  }, core);
}
