/** What one push service does otherwise than another. */
import type { Bytes } from '../../types.ts';
import type { HeaderLookup } from '../headers.ts';
import type { Answer, Refusal } from './refusal.ts';
import type { Message } from './store.ts';
import type { TokenRules } from './claims.ts';

/** A push that has kept the common rules. */
export interface Candidate {
  readonly header: HeaderLookup;
  readonly body: Bytes;
  /** In lower case. */
  readonly coding: string | undefined;
  readonly ttl: number;
}

/** Names of a message: its id, and the path of its resource where the vendor gives one. */
export interface MessageName {
  readonly id: string;
  readonly path?: string | undefined;
}

export interface Vendor {
  /** Where its endpoints are. */
  readonly origin: string;
  /** `'never'`: tokens are not looked at. */
  readonly vapid: 'required' | 'optional' | 'never';
  readonly token?: TokenRules | undefined;
  /** Octets of the longest body; longer ones are refused, or `cut` without a word. */
  readonly maxBody: number;
  readonly cutsBody?: true;
  /** Seconds that a message is kept at most. */
  readonly maxTtl: number;
  /** Seconds where the TTL field is not looked at. */
  readonly ownTtl?: number;
  readonly ignoresUrgency?: true;
  /** The form of a Topic; `undefined`: it is not looked at. */
  readonly topic?: RegExp;
  /** Whether `Prefer: respond-async` gives a receipt. */
  readonly receipts?: true;
  /** Whether pages of any origin may ask it. */
  readonly cors?: true;
  /** What GET on an endpoint answers, where it answers. */
  readonly discovery?: () => Answer;
  /** Path and query of a new endpoint. */
  readonly endpoint: (restricted: boolean) => string;
  readonly name: (now: number) => MessageName;
  /** Rules beyond the common ones. */
  readonly check?: (push: Candidate) => Refusal | undefined;
  readonly accept: (message: Message, location: string | undefined, receipt?: string) => Answer;
  /** `path`: what was asked for. */
  readonly refuse: (refusal: Refusal, path: string, now: number) => Answer;
}

/** The field of a refusal that says when to come again. */
export function retryField({ retryAfter }: Refusal): Record<string, string> {
  return retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) };
}
