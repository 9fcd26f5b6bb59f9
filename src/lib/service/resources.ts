/** Which resource a request is for, and what may be done with it. */
import { decodeUtf8 } from '../bytes.ts';
import { currentOrigin } from './core.ts';
import { endWaiting, isAlive } from './delivery.ts';
import { parseObject } from './json.ts';
import { acceptPush, GONE } from './push.ts';
import { answer, refusal } from './refusal.ts';
import type { Answer } from './refusal.ts';
import type { Message } from './store.ts';
import {
  addSubscriber, decodeServerKey, endSubscriber, findSubscriber, isFull,
} from './subscribers.ts';
import { refuse, refuseMethod } from './visit.ts';
import type { Visit } from './visit.ts';

/** Where user agents subscribe (RFC 8030 §4). */
const SUBSCRIBE = '/subscribe';

export async function route(visit: Visit): Promise<Answer> {
  const { core: { store, vendor }, path, method } = visit;
  if (method === 'OPTIONS' && vendor.cors) return preflight();
  if (path === SUBSCRIBE) return subscribeByHttp(visit);
  visit.subscriber = findSubscriber(visit.core, path);
  if (visit.subscriber) return pushResource(visit);
  const message = store.messages.get(path);
  if (message && isAlive(visit.core, message)) return messageResource(visit, message);
  const owner = store.resources.get(path);
  if (owner) return subscriptionResource(visit);
  if (store.receipts.has(path)) return receiptResource(visit);
  return refuse(visit, store.ended.has(path) ? GONE : refusal(404, 'unknown', 'Nothing is here'));
}

function preflight(): Answer {
  return answer(204, {
    'Access-Control-Allow-Methods': 'POST, PUT, DELETE',
    'Access-Control-Allow-Headers': '*, Authorization',
  });
}

async function pushResource(visit: Visit): Promise<Answer> {
  const { core: { vendor }, method, subscriber } = visit;
  // PUT: what senders used before RFC 8030 settled on POST.
  if (subscriber && (method === 'POST' || method === 'PUT')) return acceptPush(visit, subscriber);
  if (vendor.discovery && (method === 'GET' || method === 'HEAD')) return vendor.discovery();
  return refuseMethod(visit, vendor.discovery ? 'GET, HEAD, POST, PUT' : 'POST, PUT');
}

/**
 * DELETE takes a message back, or acknowledges it (RFC 8030 §6.2): the same request to the same
 * resource. A user agent in this process acknowledges in another way; one that subscribed by HTTP
 * has no token to show.
 */
function messageResource(visit: Visit, message: Message): Answer {
  const { core, method, header } = visit;
  if (method !== 'DELETE') return refuseMethod(visit, 'DELETE');
  const isUserAgent = !message.subscriber.sink && header('Authorization') === undefined;
  visit.message = message;
  endWaiting(core, message, isUserAgent ? 'delivered' : 'cancelled');
  return answer(204);
}

function subscriptionResource(visit: Visit): Answer {
  const { core, method, path } = visit;
  if (method !== 'DELETE') return refuseMethod(visit, 'DELETE');
  const subscriber = core.store.resources.get(path);
  if (subscriber) endSubscriber(core, subscriber);
  return answer(204);
}

/** RFC 8030 §7.3. */
function receiptResource(visit: Visit): Answer {
  const { core, method, path } = visit;
  if (method !== 'DELETE') return refuseMethod(visit, 'DELETE');
  core.store.receipts.delete(path);
  return answer(204);
}

/** RFC 8030 §4, with the restriction of RFC 8292 §4.1. The user agent keeps its keys to itself. */
function subscribeByHttp(visit: Visit): Answer {
  const { core, method, origin, header, body } = visit;
  if (method !== 'POST') return refuseMethod(visit, 'POST');
  const type = (header('Content-Type') ?? '').split(';', 1)[0]?.trim().toLowerCase();
  // "MUST ignore the body of a request that uses a different media type" (RFC 8292 §4.1).
  const isRestricting = type === 'application/webpush-options+json' && body.bytes.length > 0;
  const options = isRestricting ? parseObject(decodeUtf8(body.bytes)) : new Map<string, unknown>();
  const vapid = options?.get('vapid');
  const key = typeof vapid === 'string' ? decodeServerKey(vapid) : undefined;
  if (!options || body.tooLong || (options.has('vapid') && !key)) {
    return refuse(visit, refusal(
      400, 'invalid-options', 'The options are not {"vapid": "<base64url of a public key>"}',
    ));
  }
  if (isFull(core)) {
    const message = 'This push service holds as many subscriptions as it can';
    return refuse(visit, { ...refusal(429, 'too-many-subscriptions', message), retryAfter: 60 });
  }
  const subscriber = addSubscriber(core, { key });
  visit.subscriber = subscriber;
  const base = core.listening.has(origin) ? origin : currentOrigin(core);
  return answer(201, {
    Location: base + subscriber.resource,
    Link: `<${subscriber.endpoint}>; rel="urn:ietf:params:push"`,
  });
}
