/**
 * The public surface as it was fixed: names, shapes, units. The packages' declarations are compared
 * with it in both directions, so whoever changes a name or a shape has to say so here.
 */
export type Bytes = ReturnType<Uint8Array['slice']>;
export type CryptoKey = Extract<
  Awaited<ReturnType<typeof crypto.subtle.generateKey>>,
  { type: string }
>;
export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}
export type Now = () => number;
export type HeadersLike =
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | readonly string[] | undefined };

export interface Subscription {
  readonly endpoint: string;
  readonly expirationTime?: number | null | undefined;
  readonly keys?: { readonly p256dh: string; readonly auth: string } | undefined;
}
export type Payload = string | Uint8Array | ArrayBuffer;
export type Urgency = 'very-low' | 'low' | 'normal' | 'high';
export type EndpointPolicy = 'public' | 'known' | 'any' | ((url: URL) => boolean);
export declare function parseSubscription(
  input: unknown,
  options?: { readonly endpoints?: EndpointPolicy | undefined },
): Subscription;
export declare function subscriptionId(subscription: Subscription): string;
export declare function topicFrom(text: string): string;
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}
export interface VapidSigner {
  readonly publicKey: string | Uint8Array;
  readonly sign: (data: Bytes) => Uint8Array | PromiseLike<Uint8Array>;
}
export interface VapidOptions {
  readonly subject: string;
  readonly keys: VapidKeys | VapidSigner;
  readonly lifetime?: number | undefined;
  readonly now?: Now | undefined;
  readonly cache?: TokenCache | undefined;
}
export interface TokenCache {
  readonly get: (key: string) => string | undefined | PromiseLike<string | undefined>;
  readonly set: (key: string, token: string, expires: number) => void | PromiseLike<void>;
}
export interface Vapid {
  readonly publicKey: string;
  readonly subject: string;
  readonly token: (endpoint: string | URL) => Promise<string>;
  readonly authorize: (endpoint: string | URL) => Promise<string>;
  readonly ready: () => Promise<void>;
}
export interface JsonWebKeyLike {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly d?: string | undefined;
}
export declare function generateVapidKeys(): Promise<VapidKeys>;
export declare function importVapidKeys(
  input: VapidKeys | JsonWebKeyLike | KeyPair | string | Uint8Array,
): Promise<VapidKeys>;
export declare function vapidSigner(keys: KeyPair): Promise<VapidSigner>;
export declare function createVapid(options: VapidOptions): Vapid;
export interface EncryptOptions {
  readonly padTo?: number | undefined;
}
export interface Encrypted {
  readonly body: Bytes;
  readonly headers: Readonly<Record<string, string>>;
}
export type Encrypt = (
  subscription: Subscription,
  payload: Payload,
  options?: EncryptOptions,
) => Promise<Encrypted>;
export declare const encrypt: Encrypt;
export declare const MAX_PAYLOAD: number;
export declare const MAX_PAYLOAD_EVERYWHERE: number;
export interface MessageOptions extends EncryptOptions {
  readonly ttl?: number | undefined;
  readonly expires?: Date | number | undefined;
  readonly urgency?: Urgency | undefined;
  readonly topic?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
export interface RequestOptions extends MessageOptions {
  readonly vapid: Vapid | null;
  readonly scheme?: 'vapid' | 'webpush' | undefined;
  readonly encrypt?: Encrypt | undefined;
  readonly endpoints?: EndpointPolicy | undefined;
  readonly receipt?: boolean | string | undefined;
  readonly method?: 'POST' | 'PUT' | undefined;
}
export interface PushRequest {
  readonly url: string;
  readonly method: 'POST' | 'PUT';
  readonly headers: Record<string, string>;
  readonly body: Bytes | null;
  readonly redirect: 'manual';
}
export declare function createRequest(
  subscription: Subscription,
  payload: Payload | null,
  options: RequestOptions,
): Promise<PushRequest>;
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Bytes | null;
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}
export type Fetch = (url: string, init: FetchInit) => Promise<FetchResponse>;
export interface Attempt {
  readonly origin: string;
  readonly code: PushErrorCode | undefined;
  readonly status: number | undefined;
  readonly attempt: number;
  readonly milliseconds: number;
  readonly bytes: number;
}
export interface TransferOptions {
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly timeout?: number | undefined;
}
export interface SendOptions extends RequestOptions, TransferOptions {
  readonly onAttempt?: ((attempt: Attempt) => void) | undefined;
}
export interface Accepted {
  readonly status: number;
  readonly location?: string | undefined;
  readonly ttl?: number | undefined;
  readonly receipt?: string | undefined;
  readonly id?: string | undefined;
}
export declare function send(
  subscription: Subscription,
  payload: Payload | null,
  options: SendOptions,
): Promise<Accepted>;
export declare function cancel(
  location: string,
  options: TransferOptions & {
    readonly vapid: Vapid | null;
    readonly endpoints?: EndpointPolicy | undefined;
  },
): Promise<void>;
export interface Delivery {
  readonly subscription: Subscription;
  readonly payload?: Payload | null | undefined;
  readonly options?: (MessageOptions & { readonly vapid?: Vapid | null | undefined }) | undefined;
}
export interface Progress {
  readonly started: number;
  readonly done: number;
  readonly ok: number;
  readonly retries: number;
  readonly codes: Readonly<Partial<Record<PushErrorCode, number>>>;
  readonly perSecond: number;
}
export interface SendManyOptions<T> extends SendOptions {
  readonly payload?:
    Payload | null | ((delivery: T) => Payload | null | PromiseLike<Payload | null>) | undefined;
  readonly concurrency?: number | undefined;
  readonly perOrigin?: number | undefined;
  readonly attempts?: number | undefined;
  readonly patience?: number | undefined;
  readonly lookahead?: number | undefined;
  readonly unauthorizedLimit?: number | undefined;
  readonly retry?: ((error: PushError, attempt: number) => number | undefined) | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly now?: Now | undefined;
  readonly random?: (() => number) | undefined;
  readonly sleep?: ((milliseconds: number, signal: AbortSignal) => Promise<void>) | undefined;
}
export type Outcome<T> =
  | {
      readonly ok: true;
      readonly delivery: T;
      readonly accepted: Accepted;
      readonly attempts: number;
    }
  | {
      readonly ok: false;
      readonly delivery: T;
      readonly error: PushError;
      readonly attempts: number;
    };
