/** The content codings by name: what the command line needs and the library does without. */
import * as aesgcm from '../aesgcm.ts';
import * as aesgcm128 from '../aesgcm128.ts';
import { encrypt, MAX_PAYLOAD } from '../encrypt.ts';
import type { Encrypt } from '../types.ts';
import type { Args, Option } from './args.ts';
import { misuse } from './failure.ts';
import { readWord } from './input.ts';

export const CODING_NAMES = ['aes128gcm', 'aesgcm', 'aesgcm128'] as const;
export type CodingName = (typeof CODING_NAMES)[number];

export const CODING_OPTIONS: readonly Option[] = [
  {
    name: 'coding',
    value: 'NAME',
    help: 'aes128gcm (RFC 8291, default), or one of the old ones, aesgcm and aesgcm128',
  },
  {
    name: 'form',
    value: 'FORM',
    help: 'of aesgcm128: crypto-key (default) or encryption-key (its first draft)',
  },
];

export interface Coding {
  readonly name: CodingName;
  readonly encrypt: Encrypt;
  /** Bytes. */
  readonly maxPayload: number;
}

export function readCoding(args: Args): Coding {
  const name = readWord('coding', args.text('coding'), CODING_NAMES) ?? 'aes128gcm';
  const form = readWord('form', args.text('form'), ['crypto-key', 'encryption-key'] as const);
  if (form !== undefined && name !== 'aesgcm128') {
    throw misuse('--form belongs to --coding aesgcm128: the other codings have one form');
  }
  if (name === 'aes128gcm') return { name, encrypt, maxPayload: MAX_PAYLOAD };
  if (name === 'aesgcm') return { name, encrypt: aesgcm.encrypt, maxPayload: aesgcm.MAX_PAYLOAD };
  return {
    name,
    encrypt: (subscription, payload, options) =>
      aesgcm128.encrypt(subscription, payload, { ...options, form }),
    maxPayload: aesgcm128.MAX_PAYLOAD,
  };
}
