import { parseEndpoint } from './endpoint.ts';
import { decodeBase64url, encodeBase64url } from './lib/base64url.ts';
import { copyBytes, decodeUtf8, property, utf8, zeros } from './lib/bytes.ts';
import { rawSignature, verifyEs256 } from './lib/es256.ts';
import { exportPoint, isPoint } from './lib/p256.ts';
import { sha256 } from './lib/sha256.ts';
import { checkSubject } from './lib/subject.ts';
import { createTokenStore } from './lib/token_cache.ts';
import type { Token } from './lib/token_cache.ts';
import {
  encodePair, invalidVapid, pairSigner, prove, readPair, readPoint, readScalar,
} from './lib/vapid_keys.ts';
import type { Bytes, KeyPair, Now } from './types.ts';

/** A server's keys as web-push prints them: base64url of 65 and 32 bytes. */
export interface VapidKeys {
  readonly publicKey: string;
  readonly privateKey: string;
}

/**
 * A key that stays elsewhere: in a KMS, an HSM, a CryptoKey that cannot be exported. `sign` answers
 * the ES256 signature of `data` (hashed with SHA-256 by the signer), as r||s (64 bytes) or DER.
 */
export interface VapidSigner {
  readonly publicKey: string | Uint8Array;
  readonly sign: (data: Bytes) => Uint8Array | PromiseLike<Uint8Array>;
}

/**
 * Tokens kept outside, for fleets of short-lived processes. Keys are opaque; `expires`: seconds
 * since the epoch. What it answers is verified; one that fails, or hangs for a second, is passed
 * over.
 */
export interface TokenCache {
  readonly get: (key: string) => string | undefined | PromiseLike<string | undefined>;
  readonly set: (key: string, token: string, expires: number) => void | PromiseLike<void>;
}

/**
 * `lifetime`: seconds that a token lives, 7,200 to 86,400, default 43,200. `now`: default Date.now.
 */
export interface VapidOptions {
  readonly subject: string;
  readonly keys: VapidKeys | VapidSigner;
  readonly lifetime?: number | undefined;
  readonly now?: Now | undefined;
  readonly cache?: TokenCache | undefined;
}

/** A server's identity for push services, with the tokens that it has signed. */
export interface Vapid {
  /** base64url; `pushManager.subscribe({ applicationServerKey })` takes it as it is. */
  readonly publicKey: string;
  readonly subject: string;
  /** The JWT for the endpoint's origin; one per origin is kept and reused. */
  readonly token: (endpoint: string | URL) => Promise<string>;
  /** The Authorization value `vapid t=..., k=...`. */
  readonly authorize: (endpoint: string | URL) => Promise<string>;
  /** Resolves when the pair was proved by a signature; the first token waits for it. */
  readonly ready: () => Promise<void>;
}

export interface JsonWebKeyLike {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly d?: string | undefined;
}

/** `{"typ":"JWT","alg":"ES256"}`, as in the example of RFC 8292 §2.4. */
const JWT_HEADER = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9';
/** RFC 8292 §2 allows 86,400 seconds; less five minutes for clocks that differ. */
const MAX_EXPIRY = 86_100;
/** Milliseconds for a cache to answer; signing takes less than one. */
const MAX_ASKING = 1000;

/**
 * Draws a new pair of VAPID keys. Make one for a server's life: subscriptions are bound to it.
 *
 * @example
 * const keys = await generateVapidKeys();
 */
export async function generateVapidKeys(): Promise<VapidKeys> {
  const pair = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'],
  );
  return encodePair(await readPair(pair));
}

/**
 * Takes VAPID keys in any common form, proves that they are a pair, and answers the two strings.
 *
 * @param input The two strings (quotes, spaces and `\n` around them forgiven), a JWK as object or
 * text, a pair of CryptoKeys that can be exported, PKCS#8 or SEC1 as PEM or DER.
 * @throws {PushError} ERR_VAPID_INVALID, also for a private key alone where the platform cannot
 * derive its public key (Firefox, WebKitGTK).
 * @example
 * const keys = await importVapidKeys(await generateVapidKeys());
 */
export async function importVapidKeys(
  input: VapidKeys | JsonWebKeyLike | KeyPair | string | Uint8Array,
): Promise<VapidKeys> {
  const pair = await readPair(input);
  await prove(pair.point, pairSigner(pair));
  return encodePair(pair);
}

/**
 * A signer out of a pair of CryptoKeys (ECDSA P-256), which need not be extractable.
 *
 * @throws {PushError} ERR_VAPID_INVALID.
 * @example
 * const vapid = createVapid({ subject, keys: await vapidSigner(keyPair) });
 */
export async function vapidSigner({ publicKey, privateKey }: KeyPair): Promise<VapidSigner> {
  const wanted = { name: 'ECDSA', hash: 'SHA-256' };
  const fits = property(privateKey.algorithm, 'name') === 'ECDSA'
    && property(privateKey.algorithm, 'namedCurve') === 'P-256';
  if (!fits) throw invalidVapid('the private key must be one of ECDSA with P-256');
  const point = await exportPoint(publicKey).catch((cause: unknown) => {
    throw invalidVapid('the public key must be one of ECDSA with P-256', cause);
  });
  if (!isPoint(point)) throw invalidVapid('the public key must be a point of P-256');
  const sign = async (data: Bytes): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.sign(wanted, privateKey, data));
  return { publicKey: encodeBase64url(point), sign };
}

