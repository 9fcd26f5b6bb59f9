/**
 * An application server for the tests of ./service, by hand on WebCrypto: it shares no line with the
 * library, so that neither can hide the other's mistakes.
 */
import * as assert from 'uvu/assert';
import type { PushService, TestSubscription } from '../src/service.ts';

type Json = { readonly [name: string]: unknown };
type Octets = Uint8Array<ArrayBuffer>;

export const NOW = 1_700_000_000_000;
export const SECONDS: number = NOW / 1000;

export function bytes(...parts: readonly (string | Uint8Array | readonly number[])[]): Octets {
  const flat = parts.flatMap((part) =>
    [...(typeof part === 'string' ? new TextEncoder().encode(part) : part)]);
  return new Uint8Array(flat);
}

export function base64url(data: Uint8Array | string): string {
  const octets = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  return btoa(String.fromCharCode(...octets))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

export function unbase64url(text: string): Octets {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export interface Server {
  readonly publicKey: string;
  /** `header` and `payload` may be text, to make what JSON.stringify does not. */
  readonly token: (payload: Json | string, header?: Json | string) => Promise<string>;
  readonly authorization: (payload?: Json, header?: Json) => Promise<string>;
}

export const AUDIENCE = 'https://push.example.com';

export function claims(changes: Json = {}): Json {
  return { aud: AUDIENCE, exp: SECONDS + 3600, sub: 'mailto:ops@example.com', ...changes };
}

export async function createServer(): Promise<Server> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']);
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  const publicKey = base64url(bytes([4], unbase64url(x), unbase64url(y)));
  const text = (value: Json | string): string =>
    base64url(typeof value === 'string' ? value : JSON.stringify(value));
  const token: Server['token'] = async (payload, header = { typ: 'JWT', alg: 'ES256' }) => {
    const input = `${text(header)}.${text(payload)}`;
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, bytes(input),
    );
    return `${input}.${base64url(new Uint8Array(signature))}`;
  };
  const authorization: Server['authorization'] = async (payload = claims(), header) =>
    `vapid t=${await token(payload, header)}, k=${publicKey}`;
  return { publicKey, token, authorization };
}

async function hkdf(salt: Octets, key: Octets, info: Octets, length: number): Promise<Octets> {
  const imported = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits']);
  return new Uint8Array(await crypto.subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt, info }, imported, length * 8,
  ));
}

export interface Sealed {
  readonly body: Octets;
  readonly headers: Readonly<Record<string, string>>;
}

interface Keys {
  readonly p256dh: string;
  readonly auth: string;
}

async function agree(keys: Keys, pair?: CryptoKeyPair): Promise<{ secret: Octets; own: Octets; their: Octets }> {
  const fresh = pair ?? await crypto.subtle.generateKey(
    { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'],
  );
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', fresh.publicKey);
  const own = bytes([4], unbase64url(x), unbase64url(y));
  const their = unbase64url(keys.p256dh);
  const imported = await crypto.subtle.importKey(
    'raw', their, { name: 'ECDH', namedCurve: 'P-256' }, false, [],
  );
  const secret = new Uint8Array(await crypto.subtle.deriveBits(
    { name: 'ECDH', public: imported }, fresh.privateKey, 256,
  ));
  return { secret, own, their };
}

async function gcm(key: Octets, iv: Octets, data: Octets): Promise<Octets> {
  const imported = await crypto.subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  return new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, imported, data));
}

/** aes128gcm, RFC 8291. */
export async function seal(keys: Keys, data: string | Uint8Array, pad = 0, pair?: CryptoKeyPair): Promise<Sealed> {
  const { secret, own, their } = await agree(keys, pair);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const ikm = await hkdf(unbase64url(keys.auth), secret, bytes('WebPush: info\0', their, own), 32);
  const key = await hkdf(salt, ikm, bytes('Content-Encoding: aes128gcm\0'), 16);
  const nonce = await hkdf(salt, ikm, bytes('Content-Encoding: nonce\0'), 12);
  const record = await gcm(key, nonce, bytes(data, [2], new Uint8Array(pad)));
  return {
    body: bytes(salt, [0, 0, 16, 0, 65], own, record),
    headers: { 'Content-Encoding': 'aes128gcm', 'Content-Type': 'application/octet-stream' },
  };
}

/** aesgcm, draft-ietf-webpush-encryption-04. */
export async function sealAesgcm(keys: Keys, data: string): Promise<Sealed> {
  const { secret, own, their } = await agree(keys);
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const ikm = await hkdf(unbase64url(keys.auth), secret, bytes('Content-Encoding: auth\0'), 32);
  const context = bytes('P-256\0', [0, 65], their, [0, 65], own);
  const key = await hkdf(salt, ikm, bytes('Content-Encoding: aesgcm\0', context), 16);
  const nonce = await hkdf(salt, ikm, bytes('Content-Encoding: nonce\0', context), 12);
  return {
    body: await gcm(key, nonce, bytes([0, 0], data)),
    headers: {
      'Content-Encoding': 'aesgcm',
      'Encryption': `salt=${base64url(salt)}`,
      'Crypto-Key': `dh=${base64url(own)}`,
    },
  };
}

/** A push as a server sends it; `headers` over the usual ones, '' leaves one out. */
export async function push(
  service: PushService,
  subscription: { readonly endpoint: string; readonly keys?: Keys | undefined },
  data: string | null,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const sealed = data === null || !subscription.keys
    ? { body: null, headers: {} }
    : await seal(subscription.keys, data);
  const all = Object.entries({ TTL: '60', ...sealed.headers, ...headers });
  return service.fetch(subscription.endpoint, {
    method: 'POST', body: sealed.body, headers: all.flatMap(([name, value]): [string, string][] =>
      value === '' ? [] : [[name, value]]),
  });
}

/** What a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => { throw new Error('A rejection was expected'); },
    (error: unknown) => error,
  );
}

/** The reasons of answers and errors, whatever has them. */
export function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Object.entries(value)
    .find(([key]) => key === name)?.[1] : undefined;
}

async function reasonOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json();
  return body && typeof body === 'object' && 'reason' in body ? body.reason : undefined;
}

/** Asserts the status and the reason of an answer. */
export async function refused(response: Response, status: number, reason: string): Promise<void> {
  assert.is(response.status, status);
  assert.is(response.headers.get('Content-Type'), 'application/json');
  assert.is(await reasonOf(response), reason);
}

/** Where an answer says that its message or subscription is. */
export function location(response: Response): string {
  const url = response.headers.get('Location');
  if (url === null) throw new Error(`No Location: ${response.status}`);
  return url;
}

/** A clock that is set by hand. */
export function createClock(): { readonly now: () => number; readonly pass: (seconds: number) => void } {
  const state = { time: NOW };
  return {
    now: () => state.time,
    pass: (seconds) => { state.time += seconds * 1000; },
  };
}

export type { PushService, TestSubscription };
