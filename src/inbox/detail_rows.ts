/** What was found, one line each: a sign, a name, a value, a word. */
import { aside, el } from './dom.ts';
import type { Row, Verdict } from './types.ts';

const SIGNS: Readonly<Record<Verdict, readonly [sign: string, word: string]>> = {
  ok: ['✓', 'right'],
  wrong: ['✕', 'wrong'],
  doubt: ['!', 'doubtful'],
  note: ['', ''],
};

export function sign(verdict: Verdict): HTMLElement {
  const [mark, word] = SIGNS[verdict];
  return el(
    'span',
    { class: 'sign', attributes: { 'data-verdict': verdict } },
    el('span', { attributes: { 'aria-hidden': 'true' } }, mark),
    word && aside(word),
  );
}

function row({ name, value, verdict, text }: Row): HTMLElement {
  return el(
    'div',
    { class: 'finding', attributes: { 'data-verdict': verdict } },
    el('dt', {}, sign(verdict), el('span', 'finding-name', name)),
    el(
      'dd',
      {},
      value === null ? null : el('span', 'mono value-text', value),
      text === '' || text === value ? null : el('span', 'finding-text', text),
    ),
  );
}

export function findings(rows: readonly Row[]): HTMLElement {
  return el('dl', 'findings', ...rows.map(row));
}
