import { zeros } from '../bytes.ts';

/** How much to add to content so that its length tells less. Bytes. */
export type Padding = { readonly multiple: number } | { readonly random: number };

/** A whole number from 0 to `most`, evenly; the bias of 53 bits is below 2^-21. */
function randomUpTo(most: number): number {
  const words = new Uint32Array(crypto.getRandomValues(zeros(8)).buffer);
  return Math.floor(((words[0]! % 2 ** 21) * 2 ** 32 + words[1]!) / 2 ** 53 * (most + 1));
}

/** Octets to add, by the length of the content. */
export function readPadding(padding: Padding | undefined): (length: number) => number {
  if (padding === undefined) return () => 0;
  const multiple = 'multiple' in padding;
  const size: unknown = multiple ? padding.multiple : padding.random;
  if (typeof size !== 'number' || !Number.isInteger(size) || size < (multiple ? 1 : 0)
    || size > 2 ** 32) {
    throw new RangeError('padding must be { multiple } or { random } with a whole number of bytes');
  }
  return multiple ? (length) => (size - (length % size)) % size : () => randomUpTo(size);
}
