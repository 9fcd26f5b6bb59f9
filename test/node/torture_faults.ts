/** What the push service of the torture test does with a request: the same for the same seed, row and try. */

export const KINDS = [
  'accept', 'acceptWithBody', 'gone', 'notFound', 'tooLarge', 'limited', 'limitedFor', 'limitedNonsense',
  'broken', 'unavailable', 'unavailableFor', 'hugeError', 'hugeAccept', 'halfAccept', 'halfError',
  'refused', 'resetBefore', 'resetAfter', 'resetAfterAccept', 'stall', 'stallAfterAccept', 'goaway',
  'goawayAfterAccept', 'socketReset',
] as const;
export type Kind = (typeof KINDS)[number];

/** Requests of 10,000 that meet it; the rest are accepted. */
const OFTEN: Readonly<Partial<Record<Kind, number>>> = {
  acceptWithBody: 200, gone: 200, notFound: 100, tooLarge: 50, limited: 40, limitedFor: 40,
  limitedNonsense: 10, broken: 200, unavailable: 30, unavailableFor: 30, hugeError: 15, hugeAccept: 15,
  halfAccept: 20, halfError: 20, refused: 50, resetBefore: 50, resetAfter: 50, resetAfterAccept: 50,
  stall: 10, stallAfterAccept: 10, goaway: 8, goawayAfterAccept: 8, socketReset: 4,
};

/** A number from 0 to 9,999 (the finalizer of MurmurHash3). */
function draw(seed: number, row: number, nth: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35) ^ Math.imul(nth, 0x27d4eb2f);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % 10_000;
}

export function faultOf(seed: number, row: number, nth: number): Kind {
  let left = draw(seed, row, nth);
  for (const kind of KINDS) {
    left -= OFTEN[kind] ?? 0;
    if (left < 0) return kind;
  }
  return 'accept';
}

/** What the service tells when it is asked: rows by number. */
export interface Log {
  /** How often each row's message was taken. */
  readonly accepted: readonly number[];
  /** Rows whose subscription was said to be gone. */
  readonly gone: readonly number[];
  readonly requests: number;
  readonly kinds: Readonly<Record<string, number>>;
  /** Requests that were no valid push. */
  readonly invalid: readonly string[];
}
