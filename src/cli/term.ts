/** The terminal: where text goes, how wide it is, and whether it has colours. */
import type { Readable } from 'node:stream';

export type Painter = (text: string) => string;

/** Colours, or nothing where there are none. */
export interface Paint {
  readonly bold: Painter;
  readonly dim: Painter;
  readonly red: Painter;
  readonly green: Painter;
  readonly yellow: Painter;
  readonly cyan: Painter;
}

export interface Terminal {
  /** Writes to standard output as it is; nothing any more when nobody reads it. */
  readonly write: (text: string | Uint8Array) => void;
  /** A line on standard output. */
  readonly print: (line?: string) => void;
  /** A line on standard error. */
  readonly note: (line: string) => void;
  readonly error: Pick<Output, 'write'>;
  readonly input: Readable;
  readonly paint: Paint;
  readonly paintError: Paint;
  /** Whether a person sits in front of it. */
  readonly isOut: boolean;
  readonly isError: boolean;
  readonly isInput: boolean;
  /** Columns to set text in. */
  readonly columns: number;
  /** Columns of standard error now: windows change. */
  readonly errorColumns: () => number;
  /** Whether nobody reads standard output any more. */
  readonly isClosed: () => boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** What of an output stream is used. */
export interface Output {
  readonly write: (text: string | Uint8Array) => unknown;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** What of a process is used. */
export interface Host {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

function painter(on: boolean, start: number, end: number): Painter {
  return on ? (text) => `\x1b[${start}m${text}\x1b[${end}m` : (text) => text;
}

function palette(on: boolean): Paint {
  return {
    bold: painter(on, 1, 22),
    dim: painter(on, 2, 22),
    red: painter(on, 31, 39),
    green: painter(on, 32, 39),
    yellow: painter(on, 33, 39),
    cyan: painter(on, 36, 39),
  };
}

/** Longer lines are hard to read, whatever the window's width. */
const MAX_COLUMNS = 100;

export function openTerminal({ stdin, stdout, stderr, env }: Host): Terminal {
  let closed = false;
  // `subtle-push ... | head`: who reads no more is no error, and the work goes on.
  stdout.on('error', () => (closed = true));
  stderr.on('error', () => undefined);
  const write = (text: string | Uint8Array): void => {
    if (!closed) stdout.write(text);
  };
  // https://no-color.org: present and not empty.
  const coloured = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    write,
    print: (line = '') => write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    error: stderr,
    input: stdin,
    paint: palette(coloured && stdout.isTTY === true),
    paintError: palette(coloured && stderr.isTTY === true),
    isOut: stdout.isTTY === true,
    isError: stderr.isTTY === true,
    isInput: stdin.isTTY === true,
    columns: Math.min(stdout.columns || stderr.columns || 80, MAX_COLUMNS),
    errorColumns: () => stderr.columns || 80,
    isClosed: () => closed,
    env,
  };
}

/** Control characters, and those that turn the direction of text; line feed and tab may stay. */
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** A stranger's text that can do nothing to a terminal. */
export function harmless(text: string): string {
  return text.replace(CONTROL, (character) => {
    const code = character.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
