/** The demonstration itself: a message from a server to a browser, every step kept. */
import { acceptAnswer } from '../answer.ts';
import type { Accepted } from '../answer.ts';
import { decodeBase64url } from '../lib/base64url.ts';
import { decodeUtf8, equal, zeros } from '../lib/bytes.ts';
import { coreOf } from '../lib/service/core.ts';
import { refused } from '../lib/records.ts';
import type { ReceivedMessage, VerifiedVapid } from '../lib/service/types.ts';
import { exportReceiver } from '../receive.ts';
import type { Receiver, ReceiverKeys } from '../receive.ts';
import { createRequest } from '../request.ts';
import type { PushRequest } from '../request.ts';
import { createPushService } from '../service.ts';
import type { PushService } from '../service.ts';
import type { Bytes, Subscription } from '../types.ts';
import { createVapid, generateVapidKeys } from '../vapid.ts';
import type { VapidKeys } from '../vapid.ts';
import type { Coding } from './codings.ts';
import { deriveValues } from './derivation.ts';
import type { Value } from './derivation.ts';
import { layBody } from './body_layout.ts';
import type { Part } from './body_layout.ts';

/** example.com is nobody's (RFC 2606 §3). */
const SUBJECT = 'mailto:demo@example.com';

export interface Demo {
  readonly coding: Coding['name'];
  readonly payload: Bytes;
  readonly vapid: VapidKeys & { readonly subject: string };
  readonly subscription: Subscription & {
    readonly keys: { readonly p256dh: string; readonly auth: string };
  };
  readonly receiver: ReceiverKeys;
  readonly request: PushRequest & { readonly body: Bytes };
  /** The token's header and claims, as JSON text. */
  readonly token: readonly string[];
  readonly parts: readonly Part[];
  readonly answer: {
    readonly status: number;
    readonly headers: readonly (readonly [string, string])[];
  };
  readonly accepted: Accepted;
  readonly message: ReceivedMessage;
  readonly verified: VerifiedVapid | undefined;
  readonly data: Bytes;
  /** What came is what was sent. */
  readonly identical: boolean;
  readonly values: readonly Value[];
}

/** What the push service keeps for the one browser that has subscribed. */
function receiverOf(service: PushService): Receiver {
  for (const { receiver } of coreOf(service).store.subscribers.values()) {
    if (receiver) return receiver;
  }
  throw new TypeError('The push service has no receiver');
}

/** The parts of a JWT that can be read. */
function readToken({ headers }: PushRequest): readonly string[] {
  const [, token = ''] =
    /^(?:vapid t=|WebPush )([\w.-]+)/.exec(headers['Authorization'] ?? '') ?? [];
  return token
    .split('.')
    .slice(0, 2)
    .map((part) => decodeUtf8(decodeBase64url(part) ?? zeros(0)) ?? '');
}

/** Octets of a full record: rs counts the tag only since RFC 8188. */
function recordSize(coding: Coding['name']): number {
  return coding === 'aes128gcm' ? 4096 : 4096 + 16;
}

/** Sends by the push service's own fetch. */
async function push(
  service: PushService,
  request: PushRequest,
): Promise<Pick<Demo, 'answer' | 'accepted'>> {
  const { status, headers } = await service.fetch(request.url, request);
  const { url } = request;
  const answer = { status, headers, detail: undefined };
  return {
    answer: { status, headers: [...headers] },
    accepted: acceptAnswer(answer, url, new URL(url).origin, Date.now()),
  };
}

/** Does it. `padTo`: bytes. */
export async function runDemo(
  payload: Bytes,
  { encrypt, name: coding }: Coding,
  padTo: number | undefined,
): Promise<Demo> {
  const keys = await generateVapidKeys();
  const vapid = createVapid({ subject: SUBJECT, keys });
  const service = createPushService();
  const subscription = await service.subscribe({ applicationServerKey: vapid.publicKey });
  const receiver = receiverOf(service);

  const request = await createRequest(subscription, payload, { vapid, encrypt, padTo });
  const sent = await push(service, request);
  const message = await subscription.next();

  const [body, data] = [request.body ?? zeros(0), message.data ?? zeros(0)];
  const values = await deriveValues(coding, receiver, { body, headers: request.headers });
  return {
    ...sent,
    coding,
    payload,
    subscription,
    message,
    data,
    vapid: { ...keys, subject: SUBJECT },
    receiver: await exportReceiver(receiver),
    request: { ...request, body },
    token: readToken(request),
    parts: layBody(coding, body, recordSize(coding), { data: payload.length }) ?? [],
    verified: message.vapid,
    identical: equal(data, payload),
    values: refused(values) ? [] : values,
  };
}
