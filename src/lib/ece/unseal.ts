import { PushError } from '../../errors.ts';
import type { Bytes } from '../../types.ts';
import { importContentKey, openRecord, recordLength, refused } from '../records.ts';
import type { ContentKeys, Layout } from '../records.ts';
import { createBlock } from './block.ts';
import { createPipe } from './pipe.ts';

/** Reads records as they come in. */
export interface Unsealer {
  readonly write: (ciphertext: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
}

export function decryptFailed(): PushError {
  return new PushError('ERR_DECRYPT_FAILED', 'Cannot decrypt this content');
}

/**
 * Gives the data of each record, in order, after its tag was checked and its padding fits its
 * place. `most`: bytes of a record that are held at the most.
 */
export function createUnsealer(
  keys: ContentKeys,
  layout: Layout,
  rs: number,
  most: number,
  give: (data: Bytes) => void,
): Unsealer {
  const full = recordLength(layout, rs);
  const key = importContentKey(keys.cek, 'decrypt');
  const block = createBlock(full);
  const pipe = createPipe(give);
  let index = 0;
  const open = async (record: Bytes, number: number, last: boolean): Promise<Bytes> => {
    const data = await openRecord(layout, await key, keys.nonce, number, record, last);
    if (refused(data)) throw decryptFailed();
    return data;
  };
  const write = async (ciphertext: Uint8Array): Promise<void> => {
    for (let at = 0; at < ciphertext.length; ) {
      // A full record is held back: only more of them tells that it is not the last.
      if (block.length() === full) await pipe.add(open(block.take(), index++, false));
      if (block.length() + ciphertext.length - at > most && full > most) throw decryptFailed();
      at = block.fill(ciphertext, at);
    }
  };
  const end = async (): Promise<void> => {
    // The drafts' last record is one that is not full; a body without any record ends too early.
    const cut = block.length() === 0 || (!layout.countsTag && block.length() === full);
    if (!cut) await pipe.add(open(block.take(), index++, true));
    await pipe.end();
    if (cut) throw decryptFailed();
  };
  return { write, end };
}
