/** Mozilla's push service, autopush: its JSON, its error numbers and its rules. */
import { parseParams } from '../params.ts';
import { answer, jsonAnswer, refusal } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import { randomText } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Candidate, Vendor } from './vendor.ts';

const MORE_INFO = 'http://autopush.readthedocs.io/en/latest/http.html#error-codes';

const TITLES: ReadonlyMap<number, string> = /* @__PURE__ */ new Map([
  [400, 'Bad Request'], [401, 'Unauthorized'], [404, 'Not Found'], [405, 'Method Not Allowed'],
  [410, 'Gone'], [413, 'Payload Too Large'], [429, 'Too Many Requests'],
  [500, 'Internal Server Error'], [502, 'Bad Gateway'], [503, 'Service Unavailable'],
]);

const CLAIMS = 'A value in the vapid claims is either missing or incorrectly specified '
  + '(e.g. "exp":"12345" or "sub":null). Please correct and retry.';

/** Its error number and message for each reason of ours. Every token that is refused is a 109. */
const WORDS: ReadonlyMap<string, readonly [number, string]> = /* @__PURE__ */ new Map([
  ['missing-ttl', [111, 'Missing TTL value']], ['invalid-ttl', [111, 'Missing TTL value']],
  ['negative-ttl', [114, 'ttl: TTL must be greater than 0']],
  ['invalid-topic', [113, 'topic: Topic must be no greater than 32 characters, '
    + 'of the URL and Filename safe Base64 alphabet']],
  ['too-large', [104, 'Payload reached size limit.']],
  ['missing-authorization', [109, 'Missing VAPID public key']],
  ['missing-key', [109, 'Missing VAPID public key']],
  ['missing-token', [109, 'Missing VAPID token']],
  ['invalid-authorization', [109, 'Missing VAPID token']],
  ['unknown-scheme', [109, 'Unknown auth scheme']],
  ['invalid-key', [109, 'Invalid VAPID public key']],
  ['wrong-key', [109, 'VAPID public key mismatch']],
  ['invalid-token', [109, 'InvalidToken']], ['invalid-alg', [109, 'InvalidAlgorithm']],
  ['invalid-signature', [109, 'InvalidSignature']], ['expired', [109, 'ExpiredSignature']],
  ['exp-too-far', [109, 'The VAPID token expiration is too long']],
  ['missing-aud', [109, CLAIMS]], ['missing-exp', [109, CLAIMS]], ['invalid-exp', [109, CLAIMS]],
  ['invalid-sub', [109, CLAIMS]], ['invalid-claims', [109, CLAIMS]],
  ['invalid-aud', [109, 'Invalid VAPID audience']],
]);

/** The same for an answer that only has a status. */
const ERRNO: ReadonlyMap<number, readonly [number, string]> = /* @__PURE__ */ new Map([
  [401, [109, 'Invalid Authentication']], [404, [102, 'Invalid token']],
  [410, [106, 'No such subscription']], [413, [104, 'Payload reached size limit.']],
  [500, [999, 'General error']], [502, [903, 'Bridge request timeout']],
  [503, [201, 'Database error while saving notification']],
]);

function refuse(refused: Refusal): Answer {
  const { reason, message } = refused;
  const [errno, text] = WORDS.get(reason) ?? ERRNO.get(refused.status)
    ?? [reason === 'invalid-encryption' ? 110 : null, message];
  const status = refused.isToken ? 401 : refused.status;
  return jsonAnswer(
    status,
    {
      code: status, errno, error: TITLES.get(status) ?? 'Error', message: text,
      more_info: MORE_INFO,
    },
    {
      ...(status === 410 ? { 'Cache-Control': 'max-age=86400' } : {}),
      ...(status === 503 ? { 'Retry-After': '120' } : {}),
      ...retryField(refused),
    },
  );
}

function encryption(message: string): Refusal {
  return refusal(400, 'invalid-encryption', message);
}

/** What it finds of a parameter: its value, stripped of quotes and padding, if there is one. */
function find(field: string | undefined, name: string): string | undefined {
  const parts = (field ?? '').replaceAll('"', '').split(/([,;])/).map(trimPadding);
  return parseParams(parts.join(''))?.find((element) => element.has(name))?.get(name);
}

/** By hand: an expression that looks for "=" at the end takes quadratic time on many of them. */
function trimPadding(text: string): string {
  const bare = text.trim();
  let end = bare.length;
  while (bare[end - 1] === '=') end--;
  return bare.slice(0, end);
}

function check({ header, body, coding }: Candidate): Refusal | undefined {
  if (body.length === 0) return undefined;
  if (coding === undefined) return encryption('Missing Content-Encoding header');
  const [salt, dh] = [find(header('Encryption'), 'salt'), find(header('Crypto-Key'), 'dh')];
  if (coding === 'aes128gcm') {
    if (salt !== undefined) {
      return encryption("Do not include 'salt' header in aes128gcm Encryption header");
    }
    return dh === undefined ? undefined
      : encryption("Do not include 'dh' header in aes128gcm Crypto-Key header");
  }
  if (coding !== 'aesgcm') return encryption('Unknown Content-Encoding header');
  if (header('Encryption') === undefined) return encryption('Missing Encryption header');
  if (salt === undefined) return encryption('Missing salt value in Encryption header');
  if (header('Encryption-Key') !== undefined) {
    return encryption('Encryption-Key header is not valid for webpush draft 02 or later');
  }
  return header('Crypto-Key') === undefined || dh !== undefined ? undefined
    : encryption('Missing dh value in Crypto-Key header');
}

export const MOZILLA: Vendor = {
  origin: 'https://updates.push.services.mozilla.com',
  vapid: 'optional',
  token: {
    laxKey: true, oneAudience: true, wholeSeconds: true,
    subject: (sub) => sub === undefined || typeof sub === 'string',
  },
  maxBody: 5630,
  // 30 days, without a word but the TTL field.
  maxTtl: 2_592_000,
  ignoresUrgency: true,
  topic: /^(?=.{1,32}$)[\w-]+=*$/,
  cors: true,
  // The length of its Fernet tokens: v2 ones carry the key that the subscription is restricted to.
  endpoint: (restricted) => restricted
    ? `/wpush/v2/gAAAAAB${randomText(176)}`
    : `/wpush/v1/gAAAAAB${randomText(133)}`,
  name: () => {
    const id = `gAAAAAB${randomText(177)}`;
    return { id, path: `/m/${id}` };
  },
  check,
  accept: ({ ttl }, location = '') => answer(201, { Location: location, TTL: String(ttl) }),
  refuse,
};
