/** './aesgcm': a legacy coding, with the names of the modern one. */
import type * as expected from 'expected';
import type { Same } from 'expected/same';
import * as door from 'subtle-push/aesgcm';

export const names: Same<keyof typeof door, 'MAX_PAYLOAD' | 'decrypt' | 'encrypt'> = true;
export const MAX_PAYLOAD: number = door.MAX_PAYLOAD;
export const decrypt: Same<typeof expected.decrypt, typeof door.decrypt> = true;
export const encrypt: Same<expected.Encrypt, typeof door.encrypt> = true;
