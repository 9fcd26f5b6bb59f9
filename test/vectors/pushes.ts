/** Messages to the push service, where a subscriber has the keys of the case. */
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { encrypt, MAX_PAYLOAD } from '../../src/encrypt.ts';
import { isPushError } from '../../src/errors.ts';
import { createCore } from '../../src/lib/service/core.ts';
import { fetchFrom } from '../../src/lib/service/fetch.ts';
import { subscribe } from '../../src/lib/service/subscribers.ts';
import type { TestSubscription } from '../../src/lib/service/types.ts';
import { decrypt } from '../../src/receive.ts';
import { createRequest } from '../../src/request.ts';
import type { Encrypt } from '../../src/types.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, text } from './format.ts';
import { receiverFrom } from './keys.ts';
import { hasDoor, headersOf, isExplicit } from './message.ts';

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Draws nothing: the subscription has the keys of the case. */
async function subscribeAs(
  v: Members,
): Promise<{ readonly fetch: Fetch; readonly subscription: TestSubscription } | undefined> {
  const auth = has(v, 'auth') ? text(v, 'auth') : '05305932a1c7eabe13b6cec9fda48882';
  if (isExplicit(v) || auth.length !== 32) return undefined;
  const receiver = await receiverFrom(text(v, 'receiverPrivate'), text(v, 'receiverPublic'), auth);
  const core = createCore({}, { generateReceiver: async () => receiver, decrypt });
  const subscription = await subscribe(core);
  return { fetch: (url, init) => fetchFrom(core, url, init), subscription };
}

/** What the user agent reads: text, `null` without payload, `undefined` if it cannot. */
async function readNext(subscription: TestSubscription): Promise<string | null | undefined> {
  try {
    const { data } = await subscription.next();
    return data && hex(data);
  } catch (error) {
    assert.is(isPushError(error) ? error.code : error, 'ERR_DECRYPT_FAILED');
    return undefined;
  }
}

/** RFC 8030 §7.2: a push service need not take more. */
const MAX_BODY = 4096;

/** A service takes what it cannot read, and so answers 201 whatever the body holds. */
export const checkPush: Check = async (v) => {
  const service = await subscribeAs(v);
  if (!service) return [];
  const { fetch, subscription } = service;
  const body = bytes(v, 'body');
  const headers = { ...headersOf(v), TTL: '60' };
  const { status } = await fetch(subscription.endpoint, { method: 'POST', headers, body });
  if (body.length > MAX_BODY) {
    assert.is(status, 413);
    return ['service'];
  }
  assert.is(status, 201);
  const opens = isValid(v) && hasDoor(v);
  // No body is no payload, and nothing to decrypt.
  const wanted = body.length === 0 ? null : opens ? text(v, 'text') : undefined;
  assert.is(await readNext(subscription), wanted);
  return ['service'];
};

/** How the sender makes messages like that of the case, and how long a text it takes. */
function encryptionOf(v: Members): readonly [Encrypt, number] {
  if (v['coding'] === 'aesgcm') return [aesgcm.encrypt, aesgcm.MAX_PAYLOAD];
  if (v['coding'] === 'aes128gcm') return [encrypt, MAX_PAYLOAD];
  const form = v['form'] === 'crypto-key' ? 'crypto-key' : 'encryption-key';
  const own: Encrypt = (subscription, payload, options) =>
    aesgcm128.encrypt(subscription, payload, { ...options, form });
  return [own, aesgcm128.MAX_PAYLOAD];
}

/** The text of a valid message, sent by this library to the receiver of the case. */
export const checkRequest: Check = async (v) => {
  const service = isValid(v) ? await subscribeAs(v) : undefined;
  if (!service) return [];
  const { fetch, subscription } = service;
  const [own, most] = encryptionOf(v);
  const payload = bytes(v, 'text');
  const making = createRequest(subscription, payload, { vapid: null, encrypt: own });
  if (payload.length > most) {
    const error: unknown = await making.then(() => 'Made', (reason: unknown) => reason);
    assert.is(isPushError(error) ? error.code : error, 'ERR_PAYLOAD_TOO_LARGE');
    return ['createRequest'];
  }
  const request = await making;
  assert.is((await fetch(request.url, request)).status, 201);
  assert.is(await readNext(subscription), text(v, 'text'));
  return ['createRequest'];
};
