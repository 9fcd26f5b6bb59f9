/** What came of a sending to many. */
import type { Args } from './args.ts';
import { failures, viewOf } from './bulk_run.ts';
import type { Run } from './bulk_run.ts';
import { count, many, span, table } from './layout.ts';
import { wordOf } from './progress.ts';
import type { Terminal } from './term.ts';

function summaryJson(run: Run): unknown {
  const { ok, codes, done, retries } = viewOf(run);
  return {
    rows: run.rows,
    done,
    ok,
    failed: failures(codes),
    codes,
    retries,
    before: run.skipped,
    unfinished: run.unfinished,
    interrupted: run.stop.asked(),
    milliseconds: Math.round(performance.now() - run.started),
  };
}

function summaryLines(run: Run, { columns }: Terminal): string[] {
  const { ok, codes } = viewOf(run);
  const {
    files: { names },
    skipped,
  } = run;
  const seconds = (performance.now() - run.started) / 1000;
  const made = run.ok + failures(run.codes);
  const rows = [
    [count(ok), 'accepted', ''],
    ...Object.entries(codes)
      .sort(([, a], [, b]) => b - a)
      .map(([code, value]) => [count(value), wordOf(code), code]),
  ];
  const prune = names.prune === undefined ? '' : `; what to delete is in ${names.prune}`;
  const pace =
    `${many(made, 'row')} in ${span(Math.max(1, seconds))}, `
    + `${count(made / Math.max(seconds, 0.001))} a second`;
  const before = `${many(skipped, 'row')} had a result before`;
  return [
    [...(made || !skipped ? [pace] : []), ...(skipped ? [before] : [])].join('; '),
    ...table(rows, { columns, indent: 2, right: [0] }),
    ...(names.results === '-' ? [] : [`The results are in ${names.results}${prune}.`]),
  ];
}

/** Prints the sum. Answers the exit status: 0 only where every row was accepted. */
export function printSummary(run: Run, args: Args, terminal: Terminal): number {
  const { names } = run.files;
  if (args.has('json')) terminal.print(JSON.stringify(summaryJson(run)));
  else {
    const print = names.results === '-' ? terminal.note : terminal.print;
    for (const line of summaryLines(run, terminal)) print(line);
  }
  const say = (text: string): void =>
    terminal.note(`${terminal.paintError.red('subtle-push:')} ${text}`);
  if (run.stop.asked()) {
    say(
      names.results === '-'
        ? 'Interrupted: rows whose result was not printed may have been sent to'
        : 'Interrupted: the same command with --resume sends to the rows that have no result',
    );
    return run.stop.status();
  }
  const failed = failures(viewOf(run).codes);
  if (failed === 0) return 0;
  say(`${count(failed)} of ${many(run.rows, 'row')} failed: look at the results for why`);
  return 1;
}
