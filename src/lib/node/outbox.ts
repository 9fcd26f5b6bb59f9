import type { Bytes } from '../../types.ts';

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

/**
 * `isAlive`: whether a push may still be delivered; asked just before it is written. `window`: how
 * many are in flight at once; browsers acknowledge every push, so more would only fill buffers.
 */
export function createOutbox(isAlive: (id: string) => boolean, window: number): Outbox {
  const entries = new Map<string, Entry>();
  let write: ((message: Outgoing) => void) | undefined;
  let held = false;
  let flying = 0;

  const remove = (id: string): boolean => {
    if (entries.get(id)?.sent) flying--;
    return entries.delete(id);
  };
  const pump = (): void => {
    for (const entry of entries.values()) {
      if (!write || held || flying >= window) return;
      if (entry.sent) continue;
      const { message } = entry;
      if (!isAlive(message.id)) {
        entries.delete(message.id);
        continue;
      }
      entry.sent = true;
      flying++;
      write(message);
    }
  };
  return {
    post: (message) => {
      const isThere = write !== undefined && !held;
      if (isThere || message.ttl > 0) {
        entries.set(message.id, { message, sent: false, again: message.ttl > 0 });
      }
      pump();
      return isThere;
    },
    forget: (id) => {
      const entry = entries.get(id);
      if (entry?.sent) entry.again = false;
      else entries.delete(id);
    },
    acknowledge: (id) => {
      const awaited = remove(id);
      pump();
      return awaited;
    },
    drop: (channel) => {
      for (const { message } of entries.values()) {
        if (message.channel === channel) remove(message.id);
      }
      pump();
    },
    connect: (to) => {
      write = to;
      pump();
    },
    disconnect: () => {
      write = undefined;
      flying = 0;
      for (const [id, entry] of entries) {
        entry.sent = false;
        if (!entry.again) entries.delete(id);
      }
    },
    hold: (now) => {
      held = now;
      pump();
    },
  };
}
