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
  /** The octets of a record before encryption. */
  readonly pad: (data: Bytes, pad: number, last: boolean) => Bytes;
  /** Whether the end is told by a record that is not full, so that a full last one needs another. */
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
  { capacity, pad, endsShort, maxPad }: Writing,
  padding: (length: number) => number,
  give: (record: Bytes) => void,
): Sealer {
  const key = importContentKey(keys.cek, 'encrypt');
  const block = createBlock(capacity);
  const pipe = createPipe(give);
  let index = 0;
  let length = 0;
  const seal = async (record: Bytes, iv: Bytes): Promise<Bytes> => sealRecord(await key, iv, record);
  const add = (data: Bytes, zerosBehind: number, last: boolean): Promise<void> =>
    pipe.add(seal(pad(data, zerosBehind, last), recordNonce(keys.nonce, index++)));
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
      const now = Math.min(rest, capacity - data.length, maxPad);
      rest -= now;
      const last = rest === 0 && !(endsShort && data.length + now === capacity);
      await add(data, now, last);
      if (last) return pipe.end();
      data = zeros(0);
    }
  };
  return { write, end };
}

/** Octets of a record's data and padding under RFC 8188: less tag and delimiter. */
export function capacityOf(rs: number): number {
  return rs - TAG_LENGTH - 1;
}
