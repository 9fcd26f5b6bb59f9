/** The same messages, fields and keys through the public doors of the receiving side. */
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { isPushError } from '../../src/errors.ts';
import type { PushError } from '../../src/errors.ts';
import { decrypt } from '../../src/receive.ts';
import type { IncomingMessage, Receiver } from '../../src/receive.ts';
import type { Bytes } from '../../src/types.ts';
import { fieldsOf } from './fields.ts';
import type { Check } from './format.ts';
import { bytes, has, hex, isValid, text, unhex } from './format.ts';
import { receiverFrom } from './keys.ts';
import { hasDoor, headersOf, isExplicit } from './message.ts';

type Decrypt = (message: IncomingMessage | Bytes, receiver: Receiver) => Promise<Bytes>;

/** The doors that a message can come in by: the one for all, and the one of its own coding. */
function doorsOf(coding: unknown): Readonly<Record<string, Decrypt>> {
  if (coding === 'aesgcm') return { 'decrypt': decrypt, 'aesgcm.decrypt': aesgcm.decrypt };
  if (coding === 'aesgcm128') return { 'decrypt': decrypt, 'aesgcm128.decrypt': aesgcm128.decrypt };
  return { decrypt };
}

/** Why it was refused: with an error of the library and nothing else. */
async function reasonOf(work: Promise<unknown>): Promise<PushError> {
  const error: unknown = await work.then(() => new Error('Taken'), (reason: unknown) => reason);
  if (isPushError(error)) return error;
  throw error instanceof Error ? error : new Error(String(error));
}

/** One code and one sentence for every reason: a sender must not learn which it was. */
async function refuses(work: Promise<Bytes>): Promise<void> {
  const error = await reasonOf(work);
  assert.equal(error.toJSON(), {
    name: 'PushError', code: 'ERR_DECRYPT_FAILED', message: 'Cannot decrypt this message',
  });
  assert.is(error.cause, undefined);
  assert.is(error.reason, undefined);
  assert.is(error.detail, undefined);
}

async function keyRefused(work: Promise<unknown>): Promise<void> {
  assert.is((await reasonOf(work)).code, 'ERR_KEY_INVALID');
}

/** Every subscription has an authentication secret, also where a case has none. */
const SOME_AUTH = '05305932a1c7eabe13b6cec9fda48882';

export const checkMessageDoors: Check = async (v) => {
  if (isExplicit(v)) return [];
  const auth = has(v, 'auth') ? text(v, 'auth') : SOME_AUTH;
  const importing = receiverFrom(text(v, 'receiverPrivate'), text(v, 'receiverPublic'), auth);
  if (auth.length !== SOME_AUTH.length) {
    await keyRefused(importing);
    return ['importReceiver'];
  }
  const receiver = await importing;
  const body = bytes(v, 'body');
  const opens = isValid(v) && hasDoor(v);
  const wanted = opens ? text(v, 'text') : undefined;
  const message = { body, headers: headersOf(v) };
  // The body of aes128gcm says all that there is to say.
  const bare = [body, { body }, { body, headers: new Headers() }];
  const enough = v['coding'] === 'aes128gcm' ? bare : [];
  for (const alone of enough) await checkOpening(decrypt(alone, receiver), wanted);
  return goThrough(v['coding'], message, receiver, wanted);
};

/** `wanted`: the text, `undefined` where there must be none. */
async function checkOpening(opening: Promise<Bytes>, wanted: string | undefined): Promise<void> {
  if (wanted === undefined) await refuses(opening);
  else assert.is(hex(await opening), wanted);
}

async function goThrough(
  coding: unknown,
  message: IncomingMessage,
  receiver: Receiver,
  wanted: string | undefined,
): Promise<readonly string[]> {
  const doors = Object.entries(doorsOf(coding));
  for (const [, door] of doors) await checkOpening(door(message, receiver), wanted);
  return doors.map(([name]) => name);
}

/** draft-ietf-webpush-encryption-04 section 5, whose salt and key stand in most of the fields. */
const EXAMPLE = {
  private: 'f455a5d79fd05100160da0f7937979d19059409e1abb6ec5d55e05d2e2d20ff3',
  public: '042124063ccbf19dc2fa88b643ba04e6dd8da7ea7ba2c8c62e0f77a943f4c2fa91'
    + '4f6d44116c9fd1c40341c6a440cab3e2140a60e4378a5da735972de078005105',
  auth: '476f6f20676f6f206727206a6f6f6221',
  salt: '96781aadbc8a7cca22f59ef9c585e692',
  dh: '04da110db6fce091a6f20e59e42171bab4aab17589d7522d7d71166152c4f3963b0'
    + '989038d7b0811ce1aab161a4351bc06a917089e833e90eb5ad7568ff9ae8075',
  body: 'ea7a80414304f2136ac39277925f1ca55549ca55ca62a64e7ac7991bc52e78aa40',
  text: '4920616d207468652077616c727573',
};

export const checkFieldDoors: Check = async (v) => {
  const receiver = await receiverFrom(EXAMPLE.private, EXAMPLE.public, EXAMPLE.auth);
  const opens = isValid(v) && v['salt'] === EXAMPLE.salt && v['dh'] === EXAMPLE.dh;
  const message = { body: unhex(EXAMPLE.body), headers: fieldsOf(v) };
  return goThrough(v['Content-Encoding'], message, receiver, opens ? EXAMPLE.text : undefined);
};

/** Private keys: what is none is told before any message is opened with it. */
export const checkKeyDoors: Check = async (v) => {
  const bad = v['error'] === 'invalid-point';
  const point = bad ? text(v, 'point') : has(v, 'public') ? text(v, 'public') : EXAMPLE.public;
  const importing = receiverFrom(text(v, 'private'), point, SOME_AUTH);
  if (isValid(v)) assert.is(hex((await importing).publicKey), point);
  else await keyRefused(importing);
  return ['importReceiver'];
};
