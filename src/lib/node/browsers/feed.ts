import type { Bytes } from '../../../types.ts';
import { zeros } from '../../bytes.ts';

/** Reads a stream: each `yield n` answers the next n bytes, as they arrive. Throws to refuse. */
export type Parser = Generator<number, void, Bytes>;

/**
 * What feeds a parser with chunks of any size. It holds one allocation of what the parser asked
 * for and copies each byte once; joining chunks instead would let bytes that come one by one cost
 * the square of their number. The parser keeps what it asks for bounded.
 */
export function createFeed(parser: Parser): (chunk: Uint8Array) => void {
  let step = parser.next();
  let wanted = zeros(step.value ?? 0);
  let filled = 0;
  return (chunk) => {
    let at = 0;
    while (!step.done && (at < chunk.length || filled === wanted.length)) {
      const part = chunk.subarray(at, at + wanted.length - filled);
      wanted.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < wanted.length) continue;
      step = parser.next(wanted);
      wanted = zeros(step.value ?? 0);
      filled = 0;
    }
  };
}
