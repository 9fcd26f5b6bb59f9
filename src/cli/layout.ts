/** Text set for people: wrapped, in columns, quantities in words. */

/** 1,234,567. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 byte`, `2 bytes`. */
export function many(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

const UNITS = [
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A span of time in its one or two greatest units: `12 hours`, `3 minutes 20 seconds`. */
export function span(seconds: number): string {
  let rest = Math.round(Math.abs(seconds));
  const parts: string[] = [];
  for (const [name, size] of UNITS) {
    const value = Math.floor(rest / size);
    rest -= value * size;
    if (value > 0) parts.push(many(value, name));
    // A second unit says something only directly behind the first.
    else if (parts.length) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ') || '0 seconds';
}

/** An instant in seconds since the epoch, as `2026-11-21 20:34:01 UTC`. */
export function instant(seconds: number): string {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return `${seconds} seconds since 1970`;
  return date
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
    .replace('Z', ' UTC');
}

/** Characters as a person counts them: a token of a surrogate pair is not cut in two. */
function cut(word: string, width: number): string[] {
  const characters = [...word];
  const pieces: string[] = [];
  for (let at = 0; at < characters.length; at += width) {
    pieces.push(characters.slice(at, at + width).join(''));
  }
  return pieces;
}

/** Lines of at most `width` characters; longer words are cut. Line feeds stay. */
export function wrap(text: string, width: number): string[] {
  const wide = Math.max(width, 16);
  return text.split('\n').flatMap((paragraph) => {
    const lines: string[] = [];
    let line = '';
    for (const word of paragraph.split(' ')) {
      const joined = line === '' ? word : `${line} ${word}`;
      if (length(joined) <= wide) {
        line = joined;
        continue;
      }
      if (line !== '') lines.push(line);
      const pieces = cut(word, wide);
      line = pieces.pop() ?? '';
      lines.push(...pieces);
    }
    return [...lines, line];
  });
}

/** Characters that are seen: without colours. */
function length(text: string): number {
  return [...text.replace(/\x1b\[\d+m/g, '')].length;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - length(text)));
}

export interface TableOptions {
  readonly columns: number;
  readonly indent?: number | undefined;
  /** The widest that a column but the last may get. */
  readonly widest?: number | undefined;
  /** Columns whose cells stand at the right. */
  readonly right?: readonly number[] | undefined;
}

/** Rows with their cells in columns; the last column is wrapped. */
export function table(
  rows: readonly (readonly string[])[],
  { columns, indent = 0, widest = 32, right = [] }: TableOptions,
): string[] {
  const last = Math.max(0, ...rows.map((row) => row.length - 1));
  const widths = Array.from({ length: last }, (_, i) =>
    Math.min(
      widest,
      Math.max(0, ...rows.filter((row) => row.length > i + 1).map((row) => length(row[i] ?? ''))),
    ),
  );
  const start = indent + widths.reduce((sum, width) => sum + width + 2, 0);
  return rows.flatMap((row) => {
    const cells = widths.map((width, i) => {
      const cell = row[i] ?? '';
      return right.includes(i)
        ? ' '.repeat(Math.max(0, width - length(cell))) + cell
        : pad(cell, width);
    });
    const head = `${' '.repeat(indent)}${cells.map((cell) => `${cell}  `).join('')}`;
    const [first = '', ...more] = wrap(row[last] ?? '', columns - start);
    // A cell wider than its column gets a line of its own.
    const lines = length(head) > start ? [head, ' '.repeat(start) + first] : [head + first];
    return [...lines, ...more.map((line) => ' '.repeat(start) + line)].map((line) =>
      line.trimEnd(),
    );
  });
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** As `hexdump -C` shows bytes, at most `most` of them. */
export function dump(bytes: Uint8Array, most: number): string[] {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, most); at += 16) {
    const part = bytes.subarray(at, Math.min(at + 16, most));
    const pairs = hex(part).replace(/../g, '$& ').padEnd(48);
    const text = Array.from(part, (byte) =>
      byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.',
    );
    lines.push(`${at.toString(16).padStart(8, '0')}  ${pairs} ${text.join('')}`);
  }
  if (bytes.length > most) lines.push(`... and ${many(bytes.length - most, 'byte')} more`);
  return lines;
}