export declare function sendMany<T extends Delivery>(
  deliveries: Iterable<T> | AsyncIterable<T>,
  options: SendManyOptions<NoInfer<T>>,
): AsyncGenerator<Outcome<T>, void, void>;
export interface RetryOptions {
  readonly random?: (() => number) | undefined;
  readonly maxDelay?: number | undefined;
}
export declare function retryDelay(
  error: unknown,
  attempt: number,
  options?: RetryOptions,
): number | undefined;
export declare function isDead(error: unknown): boolean;
export type NextStep =
  | { readonly do: 'retry'; readonly delay: number }
  | { readonly do: 'delete' | 'resubscribe' | 'stop' | 'report' };
export declare function nextStep(
  error: unknown,
  attempt: number,
  options?: RetryOptions & { readonly attempts?: number | undefined },
): NextStep;

export type PushErrorCode =
  | 'ERR_SUBSCRIPTION_INVALID'
  | 'ERR_SUBSCRIPTION_GONE'
  | 'ERR_KEY_MISMATCH'
  | 'ERR_UNAUTHORIZED'
  | 'ERR_PAYLOAD_TOO_LARGE'
  | 'ERR_RATE_LIMITED'
  | 'ERR_UNAVAILABLE'
  | 'ERR_REJECTED'
  | 'ERR_NETWORK'
  | 'ERR_TIMEOUT'
  | 'ERR_ADDRESS_REFUSED'
  | 'ERR_EXPIRED'
  | 'ERR_ABORTED'
  | 'ERR_DELIVERY_INVALID'
  | 'ERR_VAPID_INVALID'
  | 'ERR_TOKEN_INVALID'
  | 'ERR_KEY_INVALID'
  | 'ERR_DECRYPT_FAILED'
  | 'ERR_NOTIFICATION_INVALID';
