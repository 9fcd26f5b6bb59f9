/** A case that is a message: what it is, and its members as the library takes them. */
import * as assert from 'uvu/assert';
import { zeros } from '../../src/lib/bytes.ts';
import { AESGCM, HTTPBIS_00, THOMSON_01 } from '../../src/lib/legacy.ts';
import type { LegacyCoding } from '../../src/lib/legacy.ts';
import { AES128GCM } from '../../src/lib/webpush.ts';
import type { Coding, Receiver, Recipient } from '../../src/lib/webpush.ts';
import type { KeyPair } from '../../src/types.ts';
import type { Members } from './format.ts';
import { bytes, has, number, object, text } from './format.ts';
import { importPair } from './keys.ts';

/** The older coding of a case, or `undefined` for RFC 8188's. */
export function legacyOf(v: Members): LegacyCoding | undefined {
  if (v['coding'] === 'aes128gcm') return undefined;
  if (v['coding'] === 'aesgcm') return AESGCM;
  assert.is(v['coding'], 'aesgcm128');
  return v['form'] === 'crypto-key' ? HTTPBIS_00 : THOMSON_01;
}

export function codingOf(v: Members): Coding {
  return legacyOf(v) ?? AES128GCM;
}

/** Keyed by input keying material and not by key agreement. */
export function isExplicit(v: Members): boolean {
  return !has(v, 'receiverPublic');
}

/** Whether Web Push has such messages: the old drafts knew some without `auth`. */
export function hasDoor(v: Members): boolean {
  return !isExplicit(v) && (has(v, 'auth') || legacyOf(v)?.bound === false);
}

export async function receiver(v: Members): Promise<Receiver> {
  const keys = await importPair(text(v, 'receiverPrivate'), text(v, 'receiverPublic'));
  const { point, auth } = recipient(v);
  return { keys, auth, publicKey: point };
}

export function sender(v: Members): Promise<KeyPair> {
  return importPair(text(v, 'senderPrivate'), text(v, 'senderPublic'));
}

export function recipient(v: Members): Recipient {
  return { point: bytes(v, 'receiverPublic'), auth: has(v, 'auth') ? bytes(v, 'auth') : zeros(0) };
}

/** base64url, written here as `unhex` is. */
function spell(octets: Uint8Array): string {
  const plain = btoa(String.fromCharCode(...octets)).replace(/=+$/, '');
  return plain.replace(/\+/g, '-').replace(/\//g, '_');
}

/** The fields of a message: as its source prints them, or what follows from the values. */
export function headersOf(v: Members): Record<string, string> {
  const printed = Object.keys(object(v, 'headers'));
  if (printed.length) {
    return Object.fromEntries(printed.map((name) => [name, text(object(v, 'headers'), name)]));
  }
  const coding = text(v, 'coding');
  if (coding === 'aes128gcm') return { 'Content-Encoding': coding };
  const newer = coding === 'aesgcm' || v['form'] === 'crypto-key';
  return {
    'Content-Encoding': coding,
    'Encryption': `salt="${spell(bytes(v, 'salt'))}"; rs=${number(v, 'rs')}`,
    [newer ? 'Crypto-Key' : 'Encryption-Key']: `dh="${spell(bytes(v, 'senderPublic'))}"`,
  };
}
