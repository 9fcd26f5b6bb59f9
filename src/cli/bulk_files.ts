/** The files of a sending to many: rows, results, and what is to be deleted. */
import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import type { Args } from './args.ts';
import { CliError, fileError, misuse } from './failure.ts';
import { count, many } from './layout.ts';
import { lock } from './lock.ts';
import { readRecord } from './record.ts';
import type { Recorded } from './record.ts';
import { createResults, openSink, outSink, pruneLine } from './results.ts';
import type { Results, Sink } from './results.ts';
import type { Terminal } from './term.ts';

export interface Files {
  readonly input: Readable;
  /** Octets; `undefined` where that is not known. */
  readonly size: number | undefined;
  readonly results: Results;
  readonly recorded: Recorded | undefined;
  readonly names: {
    readonly rows: string;
    readonly results: string;
    readonly prune: string | undefined;
  };
  readonly close: () => Promise<void>;
}

interface Names {
  readonly rows: string;
  readonly results: string;
  readonly prune: string | undefined;
  readonly resume: boolean;
  readonly retryFailed: boolean;
}

function readNames(args: Args): Names {
  const [rows = '', results, prune] = ['subscriptions', 'results', 'prune-file'].map(args.text);
  if (results === undefined) {
    throw misuse(
      '--results FILE is wanted: what is recorded there is not sent twice (- for standard output)',
    );
  }
  const names = [rows, results, prune].filter((name) => name !== undefined && name !== '-');
  if (new Set(names).size < names.length)
    throw misuse('Rows, results and what to delete must be three files');
  const [resume, retryFailed] = [args.has('resume'), args.has('retry-failed')];
  if (resume && results === '-')
    throw misuse('--resume wants --results with a file, not standard output');
  if (retryFailed && !resume)
    throw misuse('--retry-failed belongs to --resume: give both, or neither');
  if (prune === '-') throw misuse('--prune-file must name a file');
  if (args.has('json') && results === '-')
    throw misuse('--json and --results - exclude each other');
  return { rows, results, prune, resume, retryFailed };
}

/** Octets of a file that is one; `undefined` for none and for devices. */
function sizeOf(file: string): number | undefined {
  try {
    const facts = statSync(file);
    return facts.isFile() ? facts.size : undefined;
  } catch {
    return undefined;
  }
}

function openInput(rows: string, terminal: Terminal): Promise<Readable> | Readable {
  if (rows === '-') return terminal.input;
  return new Promise((resolve, reject) => {
    const stream = createReadStream(rows);
    stream.once('open', () => resolve(stream));
    stream.once('error', (error) => reject(fileError(`Cannot read ${rows}`, error)));
  });
}

function refuseExisting({ results, prune, resume }: Names): void {
  if (!resume && sizeOf(results)) {
    throw new CliError(
      `${results} has results already: --resume goes on with them, or name another file`,
    );
  }
  if (!resume && prune !== undefined && sizeOf(prune)) {
    throw new CliError(
      `${prune} exists already: delete it when its rows are deleted, or name another file`,
    );
  }
}

/** Characters that are written at once: each time the disk is waited for. */
const PRUNE_PART = 65_536;

/** What was recorded; the file of what to delete is made anew from it. */
async function recall(
  { results, retryFailed }: Names,
  prune: Sink | undefined,
  terminal: Terminal,
): Promise<Recorded> {
  let text = '';
  const write = async (): Promise<void> => {
    const part = text;
    text = '';
    await prune?.append(part);
  };
  const recorded = await readRecord(results, {
    retryFailed,
    dead: (result) => {
      text += pruneLine(result);
      return text.length > PRUNE_PART ? write() : undefined;
    },
  });
  await write();
  const { damaged, firstDamaged } = recorded;
  if (damaged) {
    terminal.note(
      `${many(damaged, 'line')} of ${results} cannot be read, the first is line `
        + `${count(firstDamaged)}: their rows count as not sent to`,
    );
  }
  terminal.note(`${many(recorded.rows.size(), 'row')} of ${results} count as done`);
  return recorded;
}

/** Ends what was opened, the last first, each whatever becomes of the others. */
export async function closeAll(closers: readonly (() => unknown)[]): Promise<void> {
  const close = closers.at(-1);
  try {
    await close?.();
  } finally {
    if (close) await closeAll(closers.slice(0, -1));
  }
}

/** Opens them all. `failed`: told when results can no longer be written. */
export async function openFiles(
  args: Args,
  terminal: Terminal,
  failed: (error: unknown) => void,
): Promise<Files> {
  const names = readNames(args);
  const { rows, results: file, prune: pruneFile } = names;
  const input = await openInput(rows, terminal);
  const closers: (() => unknown)[] = [() => input.destroy()];
  try {
    const isFile = file !== '-' && (sizeOf(file) !== undefined || !existsAtAll(file));
    if (isFile) closers.push(lock(file));
    refuseExisting(names);
    const prune = pruneFile === undefined ? undefined : await openSink(pruneFile, 'w');
    if (prune) closers.push(prune.close);
    const recorded = isFile && sizeOf(file) ? await recall(names, prune, terminal) : undefined;
    const sink = file === '-' ? outSink(terminal) : await openSink(file, 'a');
    closers.push(sink.close);
    const results = createResults(sink, prune, failed);
    const close = (): Promise<void> => results.flush().finally(() => closeAll(closers));
    return { input, size: sizeOf(rows), results, recorded, names, close };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

function existsAtAll(file: string): boolean {
  try {
    statSync(file);
    return true;
  } catch {
    return false;
  }
}
