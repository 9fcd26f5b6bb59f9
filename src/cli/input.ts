/** Reading files and standard input, and writing files that hold secrets. */
import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { concat, decodeUtf8 } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import { parseField } from './capture.ts';
import type { Field } from './capture.ts';
import { CliError, fileError, misuse } from './failure.ts';
import { count } from './layout.ts';
import type { Terminal } from './term.ts';

/** Far more than any push, key or capture has. */
export const MAX_INPUT = 1_048_576;

/** What a name on the command line stands for, in words. */
export function called(name: string): string {
  return name === '-' ? 'standard input' : name;
}

/** What was read. `more`: there was more than the limit. */
interface Taken {
  readonly bytes: Bytes;
  readonly more: boolean;
}

/** Reads from an iterable until it ends or has more than `most` bytes. */
async function drain(chunks: AsyncIterable<unknown>, most: number): Promise<Taken> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    if (!(part instanceof Uint8Array)) continue;
    parts.push(part);
    length += part.length;
    if (length > most) break;
  }
  return { bytes: concat(parts), more: length > most };
}

/** At most about `most` bytes of a file, or of standard input for `-`. */
export async function takeInput(name: string, terminal: Terminal, most: number): Promise<Taken> {
  if (name === '-') {
    if (terminal.isInput) terminal.note('Reading from the terminal; end with Ctrl-D');
    return drain(terminal.input, most);
  }
  try {
    const file = await open(name, 'r');
    try {
      return await drain(file.createReadStream({ autoClose: false }), most);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(`Cannot read ${name}`, error);
  }
}

/** All bytes of a file, or of standard input for `-`. */
export async function readInput(name: string, terminal: Terminal): Promise<Bytes> {
  const { bytes, more } = await takeInput(name, terminal, MAX_INPUT);
  if (!more) return bytes;
  throw new CliError(
    `${called(name)} has more than ${count(MAX_INPUT)} bytes, too much for this: is it the right `
      + `file?`,
  );
}

export function textOf(bytes: Bytes, name: string): string {
  const text = decodeUtf8(bytes);
  // Windows' editors begin files with a mark.
  if (text !== undefined) return text.replace(/^\ufeff/, '');
  throw new CliError(`${called(name)} is not text in UTF-8; convert it first`);
}

export async function readText(name: string, terminal: Terminal): Promise<string> {
  return textOf(await readInput(name, terminal), name);
}

/** JSON, or an error that repeats nothing of the text: it may hold a key. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CliError(
      `${what} is not JSON: check that it is complete, with its braces and quotes`,
    );
  }
}

/**
 * Writes a file that only its owner may read. In its place at once and whole, or not at all; what
 * stands there is replaced only when `force` says so.
 */
export function writeSecret(name: string, data: string | Uint8Array, force: boolean): void {
  const target = force ? `${name}.${process.pid}.tmp` : name;
  try {
    const file = openSync(target, 'wx', 0o600);
    try {
      // The umask may have taken more than it should.
      fchmodSync(file, 0o600);
      const bytes = Buffer.from(data);
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } catch (error) {
      rmSync(target, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
    if (force) renameSync(target, name);
  } catch (error) {
    const exists = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (exists && !force) {
      throw new CliError(`${name} exists already: give another name, or --force to replace it`);
    }
    throw fileError(`Cannot write ${name}`, error);
  }
}

/** A whole number in an option. */
export function readWhole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw misuse(`--${name} must be a whole number, 0 or more, not ${JSON.stringify(text)}`);
}

const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** A span of time such as `90`, `90s`, `5m`, `2h`, `28d`; without a unit it counts `bare` ones. */
export function readSpan(
  name: string,
  text: string | undefined,
  bare: 's' | 'ms',
): number | undefined {
  if (text === undefined) return undefined;
  const [, value, unit = bare] = /^(\d{1,15})(ms|s|m|h|d|w)?$/.exec(text) ?? [];
  if (value === undefined) {
    throw misuse(
      `--${name} must be a number of ${bare === 's' ? 'seconds' : 'milliseconds'}, `
        + `or one with a unit such as 30s, 5m, 2h or 7d, not ${JSON.stringify(text)}`,
    );
  }
  return (Number(value) * SECONDS[unit]!) / SECONDS[bare]!;
}

/** An instant: a date and time as ISO 8601 has it, or milliseconds since the epoch. */
export function readInstant(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const iso = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.test(text);
  const time = /^\d{10,15}$/.test(text) ? Number(text) : iso ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw misuse(
    `--${name} must be a date and time such as 2030-01-31T12:00:00Z, not ${JSON.stringify(text)}`,
  );
}

/** One of a few words. */
export function readWord<T extends string>(
  name: string,
  text: string | undefined,
  words: readonly T[],
): T | undefined {
  const word = words.find((one) => one === text);
  if (word !== undefined || text === undefined) return word;
  throw misuse(`--${name} must be one of ${words.join(', ')}, not ${JSON.stringify(text)}`);
}

/** The header fields of a repeated option. */
export function readFieldOptions(fields: readonly string[]): Field[] {
  return fields.map((field) => {
    const parsed = parseField(field);
    if (parsed) return parsed;
    throw misuse(`--header must be like "Name: value", not ${JSON.stringify(field)}`);
  });
}
