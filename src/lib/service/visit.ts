import type { HeaderLookup } from '../headers.ts';
import type { Body } from './body.ts';
import type { Core } from './core.ts';
import { refusal } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import type { Message, Subscriber } from './store.ts';

/** A request on its way through the service, and what has been found out about it. */
export interface Visit {
  readonly core: Core;
  readonly method: string;
  /** Path and query: what resources are known by. */
  readonly path: string;
  readonly origin: string;
  readonly header: HeaderLookup;
  readonly fields: readonly (readonly [string, string])[];
  readonly body: Body;
  readonly signal: AbortSignal | undefined;
  subscriber: Subscriber | undefined;
  message: Message | undefined;
  refusal: Refusal | undefined;
}

/** Refuses the request in the vendor's words. */
export function refuse(visit: Visit, refused: Refusal): Answer {
  const { core, path, subscriber } = visit;
  visit.refusal = refused;
  const answer = core.vendor.refuse(refused, path, core.now());
  if (subscriber) subscriber.refused = `${answer.status} ${refused.reason}: ${refused.message}`;
  return answer;
}

/** RFC 9110 §15.5.6: the methods that are allowed are named. */
export function refuseMethod(visit: Visit, allowed: string): Answer {
  const refused = refusal(405, 'method-not-allowed', `The method is not one of ${allowed}`);
  const { status, headers, body } = refuse(visit, refused);
  return { status, headers: { ...headers, Allow: allowed }, body };
}

/**
 * Where the resource that was asked for is: the origin that tokens are for, and below which its
 * other resources are named. A server's own origin counts where the request came through it; what a
 * client says in Host does not, or a token for any origin would fit.
 */
export function originOf(visit: Visit, subscriber: Subscriber): string {
  return visit.core.listening.has(visit.origin) ? visit.origin : subscriber.origin;
}
