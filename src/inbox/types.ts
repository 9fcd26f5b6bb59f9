/** What the inbox's server and its page say to each other, as JSON. */

/**
 * What is in a push, as far as a list needs to know. `sealed`: the service has no keys for it;
 * `broken`: it does not open; `refused`: it was not taken; `other`: the request was no push.
 */
export type Kind =
  'text' | 'json' | 'notification' | 'binary' | 'none' | 'sealed' | 'broken' | 'refused' | 'other';

/** A request that came in, as the list shows it. */
export interface Summary {
  /** Counts from 1; greater is later. */
  readonly id: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly method: string;
  readonly path: string;
  /** `null`: the connection was broken on purpose. */
  readonly status: number | null;
  /** Why it was refused, in one word. */
  readonly reason: string | null;
  /** The name of the inbox's subscription that it went to. */
  readonly to: string | null;
  readonly kind: Kind;
  /** The beginning of the payload, on one line. */
  readonly preview: string;
  /** Octets of the body. */
  readonly size: number;
  readonly coding: string | null;
  readonly urgency: string | null;
  readonly topic: string | null;
  /** What became of the message: waiting, delivered, expired, replaced, cancelled, dropped. */
  readonly state: string | null;
}

/** A subscription that was made here. */
export interface SubscriptionView {
  readonly id: number;
  readonly name: string;
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
  /** The key of the application server that it is restricted to. */
  readonly key: string | null;
  /** Whether that key is the pair that the page signs with. */
  readonly own: boolean;
  readonly ended: boolean;
  readonly created: number;
  /** Requests that came for it. */
  readonly pushes: number;
}

/** Trouble that is planned for the next requests. */
export interface FaultView {
  readonly status: number | null;
  readonly reset: 'before' | 'after' | null;
  /** Milliseconds. */
  readonly delay: number;
  readonly times: number;
}

/** What does not change while the server runs. */
export interface About {
  readonly service: string;
  /** Whether every push needs a token. */
  readonly vapid: 'required' | 'optional' | 'never';
  readonly http: string;
  readonly https: string;
  /** Path of the authority that signed its certificate. */
  readonly ca: string;
  /** Pushes that are kept. */
  readonly keep: number;
  /** A pair for this run, which the page signs with. */
  readonly keys: { readonly publicKey: string; readonly privateKey: string };
}

/** Events of the live connection. */
export type LiveEvent =
  | { readonly type: 'hello'; readonly about: About }
  /** Pushes that came, oldest first; those before `oldest` are no longer kept. */
  | { readonly type: 'add'; readonly records: readonly Summary[]; readonly oldest: number }
  | { readonly type: 'states'; readonly states: readonly (readonly [id: number, state: string])[] }
  | {
      readonly type: 'side';
      readonly subscriptions: readonly SubscriptionView[];
      readonly faults: readonly FaultView[];
    }
  | { readonly type: 'clear' };

export type Verdict = 'ok' | 'wrong' | 'doubt' | 'note';

/** A thing that was looked at, and what is to say of it. */
export interface Row {
  readonly name: string;
  readonly value: string | null;
  readonly verdict: Verdict;
  readonly text: string;
}

/** Octets `from` to `from + length - 1` of the body. */
export interface PartView {
  readonly from: number;
  readonly length: number;
  readonly name: string;
  readonly what: string;
  readonly encrypted: boolean;
}

/** A step of the derivation. */
export interface ValueView {
  readonly name: string;
  readonly hex: string;
  readonly how: string;
}

/** All that there is to know of a push. */
export interface Detail {
  readonly summary: Summary;
  readonly url: string;
  readonly answer: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
    readonly body: string | null;
  } | null;
  /** Why it was refused, for people. */
  readonly refusal: string | null;
  /** The payload in base64; `null`: there is none, or it does not open. */
  readonly data: string | null;
  /** Why it does not open. */
  readonly unopened: string | null;
  readonly fields: readonly Row[];
  readonly token: readonly Row[];
  /** Header and claims of the token, as JSON text. */
  readonly claims: readonly string[];
  readonly message: readonly Row[];
  readonly services: readonly Row[];
  /** The body in base64. */
  readonly body: string;
  readonly parts: readonly PartView[];
  readonly values: readonly ValueView[];
}
