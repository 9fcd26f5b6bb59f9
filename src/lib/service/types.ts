/** What `./service` shows to its users. */
import type { Bytes, HeadersLike, Now, Subscription, Urgency } from '../../types.ts';

/** What a token proved. `expires`: seconds since the epoch, as in the token. */
export interface VerifiedVapid {
  /** The application server's public key, base64url of 65 bytes. */
  readonly publicKey: string;
  /** The contact that it gave, `mailto:` or `https:`. */
  readonly subject?: string | undefined;
  readonly expires: number;
}

/** `audience`: the origin of the push resource, or any URL below it. */
export interface VerifyOptions {
  readonly audience: string;
  readonly now?: Now | undefined;
  /** The request's fields: the older schemes have their key in Crypto-Key. */
  readonly headers?: HeadersLike | undefined;
}

/** A push message as the user agent has it, decrypted. */
export interface ReceivedMessage {
  /** Ends the message's `Location`, where the service gave one; else the vendor's own id. */
  readonly id: string;
  /** The decrypted payload; `null`: a push without payload. */
  readonly data: Bytes | null;
  /** The request's header fields, names in lower case, but for those that may not be forwarded. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds, as the service took it. */
  readonly ttl: number;
  readonly urgency: Urgency;
  readonly topic: string | undefined;
  /** Its content coding, in lower case. */
  readonly coding: string | undefined;
  /** Who sent it; `undefined`: it came without a token. */
  readonly vapid: VerifiedVapid | undefined;
  /** The payload as text, like a browser's PushMessageData; '' without payload. */
  readonly text: () => string;
  readonly json: () => unknown;
}

/** `timeout`: ms, default 5,000. */
export interface NextOptions {
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A subscription whose messages the test reads. As JSON, or spread, it is a plain subscription. */
export interface TestSubscription extends Subscription {
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** The messages that came and are kept, read or not, oldest first. */
  readonly messages: readonly ReceivedMessage[];
  /**
   * Resolves with the next unread message. Rejects with ERR_TIMEOUT when none came in time, with
   * ERR_DECRYPT_FAILED where the next one does not decrypt (it was answered 201 as any service
   * would), with ERR_SUBSCRIPTION_GONE after `unsubscribe`, and with the signal's reason.
   */
  readonly next: (options?: NextOptions) => Promise<ReceivedMessage>;
  /** Ends it: pushes to it are refused from now on, unread messages are gone. */
  readonly unsubscribe: () => void;
}

/**
 * What happens to the next requests. `status`: they are answered with it, in the vendor's words,
 * and have no other effect. `retryAfter`: seconds (alone: with 429). `reset`: the connection breaks
 * before the request was read, or after it took effect. `delay`: ms that pass first; a request that
 * is aborted meanwhile has no effect. `times`: how many requests, default 1.
 */
export interface Fault {
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly reset?: 'before' | 'after' | undefined;
  readonly delay?: number | undefined;
  readonly times?: number | undefined;
}

/** A push service that can be imitated. */
export type Imitation = 'fcm' | 'mozilla' | 'apple' | 'wns' | 'ntfy';

export interface PushServiceOptions {
  /** Where its resources are; default `https://push.example.com`, or the imitated vendor's host. */
  readonly origin?: string | undefined;
  readonly now?: Now | undefined;
  /**
   * `'required'`: every push needs a token. Default `'optional'`: only one to a subscription made
   * with an `applicationServerKey`; an imitated vendor has its own default. A token that is there
   * is always verified.
   */
  readonly vapid?: 'required' | 'optional' | undefined;
  /** One vendor's endpoints, strictness, and answers in status, fields and words. */
  readonly imitate?: Imitation | undefined;
}

export interface SubscribeOptions {
  /** Only the application server with this key may push: base64url, or 65 bytes. */
  readonly applicationServerKey?: string | Uint8Array | undefined;
}

/** A push service in memory. */
export interface PushService {
  /** A whole fetch. Takes requests to this service; for any other host it fails like a fetch. */
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Answers a request by its path, whatever its host: what a server hands its requests to. */
  readonly handle: (request: Request) => Promise<Response>;
  readonly subscribe: (options?: SubscribeOptions) => Promise<TestSubscription>;
  readonly fail: (fault: Fault) => void;
}
