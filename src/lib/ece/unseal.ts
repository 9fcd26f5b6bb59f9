import type { Bytes } from '../../types.ts';
import {
  importContentKey, openRecord, recordLength, refused, SALT_LENGTH,
} from '../records.ts';
import type { ContentKeys } from '../records.ts';
import { agree } from '../webpush.ts';
import { createBlocks, decryptFailed } from './blocks.ts';
import { onlyOne, readKey } from './options.ts';
import type { OpeningKey, OpenOptions } from './options.ts';
import type { ContentCoding, Flow, Start } from './seal.ts';

async function findKeys(
  { coding, explicit }: ContentCoding,
  { key, receiver }: OpeningKey,
  { salt, id }: Start,
): Promise<ContentKeys> {
  if (receiver) {
    const agreed = await agree(coding, receiver, salt, id);
    if (refused(agreed)) throw decryptFailed();
    return agreed.keys;
  }
  const found = typeof key === 'function' ? await key(id.slice()) : key;
  if (!found || salt.length !== SALT_LENGTH) throw decryptFailed();
  return explicit(salt, readKey(found));
}

/** Checks the options and copies a key; opens content when its beginning is known. */
export function createOpening(
  content: ContentCoding,
  // More than any sender that is known makes.
  { key, receiver, maxRecordSize = 2 ** 24 }: OpenOptions,
  give: (data: Bytes) => void,
): (start: Start) => Promise<Flow> {
  onlyOne(key, receiver, 'receiver');
  if (!(maxRecordSize >= 18)) throw new RangeError('maxRecordSize must be 18 or more');
  const isBytes = key !== undefined && typeof key !== 'function';
  const own = { receiver, key: isBytes ? readKey(key) : key };
  const { coding } = content;
  return async (start) => {
    const { cek, nonce } = await findKeys(content, own, start);
    const imported = await importContentKey(cek, 'decrypt');
    const size = recordLength(coding, start.rs);
    const { write, length, code, end } = createBlocks(size, 0, maxRecordSize,
      async (record, index, last) => {
        const data = await openRecord(coding, imported, nonce, index, record, last);
        if (refused(data)) throw decryptFailed();
        return data;
      }, give);
    const finish = async (): Promise<void> => {
      // A body without any record ends too early, and so does one whose last record is full where
      // `rs` counts no tag (draft-ietf-httpbis-encryption-encoding-02 §2).
      if (length() === 0 || (!coding.counted && length() === size)) throw decryptFailed();
      await code(true);
      await end();
    };
    return { write, end: finish };
  };
}