export declare class PushError extends Error {
  readonly code: PushErrorCode;
  readonly status: number | undefined;
  readonly reason: string | undefined;
  readonly detail: string | undefined;
  readonly retryAfter: number | undefined;
  readonly sent: 'no' | 'maybe' | undefined;
  readonly origin: string | undefined;
  readonly endpoint: string | undefined;
  readonly toJSON: () => Readonly<Record<string, unknown>>;
}
export declare class DeliveryError extends PushError {
  override readonly endpoint: string;
  override readonly origin: string;
}
export declare function isPushError(error: unknown): error is PushError;

export interface ReceiverKeys {
  readonly publicKey: string;
  readonly privateKey: string;
  readonly auth: string;
}
export interface Receiver {
  readonly keys: KeyPair;
  readonly auth: Bytes;
  readonly publicKey: Bytes;
}
export declare function generateReceiver(): Promise<Receiver>;
export declare function importReceiver(keys: ReceiverKeys): Promise<Receiver>;
export declare function exportReceiver(receiver: Receiver): Promise<ReceiverKeys>;
export declare function toSubscription(receiver: Receiver, endpoint: string): Subscription;
export interface IncomingMessage {
  readonly body: Uint8Array | ArrayBuffer | null;
  readonly headers?: HeadersLike | undefined;
}
export declare function decrypt(
  message: IncomingMessage | Uint8Array | ArrayBuffer,
  receiver: Receiver,
): Promise<Bytes>;

export interface ReceivedMessage {
  readonly id: string;
  readonly data: Bytes | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly ttl: number;
  readonly urgency: Urgency;
  readonly topic: string | undefined;
  readonly coding: string | undefined;
  readonly vapid: VerifiedVapid | undefined;
  readonly text: () => string;
  readonly json: () => unknown;
}
export interface TestSubscription extends Subscription {
  readonly keys: { readonly p256dh: string; readonly auth: string };
  readonly messages: readonly ReceivedMessage[];
  readonly next: (options?: {
    readonly timeout?: number | undefined;
    readonly signal?: AbortSignal | undefined;
  }) => Promise<ReceivedMessage>;
  readonly unsubscribe: () => void;
}
export interface Fault {
  readonly status?: number | undefined;
  readonly retryAfter?: number | undefined;
  readonly reset?: 'before' | 'after' | undefined;
  readonly delay?: number | undefined;
  readonly times?: number | undefined;
}
export interface PushService {
  readonly fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  readonly handle: (request: Request) => Promise<Response>;
  readonly subscribe: (options?: {
    readonly applicationServerKey?: string | Uint8Array | undefined;
  }) => Promise<TestSubscription>;
  readonly fail: (fault: Fault) => void;
}
export interface PushServiceOptions {
  readonly origin?: string | undefined;
  readonly now?: Now | undefined;
  readonly vapid?: 'required' | 'optional' | undefined;
  readonly imitate?: 'fcm' | 'mozilla' | 'apple' | 'wns' | 'ntfy' | undefined;
}
export declare function createPushService(options?: PushServiceOptions): PushService;
export interface VerifiedVapid {
  readonly publicKey: string;
  readonly subject?: string | undefined;
  readonly expires: number;
}
export declare function verifyVapid(
  authorization: string,
  options: {
    readonly audience: string;
    readonly now?: Now | undefined;
    readonly headers?: HeadersLike | undefined;
  },
): Promise<VerifiedVapid>;
export interface Http2Options {
  readonly addresses?: 'public' | 'any' | undefined;
  readonly ca?: string | undefined;
  readonly proxy?: string | undefined;
  readonly idle?: number | undefined;
  readonly sessions?: number | undefined;
}
export interface Http2Fetch extends Fetch {
  readonly close: (options?: { readonly timeout?: number | undefined }) => Promise<void>;
}
export declare function http2Fetch(options?: Http2Options): Http2Fetch;
export declare const nodeEncrypt: Encrypt;
export interface ListenOptions {
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  readonly tls?: boolean | { readonly key: string; readonly cert: string } | undefined;
}
export declare function listen(
  service: PushService,
  options?: ListenOptions,
): Promise<{
  readonly url: string;
  readonly ca: string | undefined;
  readonly close: () => Promise<void>;
}>;
