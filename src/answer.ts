import { DeliveryError } from './errors.ts';
import type { PushErrorCode } from './errors.ts';
import { property } from './lib/bytes.ts';
import { parseRetryAfter } from './lib/retry_after.ts';

/**
 * The push service has taken the message; no proof of delivery. `location`: of the waiting message,
 * for `cancel`; `ttl`: seconds it will be kept; `receipt`: for later requests (RFC 8030 §5.1); `id`:
 * the vendor's own, for support tickets.
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

/** Apple's words (https://developer.apple.com/documentation/usernotifications), whatever the status. */
const REASONS: ReadonlyMap<string, PushErrorCode> = /* @__PURE__ */ new Map<string, PushErrorCode>([
  ['VapidPkHashMismatch', 'ERR_KEY_MISMATCH'],
  ['Unregistered', 'ERR_SUBSCRIPTION_GONE'],
  ['BadJwtToken', 'ERR_UNAUTHORIZED'],
  ['BadAuthorizationHeader', 'ERR_UNAUTHORIZED'],
  ['BadVapidPublicKey', 'ERR_UNAUTHORIZED'],
  ['PayloadTooLarge', 'ERR_PAYLOAD_TOO_LARGE'],
  ['TooManyRequests', 'ERR_RATE_LIMITED'],
  ['IdleTimeout', 'ERR_UNAVAILABLE'],
  ['InternalServerError', 'ERR_UNAVAILABLE'],
  ['ServiceUnavailable', 'ERR_UNAVAILABLE'],
  ['Shutdown', 'ERR_UNAVAILABLE'],
]);

/** The other vendors' words, in a body or in X-WNS-Error-Description. */
const PHRASES: readonly (readonly [RegExp, PushErrorCode])[] = [
  // FCM 403.
  [/do not correspond to the credentials/i, 'ERR_KEY_MISMATCH'],
  // autopush 401 (errno 109).
  [/VAPID public key mismatch/i, 'ERR_KEY_MISMATCH'],
  // WNS 401.
  [/public key.*channel url/i, 'ERR_KEY_MISMATCH'],
  // FCM 403.
  [/invalid push subscription endpoint/i, 'ERR_SUBSCRIPTION_GONE'],
  // FCM 400, when there is no token.
  [/UnauthorizedRegistration/, 'ERR_UNAUTHORIZED'],
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
  ERR_SUBSCRIPTION_GONE: 'says that the subscription is gone; delete it',
  ERR_KEY_MISMATCH: 'says that the subscription was made with another VAPID key; subscribe anew',
  ERR_UNAUTHORIZED: 'refuses the VAPID token; check keys, subject and clock, and keep the subscription',
  ERR_PAYLOAD_TOO_LARGE: 'says that the message is too large; send less, or without padding',
  ERR_RATE_LIMITED: 'asks to send less; wait',
  ERR_UNAVAILABLE: 'cannot take the message now; try later',
};

/** Stands in for a control character; also those that turn the direction of text. */
const CONTROL = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

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
  return plain && !endpoint.includes(word) ? word : undefined;
}

function readReason({ headers, detail }: Answer, endpoint: string): string | undefined {
  let body: unknown = detail;
  try {
    const json: unknown = JSON.parse(detail ?? '');
    body = property(json, 'reason') ?? property(json, 'errno') ?? property(json, 'code');
  } catch {
    // FCM answers with plain text.
  }
  const wns = headers.get('X-WNS-Error-Description') ?? headers.get('X-WNS-NotificationStatus');
  return cleanReason(body ?? wns ?? '', endpoint) ?? cleanReason(wns ?? '', endpoint);
}

/** By reason first: vendors give the same reason with different statuses. */
function classify(answer: Answer, reason: string | undefined): PushErrorCode {
  const { status, headers, detail = '' } = answer;
  if (status < 400) return 'ERR_REJECTED';
  const described = `${detail} ${headers.get('X-WNS-Error-Description') ?? ''}`;
  const phrase = status < 500 && PHRASES.find(([pattern]) => pattern.test(described));
  if (phrase) return phrase[1];
  const known = reason === undefined ? undefined : REASONS.get(reason);
  if (known) return known;
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
  const code = classify(answer, reason);
  const retryAfter = parseRetryAfter(headers.get('Retry-After'), now);
  const more = code === 'ERR_PAYLOAD_TOO_LARGE' ? overrun(detail) : '';
  const sentence = SENTENCES[code] ?? 'did not take the message';
  const said = reason === undefined ? `${status}` : `${status}, ${reason}`;
  throw new DeliveryError(code, `${origin} ${sentence}${more} [${said}]`, {
    status, reason, detail, retryAfter, endpoint, origin,
  });
}

/** A URL in an answer, resolved, and kept only with the endpoint's own origin. */
function resolve(reference: string | undefined, endpoint: string): string | undefined {
  if (reference === undefined || !URL.canParse(reference, endpoint)) return undefined;
  const url = new URL(reference, endpoint);
  return url.origin === new URL(endpoint).origin ? url.href : undefined;
}

/** The target of the link with a receipt subscription (RFC 8288 §3, RFC 8030 §5.1). */
function receiptLink(field: string | null): string | undefined {
  const link = /<([^<>]*)>[^<>]*;\s*rel="?[^"<>]*urn:ietf:params:push:receipt(?![\w:])/i;
  return link.exec(field ?? '')?.[1];
}

/** What a success says. Throws for the success of WNS that is none. */
export function acceptAnswer(answer: Answer, endpoint: string, origin: string, now: number): Accepted {
  const { status, headers } = answer;
  const wns = headers.get('X-WNS-NotificationStatus')?.trim().toLowerCase();
  if (wns === 'dropped') rejectAnswer(answer, endpoint, origin, now);
  const location = resolve(headers.get('Location') ?? undefined, endpoint);
  const receipt = resolve(receiptLink(headers.get('Link')), endpoint);
  const ttl = /^\d{1,10}$/.exec(headers.get('TTL')?.trim() ?? '')?.[0];
  const vendor = headers.get('apns-id') ?? headers.get('X-WNS-Msg-ID') ?? '';
  const id = /^[\w.:-]{1,128}$/.exec(vendor.trim())?.[0];
  return {
    status,
    ...(location === undefined ? {} : { location }),
    ...(ttl === undefined ? {} : { ttl: Number(ttl) }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(id === undefined ? {} : { id }),
  };
}