/** The public point of the keys, and a function that answers r||s. */
function readKeys(keys: unknown): { point: Bytes; sign: (data: Bytes) => Promise<Bytes> } {
  const point = readPoint(property(keys, 'publicKey'));
  const signer = property(keys, 'sign');
  if (typeof signer !== 'function') {
    return { point, sign: pairSigner({ point, d: readScalar(property(keys, 'privateKey')) }) };
  }
  const sign = async (data: Bytes): Promise<Bytes> => {
    let signature: unknown;
    try {
      signature = await signer.call(keys, data);
    } catch (cause) {
      throw invalidVapid('their signer failed', cause);
    }
    const raw = rawSignature(copyBytes(signature) ?? zeros(0));
    if (!raw) throw invalidVapid('their signer must answer r||s (64 bytes) or DER');
    return raw;
  };
  return { point, sign };
}

function readLifetime(lifetime: number = 43_200): number {
  if (Number.isInteger(lifetime) && lifetime >= 7_200 && lifetime <= 86_400) {
    return Math.min(lifetime, MAX_EXPIRY);
  }
  throw new RangeError('lifetime must be a whole number of seconds from 7,200 to 86,400');
}

/** The origin that a token is for (RFC 8292 §2). */
function audience(endpoint: string | URL): string {
  return (typeof endpoint === 'string' ? parseEndpoint(endpoint) : endpoint).origin;
}

/** A token out of a cache that others write to, if it is one of ours. Throws for other text. */
async function readCached(
  text: unknown,
  point: Bytes,
  aud: string,
  sub: string,
  lifetime: number,
): Promise<Token | undefined> {
  const [head, body = '', signature = '', ...more] = String(text).split('.');
  const bytes = decodeBase64url(signature);
  if (head !== JWT_HEADER || more.length || bytes?.length !== 64) return undefined;
  const claims: unknown = JSON.parse(decodeUtf8(decodeBase64url(body) ?? zeros(0)) ?? '');
  const exp = property(claims, 'exp');
  const ours = property(claims, 'aud') === aud && property(claims, 'sub') === sub;
  if (!ours || typeof exp !== 'number') return undefined;
  const input = `${head}.${body}`;
  const right = await verifyEs256(point, bytes, utf8(input));
  return right ? toToken(`${input}.${signature}`, (exp - lifetime) * 1000, lifetime) : undefined;
}

/** Renewed at half its life, and not used in its last five minutes: clocks differ. */
function toToken(text: string, from: number, lifetime: number): Token {
  return { text, from, renewAt: from + lifetime * 500, until: from + (lifetime - 300) * 1000 };
}

/**
 * Makes a server's identity. Synchronous, so that it can stand at the top of any module: what needs
 * no key operation is checked here, the rest by `ready()`.
 *
 * @throws {PushError} ERR_VAPID_INVALID: keys of a wrong form, a subject that a push service
 * refuses.
 * @throws {RangeError} A lifetime out of range.
 * @example
 * const vapid = createVapid({ subject: 'mailto:me@example.com', keys });
 */
export function createVapid(options: VapidOptions): Vapid {
  const { keys, cache, now = Date.now } = options;
  const subject = checkSubject(options.subject);
  const lifetime = readLifetime(options.lifetime);
  const { point, sign } = readKeys(keys);
  const publicKey = encodeBase64url(point);
  const store = createTokenStore(now);

  // Kept like a token that lives for ever: a signer that fails or hangs is asked again.
  const proofs = createTokenStore(now);
  const proof = async (): Promise<Token> => {
    await prove(point, sign);
    return { text: '', from: -Infinity, renewAt: Infinity, until: Infinity };
  };
  const ready = async (): Promise<void> => void (await proofs.get('', proof));

  const make = async (aud: string): Promise<Token> => {
    const key = encodeBase64url(sha256(utf8(JSON.stringify([aud, publicKey, subject, lifetime]))));
    const from = now();
    const kept = cache && await ask(async () =>
      readCached(await cache.get(key), point, aud, subject, lifetime));
    if (kept && kept.from <= from && from < kept.renewAt) return kept;
    await ready();
    const exp = Math.floor(from / 1000) + lifetime;
    const claims = encodeBase64url(utf8(JSON.stringify({ aud, exp, sub: subject })));
    const input = `${JWT_HEADER}.${claims}`;
    const text = `${input}.${encodeBase64url(await sign(utf8(input)))}`;
    if (cache) await ask(() => cache.set(key, text, exp));
    return toToken(text, from, lifetime);
  };

  const token = async (endpoint: string | URL): Promise<string> => {
    const aud = audience(endpoint);
    return store.get(aud, () => make(aud));
  };
  const authorize = async (endpoint: string | URL): Promise<string> =>
    `vapid t=${await token(endpoint)}, k=${publicKey}`;
  return { publicKey, subject, token, authorize, ready };
}

/** What a cache answers; nothing where it fails or hangs: a token can be signed all the same. */
async function ask<T>(call: () => T | PromiseLike<T>): Promise<T | undefined> {
  let stop = (): void => undefined;
  const late = new Promise<undefined>((resolve) => {
    const timer = setTimeout(resolve, MAX_ASKING);
    stop = () => clearTimeout(timer);
  });
  try {
    return await Promise.race([call(), late]);
  } catch {
    return undefined;
  } finally {
    stop();
  }
}
