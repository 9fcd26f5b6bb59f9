import { DeliveryError } from './errors.ts';
import type { PushErrorCode } from './errors.ts';
import { property } from './lib/bytes.ts';
import { parseRetryAfter } from './lib/retry_after.ts';
import { tells } from './lib/secrets.ts';

/**
 * The push service has taken the message; no proof of delivery. `location`: of the waiting message,
 * for `cancel`; `ttl`: seconds it will be kept; `receipt`: for later requests (RFC 8030 §5.1);
 * `id`: the vendor's own, for support tickets.
 */
export interface Accepted {
  readonly status: number;
  readonly location?: string | undefined;
  readonly ttl?: number | undefined;
  readonly receipt?: string | undefined;
  readonly id?: string | undefined;
}

/** What was read of an answer. `detail`: the beginning of its body, control characters replaced. */
export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly detail: string | undefined;
}

/** What vendors say in a reason, a body or X-WNS-Error-Description, before their status counts. */
const WORDS: readonly (readonly [RegExp, PushErrorCode])[] = [
  // Apple 400 or 403; FCM 403; autopush 401 (errno 109); WNS 401.
  [
    /VapidPkHashMismatch|not correspond to the cred|public key mismatch|public key.*channel url/i,
    'ERR_KEY_MISMATCH',
  ],
  // Apple 410; FCM 403.
  [/"Unregistered"|invalid push subscription endpoint/, 'ERR_SUBSCRIPTION_GONE'],
  // Apple 400 or 403; FCM 403, and 400 when there is no token.
  [/BadJwt|BadAuthorization|BadVapid|invalid JWT|UnauthorizedRegistration/, 'ERR_UNAUTHORIZED'],
  // Apple.
  [/"PayloadTooLarge"/, 'ERR_PAYLOAD_TOO_LARGE'],
  [/"TooManyRequests"/, 'ERR_RATE_LIMITED'],
  [/"(IdleTimeout|InternalServerError|ServiceUnavailable|Shutdown)"/, 'ERR_UNAVAILABLE'],
];

const BY_STATUS: Readonly<Record<number, PushErrorCode>> = {
  401: 'ERR_UNAUTHORIZED',
  403: 'ERR_UNAUTHORIZED',
  404: 'ERR_SUBSCRIPTION_GONE',
  408: 'ERR_UNAVAILABLE',
  410: 'ERR_SUBSCRIPTION_GONE',
  413: 'ERR_PAYLOAD_TOO_LARGE',
  429: 'ERR_RATE_LIMITED',
};

/** What each code says of an answer, behind the push service's origin. */
const SENTENCES: Readonly<Partial<Record<PushErrorCode, string>>> = {
  ERR_SUBSCRIPTION_GONE: 'has no such subscription any more; delete it',
  ERR_KEY_MISMATCH: 'knows the subscription with another VAPID key; subscribe anew',
  ERR_UNAUTHORIZED: 'refuses the VAPID token; check keys, subject and clock',
  ERR_PAYLOAD_TOO_LARGE: 'takes no message so large; send less, or without padding',
  ERR_RATE_LIMITED: 'asks for a pause',
  ERR_UNAVAILABLE: 'cannot take the message now',
};

/** Stands in for a control character; also those that turn the direction of text. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** At most 1,024 characters of a stranger's text. */
export function cleanDetail(text: string): string | undefined {
  return text.slice(0, 1024).replace(CONTROL, ' ').trim() || undefined;
}

/**
 * A word of the vendor's, unless it could hold more than that: an answer may repeat the endpoint or
 * the token, and reasons are logged.
 */
