/** The body of a push, octet by octet. */
import { findings } from './detail_rows.ts';
import { el, section } from './dom.ts';
import type { Child } from './dom.ts';
import { count, fromBase64, hexByte, octets } from './format.ts';
import type { Detail, PartView } from './types.ts';

/** Octets that are shown: the most that a push service has to take. */
const MOST = 4096;
/** Tints in the style sheet. */
const TINTS = 8;

function rangeOf({ from, length }: PartView): string {
  return length === 1 ? count(from) : `${count(from)}–${count(from + length - 1)}`;
}

/** The pieces of one line, each of one part. */
function pieces(
  bytes: Uint8Array,
  parts: readonly PartView[],
  from: number,
  to: number,
): HTMLElement[] {
  return parts.flatMap((part, i) => {
    const [start, end] = [Math.max(from, part.from), Math.min(to, part.from + part.length)];
    if (start >= end) return [];
    const text = [...bytes.subarray(start, end)].map(hexByte).join(' ');
    return [
      el(
        'span',
        {
          class: 'octets',
          attributes: { 'data-part': String(i), 'data-tint': String(i % TINTS) },
        },
        text,
      ),
    ];
  });
}

function dump(bytes: Uint8Array, parts: readonly PartView[], columns: number): HTMLElement {
  const lines: HTMLElement[] = [];
  const end = Math.min(bytes.length, MOST);
  for (let at = 0; at < end; at += columns) {
    lines.push(
      el(
        'div',
        'dump-line',
        el('span', 'dump-offset', at.toString(16).padStart(4, '0')),
        el('span', 'dump-octets', ...pieces(bytes, parts, at, Math.min(at + columns, end))),
      ),
    );
  }
  return el(
    'div',
    {
      class: 'dump mono',
      attributes: { role: 'group', tabindex: '0', 'aria-label': 'The body in hexadecimal' },
    },
    ...lines,
  );
}

/** Parts and octets point at each other. */
function connect(legend: HTMLElement, shown: HTMLElement): void {
  const mark = (part: string | undefined): void => {
    for (const piece of shown.querySelectorAll<HTMLElement>('.octets')) {
      piece.classList.toggle('marked', piece.dataset['part'] === part);
    }
    for (const row of legend.querySelectorAll<HTMLElement>('.part')) {
      row.classList.toggle('marked', row.dataset['part'] === part);
    }
  };
  const over = ({ target }: Event): void => {
    const piece = target instanceof HTMLElement ? target.closest<HTMLElement>('[data-part]') : null;
    mark(piece?.dataset['part']);
  };
  for (const area of [legend, shown]) {
    area.addEventListener('pointerover', over);
    area.addEventListener('pointerleave', () => mark(undefined));
  }
}

function legendRow(part: PartView, i: number): HTMLElement {
  return el(
    'tr',
    { class: 'part', attributes: { 'data-part': String(i), 'data-tint': String(i % TINTS) } },
    el('td', 'part-range mono', rangeOf(part)),
    el('th', { attributes: { scope: 'row' } }, el('span', 'part-name', part.name)),
    el('td', 'part-length', octets(part.length)),
    el('td', 'part-what', part.what),
  );
}

export function bodySection(
  { body, parts, message, summary }: Detail,
  columns: number,
): HTMLElement {
  if (summary.size === 0) return section('Body', el('p', 'muted', 'None.'));
  const bytes = fromBase64(body);
  const whole: readonly PartView[] = parts.length
    ? parts
    : [{ from: 0, length: bytes.length, name: 'body', what: 'not laid out', encrypted: true }];
  const legend = el(
    'table',
    { class: 'parts', attributes: { 'aria-label': 'Parts of the body' } },
    el('tbody', {}, ...whole.map(legendRow)),
  );
  const shown = dump(bytes, whole, columns);
  connect(legend, shown);
  const more: Child =
    bytes.length > MOST
      ? el('p', 'muted', `The first ${octets(MOST)} of ${count(bytes.length)} are shown.`)
      : null;
  return section('Body', findings(message), legend, shown, more);
}
