/** Bytes on a plain ArrayBuffer, spelled so that TypeScript before 5.7 takes it too. */
export type Bytes = ReturnType<Uint8Array['slice']>;

/** The host's CryptoKey, also where there is no DOM library. */
export type CryptoKey = Extract<
  Awaited<ReturnType<typeof crypto.subtle.generateKey>>,
  { type: string }
>;

/** A pair of the host's keys. */
export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** A clock: milliseconds since the epoch, as `Date.now`. */
export type Now = () => number;

/** Header fields in any common shape: a Headers, entries, a record, Node's `req.headers`. */
export type HeadersLike =
  | Iterable<readonly [string, string]>
  | { readonly [name: string]: string | readonly string[] | undefined };

/**
 * What a page's `pushManager.subscribe()` gives: where to send, and for whom to encrypt.
 * `keys.p256dh`: base64 of the receiver's public point (65 bytes); `keys.auth`: base64 of 16 bytes;
 * either alphabet, padded or not. Without `keys` it takes pushes without payload only.
 */
export interface Subscription {
  readonly endpoint: string;
  readonly expirationTime?: number | null | undefined;
  readonly keys?: { readonly p256dh: string; readonly auth: string } | undefined;
}

/** What a push carries: text (sent as UTF-8) or bytes. */
export type Payload = string | Uint8Array | ArrayBuffer;

/** How soon a message is worth waking a device for (RFC 8030 §5.3). */
export type Urgency = 'very-low' | 'low' | 'normal' | 'high';

/**
 * Which endpoints a server may be made to call: `'public'` names over https, the `'known'` vendors
 * only, `'any'` http(s) URL, or a function that is asked after the rules that always hold.
 */
export type EndpointPolicy = 'public' | 'known' | 'any' | ((url: URL) => boolean);

/** `padTo`: bytes, 0 to the coding's `MAX_PAYLOAD`; a longer payload goes unpadded. */
export interface EncryptOptions {
  readonly padTo?: number | undefined;
}

/** A body and the header fields that belong to it. */
export interface Encrypted {
  readonly body: Bytes;
  readonly headers: Readonly<Record<string, string>>;
}

/** Encrypts a payload for a subscription; the doors' `encrypt` functions are of this type. */
export type Encrypt = (
  subscription: Subscription,
  payload: Payload,
  options?: EncryptOptions,
) => Promise<Encrypted>;