function cleanReason(text: unknown, endpoint: string): string | undefined {
  const word = String(text).trim();
  const plain = /^[\w .,:;'()/-]{1,160}$/.test(word) && !/[\w.-]{28}/.test(word);
  // A short one that the endpoint holds is chance: "109".
  const part = word.length > 7 && endpoint.includes(word);
  return plain && !part && !tells(word, endpoint) ? word : undefined;
}

function readReason({ headers, detail }: Answer, endpoint: string): string | undefined {
  let said: unknown = detail;
  try {
    const json: unknown = JSON.parse(detail ?? '');
    said = property(json, 'reason') ?? property(json, 'errno') ?? property(json, 'code');
  } catch {
    // FCM answers with plain text, WNS with header fields.
  }
  said ??= headers.get('X-WNS-Error-Description') ?? headers.get('X-WNS-NotificationStatus');
  return cleanReason(said ?? '', endpoint);
}

/** By reason first: vendors give the same reason with different statuses. */
function classify({ status, headers, detail }: Answer): PushErrorCode {
  if (status < 400) return 'ERR_REJECTED';
  const text = `${detail} ${headers.get('X-WNS-Error-Description')}`;
  const said = status < 500 && WORDS.find(([pattern]) => pattern.test(text));
  if (said) return said[1];
  if (status === 406 && headers.get('X-WNS-Status') !== null) return 'ERR_RATE_LIMITED';
  return BY_STATUS[status] ?? (status >= 500 ? 'ERR_UNAVAILABLE' : 'ERR_REJECTED');
}

/** autopush tells by how many bytes of base64 a message for Firefox for Android is too long. */
function overrun(detail: string | undefined): string {
  const bytes = Number(/too long by (\d{1,5}) bytes/.exec(detail ?? '')?.[1] ?? 0);
  return bytes ? ` (by ${Math.ceil((bytes * 3) / 4)} bytes)` : '';
}

/** Throws what an answer that is no success means. */
export function rejectAnswer(answer: Answer, endpoint: string, origin: string, now: number): never {
  const { status, headers, detail } = answer;
  const reason = readReason(answer, endpoint);
  const code = classify(answer);
  const retryAfter = parseRetryAfter(headers.get('Retry-After'), now);
  const more = code === 'ERR_PAYLOAD_TOO_LARGE' ? overrun(detail) : '';
  const sentence = SENTENCES[code] ?? 'did not take the message';
  const said = reason === undefined ? `${status}` : `${status}, ${reason}`;
  throw new DeliveryError(code, `${origin} ${sentence}${more} [${said}]`, {
    status, reason, detail, retryAfter, endpoint, origin,
  });
}

/** A URL in an answer, resolved, and kept only below the endpoint's own origin. */
function resolve(
  reference: string | null | undefined,
  endpoint: string,
  origin: string,
): string | undefined {
  if (typeof reference !== 'string' || !URL.canParse(reference, endpoint)) return undefined;
  // Not by its origin: blob: URLs have the one inside them, and user info is no part of it.
  const { href } = new URL(reference, endpoint);
  return href.startsWith(`${origin}/`) ? href : undefined;
}

/** The target of the link with a receipt subscription (RFC 8288 §3, RFC 8030 §5.1). */
function receiptLink(field: string | null): string | undefined {
  const link = /<([^<>]*)>[^<>]*;\s*rel="?[^"<>]*urn:ietf:params:push:receipt(?![\w:])/i;
  return link.exec(field ?? '')?.[1];
}

/** What a success says. Throws for the success of WNS that is none. */
export function acceptAnswer(
  answer: Answer,
  endpoint: string,
  origin: string,
  now: number,
): Accepted {
  const { status, headers } = answer;
  const wns = headers.get('X-WNS-NotificationStatus')?.trim().toLowerCase();
  if (wns === 'dropped') rejectAnswer(answer, endpoint, origin, now);
  const location = resolve(headers.get('Location'), endpoint, origin);
  const receipt = resolve(receiptLink(headers.get('Link')), endpoint, origin);
  const ttl = /^\d{1,10}$/.exec(headers.get('TTL')?.trim() ?? '')?.[0];
  const vendor = headers.get('apns-id') ?? headers.get('X-WNS-Msg-ID') ?? '';
  const id = /^[\w.:-]{1,128}$/.exec(vendor.trim())?.[0];
  return {
    status,
    ...(location && { location }),
    ...(ttl && { ttl: Number(ttl) }),
    ...(receipt && { receipt }),
    ...(id && { id }),
  };
}
