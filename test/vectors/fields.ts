/** Header fields of the older codings, and the header in front of the records of aes128gcm. */
import * as assert from 'uvu/assert';
import { readHeaders } from '../../src/lib/headers.ts';
import {
  AESGCM, HTTPBIS_00, readLegacyParams, THOMSON_01,
} from '../../src/lib/legacy.ts';
import type { LegacyParams } from '../../src/lib/legacy.ts';
import { readHeader, refused } from '../../src/lib/records.ts';
import type { Outcome } from '../../src/lib/records.ts';
import { agree, AES128GCM, openMessage } from '../../src/lib/webpush.ts';
import type { Receiver } from '../../src/lib/webpush.ts';
import type { Check, Members } from './format.ts';
import { bytes, has, hex, isValid, number, text, unhex } from './format.ts';
import { importPair } from './keys.ts';

const FIELDS = ['Content-Encoding', 'Encryption', 'Crypto-Key', 'Encryption-Key'] as const;

/** The fields of a case as a message has them. */
export function fieldsOf(v: Members): Record<string, string> {
  const present = FIELDS.filter((name) => has(v, name));
  return Object.fromEntries(present.map((name) => [name, text(v, name)]));
}

/** Any receiver: what is read from fields and headers does not depend on whose they are. */
export const ANYONE: Readonly<Record<'private' | 'public' | 'auth', string>> = {
  private: 'ab5757a70dd4a53e553a6bbf71ffefea2874ec07a6b379e3c48f895a02dc33de',
  public: '042571b2becdfde360551aaf1ed0f4cd366c11cebe555f89bcb7b186a53339173'
    + '168ece2ebe018597bd30479b86e3c8f8eced577ca59187e9246990db682008b0e',
  auth: '05305932a1c7eabe13b6cec9fda48882',
};

async function anyone(): Promise<Receiver> {
  const keys = await importPair(ANYONE.private, ANYONE.public);
  return { keys, auth: unhex(ANYONE.auth), publicKey: unhex(ANYONE.public) };
}

async function read(v: Members): Promise<Outcome<LegacyParams>> {
  const fields = readHeaders(fieldsOf(v));
  const older = fields('Encryption-Key') !== undefined && fields('Crypto-Key') === undefined;
  const coding = v['Content-Encoding'] === 'aesgcm128' ? older ? THOMSON_01 : HTTPBIS_00 : AESGCM;
  const params = readLegacyParams(coding, fields);
  if (refused(params) || v['toy'] === true) return params;
  // Lengths and the point are looked at when the fields have been read.
  const derived = await agree(coding, await anyone(), params.salt, params.dh);
  return refused(derived) ? derived : params;
}

export const checkHeaderFields: Check = async (v) => {
  // Which codings there are is for the receiver's door to say; `doors.ts` asks it.
  if (v['error'] === 'unsupported-encoding') return [];
  const params = await read(v);
  if (!isValid(v)) {
    assert.is(refused(params) ? params : 'read', text(v, 'error'));
  } else {
    if (refused(params)) throw new Error(params);
    assert.is(hex(params.salt), text(v, 'salt'));
    assert.is(params.rs, number(v, 'rs'));
    assert.is(hex(params.dh), text(v, 'dh'));
  }
  return ['readLegacyParams'];
};

/** What others write for some values reads as these values. */
export const checkHeaderFormat: Check = async (v) => {
  const params = readLegacyParams(AESGCM, readHeaders(fieldsOf(v)));
  if (refused(params)) throw new Error(params);
  assert.is(hex(params.salt), text(v, 'salt'));
  assert.is(params.rs, number(v, 'rs'));
  assert.is(hex(params.dh), text(v, 'dh'));
  return ['readLegacyParams'];
};

export const checkBodyHeader: Check = async (v) => {
  const body = bytes(v, 'body');
  if (!isValid(v)) {
    assert.is(await openMessage(await anyone(), body), text(v, 'error'));
    return ['openMessage'];
  }
  const header = readHeader(body);
  if (refused(header)) throw new Error(header);
  assert.is(hex(header.salt), text(v, 'salt'));
  assert.is(header.rs, number(v, 'rs'));
  assert.is(hex(header.keyid), text(v, 'keyid'));
  assert.is(hex(body.subarray(header.length)), text(v, 'records'));
  assert.not(refused(await agree(AES128GCM, await anyone(), header.salt, header.keyid)));
  return ['readHeader', 'agree'];
};
