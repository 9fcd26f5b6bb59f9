/** Google's push service, in its words (texts, as far as they are known from reports of users). */
import { TOPIC } from './fields.ts';
import { answer } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import { randomBytes, randomHex, randomText } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Vendor } from './vendor.ts';

const FORMAT = 'authorization header should have the following format: t=jwtToken; '
  + 'k=base64(publicApplicationServerKey)';
const KEY_FORMAT = 'crypto-key header should have the following format: '
  + 'p256ecdsa=base64(publicApplicationServerKey)';
const AUDIENCE = 'aud claim in the token MUST include the origin of the push resource URL';
const INVALID = 'invalid JWT provided';

const TEXTS: ReadonlyMap<string, string> = /* @__PURE__ */ new Map([
  ['unknown-scheme', 'sender is not authenticated.'],
  ['invalid-authorization', `authorization header had invalid format. ${FORMAT}`],
  ['missing-token', `authorization header had empty format. ${FORMAT}`],
  ['missing-key', `crypto-key header had no format. ${KEY_FORMAT}`],
  ['invalid-token', INVALID], ['invalid-alg', INVALID], ['invalid-signature', INVALID],
  ['invalid-claims', INVALID], ['invalid-exp', INVALID], ['invalid-sub', INVALID],
  ['missing-aud', AUDIENCE], ['invalid-aud', AUDIENCE],
  ['missing-exp', 'exp claim is missing'],
  ['expired', 'token has expired'],
  ['exp-too-far', 'exp claim MUST NOT be more than 24 hours from the time of the request'],
  ['wrong-key', 'the VAPID credentials in the authorization header do not correspond to the '
    + 'credentials used to create the subscriptions.'],
]);

/** What is wrong with a key, told by what was said of it. */
function keyText(message: string): string {
  if (message.includes(' 65 ')) return 'public key must be 65 bytes long';
  if (message.includes('first byte')) {
    return 'public key must be in uncompressed form. (First byte needs to be 0x04)';
  }
  if (message.includes('base64url')) return 'public key must be base64url-encoded [RFC7515]';
  return message.includes('Crypto-Key')
    ? `crypto-key header had invalid format. ${KEY_FORMAT}`
    : 'VAPID public key must be on the P-256 curve';
}

const UNAUTHORIZED = '<HTML>\n<HEAD>\n<TITLE>UnauthorizedRegistration</TITLE>\n</HEAD>\n'
  + '<BODY BGCOLOR="#FFFFFF" TEXT="#000000">\n<H1>UnauthorizedRegistration</H1>\n'
  + '<H2>Error 400</H2>\n</BODY>\n</HTML>\n';

type Words = readonly [status: number, text: string];

const GONE: Words = [410, 'push subscription has unsubscribed or expired.\n'];
const INVALID_ENDPOINT: Words = [403, 'invalid push subscription endpoint.'];
const NO_ENDPOINT: Words = [404, 'A valid push subscription endpoint should be specified in the '
  + 'URL as such: https://fcm.googleapis.com/wp/...'];

const TOKEN = /^\/(fcm\/send|wp)\/[\w-]{11}:APA91b[\w-]{100,}$/;

/** Unknown endpoints: of the right form gone, of another invalid, elsewhere no endpoint at all. */
function unknown(path: string): Words {
  if (TOKEN.test(path)) return GONE;
  return /^\/(fcm\/send|wp)\//.test(path) ? INVALID_ENDPOINT : NO_ENDPOINT;
}

function words({ status, reason, message }: Refusal, path: string): Words {
  if (reason === 'gone' || reason === 'unknown') return unknown(path);
  if (reason === 'fault' && status === 410) return GONE;
  if (reason === 'fault' && status === 404) return NO_ENDPOINT;
  if (reason === 'missing-authorization') return [400, UNAUTHORIZED];
  if (reason === 'invalid-key') return [403, keyText(message)];
  const text = TEXTS.get(reason);
  return text === undefined ? [status, message] : [403, text];
}

function refuse(refusal: Refusal, path: string): Answer {
  const [status, text] = words(refusal, path);
  const type = text === UNAUTHORIZED ? 'text/html' : 'text/plain';
  return answer(status, { 'Content-Type': `${type}; charset=utf-8`, ...retryField(refusal) }, text);
}

export const FCM: Vendor = {
  origin: 'https://fcm.googleapis.com',
  vapid: 'required',
  // Google does not look at sub.
  token: { subject: () => true },
  maxBody: 4096,
  // Four weeks.
  maxTtl: 2_419_200,
  topic: TOPIC,
  endpoint: () => `/fcm/send/${randomText(11)}:APA91b${randomText(134)}`,
  name: () => {
    // Sixteen digits like its microseconds, but random: nothing that could be guessed.
    const digits = [...randomBytes(16)].map((byte) => byte % 10).join('');
    const id = `0:${digits}%${randomHex(32)}`;
    return { id, path: `/${id}` };
  },
  accept: (_message, location = '') => answer(201, {
    Location: location,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'SAMEORIGIN',
    'X-XSS-Protection': '0',
  }),
  refuse,
};
