/** What the tests of the core share: fixed keys, a fetch that answers as told, a clock, draws. */
import * as assert from 'uvu/assert';
import type { Fetch, FetchInit, FetchResponse } from '../src/send.ts';
import type { Receiver } from '../src/receive.ts';
import { importReceiver } from '../src/receive.ts';
import { isPushError } from '../src/errors.ts';
import type { PushError, PushErrorCode } from '../src/errors.ts';
import type { Bytes, Subscription } from '../src/types.ts';
import { createVapid } from '../src/vapid.ts';
import type { Vapid, VapidKeys, VapidOptions } from '../src/vapid.ts';
import { unhex } from './vectors/format.ts';

export const ORIGIN = 'https://push.example.com';
/** What must never be printed: whoever knows it can send. */
export const CAPABILITY = 'gAAAAABk3nDpointCapability-0123456789';
export const ENDPOINT: string = `${ORIGIN}/wpush/v2/${CAPABILITY}`;
export const SUBJECT = 'mailto:me@example.com';
export const NOW = 1_700_000_000_000;

/** RFC 8291 section 5: a user agent's keys. */
export const RECEIVER_KEYS = {
  publicKey:
    'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4',
  privateKey: 'q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94',
  auth: 'BTBZMqHH6r4Tts7J_aSIgg',
} as const;

/** RFC 6979 appendix A.2.5: a server's keys. */
export const VAPID_KEYS: VapidKeys = {
  publicKey:
    'BGD-1LolWp0xyWHrdMY1bWjASbiSO2H6bOZpYi5g8p-2eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk',
  privateKey: 'ya-p2EW6dRZrXCFXZ7HWk05Qw9s26JsSe4piKxIPZyE',
};

/** Another pair, whose private key is 1. */
export const OTHER_KEYS: VapidKeys = {
  publicKey:
    'BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU',
  privateKey: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE',
};

export const KEYS: { readonly p256dh: string; readonly auth: string } = {
  p256dh: RECEIVER_KEYS.publicKey, auth: RECEIVER_KEYS.auth,
};
export const SUBSCRIPTION: Subscription = { endpoint: ENDPOINT, expirationTime: null, keys: KEYS };

export function receiver(): Promise<Receiver> {
  return importReceiver(RECEIVER_KEYS);
}

export function vapid(options: Partial<VapidOptions> = {}): Vapid {
  return createVapid({ subject: SUBJECT, keys: VAPID_KEYS, ...options });
}

/** For calls that TypeScript would not let through: what callers in JavaScript do. */
export function unchecked<T>(value: unknown): T {
  return value as T;
}

/** What a promise rejects with, or a function throws, at once or later. */
export async function failure(work: (() => unknown) | PromiseLike<unknown>): Promise<unknown> {
  try {
    await (typeof work === 'function' ? work() : work);
  } catch (error) {
    return error;
  }
  return assert.unreachable('Nothing was thrown');
}

/** The same, where it must be an error of the library with this code. */
export async function refused(
  work: (() => unknown) | PromiseLike<unknown>,
  code: PushErrorCode,
  name?: string,
): Promise<PushError> {
  const error = await failure(work);
  if (!isPushError(error)) throw error;
  assert.is(error.code, code, name ?? error.message);
  return error;
}

/** The same, where it must be a TypeError or a RangeError. */
export async function misused(
  work: (() => unknown) | PromiseLike<unknown>,
  wanted: typeof TypeError | typeof RangeError,
  name?: string,
): Promise<void> {
  const error = await failure(work);
  assert.instance(error, wanted, `${name ?? ''} ${String(error)}`);
}

export interface Call {
  readonly url: string;
  readonly init: FetchInit;
}

export interface Said {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: string | Uint8Array | ReadableStream<Uint8Array> | null | undefined;
}

function streamOf(body: Said['body']): ReadableStream<Uint8Array> | null {
  if (body === undefined || body === null) return null;
  return body instanceof ReadableStream ? body : new Response(body as BodyInit).body;
}

/** An answer of any status: a Response takes no 0 and no 99. */
export function answer({ status = 201, headers = {}, body }: Said = {}): FetchResponse {
  return { status, headers: new Headers(headers), body: streamOf(body) };
}

/** A fetch that notes its calls and gives the answers in order, the last one again and again. */
export function fetchOf(
  ...said: readonly Said[]
): { readonly fetch: Fetch; readonly calls: Call[] } {
  const calls: Call[] = [];
  const fetch: Fetch = async (url, init) => {
    calls.push({ url, init });
    return answer(said[Math.min(calls.length, said.length) - 1]);
  };
  return { fetch, calls };
}

/** A promise and what settles it. */
export function deferred<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
} {
  let settle = { resolve: (_: T): void => {}, reject: (_: unknown): void => {} };
  const promise = new Promise<T>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}

/** Lets all that is ready to run do so; a task, not a microtask, so that streams move too. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** A clock that stands still until it is set. */
export function clock(start: number = NOW): { now: () => number; set: (time: number) => void } {
  let time = start;
  return { now: () => time, set: (value) => void (time = value) };
}

/** Numbers from 0 to 1 out of a seed (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The claims of a token, not verified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const [, body = ''] = token.split('.');
  return { ...Object(JSON.parse(atob(body.replace(/-/g, '+').replace(/_/g, '/')))) };
}

/** The base point of P-256 (SP 800-186 section 3.2.1.3). */
const X = '6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296';
const Y = '4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5';
/** The field's prime, and what has the x coordinate of a point when it is reduced: 5. */
const P = 'ffffffff00000001000000000000000000000000ffffffffffffffffffffffff';
const X_OVER = 'ffffffff00000001000000000000000000000001000000000000000000000004';
const Y_OF_5 = '459243b9aa581806fe913bce99817ade11ca503c64d9a3c533415c083248fbcc';
/** What is no point, for every door that points come in by. */
export const BAD_POINTS: Readonly<Record<string, Bytes>> = {
  'off the curve': unhex(`04${X}${Y.slice(0, -2)}f4`),
  'zero': unhex(`04${'00'.repeat(64)}`),
  'x and y swapped': unhex(`04${Y}${X}`),
  'x is p': unhex(`04${P}${Y}`),
  'y is p': unhex(`04${X}${P}`),
  'x of p or more, of a point': unhex(`04${X_OVER}${Y_OF_5}`),
  'compressed': unhex(`03${X}`),
  'hybrid': unhex(`07${X}${Y}`),
  'marked as compressed': unhex(`02${X}${Y}`),
  'infinity': unhex('00'),
  'without its first byte': unhex(`${X}${Y}`),
  '66 bytes': unhex(`04${X}${Y}00`),
  '66 bytes, a zero in front': unhex(`0400${X}${Y}`),
  'none': unhex(''),
};
export const GOOD_POINT: Bytes = unhex(`04${X}${Y}`);
