import { utf8 } from '../bytes.ts';

/**
 * One code point with what belongs to it, where there is no segmenter (Firefox before 125): pairs
 * of regional indicators (flags), marks, variation selectors, skin tones, joiners and the joined.
 */
const CLUSTER = /(?:\p{RI}{2}|[^])(?:[\p{M}\p{EMod}]|\u200d[^])*/gu;

/**
 * The longest true beginning of a text, in whole characters as people see them (Unicode Standard
 * Annex 29 where there is a segmenter), that takes at most `bytes` as JSON.
 */
export function beginning(text: string, bytes: number, Segmenter?: typeof Intl.Segmenter): string {
  let end = 0;
  for (const { index } of Segmenter ? new Segmenter().segment(text) : text.matchAll(CLUSTER)) {
    bytes -= utf8(JSON.stringify(text.slice(end, index))).length - 2;
    if (bytes < 0) break;
    end = index;
  }
  return text.slice(0, end);
}
