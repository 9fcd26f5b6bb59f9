/** Microsoft's push service: no bodies, everything in X-WNS fields. */
import { encodeBase64url } from '../base64url.ts';
import { concat } from '../bytes.ts';
import type { HeaderLookup } from '../headers.ts';
import { answer, refusal } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import { randomBytes, randomHex } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Candidate, Vendor } from './vendor.ts';

const TEXTS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['wrong-key', 'The public key does not match the one of the channel Url.'],
  ['gone', 'The channel expired.'],
  ['unknown', 'The channel URI is not valid or is not recognized by WNS.'],
]);

/** Rate limits: the only statuses that do not say `dropped`. */
function isThrottled(status: number): boolean {
  return status === 406 || status === 429;
}

function describe({ reason, message, isToken }: Refusal): string {
  if (reason === 'invalid-signature') {
    return 'JWT Authentication Failed, unable to validate token signature';
  }
  return TEXTS.get(reason) ?? (isToken ? `JWT Authentication Failed, ${message}` : message);
}

function refuse(refused: Refusal): Answer {
  const state = isThrottled(refused.status) ? 'channelthrottled' : 'dropped';
  return answer(refused.isToken ? 401 : refused.status, {
    'X-WNS-Error-Description': describe(refused),
    'X-WNS-Status': state,
    'X-WNS-NotificationStatus': state,
    'X-WNS-Msg-ID': randomHex(16).toUpperCase(),
    'X-WNS-Debug-Trace': 'DB5PEPF00000000',
    ...retryField(refused),
  });
}

/** How often a parameter stands in a field that is cut at commas and semicolons, and no more. */
function count(field: string, name: string): number {
  return field.split(/[,;]/).filter((part) => part.startsWith(`${name}=`)).length;
}

/** Its parser knows no white space: a name with a space before it is another name. */
function checkFields(header: HeaderLookup, coding: string | undefined): Refusal | undefined {
  const field = header('Crypto-Key') ?? '';
  const parts = field.split(/[,;]/);
  const dh = count(field, 'dh');
  if (coding === 'aesgcm' && (dh !== 1 || parts.some((part) => /^\s/.test(part)))) {
    return refusal(400, 'invalid-encryption', 'Zero or more than 1 crypto-key <dh> exist. Missing, '
      + 'duplicated or unrecognized field in salt field, '
      + `dh Count:${dh} total count:${parts.length}`);
  }
  const isOlder = !/^\s*vapid\s/i.test(header('Authorization') ?? '');
  return isOlder && header('Authorization') !== undefined && count(field, 'p256ecdsa') !== 1
    ? refusal(401, 'signing-keys', 'Zero or duplicate tokens or token signing keys.')
    : undefined;
}

function check({ header, coding, ttl }: Candidate): Refusal | undefined {
  const policy = header('X-WNS-Cache-Policy')?.trim().toLowerCase();
  if (ttl === 0 ? policy !== 'no-cache' : policy === 'no-cache') {
    return refusal(400, 'cache-policy', 'Ttl value conflicts with X-WNS-Cache-Policy.');
  }
  return checkFields(header, coding);
}

/** Base64 in a query, percent-encoded in lower case: to decode and encode it again changes it. */
function channel(): string {
  const token = encodeBase64url(concat([new Uint8Array([5, 6, 0, 0, 0, 0]), randomBytes(172)]));
  const padding = '%3d'.repeat((4 - (token.length % 4)) % 4);
  return token.replaceAll('-', '%2b').replaceAll('_', '%2f') + padding;
}

export const WNS: Vendor = {
  origin: 'https://wns2-par02p.notify.windows.com',
  vapid: 'required',
  maxBody: 4096,
  maxTtl: 2_592_000,
  ignoresUrgency: true,
  endpoint: () => `/w/?token=${channel()}`,
  name: () => ({ id: randomHex(16).toUpperCase() }),
  check,
  accept: ({ id }) => answer(201, {
    'X-WNS-Status': 'received',
    'X-WNS-NotificationStatus': 'received',
    'X-WNS-DeviceConnectionStatus': 'connected',
    'X-WNS-Msg-ID': id,
    'X-WNS-Debug-Trace': 'DB5PEPF00000000',
  }),
  refuse,
};
