/** './aesgcm128': a legacy coding, with the names of the modern one. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push/aesgcm128';

export const names: Same<keyof typeof door, 'MAX_PAYLOAD' | 'decrypt' | 'encrypt'> = true;
export const MAX_PAYLOAD: number = door.MAX_PAYLOAD;
export const decrypt: Same<typeof expected.decrypt, typeof door.decrypt> = true;
/** Fits `send(..., { encrypt })`, and takes one option more. */
export const encrypt: expected.Encrypt = door.encrypt;
export const options: door.EncryptOptions[] = [
  {}, { padTo: 100 }, { form: 'crypto-key' }, { form: 'encryption-key', padTo: undefined },
];
