/** A set of row numbers: a bit for each, and next to nothing where whole stretches are in it. */

/** Rows of a page. */
const PAGE = 32_768;
/** 2^40 rows: what is beyond is no row of a file, but a damaged number. */
const MAX_ROW = 2 ** 40;

interface Page {
  readonly bits: Uint8Array;
  count: number;
}

export interface RowSet {
  readonly add: (row: number) => void;
  /** Takes a number out; answers whether it was there. */
  readonly remove: (row: number) => boolean;
  readonly has: (row: number) => boolean;
  readonly size: () => number;
}

export function isRow(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ROW;
}

export function createRowSet(): RowSet {
  const pages = new Map<number, Page | 'full'>();
  let size = 0;
  const has = (row: number): boolean => {
    const page = pages.get(Math.floor(row / PAGE));
    const bit = row % PAGE;
    return (
      page === 'full' || (page !== undefined && (page.bits[bit >> 3]! & (1 << (bit & 7))) !== 0)
    );
  };
  /** Turns the bit of a row over. */
  const flip = (row: number, by: 1 | -1): void => {
    const [index, bit] = [Math.floor(row / PAGE), row % PAGE];
    const found = pages.get(index) ?? { bits: new Uint8Array(PAGE / 8), count: 0 };
    const page =
      found === 'full' ? { bits: new Uint8Array(PAGE / 8).fill(255), count: PAGE } : found;
    page.bits[bit >> 3]! ^= 1 << (bit & 7);
    page.count += by;
    size += by;
    pages.set(index, page.count === PAGE ? 'full' : page);
  };
  const add = (row: number): void => {
    if (!has(row)) flip(row, 1);
  };
  const remove = (row: number): boolean => {
    const there = has(row);
    if (there) flip(row, -1);
    return there;
  };
  return { add, remove, has, size: () => size };
}
