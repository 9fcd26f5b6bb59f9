import type { Bytes } from '../../../types.ts';

/** A push on its way to a browser. */
export interface Outgoing {
  readonly id: string;
  /** Which of the browser's subscriptions it is for. */
  readonly channel: string;
  /** `null`: a push without payload. */
  readonly data: Bytes | null;
  /** Content-Encoding, Encryption and Crypto-Key, in lower case, where the push had them. */
  readonly headers: Readonly<Record<string, string>>;
  /** Seconds. 0: now or never (RFC 8030 §5.2). */
  readonly ttl: number;
}

/** The pushes of one browser that it has not acknowledged. */
export interface Outbox {
  /** Takes a push. Answers whether the browser is there. */
  readonly post: (message: Outgoing) => boolean;
  /** Forgets one that waits; one in flight is not written again. */
  readonly forget: (id: string) => void;
  /** Forgets one that arrived. Answers whether it was awaited. */
  readonly acknowledge: (id: string) => boolean;
  /** Forgets a subscription's pushes. */
  readonly drop: (channel: string) => void;
  /** From now on pushes go to `write`, first those that were not acknowledged before. */
  readonly connect: (write: (message: Outgoing) => void) => void;
  readonly disconnect: () => void;
  /** While held the browser counts as away: nothing is written to it. */
  readonly hold: (held: boolean) => void;
}

interface Entry {
  readonly message: Outgoing;
  sent: boolean;
  /** Whether it may be written again to another connection. */
  again: boolean;
}

interface State {
  readonly entries: Map<string, Entry>;
  readonly isAlive: (id: string) => boolean;
  readonly window: number;
  write: ((message: Outgoing) => void) | undefined;
  held: boolean;
  /** How many were sent and not acknowledged. */
  flying: number;
}

/**
 * `isAlive`: whether a push may still be delivered; asked just before it is written. `window`: how
 * many are in flight at once; browsers acknowledge every push, so more would only fill buffers.
 */
export function createOutbox(isAlive: (id: string) => boolean, window: number): Outbox {
  const state: State = {
    entries: new Map(), isAlive, window, write: undefined, held: false, flying: 0,
  };
  return {
    post: (message) => post(state, message),
    forget: (id) => forget(state, id),
    acknowledge: (id) => {
      const awaited = remove(state, id);
      pump(state);
      return awaited;
    },
    drop: (channel) => drop(state, channel),
    connect: (write) => {
      state.write = write;
      pump(state);
    },
    disconnect: () => disconnect(state),
    hold: (held) => {
      state.held = held;
      pump(state);
    },
  };
}

function remove(state: State, id: string): boolean {
  if (state.entries.get(id)?.sent) state.flying--;
  return state.entries.delete(id);
}

/** Writes what may be written. */
function pump(state: State): void {
  const { entries, isAlive, window } = state;
  for (const entry of entries.values()) {
    if (!state.write || state.held || state.flying >= window) return;
    if (entry.sent) continue;
    const { message } = entry;
    if (!isAlive(message.id)) {
      entries.delete(message.id);
      continue;
    }
    entry.sent = true;
    state.flying++;
    state.write(message);
  }
}

function post(state: State, message: Outgoing): boolean {
  const isThere = state.write !== undefined && !state.held;
  if (isThere || message.ttl > 0) {
    state.entries.set(message.id, { message, sent: false, again: message.ttl > 0 });
  }
  pump(state);
  return isThere;
}

function forget({ entries }: State, id: string): void {
  const entry = entries.get(id);
  if (entry?.sent) entry.again = false;
  else entries.delete(id);
}

function drop(state: State, channel: string): void {
  for (const { message } of state.entries.values()) {
    if (message.channel === channel) remove(state, message.id);
  }
  pump(state);
}

function disconnect(state: State): void {
  state.write = undefined;
  state.flying = 0;
  for (const [id, entry] of state.entries) {
    entry.sent = false;
    if (!entry.again) state.entries.delete(id);
  }
}
