import type { Bytes } from '../../types.ts';
import { zeros } from '../bytes.ts';

/** Bytes that come in pieces of any size, gathered into blocks of one size. */
export interface Block {
  /** Takes what still fits of `bytes` from `at`; answers the place behind it. */
  readonly fill: (bytes: Uint8Array, at: number) => number;
  /** What was gathered, with the spare octets behind it; the block is empty afterwards. */
  readonly take: () => Bytes;
  readonly length: () => number;
}

/** A first buffer of at most this size: a header may announce records of 4 GiB for a body of 20. */
const FIRST = 65_536;

/**
 * `size`: bytes of a full block; `spare`: zeros behind it. The buffer grows with what really comes.
 */
export function createBlock(size: number, spare: number = 0): Block {
  let buffer = zeros(0);
  let length = 0;
  const grow = (wanted: number): void => {
    const room = Math.max(wanted + spare, 2 * buffer.length, FIRST);
    const larger = zeros(Math.min(size + spare, room));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  const fill = (bytes: Uint8Array, at: number): number => {
    const end = Math.min(bytes.length, at + size - length);
    const wanted = length + end - at;
    if (wanted + spare > buffer.length) grow(wanted);
    buffer.set(bytes.subarray(at, end), length);
    length = wanted;
    return end;
  };
  const take = (): Bytes => {
    // A full block is handed out as it is, and never written to again; one that is not is copied.
    const full = length + spare === buffer.length;
    const taken = full ? buffer : zeros(length + spare);
    if (!full) taken.set(buffer.subarray(0, length));
    buffer = zeros(0);
    length = 0;
    return taken;
  };
  return { fill, take, length: () => length };
}
