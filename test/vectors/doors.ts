/** The same messages, fields and keys through the public doors of the receiving side. */
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { isPushError } from '../../src/errors.ts';
import { decrypt } from '../../src/receive.ts';
import type { IncomingMessage, Receiver } from '../../src/receive.ts';
import type { Bytes } from '../../src/types.ts';
import { fieldsOf } from './fields.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, text, unhex } from './format.ts';
import { receiverFrom } from './keys.ts';
import { hasDoor, headersOf, isExplicit } from './messages.ts';

type Decrypt = (message: IncomingMessage | Bytes, receiver: Receiver) => Promise<Bytes>;

/** The doors that a message can come in by: the one for all, and the one of its own coding. */
function doorsOf(coding: unknown): Readonly<Record<string, Decrypt>> {
  if (coding === 'aesgcm') return { 'decrypt': decrypt, 'aesgcm.decrypt': aesgcm.decrypt };
  if (coding === 'aesgcm128') return { 'decrypt': decrypt, 'aesgcm128.decrypt': aesgcm128.decrypt };
  return { decrypt };
}

/** One code and one sentence for every reason: a sender must not learn which it was. */
async function refuses(work: Promise<Bytes>): Promise<void> {
  const error: unknown = await work.then((data) => `Opened: ${hex(data)}`, (reason: unknown) => reason);
  if (!isPushError(error)) throw error instanceof Error ? error : new Error(String(error));
  assert.equal(error.toJSON(), {
    name: 'PushError', code: 'ERR_DECRYPT_FAILED', message: 'Cannot decrypt this message',
  });
  assert.is(error.cause, undefined);
  assert.is(error.reason, undefined);
  assert.is(error.detail, undefined);
}

async function keyRefused(work: Promise<unknown>): Promise<void> {
  const error: unknown = await work.then(() => 'Taken', (reason: unknown) => reason);
  if (!isPushError(error)) throw error instanceof Error ? error : new Error(String(error));
  assert.is(error.code, 'ERR_KEY_INVALID');
}

/** What a subscription's keys have where the case says nothing: an authentication secret of its own. */
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
  const ways: string[] = [];
  for (const [name, door] of Object.entries(doorsOf(v['coding']))) {
    const opening = door({ body, headers: headersOf(v) }, receiver);
    if (opens) assert.is(hex(await opening), text(v, 'text'));
    else await refuses(opening);
    ways.push(name);
  }
  if (v['coding'] === 'aes128gcm') await checkBareBody(body, receiver, opens ? text(v, 'text') : undefined);
  return ways;
};

/** What the header fields of aes128gcm say, the body says. */
async function checkBareBody(body: Bytes, receiver: Receiver, wanted: string | undefined): Promise<void> {
  for (const message of [body, { body }, { body, headers: new Headers() }]) {
    if (wanted === undefined) await refuses(decrypt(message, receiver));
    else assert.is(hex(await decrypt(message, receiver)), wanted);
  }
}

/** draft-ietf-webpush-encryption-04 section 5, whose salt and key stand in most of the fields. */
const EXAMPLE = {
  private: 'f455a5d79fd05100160da0f7937979d19059409e1abb6ec5d55e05d2e2d20ff3',
  public: '042124063ccbf19dc2fa88b643ba04e6dd8da7ea7ba2c8c62e0f77a943f4c2fa91'
    + '4f6d44116c9fd1c40341c6a440cab3e2140a60e4378a5da735972de078005105',
  auth: '476f6f20676f6f206727206a6f6f6221',
  salt: '96781aadbc8a7cca22f59ef9c585e692',
  body: 'ea7a80414304f2136ac39277925f1ca55549ca55ca62a64e7ac7991bc52e78aa40',
  text: '4920616d207468652077616c727573',
};

export const checkFieldDoors: Check = async (v) => {
  const receiver = await receiverFrom(EXAMPLE.private, EXAMPLE.public, EXAMPLE.auth);
  const body = unhex(EXAMPLE.body);
  const opens = isValid(v) && v['salt'] === EXAMPLE.salt && !otherKey(v);
  const ways: string[] = [];
  for (const [name, door] of Object.entries(doorsOf(v['Content-Encoding']))) {
    const opening = door({ body, headers: fieldsOf(v) }, receiver);
    if (opens) assert.is(hex(await opening), EXAMPLE.text);
    else await refuses(opening);
    ways.push(name);
  }
  return ways;
};

/** The salt of the example with the key of another message. */
function otherKey(v: Members): boolean {
  return !text(v, 'dh').startsWith('04da110d');
}

/** Private keys: what is none is told before any message is opened with it. */
export const checkKeyDoors: Check = async (v) => {
  const point = v['error'] === 'invalid-point' ? text(v, 'point') : has(v, 'public') ? text(v, 'public') : EXAMPLE.public;
  const importing = receiverFrom(text(v, 'private'), point, SOME_AUTH);
  if (isValid(v)) assert.is(hex((await importing).publicKey), point);
  else await keyRefused(importing);
  return ['importReceiver'];
};
