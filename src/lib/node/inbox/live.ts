/** The live connections of an inbox's pages: server-sent events, in batches, bounded. */
import { clearTimeout, setInterval, clearInterval, setTimeout } from 'node:timers';
import type { ServerResponse } from 'node:http';
import type { LiveEvent, Summary } from '../../../inbox/types.ts';

export interface Live {
  /** Sends to every page: at once, or with what comes within a few frames. */
  readonly add: (record: Summary) => void;
  readonly change: (id: number, state: string) => void;
  /** Subscriptions or planned trouble may have changed. */
  readonly touch: () => void;
  readonly clear: () => void;
  /** Takes a page in, or answers false when there are too many. */
  readonly connect: (response: ServerResponse) => boolean;
  readonly close: () => void;
}

export interface LiveSource {
  /** All that a page has to know to begin with. */
  readonly begin: () => readonly LiveEvent[];
  readonly side: () => LiveEvent;
  readonly oldest: () => number;
}

/** Pages at once. */
const MAX_PAGES = 64;
/** Milliseconds from one batch to the next: three frames. */
const BATCH = 50;
/** Milliseconds between signs of life: under the two minutes after which silence ends a session. */
const BEAT = 20_000;
/** Octets that may wait for a page that does not read; beyond, it has to connect again. */
const MAX_WAITING = 16_777_216;

interface State {
  readonly pages: Set<ServerResponse>;
  records: Summary[];
  readonly states: Map<number, string>;
  touched: boolean;
  /** The side as it was told last. */
  side: string;
  timer: NodeJS.Timeout | undefined;
}

function line(event: LiveEvent): string {
  return `data: ${JSON.stringify(event)}\n\n`;
}

function send({ pages }: State, text: string): void {
  for (const page of pages) {
    if (page.writableLength > MAX_WAITING) page.destroy();
    else page.write(text);
  }
}

/** Tells what has gathered. Answers whether that was anything. */
function flush(state: State, source: LiveSource): boolean {
  let text = '';
  const { records, states } = state;
  if (records.length) text += line({ type: 'add', records, oldest: source.oldest() });
  if (states.size) text += line({ type: 'states', states: [...states] });
  state.records = [];
  states.clear();
  const side = state.touched ? line(source.side()) : state.side;
  state.touched = false;
  if (side !== state.side) text += side;
  state.side = side;
  if (text !== '') send(state, text);
  return text !== '';
}

export function createLive(source: LiveSource): Live {
  const state: State = {
    pages: new Set(), records: [], states: new Map(), touched: false, side: '', timer: undefined,
  };
  const beat = setInterval(() => send(state, ':\n\n'), BEAT).unref();
  /** The first of a burst goes at the end of this turn, the rest in batches. */
  const schedule = (delay: number): void => {
    state.timer ??= setTimeout(() => {
      state.timer = undefined;
      if (flush(state, source)) schedule(BATCH);
    }, delay).unref();
  };
  const touch = (): void => {
    state.touched = true;
    schedule(0);
  };
  return {
    add: (record) => {
      // Without a page nothing has to wait: the next one begins with all that is kept.
      if (state.pages.size) state.records.push(record);
      touch();
    },
    change: (id, to) => {
      if (state.pages.size) state.states.set(id, to);
      schedule(0);
    },
    touch,
    clear: () => {
      state.records = [];
      state.states.clear();
      send(state, line({ type: 'clear' }));
    },
    connect: (response) => connect(state, source, response),
    close: () => {
      clearInterval(beat);
      clearTimeout(state.timer);
      for (const page of state.pages) page.destroy();
    },
  };
}

function connect(state: State, source: LiveSource, response: ServerResponse): boolean {
  if (state.pages.size >= MAX_PAGES) return false;
  // What waits for the others is in what this one begins with.
  flush(state, source);
  state.pages.add(response);
  const leave = (): void => void state.pages.delete(response);
  response.on('close', leave);
  response.on('error', leave);
  response.write([...source.begin(), source.side()].map(line).join(''));
  return true;
}
