/** ntfy as a UnifiedPush server: 200 with JSON, no tokens, and bodies cut at their limit. */
import { decodeBase64url, encodeBase64url } from '../base64url.ts';
import { decodeUtf8 } from '../bytes.ts';
import { jsonAnswer } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import type { Message } from './store.ts';
import { randomAlphanumeric } from './tokens.ts';
import { retryField } from './vendor.ts';
import type { Vendor } from './vendor.ts';

/** How long it keeps messages, whatever TTL says: 12 hours. */
const CACHE = 43_200;

const ERRORS: ReadonlyMap<number, readonly [number, string]> = /* @__PURE__ */ new Map([
  [404, [40401, 'page not found']],
  [429, [42901, 'limit reached: too many requests']],
  [500, [50001, 'internal server error']],
  [507, [50701, 'cannot publish to UnifiedPush topic without previously active subscriber']],
]);

/** Every topic exists; one without a subscriber is told to try later, never gone. */
const TOPIC_PATH = /^\/up[A-Za-z0-9]{12}\?up=1$/;

function refuse(refused: Refusal, path: string): Answer {
  const { reason, message } = refused;
  const isTopic = (reason === 'gone' || reason === 'unknown') && TOPIC_PATH.test(path);
  const status = isTopic ? 507 : refused.status;
  const [code, error] = ERRORS.get(status) ?? [status * 100, message];
  return jsonAnswer(status, { code, http: status, error }, retryField(refused));
}

function base64(text: string): string {
  const bytes = decodeBase64url(text);
  const padding = '='.repeat((4 - (text.length % 4)) % 4);
  return bytes ? text.replaceAll('-', '+').replaceAll('_', '/') + padding : '';
}

function accept({ id, body, created, expires, subscriber }: Message): Answer {
  const text = decodeUtf8(body);
  return jsonAnswer(200, {
    id,
    time: Math.floor(created / 1000),
    expires: Math.floor(expires / 1000),
    event: 'message',
    topic: subscriber.path.slice(1).replace(/\?.*/, ''),
    message: text ?? base64(encodeBase64url(body)),
    ...(text === undefined ? { encoding: 'base64' } : {}),
  });
}

export const NTFY: Vendor = {
  origin: 'https://ntfy.sh',
  vapid: 'never',
  maxBody: 4096,
  cutsBody: true,
  maxTtl: CACHE,
  ownTtl: CACHE,
  ignoresUrgency: true,
  cors: true,
  discovery: () => jsonAnswer(200, { unifiedpush: { version: 1 } }),
  // "up" and twelve characters, as its apps draw them: by this form it knows what UnifiedPush is.
  endpoint: () => `/up${randomAlphanumeric(12)}?up=1`,
  name: () => ({ id: randomAlphanumeric(12) }),
  accept,
  refuse,
};
