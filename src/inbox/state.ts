/** What the page knows: one object, changed here alone. */
import type { About, FaultView, LiveEvent, SubscriptionView, Summary } from './types.ts';

export interface State {
  about: About | undefined;
  /** Oldest first. */
  records: Summary[];
  /** Those that the filter lets through, oldest first. */
  shown: Summary[];
  filter: string;
  subscriptions: readonly SubscriptionView[];
  faults: readonly FaultView[];
}

/** What has changed. `added`: how many more are shown. */
export interface Change {
  readonly list?: boolean;
  readonly added?: number;
  readonly side?: boolean;
  readonly about?: boolean;
}

export function createState(): State {
  return { about: undefined, records: [], shown: [], filter: '', subscriptions: [], faults: [] };
}

/** Whether every word of the filter is in a push, wherever the list or its details show it. */
export function matches(words: readonly string[], record: Summary): boolean {
  if (!words.length) return true;
  const { method, path, status, reason, to, kind, preview, coding, urgency, topic, state } = record;
  const text = [
    method,
    path,
    status ?? 'reset',
    reason,
    to,
    kind,
    preview,
    coding,
    urgency,
    topic,
    state,
  ]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function wordsOf(filter: string): string[] {
  return filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
}

export function setFilter(state: State, filter: string): Change {
  state.filter = filter;
  const words = wordsOf(filter);
  state.shown = state.records.filter((record) => matches(words, record));
  return { list: true };
}

/** Takes away those that the server no longer keeps. */
function trim(records: Summary[], oldest: number): Summary[] {
  const first = records.findIndex(({ id }) => id >= oldest);
  if (first === 0) return records;
  return first < 0 ? [] : records.slice(first);
}

function add(state: State, records: readonly Summary[], oldest: number): Change {
  const words = wordsOf(state.filter);
  const fresh = records.filter((record) => matches(words, record));
  state.records.push(...records);
  state.shown.push(...fresh);
  state.records = trim(state.records, oldest);
  state.shown = trim(state.shown, oldest);
  return { list: true, added: fresh.length };
}

/** Ids grow along the array. */
export function indexOf(records: readonly Summary[], id: number): number {
  let [low, high] = [0, records.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = records[middle]?.id ?? 0;
    if (found === id) return middle;
    if (found < id) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}

function setStates(state: State, states: readonly (readonly [number, string])[]): Change {
  for (const [id, to] of states) {
    for (const records of [state.records, state.shown]) {
      const at = indexOf(records, id);
      const record = records[at];
      if (record) records[at] = { ...record, state: to };
    }
  }
  return { list: true };
}

/** Takes an event of the server in. */
export function apply(state: State, event: LiveEvent): Change {
  switch (event.type) {
    case 'hello':
      // A new connection begins anew: what came meanwhile is in what follows.
      state.about = event.about;
      state.records = [];
      state.shown = [];
      return { list: true, about: true };
    case 'add':
      return add(state, event.records, event.oldest);
    case 'states':
      return setStates(state, event.states);
    case 'clear':
      state.records = [];
      state.shown = [];
      return { list: true };
    case 'side':
      state.subscriptions = event.subscriptions;
      state.faults = event.faults;
      return { side: true };
  }
}
