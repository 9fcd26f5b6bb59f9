/** Programs as users write them: what their own types must fit. */
import {
  createRequest, createVapid, encrypt, generateVapidKeys, isDead, isPushError, nextStep,
  parseSubscription, retryDelay, send, sendMany, subscriptionId, topicFrom,
} from 'subtle-push';
import type { Delivery, Encrypt, Fetch, Outcome, PushErrorCode, Subscription } from 'subtle-push';
import * as aesgcm from 'subtle-push/aesgcm';
import { decrypt, generateReceiver, toSubscription } from 'subtle-push/receive';
import { createPushService, verifyVapid } from 'subtle-push/service';

/** The host's own fetch fits, and so does the push service's, in both directions. */
export const fetches: Fetch[] = [fetch, createPushService().fetch];
export const forOthers: typeof fetch = createPushService().fetch;

interface Row extends Delivery { readonly userId: number }
declare const rows: AsyncIterable<Row>;
declare const stored: readonly Row[];

export async function all(now: () => number): Promise<number[]> {
  const vapid = createVapid({
    subject: 'mailto:ops@example.com', keys: await generateVapidKeys(), now,
  });
  const gone: number[] = [];
  for await (const outcome of sendMany(rows, { vapid, payload: ({ userId }) => `Hello ${userId}` })) {
    if (!outcome.ok && isDead(outcome.error)) gone.push(outcome.delivery.userId);
  }
  const outcomes: AsyncGenerator<Outcome<Row>, void, void> = sendMany(stored, { vapid });
  for await (const { ok, delivery } of outcomes) if (!ok) gone.push(delivery.userId);
  return gone;
}

/** Frozen, shared and read-only input is taken as it is. */
const fixed = Object.freeze({
  endpoint: 'https://push.example.com/1',
  keys: Object.freeze({ p256dh: '', auth: '' }),
} as const);

export async function one(codings: readonly Encrypt[] = [encrypt, aesgcm.encrypt]): Promise<unknown> {
  const subscription: Subscription = parseSubscription(JSON.stringify(fixed), { endpoints: 'known' });
  const request = await createRequest(fixed, new Uint8Array(8), {
    vapid: null, ttl: undefined, urgency: 'high', topic: topicFrom('news'), encrypt: codings[0],
  });
  const answer: Promise<Response> = fetch(request.url, request);
  const accepted = await send(fixed, new ArrayBuffer(8), {
    vapid: null, signal: AbortSignal.timeout(1), expires: new Date(), headers: { 'x-a': 'b' },
    endpoints: (url: URL) => url.protocol === 'https:',
  });
  const id: string | undefined = accepted.id;
  return [answer, id, subscriptionId(subscription)];
}

export function decide(error: unknown): PushErrorCode | number | undefined {
  const step = nextStep(error, 1, { attempts: 5, random: Math.random });
  if (step.do === 'retry') return step.delay;
  return isPushError(error) && error.status === 429 ? error.code : retryDelay(error, 2);
}

export async function received(headers: Headers, body: ArrayBuffer): Promise<string> {
  const receiver = await generateReceiver();
  const endpoint = toSubscription(receiver, 'https://push.example.com/1');
  await verifyVapid('vapid t=, k=', { audience: 'https://push.example.com', headers });
  await decrypt({ body, headers: { 'content-encoding': 'aesgcm', 'crypto-key': ['a', 'b'] } }, receiver);
  await decrypt({ body, headers: [['content-encoding', 'aes128gcm']] }, receiver);
  return new TextDecoder().decode(await decrypt({ body, headers }, receiver)) + endpoint.endpoint;
}
