import type { Bytes } from '../../types.ts';
import { zeros } from '../bytes.ts';
import { importContentKey, recordNonce, sealRecord, TAG_LENGTH } from '../records.ts';
import type { ContentKeys } from '../records.ts';
import { createBlock } from './block.ts';
import { createPipe } from './pipe.ts';

/** How a coding writes its records. */
export interface Writing {
  /** Octets of data and padding in a full record. */
  readonly capacity: number;
  /** Octets that a record has behind its data when it is not padded. */
  readonly spare: number;
  /** The octets of a record before encryption, out of its data with the spare ones behind it. */
  readonly pad: (block: Bytes, length: number, pad: number, last: boolean) => Bytes;
  /**
   * Whether the end is told by a record that is not full, so that a full last one needs another.
   */
  readonly endsShort: boolean;
  /** The most octets of padding in one record. */
  readonly maxPad: number;
}

/** Writes content as records, however it comes in. */
export interface Sealer {
  readonly write: (content: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** `padding`: octets to add in all, asked when the length of the content is known. */
export function createSealer(
  keys: ContentKeys,
  { capacity, spare, pad, endsShort, maxPad }: Writing,
  padding: (length: number) => number,
  give: (record: Bytes) => void,
): Sealer {
  const key = importContentKey(keys.cek, 'encrypt');
  const block = createBlock(capacity, spare);
  const pipe = createPipe(give);
  let index = 0;
  let length = 0;
  const seal = async (record: Bytes, iv: Bytes): Promise<Bytes> =>
    sealRecord(await key, iv, record);
  const add = (data: Bytes, padding: number, last: boolean): Promise<void> => {
    const record = pad(data, data.length - spare, padding, last);
    return pipe.add(seal(record, recordNonce(keys.nonce, index++)));
  };
  const write = async (content: Uint8Array): Promise<void> => {
    length += content.length;
    for (let at = 0; at < content.length; ) {
      // A full block is held back: only more content tells that it is not the last.
      if (block.length() === capacity) await add(block.take(), 0, false);
      at = block.fill(content, at);
    }
  };
  const end = async (): Promise<void> => {
    let data = block.take();
    let rest = padding(length);
    for (;;) {
      const used = data.length - spare;
      const now = Math.min(rest, capacity - used, maxPad);
      rest -= now;
      const last = rest === 0 && !(endsShort && used + now === capacity);
      await add(data, now, last);
      if (last) return pipe.end();
      data = zeros(spare);
    }
  };
  return { write, end };
}

/** Octets of a record's data and padding under RFC 8188: less tag and delimiter. */
export function capacityOf(rs: number): number {
  return rs - TAG_LENGTH - 1;
}
