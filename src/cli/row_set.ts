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
  /** Adds a number; answers whether it was new. */
  readonly add: (row: number) => boolean;
  readonly has: (row: number) => boolean;
  readonly size: () => number;
}

export function isRow(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value <= MAX_ROW;
}

export function createRowSet(): RowSet {
  const pages = new Map<number, Page | 'full'>();
  let size = 0;
  const add = (row: number): boolean => {
    const [index, bit] = [Math.floor(row / PAGE), row % PAGE];
    const page = pages.get(index) ?? { bits: new Uint8Array(PAGE / 8), count: 0 };
    if (page === 'full') return false;
    const mask = 1 << (bit & 7);
    if (page.bits[bit >> 3]! & mask) return false;
    page.bits[bit >> 3]! |= mask;
    page.count++;
    size++;
    pages.set(index, page.count === PAGE ? 'full' : page);
    return true;
  };
  const has = (row: number): boolean => {
    const page = pages.get(Math.floor(row / PAGE));
    const bit = row % PAGE;
    return page === 'full' || (page !== undefined && (page.bits[bit >> 3]! & (1 << (bit & 7))) !== 0);
  };
  return { add, has, size: () => size };
}
