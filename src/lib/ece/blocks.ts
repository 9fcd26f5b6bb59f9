import { PushError } from '../../errors.ts';
import type { Bytes } from '../../types.ts';
import { zeros } from '../bytes.ts';

/** What is under way at once: enough to keep the platform's threads busy, and bounded. */
const OVERLAP = 16;
const OVERLAP_BYTES = 2 ** 20;
/** A first buffer of at most this size: a header may announce records of 4 GiB for a body of 20. */
const FIRST = 65_536;

/** Bytes that come in pieces of any size, cut into blocks that are coded several at a time. */
export interface Blocks {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  /** Bytes of the block that is not coded yet: of what came, the last. */
  readonly length: () => number;
  /** Codes it; resolves when there is room for another, rejects when one has failed. */
  readonly code: (last: boolean, pad?: number) => Promise<void>;
  /** Resolves when all were given. */
  readonly end: () => Promise<void>;
}

/**
 * Codes one block, the `index`th. Must have copied it when it returns, as WebCrypto does: a buffer
 * for each would cost half as much as the cipher.
 */
type Code = (block: Bytes, index: number, last: boolean, pad: number) => Promise<Bytes>;

export function decryptFailed(): PushError {
  return new PushError('ERR_DECRYPT_FAILED', 'Cannot decrypt this content');
}

/**
 * `size`: bytes of a full block; `spare`: bytes that `code` gets behind them; `most`: bytes that
 * are held at the most. `give` gets the results in order, each as soon as it can.
 */
export function createBlocks(
  size: number,
  spare: number,
  most: number,
  code: Code,
  give: (result: Bytes) => void,
): Blocks {
  const overlap = Math.max(2, Math.min(OVERLAP, OVERLAP_BYTES / size));
  const waiting: Promise<void>[] = [];
  let given = Promise.resolve();
  let buffer = zeros(spare);
  let length = 0;
  let index = 0;
  const next = async (last: boolean, pad: number = 0): Promise<void> => {
    const coded = code(buffer.subarray(0, length + spare), index++, last, pad);
    length = 0;
    given = Promise.all([coded, given]).then(([result]) => give(result));
    // Whoever waits is told; until then nobody does.
    given.catch(() => undefined);
    if (waiting.push(given) > overlap) await waiting.shift();
  };
  const write = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; ) {
      // A full block is held back: only more bytes tell that it is not the last.
      if (length === size) await next(false);
      const wanted = Math.min(size, length + bytes.length - at);
      if (wanted > most) throw decryptFailed();
      if (wanted + spare > buffer.length) {
        const larger = zeros(Math.min(size, Math.max(2 * wanted, FIRST)) + spare);
        larger.set(buffer.subarray(0, length));
        buffer = larger;
      }
      buffer.set(bytes.subarray(at, (at += wanted - length)), length);
      length = wanted;
    }
  };
  return { write, length: () => length, code: next, end: () => given };
}
