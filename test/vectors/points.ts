/** Points wherever they come in: whatever is none is refused at the door, with the door's code. */
import * as assert from 'uvu/assert';
import { encrypt } from '../../src/encrypt.ts';
import { isPushError } from '../../src/errors.ts';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { concat, zeros } from '../../src/lib/bytes.ts';
import { writeHeader } from '../../src/lib/records.ts';
import { decrypt } from '../../src/receive.ts';
import { createRequest } from '../../src/request.ts';
import { createPushService, verifyVapid } from '../../src/service.ts';
import { parseSubscription } from '../../src/subscription.ts';
import type { Bytes } from '../../src/types.ts';
import { createVapid, importVapidKeys } from '../../src/vapid.ts';
import { ANYONE } from './fields.ts';
import type { Check } from './format.ts';
import { bytes, isValid } from './format.ts';
import { receiverFrom } from './keys.ts';

/** What comes of it: the code of the library's error, or `'taken'`. */
async function outcomeOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'taken';
  } catch (error) {
    if (isPushError(error)) return error.code;
    throw error;
  }
}

type Entry = readonly [door: string, code: string, enter: () => unknown];

/** Those whose other members are fine, so that a good point is taken. */
function doorsFor(point: Bytes): readonly Entry[] {
  const text = encodeBase64url(point);
  const auth = encodeBase64url(zeros(16));
  const row = { endpoint: 'https://push.example.com/abc', keys: { p256dh: text, auth } };
  const signer = { publicKey: point, sign: (): Bytes => zeros(64) };
  const subject = 'mailto:me@example.com';
  const service = createPushService();
  return [
    ['parseSubscription', 'ERR_SUBSCRIPTION_INVALID', () => parseSubscription(row)],
    ['encrypt', 'ERR_SUBSCRIPTION_INVALID', () => encrypt(row, '')],
    ['createRequest', 'ERR_SUBSCRIPTION_INVALID', () => createRequest(row, '', { vapid: null })],
    ['vapidSigner', 'ERR_VAPID_INVALID', () => createVapid({ subject, keys: signer })],
    ['subscribe', 'ERR_VAPID_INVALID', () => service.subscribe({ applicationServerKey: text })],
    ['subscribe', 'ERR_VAPID_INVALID', () => service.subscribe({ applicationServerKey: point })],
  ];
}

const TOKEN = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.e30.AAAA';

/** Those that refuse even a good point here, for other reasons; the code is the same for all. */
function otherDoorsFor(point: Bytes): readonly Entry[] {
  const text = encodeBase64url(point);
  const audience = 'https://push.example.com';
  const [x, y, d] = [point.subarray(1, 33), point.subarray(33), zeros(32)].map(encodeBase64url);
  const jwk = { kty: 'EC', crv: 'P-256', x, y, d };
  const body = concat([writeHeader(zeros(16), 4096, point), zeros(17)]);
  const fields = {
    'Content-Encoding': 'aesgcm', 'Encryption': 'salt=AAAAAAAAAAAAAAAAAAAAAA',
    'Crypto-Key': `dh="${text}"`,
  };
  const anyone = receiverFrom(ANYONE.private, ANYONE.public, ANYONE.auth);
  const older = { body: zeros(18), headers: fields };
  const authorization = `vapid t=${TOKEN}, k="${text}"`;
  return [
    ['verifyVapid', 'ERR_TOKEN_INVALID', () => verifyVapid(authorization, { audience })],
    ['importVapidKeys', 'ERR_VAPID_INVALID', () => importVapidKeys(jwk)],
    ['keyid', 'ERR_DECRYPT_FAILED', async () => decrypt(body, await anyone)],
    ['dh', 'ERR_DECRYPT_FAILED', async () => decrypt(older, await anyone)],
  ];
}

export const checkPoint: Check = async (v) => {
  const point = bytes(v, 'point');
  const bad = v['error'] === 'invalid-point';
  if (!bad && !isValid(v)) return [];
  const ways: string[] = [];
  for (const [door, code, enter] of [...doorsFor(point), ...(bad ? otherDoorsFor(point) : [])]) {
    assert.is(await outcomeOf(enter), bad ? code : 'taken', door);
    ways.push(door);
  }
  return ways;
};
