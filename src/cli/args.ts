/** Command lines: what a verb takes, and reading it. */
import { parseArgs } from 'node:util';
import { misuse } from './failure.ts';
import type { Terminal } from './term.ts';

/** `value`: what stands for its value in the help; without it, a switch. */
export interface Option {
  readonly name: string;
  readonly value?: string | undefined;
  readonly multiple?: true | undefined;
  readonly help: string;
}

/** Options under a heading of their own in the help. */
export interface Group {
  readonly title: string;
  readonly options: readonly Option[];
}

/** A command line, read. */
export interface Args {
  readonly operands: readonly string[];
  readonly text: (name: string) => string | undefined;
  readonly all: (name: string) => readonly string[];
  readonly has: (name: string) => boolean;
}

export interface Verb {
  readonly name: string;
  readonly synopsis: readonly string[];
  readonly about: readonly string[];
  /** How many operands it takes at most, and what they are called. */
  readonly operands: readonly string[];
  readonly groups: readonly Group[];
  /** What it is for, the command. */
  readonly examples: readonly (readonly [string, string])[];
  /** Answers the exit status. */
  readonly run: (args: Args, terminal: Terminal) => Promise<number>;
}

export const HELP: Option = { name: 'help', help: 'show this help' };

/** Changes that make one word of another (Damerau and Levenshtein, without overlaps). */
export function distance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        row[j - 1]! + 1,
        rows[i - 1]![j]! + 1,
        rows[i - 1]![j - 1]! + (same ? 0 : 1),
        swapped ? rows[i - 2]![j - 2]! + 1 : Infinity,
      );
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}

/** The name that was probably meant. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const rank = (name: string): number =>
    word.length > 1 && (name.startsWith(word) || word.startsWith(name))
      ? 0.5
      : distance(word, name);
  const [best] = names.map((name) => [rank(name), name] as const).sort(([a], [b]) => a - b);
  const near = best && best[0] <= Math.max(1, Math.floor(best[1].length / 3));
  return near ? best[1] : undefined;
}

function unknownOption(name: string, names: readonly string[], verb: string): Error {
  const near = nearest(name, names);
  const cure = near === undefined ? `see subtle-push ${verb} --help` : `did you mean --${near}?`;
  return misuse(`There is no option ${name.length === 1 ? '-' : '--'}${name}: ${cure}`);
}

/** One option as it was given. */
interface Given {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkValue(option: Option, { rawName, value, inlineValue }: Given): string {
  if (option.value === undefined) {
    if (value === undefined) return '';
    throw misuse(`${rawName} takes no value`);
  }
  if (value === undefined) throw misuse(`${rawName} needs a value: ${rawName} ${option.value}`);
  // Most often the value was forgotten and the next option taken for it.
  if (!inlineValue && /^-./.test(value)) {
    throw misuse(
      `${rawName} needs a value; one that begins with "-" is given as ${rawName}=${value}`,
    );
  }
  return value;
}

/** Reads what stands behind the verb. Throws a CliError with status 2. */
export function readArgs(verb: Verb, words: readonly string[]): Args {
  const options = [...verb.groups.flatMap((group) => group.options), HELP];
  const known = new Map(options.map((option) => [option.name, option]));
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(
      options.map(({ name, value }) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string[]>();
  const operands: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    const option = token.name === 'h' ? HELP : known.get(token.name);
    if (!option) throw unknownOption(token.name, [...known.keys()], verb.name);
    const values = given.get(option.name) ?? [];
    if (values.length && !option.multiple)
      throw misuse(`${token.rawName} is given twice; give it once`);
    given.set(option.name, [...values, checkValue(option, token)]);
  }
  if (operands.length > verb.operands.length && !given.has('help')) throw tooMany(verb, operands);
  return {
    operands,
    text: (name) => given.get(name)?.[0],
    all: (name) => given.get(name) ?? [],
    has: (name) => given.has(name),
  };
}

function tooMany({ name, operands: names }: Verb, operands: readonly string[]): Error {
  const wanted = names.length === 0 ? 'no operand' : `one operand (${names[0]})`;
  const cure = names.length
    ? 'put quotes around text with spaces'
    : `see subtle-push ${name} --help`;
  return misuse(`${name} takes ${wanted}, not ${operands.length}: ${cure}`);
}
