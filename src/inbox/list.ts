/** The list of pushes: a window of rows over as many as there are. */
import { byId, el } from './dom.ts';
import { clock, octets } from './format.ts';
import { indexOf } from './state.ts';
import type { State } from './state.ts';
import type { Summary } from './types.ts';

/** Pixels; the style sheet has the same. */
const ROW = 56;
/** Rows beyond the edges, so that a quick scroll shows no gap. */
const MARGIN = 6;

interface RowParts {
  readonly row: HTMLElement;
  readonly status: HTMLElement;
  readonly preview: HTMLElement;
  readonly time: HTMLElement;
  readonly about: HTMLElement;
}

export interface List {
  /** `added`: rows that came on top. */
  readonly update: (added: number) => void;
  readonly select: (id: number | undefined) => void;
  /** Chooses a neighbour of what is selected. `steps`: down is positive. */
  readonly move: (steps: number) => void;
  readonly focus: () => void;
}

function createRow(choose: (row: HTMLElement) => void): RowParts {
  const status = el('span', 'row-status');
  const preview = el('span', 'row-preview');
  const time = el('time', 'row-time');
  const about = el('span', 'row-about');
  const row = el(
    'div',
    { class: 'row', attributes: { role: 'option' }, onClick: () => choose(row) },
    status,
    preview,
    time,
    about,
  );
  return { row, status, preview, time, about };
}

const EMPTY: Readonly<Record<Summary['kind'], string>> = {
  none: 'No payload',
  sealed: 'Encrypted for somebody else',
  broken: 'Does not open',
  text: 'White space',
  json: 'JSON',
  notification: 'Notification',
  binary: 'Bytes',
  refused: 'Refused',
  other: 'No push',
};

/** `ok`, `refused` or `broken`: its colour. */
export function toneOf({ status }: Summary): string {
  if (status === null) return 'broken';
  return status < 300 ? 'ok' : 'refused';
}

function aboutOf({
  to,
  method,
  path,
  coding,
  size,
  topic,
  urgency,
  reason,
  state,
  status,
}: Summary): string {
  const target = to ?? path;
  return [
    reason,
    method === 'POST' ? undefined : method,
    target,
    size > 0 ? (coding ?? 'no coding') : undefined,
    size > 0 ? octets(size) : undefined,
    topic === null ? undefined : `topic ${topic}`,
    urgency === null || urgency === 'normal' ? undefined : urgency,
    state === 'delivered' || (status ?? 0) >= 300 ? undefined : state,
  ]
    .filter((part) => part)
    .join(' · ');
}

function fill(parts: RowParts, record: Summary, top: number, selected: boolean): void {
  const { row, status, preview, time, about } = parts;
  row.id = `push-${record.id}`;
  row.style.transform = `translateY(${top}px)`;
  row.setAttribute('aria-selected', String(selected));
  status.textContent = String(record.status ?? 'reset');
  status.dataset['tone'] = toneOf(record);
  const empty = record.preview === '';
  preview.textContent = empty ? EMPTY[record.kind] : record.preview;
  preview.dataset['empty'] = String(empty || record.kind === 'refused' || record.kind === 'other');
  time.textContent = clock(record.time);
  about.textContent = aboutOf(record);
}

/** The rows that are in sight, in their order, and nothing for the others but height. */
function render(
  state: State,
  pool: RowParts[],
  selected: number | undefined,
  grow: () => RowParts,
): void {
  const [list, rows] = [byId('list'), byId('rows')];
  const { shown } = state;
  rows.style.height = `${shown.length * ROW}px`;
  const first = Math.max(0, Math.floor(list.scrollTop / ROW) - MARGIN);
  const last = Math.min(
    shown.length,
    Math.ceil((list.scrollTop + list.clientHeight) / ROW) + MARGIN,
  );
  const needed = Math.max(0, last - first);
  while (pool.length < needed) pool.push(grow());
  while (pool.length > needed) pool.pop()?.row.remove();
  let active = '';
  for (const [i, parts] of pool.entries()) {
    const record = shown[shown.length - 1 - first - i];
    if (!record) continue;
    fill(parts, record, (first + i) * ROW, record.id === selected);
    parts.row.setAttribute('aria-posinset', String(first + i + 1));
    parts.row.setAttribute('aria-setsize', String(shown.length));
    if (record.id === selected) active = parts.row.id;
  }
  if (active) list.setAttribute('aria-activedescendant', active);
  else list.removeAttribute('aria-activedescendant');
}

/** Scrolls as little as it takes to see row `at`. */
function reveal(at: number): void {
  const list = byId('list');
  const { scrollTop, clientHeight } = list;
  if (at * ROW < scrollTop) list.scrollTop = at * ROW;
  else if ((at + 1) * ROW > scrollTop + clientHeight)
    list.scrollTop = (at + 1) * ROW - clientHeight;
}

/** Who has scrolled down goes on seeing the same rows. */
function keepPlace({ shown }: State, added: number): void {
  const list = byId('list');
  if (added === 0 || list.scrollTop === 0) return;
  byId('rows').style.height = `${shown.length * ROW}px`;
  list.scrollTop += added * ROW;
}

/** The row that is `steps` below what is selected, or above; from nowhere the first or last. */
function neighbour({ shown }: State, selected: number | undefined, steps: number): number {
  const at = selected === undefined ? -1 : indexOf(shown, selected);
  const row = at >= 0 ? shown.length - 1 - at + steps : steps > 0 ? 0 : shown.length - 1;
  return Math.min(Math.max(row, 0), shown.length - 1);
}

/** `onChoose`: a person wants to see this one. */
export function createList(state: State, onChoose: (id: number) => void): List {
  const list = byId('list');
  const pool: RowParts[] = [];
  let selected: number | undefined;
  let frame = 0;
  const grow = (): RowParts => {
    const parts = createRow((row) => onChoose(Number(row.id.replace('push-', ''))));
    byId('rows').append(parts.row);
    return parts;
  };
  /** Once a frame, however much comes. */
  const schedule = (): void => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      render(state, pool, selected, grow);
    });
  };
  list.addEventListener('scroll', schedule, { passive: true });
  new ResizeObserver(schedule).observe(list);
  return {
    update: (added) => {
      keepPlace(state, added);
      schedule();
    },
    select: (id) => {
      selected = id;
      schedule();
    },
    move: (steps) => {
      const row = neighbour(state, selected, steps);
      const record = state.shown[state.shown.length - 1 - row];
      if (!record) return;
      reveal(row);
      onChoose(record.id);
    },
    focus: () => list.focus({ preventScroll: true }),
  };
}
