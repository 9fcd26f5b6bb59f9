import type { Bytes } from '../../types.ts';

/**
 * Records under way at once: enough to keep the platform's threads busy, and the memory constant.
 */
const OVERLAP = 8;

/** Runs operations at once and gives their results in order. */
export interface Pipe {
  /** Begins an operation; resolves when there is room for another. Rejects when one has failed. */
  readonly add: (operation: Promise<Bytes>) => Promise<void>;
  /** Resolves when all results were given. */
  readonly end: () => Promise<void>;
}

export function createPipe(give: (bytes: Bytes) => void): Pipe {
  const waiting: Promise<void>[] = [];
  let last = Promise.resolve();
  const add = async (operation: Promise<Bytes>): Promise<void> => {
    const before = last;
    last = operation.then(async (bytes) => {
      await before;
      give(bytes);
    });
    // Whoever waits is told; until then nobody does.
    last.catch(() => undefined);
    waiting.push(last);
    if (waiting.length > OVERLAP) await waiting.shift();
  };
  return { add, end: () => last };
}
