/**
 * `npm run vectors`: which test cases there are, where they come from, and whether they pass.
 * Ends with status 1 when one does not.
 */
import { CHECKS } from '../vectors/check.ts';
import { FILES } from '../vectors/files.ts';
import { resolve } from '../vectors/format.ts';
import type { VectorCase, VectorFile } from '../vectors/format.ts';

interface Row {
  readonly passed: number;
  readonly failures: readonly string[];
  /** Cases that the library has no way for. */
  readonly noPath: number;
  /** Checks made: a case goes every way that it can. */
  readonly ways: number;
}

/** The ways that a case took, or why it failed. */
async function runCase(file: VectorFile, own: VectorCase): Promise<readonly string[] | Error> {
  const ways: string[] = [];
  try {
    for (const check of CHECKS[file.kind] ?? []) ways.push(...await check(resolve(file, own)));
    return ways;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

async function runFile(file: VectorFile): Promise<Row> {
  let [passed, noPath, ways] = [0, 0, 0];
  const failures: string[] = [];
  for (const own of file.cases) {
    const outcome = await runCase(file, own);
    if (outcome instanceof Error) failures.push(`${own.id}: ${explain(outcome)}`);
    else if (outcome.length === 0) noPath++;
    else passed++;
    if (!(outcome instanceof Error)) ways += outcome.length;
  }
  return { passed, failures, noPath, ways };
}

/** What was wanted and what came; the assertions of uvu carry both. */
function explain(error: Error): string {
  if (!('expects' in error) || !('actual' in error)) return error.message;
  return `wanted ${brief(error.expects)}, got ${brief(error.actual)}`;
}

function brief(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

const SOURCE = 74;

/** Lines of a cell, broken between words. */
function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + 1 + word.length > SOURCE) {
      lines.push(line);
      line = '';
    }
    line += line ? ` ${word}` : word;
  }
  return [...lines, line];
}

function print(name: string, source: string, numbers: readonly (number | string)[]): void {
  const cells = numbers.map((value, i) => String(value).padStart(i < 3 ? 7 : 8)).join('');
  const [first = '', ...rest] = wrap(source);
  console.log(`${name.padEnd(38)}${first.padEnd(SOURCE)}${cells}`);
  for (const line of rest) console.log(`${' '.repeat(38)}${line}`);
}

print('file', 'source', ['cases', 'passed', 'failed', 'no path', 'checks']);
const sum = [0, 0, 0, 0, 0];
const failures: string[] = [];
for (const [name, file] of Object.entries(FILES)) {
  const row = await runFile(file);
  const numbers = [file.cases.length, row.passed, row.failures.length, row.noPath, row.ways];
  print(name, file.source.join('; '), numbers);
  numbers.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + value));
  failures.push(...row.failures.map((failure) => `${name} ${failure}`));
}
print(`${Object.keys(FILES).length} files`, '', sum);
for (const failure of failures) console.log(`FAILED ${failure}`);
process.exitCode = failures.length ? 1 : 0;
