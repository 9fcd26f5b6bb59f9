import type { Bytes } from '../../types.ts';
import { zeros } from '../bytes.ts';

/** Bytes that come in pieces of any size, gathered into blocks of one size. */
export interface Block {
  /** Takes what still fits of `bytes` from `at`; answers the place behind it. */
  readonly fill: (bytes: Uint8Array, at: number) => number;
  /** What was gathered; the block is empty afterwards. `spare`: octets to have behind it. */
  readonly take: (spare?: number) => Bytes;
  readonly length: () => number;
}

/** A first buffer of at most this size: a header may announce records of 4 GiB for a body of 20. */
const FIRST = 65_536;

/** `size`: bytes of a full block. The buffer grows with what really comes. */
export function createBlock(size: number): Block {
  let buffer = zeros(0);
  let length = 0;
  const grow = (wanted: number): void => {
    const larger = zeros(Math.min(size, Math.max(wanted, 2 * buffer.length, FIRST)));
    larger.set(buffer.subarray(0, length));
    buffer = larger;
  };
  const fill = (bytes: Uint8Array, at: number): number => {
    const end = Math.min(bytes.length, at + size - length);
    const wanted = length + end - at;
    if (wanted > buffer.length) grow(wanted);
    buffer.set(bytes.subarray(at, end), length);
    length = wanted;
    return end;
  };
  const take = (spare = 0): Bytes => {
    const full = spare === 0 && length === buffer.length;
    const taken = full ? buffer : zeros(length + spare);
    if (!full) taken.set(buffer.subarray(0, length));
    // What was handed out whole is not written to again.
    if (full) buffer = zeros(0);
    length = 0;
    return taken;
  };
  return { fill, take, length: () => length };
}
