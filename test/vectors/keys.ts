/** Key pairs of the cases. */
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { importEcdh } from '../../src/lib/p256.ts';
import { importReceiver } from '../../src/receive.ts';
import type { Receiver } from '../../src/receive.ts';
import type { KeyPair } from '../../src/types.ts';
import { unhex } from './format.ts';

export function importPair(d: string, point: string): Promise<KeyPair> {
  return importEcdh(unhex(point), unhex(d));
}

/** A receiver by the public door, from hexadecimal. */
export function receiverFrom(d: string, point: string, auth: string): Promise<Receiver> {
  const spell = (value: string): string => encodeBase64url(unhex(value));
  return importReceiver({ privateKey: spell(d), publicKey: spell(point), auth: spell(auth) });
}
