/** A sending to many on its way: which rows are sent to, and what is known of those that were. */
import { isDead } from '../retry.ts';
import type { Outcome, Progress } from '../send_many.ts';
import type { Files } from './bulk_files.ts';
import { CliError, fileError } from './failure.ts';
import { isBlank, readLines } from './lines.ts';
import type { Line } from './lines.ts';
import type { View } from './progress.ts';
import { countCode, sampleName } from './record.ts';
import type { Result } from './record.ts';
import { bad, isBad, nameOf, readRow } from './rows.ts';
import type { BadRow, Row } from './rows.ts';
import type { Stop } from './signals.ts';

export interface Run {
  readonly files: Files;
  readonly stop: Stop;
  /** Whether rows without a payload of their own have one. */
  readonly hasPayload: boolean;
  readonly started: number;
  /** Rows that were read, and octets with them. */
  rows: number;
  octets: number;
  /** Whether the rows were read to their end. */
  ended: boolean;
  /** Rows that had no result before. */
  given: number;
  /** Rows that had one. */
  skipped: number;
  /** Rows that were given up without a result. */
  unfinished: number;
  ok: number;
  readonly codes: Record<string, number>;
  progress: Progress | undefined;
}

export function createRun(files: Files, stop: Stop, hasPayload: boolean): Run {
  const run: Run = {
    files,
    stop,
    hasPayload,
    started: performance.now(),
    rows: 0,
    octets: 0,
    ended: false,
    given: 0,
    skipped: 0,
    unfinished: 0,
    ok: 0,
    codes: {},
    progress: undefined,
  };
  // A source that waits for its next octets would not hear of it.
  stop.onAsked(() => files.input.destroy());
  return run;
}

/** Rows of this run that have a result, and their failures. */
export function failures(codes: Readonly<Record<string, number>>): number {
  return Object.values(codes).reduce((sum, value) => sum + value, 0);
}

/** Rows in all: known at the end, before that reckoned from the octets. */
function total({ rows, octets, ended, files: { size } }: Run): {
  total: number | undefined;
  about: boolean;
} {
  if (ended) return { total: rows, about: false };
  if (size === undefined || octets === 0) return { total: undefined, about: true };
  return { total: Math.max(rows, Math.round((rows * size) / octets)), about: true };
}

export function viewOf(run: Run): View {
  const {
    ok,
    codes,
    skipped,
    progress,
    files: { recorded },
  } = run;
  const made = ok + failures(codes);
  const sum: Record<string, number> = { ...recorded?.codes };
  for (const [code, value] of Object.entries(codes)) sum[code] = (sum[code] ?? 0) + value;
  return {
    ...total(run),
    done: skipped + made,
    made,
    ok: ok + (recorded?.ok ?? 0),
    codes: sum,
    retries: progress?.retries ?? 0,
    flying: progress ? progress.started - progress.done : 0,
  };
}

/** `id` is the caller's; a row without one, and one to delete, is named by its subscription. */
export function resultOf(
  row: Row | BadRow,
  rest: Omit<Result, 'row' | 'id' | 'subscription'>,
): Result {
  const { number, id } = row;
  const named = id === undefined || isDead(rest.error);
  return { row: number, id, subscription: named ? nameOf(row) : undefined, ...rest };
}

function addBad(run: Run, row: BadRow): Promise<void> | undefined {
  const { error } = row;
  countCode(run.codes, error.code);
  return run.files.results.add(resultOf(row, { ok: false, attempts: 0, error }), isDead(error));
}

/** Records an outcome. Resolves when there is room for another. */
export function noteOutcome(run: Run, outcome: Outcome<Row>): Promise<void> | undefined {
  const { delivery, attempts } = outcome;
  const { results } = run.files;
  if (outcome.ok) {
    run.ok++;
    const { status } = outcome.accepted;
    return results.add(resultOf(delivery, { ok: true, status, attempts }), false);
  }
  const { error } = outcome;
  if (error.code === 'ERR_ABORTED') {
    // Whether it arrived is not known; without a result it is sent again.
    run.unfinished++;
    return undefined;
  }
  countCode(run.codes, error.code);
  return results.add(resultOf(delivery, { ok: false, attempts, error }), isDead(error));
}

/** Throws where a row is not the one that has the result: then none of them can be trusted. */
function checkSample({ files: { recorded, names } }: Run, line: Line): void {
  const name = recorded?.samples.get(line.number);
  if (name === undefined) return;
  const row = readRow(line);
  if (name === sampleName(row.id, nameOf(row))) return;
  throw new CliError(
    `Row ${line.number} of ${names.rows} is not the one that has a result in `
      + `${names.results}: these rows are others, or in another order; name another file with `
      + `--results`,
  );
}

/** A row that has no payload. Where it is the first, the command line lacks one. */
function withoutPayload({ given }: Run, { number, id }: Row): BadRow {
  const cure = 'give one for all as text or by --payload-file, or say --no-payload';
  if (given === 0) throw new CliError(`Row ${number} has no payload: ${cure}`);
  return { number, id, error: bad('it has no payload, and none was given for all') };
}

/** The rows that have no result yet. */
export async function* rowsToSend(run: Run): AsyncGenerator<Row, void, void> {
  const {
    files: { input, recorded, names },
    stop,
  } = run;
  try {
    for await (const line of readLines(input)) {
      if (stop.asked()) return;
      run.octets = line.start + (line.bytes?.length ?? 0) + 1;
      if (isBlank(line)) continue;
      run.rows++;
      if (recorded?.rows.has(line.number)) {
        checkSample(run, line);
        run.skipped++;
        continue;
      }
      const read = readRow(line);
      const lacks = !isBad(read) && !run.hasPayload && read.payload === undefined;
      const row = lacks ? withoutPayload(run, read) : read;
      run.given++;
      if (isBad(row)) await addBad(run, row);
      else yield row;
    }
    run.ended = true;
  } catch (error) {
    if (stop.asked()) return;
    throw error instanceof CliError ? error : fileError(`Cannot read ${names.rows}`, error);
  }
}
