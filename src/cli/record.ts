/** What a results file says of the rows that were sent to, and its repair after an interruption. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { isDead, nextStep } from '../retry.ts';
import { decodeUtf8, property } from '../lib/bytes.ts';
import { CliError } from './failure.ts';
import { isBlank, readLines } from './lines.ts';
import type { Line } from './lines.ts';
import { createRowSet, isRow } from './row_set.ts';
import type { RowSet } from './row_set.ts';
import { readId } from './rows.ts';
import type { RowId } from './rows.ts';

/** A line of the results. `subscription`: its `subscriptionId`. */
export interface Result {
  readonly row: number;
  readonly id?: RowId | undefined;
  readonly subscription?: string | undefined;
  readonly ok: boolean;
  readonly status?: number | undefined;
  readonly attempts?: number | undefined;
  readonly error?: unknown;
}

/** What was recorded. */
export interface Recorded {
  /** Rows that have a result. */
  readonly rows: RowSet;
  readonly ok: number;
  /** Failures by code. */
  readonly codes: Readonly<Record<string, number>>;
  /** Names of some of the rows, to see whether the rows are still the same. */
  readonly samples: ReadonlyMap<number, string>;
  /** Lines that cannot be read, the first of them. */
  readonly damaged: number;
  readonly firstDamaged: number;
}

const MAX_SAMPLES = 2048;

/** What a row is called in samples: by its own id, else by its subscription. */
export function sampleName(
  id: RowId | undefined,
  subscription: string | undefined,
): string | undefined {
  return id === undefined ? subscription : JSON.stringify(id);
}

/** Some of the names, evenly spread whatever their number is. */
function createSamples(): {
  readonly names: Map<number, string>;
  readonly add: (row: number, name: string) => void;
} {
  const names = new Map<number, string>();
  let stride = 1;
  const add = (row: number, name: string): void => {
    if (row % stride !== 0) return;
    names.set(row, name);
    if (names.size <= MAX_SAMPLES) return;
    stride *= 2;
    for (const other of names.keys()) if (other % stride !== 0) names.delete(other);
  };
  return { names, add };
}

function parseResult({ bytes }: Line): Result | undefined {
  const text = bytes && decodeUtf8(bytes);
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  const [row, ok] = [property(value, 'row'), property(value, 'ok')];
  if (!isRow(row) || typeof ok !== 'boolean') return undefined;
  const [subscription, attempts] = [property(value, 'subscription'), property(value, 'attempts')];
  return {
    row,
    ok,
    id: readId(value),
    error: property(value, 'error'),
    attempts: typeof attempts === 'number' ? attempts : undefined,
    subscription: typeof subscription === 'string' ? subscription : undefined,
  };
}

/** Ends a line that was cut off: with its line feed where it is whole, else it is taken away. */
async function repair(file: string, { start, bytes }: Line, whole: boolean): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    if (whole) await handle.write('\n', start + (bytes?.length ?? 0));
    else await handle.truncate(start);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Whether it is this command's file that was torn in its very first line. */
function isBeginning({ bytes }: Line): boolean {
  const text = Buffer.from(bytes ?? []).toString('latin1');
  const begin = '{"row":';
  return /^\0*$/.test(text) || begin.startsWith(text) || text.startsWith(begin);
}

export function countCode(codes: Record<string, number>, code: string): void {
  codes[code] = (codes[code] ?? 0) + 1;
}

/** What is counted while the file is read. */
interface Tally {
  readonly rows: RowSet;
  good: number;
  damaged: number;
  firstDamaged: number;
  readonly codes: Record<string, number>;
  /** Rows by the code of a failure that may pass: a later result may take its place. */
  readonly passing: Map<string, RowSet>;
}

function createTally(): Tally {
  return {
    rows: createRowSet(),
    good: 0,
    damaged: 0,
    firstDamaged: 0,
    codes: {},
    passing: new Map(),
  };
}

function foreign(file: string): Error {
  return new CliError(`${file} holds no results of this command: name another file with --results`);
}

/** A line that is no result: what was cut off is taken away, what is damaged is passed over. */
function noteBroken(tally: Tally, line: Line, file: string): void {
  if (isBlank(line)) return;
  if (tally.good === 0 && (line.ended || !isBeginning(line))) throw foreign(file);
  if (!line.ended) return;
  tally.damaged++;
  tally.firstDamaged ||= line.number;
}

/** Counts a result. */
/** A failure that another attempt, or another configuration, may turn into a success. */
function mayPass({ error }: Result): boolean {
  const step = nextStep(error, 1).do;
  return step === 'retry' || step === 'stop';
}

/** What a reader of results wants. */
export interface RecordOptions {
  /** Told of each row to delete. */
  readonly dead: (result: Result) => Promise<void> | undefined;
  /** Leaves out failures that may pass, so that they are tried again. */
  readonly retryFailed: boolean;
}

/** Counts a result. */
function noteResult({ rows, codes, passing }: Tally, result: Result): void {
  rows.add(result.row);
  if (result.ok) return;
  const code = String(property(result.error, 'code'));
  countCode(codes, code);
  if (!mayPass(result)) return;
  const set = passing.get(code) ?? createRowSet();
  set.add(result.row);
  passing.set(code, set);
}

/** Forgets a failure in whose place there is another result; answers whether there was one. */
function forget({ rows, codes, passing }: Tally, row: number): boolean {
  for (const [code, set] of passing) {
    if (!set.remove(row)) continue;
    rows.remove(row);
    codes[code]! -= 1;
    if (codes[code] === 0) delete codes[code];
    return true;
  }
  return false;
}

/** Reads a results file, and repairs its end. */
export async function readRecord(
  file: string,
  { dead, retryFailed }: RecordOptions,
): Promise<Recorded> {
  const tally = createTally();
  const samples = createSamples();
  for await (const line of readLines(createReadStream(file))) {
    const result = parseResult(line);
    if (!result) noteBroken(tally, line, file);
    if (!line.ended) await repair(file, line, result !== undefined);
    if (!result) continue;
    tally.good++;
    if (!forget(tally, result.row) && tally.rows.has(result.row)) continue;
    // Rows that were given up before the first attempt (their service made all wait, or refused the
    // token) were not sent to, whatever their result says.
    if (mayPass(result) && (retryFailed || result.attempts === 0)) continue;
    noteResult(tally, result);
    const name = sampleName(result.id, result.subscription);
    if (name !== undefined) samples.add(result.row, name);
    if (isDead(result.error)) await dead(result);
  }
  const { rows, codes, damaged, firstDamaged } = tally;
  const failed = Object.values(codes).reduce((sum, value) => sum + value, 0);
  return { rows, ok: rows.size() - failed, codes, samples: samples.names, damaged, firstDamaged };
}
