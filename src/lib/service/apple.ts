/** Apple's push service: reasons in JSON, and the strictest reading of tokens and topics. */
import { parseParams } from '../params.ts';
import { readHeader, refused } from '../records.ts';
import { answer, jsonAnswer, refusal } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import { randomHex, randomText } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Candidate, Vendor } from './vendor.ts';

const REASONS: ReadonlyMap<string, readonly [number, string]> = /* @__PURE__ */ new Map([
  ['missing-ttl', [400, 'BadTtl']], ['invalid-ttl', [400, 'BadTtl']],
  ['negative-ttl', [400, 'BadTtl']], ['invalid-urgency', [400, 'BadUrgency']],
  ['invalid-topic', [400, 'BadWebPushTopic']], ['too-large', [413, 'PayloadTooLarge']],
  ['invalid-encryption', [400, 'BadWebPushRequest']], ['same-key', [400, 'BadWebPushRequest']],
  ['wrong-key', [400, 'VapidPkHashMismatch']],
  ['invalid-key', [403, 'BadVapidPublicKey']], ['missing-key', [403, 'BadVapidPublicKey']],
  ['invalid-authorization', [403, 'BadAuthorizationHeader']],
  ['unknown-scheme', [403, 'BadAuthorizationHeader']],
  ['unknown', [404, 'BadPath']], ['gone', [410, 'Unregistered']],
]);

/** The same for an answer that only has a status, and for whatever else is wrong with a token. */
const STATUSES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [400, 'BadWebPushRequest'], [401, 'BadJwtToken'], [403, 'BadJwtToken'], [404, 'BadPath'],
  [405, 'MethodNotAllowed'], [410, 'Unregistered'], [413, 'PayloadTooLarge'],
  [429, 'TooManyRequests'], [500, 'InternalServerError'], [503, 'ServiceUnavailable'],
]);

function uuid(): string {
  const hex = randomHex(32).toUpperCase();
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function refuse(refused: Refusal, _path: string, now: number): Answer {
  const [status, reason] = REASONS.get(refused.reason)
    ?? [refused.isToken ? 403 : refused.status, STATUSES.get(refused.status)];
  return jsonAnswer(
    status,
    reason === 'Unregistered' ? { reason, timestamp: now } : { reason },
    { 'apns-id': uuid(), ...retryField(refused) },
  );
}

/** A host that could be someone's: Apple was seen to refuse these, and to take others. */
function isPublic(host: string): boolean {
  return host.includes('.') && !/(^|\.)(localhost|local|invalid)\.?$/i.test(host);
}

function takesSubject(sub: unknown): boolean {
  if (typeof sub !== 'string') return false;
  const [, host] = /^mailto:[^\s<>"@:]+@([^\s<>"@:?/]+)(?:\?[^\s<>"]*)?$/i.exec(sub)
    ?? /^https:\/\/([^\s<>"@:?#/\\]+)(?::\d+)?(?:[/?#][^\s<>"]*)?$/i.exec(sub) ?? [];
  return host !== undefined && isPublic(host);
}

/** "Breaks the encryption rules": what can be seen without the key. */
function isEncrypted({ header, body, coding }: Candidate): boolean {
  if (coding === 'aes128gcm') {
    const start = readHeader(body);
    return !refused(start) && start.keyid.length === 65 && body.length > start.length;
  }
  // Whether Apple takes aesgcm is disputed: people report both, so it is not refused here.
  const has = (field: string, name: string): boolean =>
    parseParams(header(field) ?? '')?.some((element) => element.has(name)) === true;
  return coding === 'aesgcm' && has('Encryption', 'salt') && has('Crypto-Key', 'dh');
}

export const APPLE: Vendor = {
  origin: 'https://web.push.apple.com',
  vapid: 'required',
  token: { subject: takesSubject },
  maxBody: 4096,
  // 30 days.
  maxTtl: 2_592_000,
  // Decoded as base64url, so no length that leaves a single character over.
  topic: /^(?!(?:.{4})*.$)[\w-]{1,32}$/,
  endpoint: () => `/Q${randomText(170)}`,
  name: () => ({ id: uuid() }),
  check: (push) => push.body.length === 0 || isEncrypted(push) ? undefined
    : refusal(400, 'invalid-encryption', 'The body is not encrypted as RFC 8291 has it'),
  accept: ({ id }) => answer(201, { 'apns-id': id }),
  refuse,
};
