/** The same messages as content of any HTTP body: whole, and as streams cut in two. */
import * as assert from 'uvu/assert';
import { decrypt, decryptAesgcm, decryptStream } from '../../src/ece.ts';
import type { OpenOptions } from '../../src/ece.ts';
import { isPushError } from '../../src/errors.ts';
import type { Bytes } from '../../src/types.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, number, text } from './format.ts';
import { receiverFrom } from './keys.ts';
import { hasDoor, headersOf, isExplicit } from './message.ts';

/** Bodies up to this long are cut at every place, longer ones at some. */
const SHORT = 200;
const PLACES = 24;

async function openingKey(v: Members): Promise<OpenOptions> {
  if (isExplicit(v)) return { key: bytes(v, 'ikm') };
  const [own, point] = [text(v, 'receiverPrivate'), text(v, 'receiverPublic')];
  return { receiver: await receiverFrom(own, point, text(v, 'auth')) };
}

async function checkOpening(opening: Promise<Bytes>, wanted: string | undefined): Promise<void> {
  const outcome: unknown = await opening.then(hex, (error: unknown) => error);
  if (wanted === undefined) {
    assert.ok(isPushError(outcome) && outcome.code === 'ERR_DECRYPT_FAILED', String(outcome));
  } else assert.is(outcome, wanted);
}

/** The fields of content whose key is known beforehand, where the source does not print them. */
function explicitHeaders(v: Members): Record<string, string> {
  if (has(v, 'headers')) return headersOf(v);
  const salt = btoa(String.fromCharCode(...bytes(v, 'salt')));
  const spelled = salt.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
  return { 'Content-Encoding': 'aesgcm', 'Encryption': `salt=${spelled};rs=${number(v, 'rs')}` };
}

/** A body as a stream of two chunks. */
function cutAt(body: Bytes, place: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start: (controller) => {
      controller.enqueue(body.slice(0, place));
      controller.enqueue(body.slice(place));
      controller.close();
    },
  });
}

async function read(stream: ReadableStream<Uint8Array>): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts.map((part) => part.slice())).arrayBuffer());
    parts.push(value);
  }
}

async function checkStreams(v: Members, wanted: string | undefined): Promise<void> {
  const body = bytes(v, 'body');
  const options = await openingKey(v);
  const step = body.length <= SHORT && wanted !== undefined ? 1 : Math.ceil(body.length / PLACES);
  for (let place = 0; place <= body.length; place += Math.max(1, step)) {
    await checkOpening(read(cutAt(body, place).pipeThrough(decryptStream(options))), wanted);
  }
}

export const checkContent: Check = async (v) => {
  const coding = v['coding'];
  const known = coding === 'aes128gcm' || coding === 'aesgcm';
  const keyed = isExplicit(v) ? has(v, 'ikm') : has(v, 'auth') && text(v, 'auth').length === 32;
  if (!known || !keyed) return [];
  const opens = isValid(v) && (isExplicit(v) || hasDoor(v));
  const wanted = opens ? text(v, 'text') : undefined;
  const body = bytes(v, 'body');
  if (coding === 'aesgcm') {
    const message = { body, headers: isExplicit(v) ? explicitHeaders(v) : headersOf(v) };
    await checkOpening(decryptAesgcm(message, await openingKey(v)), wanted);
    return ['ece.decryptAesgcm'];
  }
  await checkOpening(decrypt(body, await openingKey(v)), wanted);
  await checkStreams(v, wanted);
  return ['ece.decrypt', 'ece.decryptStream'];
};
