/** The results as they come: flushed to disk at every hundred, and after a second at the latest. */
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, fileError } from './failure.ts';
import type { Result } from './record.ts';
import type { Terminal } from './term.ts';

/** Results that are written at once. */
const MAX_PENDING = 100;
/** Milliseconds for which a result may wait to be written. */
const MAX_AGE = 1000;

/** Where lines go. */
export interface Sink {
  /** Appends text; it is on disk when the promise resolves. */
  readonly append: (text: string) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** File systems and devices that have nothing to flush. */
const NO_SYNC = ['EINVAL', 'ENOTSUP', 'EROFS'];

function ignoresSync(error: unknown): void {
  const known = error instanceof Error && 'code' in error && NO_SYNC.includes(String(error.code));
  if (!known) throw error;
}

/** A new file's name is in its directory, which has to be flushed too. */
function syncDirectory(file: string): void {
  try {
    const directory = openSync(dirname(file), 'r');
    fsyncSync(directory);
    closeSync(directory);
  } catch {
    // Windows has no such thing.
  }
}

/** A file that only its owner may read: results tell who subscribed. `flags`: as for open(2). */
export async function openSink(file: string, flags: 'a' | 'ax' | 'w'): Promise<Sink> {
  const handle = await open(file, flags, 0o600).catch((error: unknown) => {
    throw fileError(`Cannot write ${file}`, error);
  });
  syncDirectory(file);
  const append = async (text: string): Promise<void> => {
    try {
      await handle.appendFile(text);
      await handle.datasync().catch(ignoresSync);
    } catch (error) {
      throw fileError(`Cannot write ${file}`, error);
    }
  };
  return { append, close: () => handle.close() };
}

/** Standard output, as long as somebody reads it. */
export function outSink(terminal: Terminal): Sink {
  const append = async (text: string): Promise<void> => {
    terminal.write(text);
    if (terminal.isClosed())
      throw new CliError('Nobody reads standard output any more; nothing more is sent');
  };
  return { append, close: () => Promise.resolve() };
}

export interface Results {
  /** Resolves when there is room for the next one. */
  readonly add: (result: Result, dead: boolean) => Promise<void> | undefined;
  /** Everything that was added is on disk. */
  readonly flush: () => Promise<void>;
}

/** What is deleted goes by the row's own id, and by the name of its subscription. */
export function pruneLine({ row, id, subscription, error }: Result): string {
  const code: unknown = Object(error).code;
  return `${JSON.stringify({ row, id, subscription, code })}\n`;
}

/** `failed`: told of an error that nobody waits for. */
export function createResults(
  results: Sink,
  prune: Sink | undefined,
  failed: (error: unknown) => void,
): Results {
  let [lines, dead, pending] = ['', '', 0];
  let writing: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const write = async (): Promise<void> => {
    const [text, gone] = [lines, dead];
    [lines, dead, pending] = ['', '', 0];
    // First what is to be deleted: a row with a recorded result is not looked at again.
    if (gone && prune) await prune.append(gone);
    if (text) await results.append(text);
  };
  const flush = (): Promise<void> => {
    clearTimeout(timer);
    timer = undefined;
    writing = writing.then(write);
    return writing;
  };
  const add = (result: Result, isDead: boolean): Promise<void> | undefined => {
    lines += `${JSON.stringify(result)}\n`;
    if (isDead) dead += pruneLine(result);
    if (++pending >= MAX_PENDING) {
      // The disk works while the next hundred gathers; when that is full too, it is waited for.
      const before = writing;
      flush().catch(failed);
      return before;
    }
    timer ??= setTimeout(() => void flush().catch(failed), MAX_AGE);
    return undefined;
  };
  return { add, flush };
}
