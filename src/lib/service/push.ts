/** A push message on its way in (RFC 8030 §5, RFC 8292 §4.2). */
import { isPushError, PushError } from '../../errors.ts';
import type { Urgency } from '../../types.ts';
import { equal } from '../bytes.ts';
import { deliver } from './delivery.ts';
import { readTopic, readTtl, readUrgency, wantsReceipt } from './fields.ts';
import { forwarded, senderPoint } from './payload.ts';
import { findReceipt, openReceipt } from './receipts.ts';
import { isRefusal, refusal } from './refusal.ts';
import type { Answer, Refusal } from './refusal.ts';
import type { Message, Opened, Subscriber } from './store.ts';
import { isCurrent } from './subscribers.ts';
import { verifyToken } from './verify.ts';
import type { Verified } from './verify.ts';
import { originOf, refuse } from './visit.ts';
import type { Visit } from './visit.ts';

export const GONE: Refusal = {
  status: 410, reason: 'gone', message: 'The push subscription was ended or has expired',
};

/** Takes a push to a subscription, or refuses it. */
export async function acceptPush(visit: Visit, subscriber: Subscriber): Promise<Answer> {
  const { core } = visit;
  const proof = await authorize(visit, subscriber);
  if (isRefusal(proof)) return refuse(visit, proof);
  const order = readOrder(visit, subscriber, proof);
  if (isRefusal(order)) return refuse(visit, order);
  const opened = await open(visit, subscriber, order.coding);
  visit.signal?.throwIfAborted();
  // It may have ended while its token was verified and its message was opened.
  if (!isCurrent(core, subscriber)) return refuse(visit, GONE);
  const origin = originOf(visit, subscriber);
  const receipt = order.receipt ? openReceipt(visit, order.receipt) : undefined;
  if (isRefusal(receipt)) return refuse(visit, receipt);
  const message = createMessage(visit, subscriber, order, proof, opened, receipt);
  visit.message = message;
  subscriber.refused = undefined;
  deliver(core, message);
  return core.vendor.accept(
    message,
    message.path === undefined ? undefined : origin + message.path,
    receipt === undefined ? undefined : origin + receipt,
  );
}

/** RFC 8292 §4.2: 401 without a token, 403 with one that does not fit. */
async function authorize(
  visit: Visit,
  subscriber: Subscriber,
): Promise<Verified | undefined | Refusal> {
  const { core, header } = visit;
  if (core.vapid === 'never') return undefined;
  const authorization = header('Authorization');
  if (authorization === undefined && core.vapid !== 'required' && !subscriber.key) return undefined;
  const audience = originOf(visit, subscriber);
  const { vendor: { token: rules }, seen } = core;
  try {
    const now = core.now();
    const proof = await verifyToken(authorization ?? '', { audience, now, header, rules, seen });
    const fits = !subscriber.key || equal(proof.key, subscriber.key);
    return fits ? proof : { ...refusal(403, 'wrong-key', WRONG_KEY), isToken: true };
  } catch (error) {
    if (!isPushError(error)) throw error;
    const reason = error.reason ?? 'invalid-token';
    const status = reason === 'missing-authorization' ? 401 : 403;
    return { ...refusal(status, reason, error.message), isToken: true };
  }
}

const WRONG_KEY = 'VAPID public key mismatch: the credentials do not correspond to the key that '
  + 'the subscription was made with; subscribe anew with this one';

/** What a push asks for. */
interface Order {
  readonly ttl: number;
  readonly urgency: Urgency;
  readonly topic: string | undefined;
  readonly coding: string | undefined;
  /** `'new'`, or the path of a receipt subscription. */
  readonly receipt: string | undefined;
}

/** The rules of the header fields and of the body, in the order of their sections. */
function readOrder(
  visit: Visit,
  subscriber: Subscriber,
  proof: Verified | undefined,
): Order | Refusal {
  const { core: { vendor }, header, body } = visit;
  if (body.tooLong && !vendor.cutsBody) {
    return refusal(413, 'too-large', `The body is longer than ${vendor.maxBody} bytes`);
  }
  const receipt = vendor.receipts ? findReceipt(visit, originOf(visit, subscriber)) : undefined;
  if (isRefusal(receipt)) return receipt;
  const ttl = vendor.ownTtl ?? readTtl(header);
  if (isRefusal(ttl)) return ttl;
  const urgency = readUrgency(header);
  if (isRefusal(urgency) && !vendor.ignoresUrgency) return urgency;
  const topic = vendor.topic ? readTopic(header, vendor.topic) : undefined;
  if (isRefusal(topic)) return topic;
  const coding = header('Content-Encoding')?.trim().toLowerCase();
  const broken = vendor.check?.({ header, body: body.bytes, coding, ttl });
  if (broken) return broken;
  const point = senderPoint(coding, body.bytes, header);
  // RFC 8292 §3.2: one key for signing, another for encrypting.
  if (proof && point && equal(proof.key, point)) return SAME_KEY;
  return {
    ttl: Math.min(ttl, vendor.maxTtl),
    urgency: isRefusal(urgency) ? 'normal' : urgency,
    topic,
    coding,
    receipt: vendor.receipts && wantsReceipt(header) ? receipt ?? 'new' : undefined,
  };
}

const SAME_KEY: Refusal = {
  status: 400, reason: 'same-key',
  message: 'The message is encrypted with the key that signs tokens: another for each is wanted',
};

/** Opens a message for the test. What does not open is taken all the same: no service can know. */
async function open(
  { core: { tools }, fields, body }: Visit,
  { receiver }: Subscriber,
  coding: string | undefined,
): Promise<Opened> {
  if (!receiver) return undefined;
  if (body.bytes.length === 0) return { data: null };
  // User agents go by this field, and drop what has none (RFC 8291 §4).
  if (coding === undefined) return { error: new PushError('ERR_DECRYPT_FAILED', NO_CODING) };
  try {
    return { data: await tools.decrypt({ body: body.bytes, headers: fields }, receiver) };
  } catch (error) {
    return { error };
  }
}

const NO_CODING = 'Cannot decrypt this message: it has no Content-Encoding';

function createMessage(
  { core, fields, body }: Visit,
  subscriber: Subscriber,
  { ttl, urgency, topic, coding }: Order,
  proof: Verified | undefined,
  opened: Opened,
  receipt: string | undefined,
): Message {
  const created = core.now();
  const { id, path } = core.vendor.name(created);
  return {
    id, path, subscriber, body: body.bytes, headers: forwarded(fields), ttl, urgency, topic, coding,
    vapid: proof?.vapid, opened, created, expires: created + ttl * 1000, receipt, status: 'waiting',
  };
}
