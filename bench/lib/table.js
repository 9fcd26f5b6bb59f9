/** Aligned rows with bars, for a terminal of 100 columns. */
const BLOCKS = ' ▏▎▍▌▋▊▉█';

function bar(part, width) {
  const eighths = Math.round(Math.max(0, Math.min(1, part)) * width * 8);
  const rest = eighths % 8;
  return '█'.repeat(eighths >> 3) + (rest ? BLOCKS[rest] : '');
}

export function number(value, digits = 0) {
  if (value === undefined || Number.isNaN(value)) return '-';
  return value.toLocaleString('en-US', { maximumFractionDigits: digits, minimumFractionDigits: digits });
}

/** `columns`: { title, of(row), left } */
export function table(columns, rows) {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ of }) => of(row)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => [...line[i]].length)));
  const pad = (text, i) => {
    const space = ' '.repeat(widths[i] - [...text].length);
    return columns[i].left ? text + space : space + text;
  };
  return cells.map((line) => line.map(pad).join('  ').trimEnd()).join('\n');
}

/** Rows of contestants, best first; `floor` and `peer`: rows to compare with. */
export function contest(rows, { floor, peer, ratio, unit }) {
  const best = Math.max(...rows.map(({ perSecond }) => perSecond ?? 0));
  const compared = (row, with_, of) =>
    with_ && row.rounds && row !== with_ ? `${number(ratio(row, with_, of), 2)}x` : '';
  return table([
    { title: '', left: true, of: ({ name }) => name },
    { title: unit, of: ({ perSecond }) => number(perSecond) },
    ...(rows.some(({ spread }) => spread)
      ? [{ title: '±', of: ({ spread }) => (spread === undefined ? '' : `${number(spread * 100)}%`) }] : []),
    ...(rows.some(({ cpu }) => cpu) ? [{ title: 'CPU us', of: ({ cpu }) => number(cpu) }] : []),
    ...(floor ? [{ title: 'of floor', of: (row) => compared(row, floor) }] : []),
    ...(peer ? [{ title: `of ${peer.name}`, of: (row) => compared(row, peer) }] : []),
    {
      title: '',
      left: true,
      of: ({ perSecond, wrong }) => wrong ?? bar((perSecond ?? 0) / best, 24),
    },
  ], rows);
}
