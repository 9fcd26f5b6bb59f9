import type { Bytes, Now } from '../../types.ts';

/** A push on its way to a browser. */
export interface Outgoing {
  readonly id: string;
  /** Which of the browser's subscriptions it is for. */
  readonly channel: string;
  readonly data: Bytes | null;
  /** Content-Encoding, Encryption and Crypto-Key, in lower case, where the push had them. */
  readonly headers: Readonly<Record<string, string>>;
  /** A later one with the same topic takes its place while it waits (RFC 8030 §5.4). */
  readonly topic: string | undefined;
  /** Milliseconds since the epoch; 0 seconds of TTL: the moment it came. */
  readonly expires: number;
}

/** The pushes of one browser that it has not acknowledged. */
export interface Outbox {
  /** Takes a push; false when too much waits already. */
  readonly post: (message: Outgoing) => boolean;
  /** Takes back one that waits. */
  readonly withdraw: (id: string) => void;
  /** Forgets one that arrived, and answers it. */
  readonly acknowledge: (id: string) => Outgoing | undefined;
  /** Forgets a subscription's pushes. */
  readonly drop: (channel: string) => void;
  /** From now on pushes go to `write`, first those that were not acknowledged before. */
  readonly connect: (write: (message: Outgoing) => void) => void;
  readonly disconnect: () => void;
}

/** In flight at once: browsers acknowledge every push, so more would only fill buffers. */
const WINDOW = 64;
/** Waiting at most, in number and bytes: a browser that is gone must not fill the memory. */
const MAX_WAITING = 10_000;
const MAX_BYTES = 32 * 1024 * 1024;

interface Entry {
  readonly message: Outgoing;
  sent: boolean;
}

/** What a push takes the place of: others of its topic, or nothing. */
function slot({ id, channel, topic }: Outgoing): string {
  return topic === undefined ? `id ${id}` : `${channel} ${topic}`;
}

export function createOutbox(now: Now): Outbox {
  const entries = new Map<string, Entry>();
  let write: ((message: Outgoing) => void) | undefined;
  let bytes = 0;
  let flying = 0;

  const remove = (id: string): Outgoing | undefined => {
    const entry = entries.get(id);
    if (!entry) return undefined;
    entries.delete(id);
    bytes -= entry.message.data?.length ?? 0;
    if (entry.sent) flying--;
    return entry.message;
  };
  const pump = (): void => {
    for (const entry of entries.values()) {
      if (!write || flying >= WINDOW) return;
      if (entry.sent) continue;
      // Asked at the last moment: an expired push is not delivered (RFC 8030 §5.2).
      if (entry.message.expires < now()) {
        remove(entry.message.id);
        continue;
      }
      entry.sent = true;
      flying++;
      write(entry.message);
    }
  };
  const removeWhere = (matches: (entry: Entry) => boolean): void => {
    for (const entry of entries.values()) if (matches(entry)) remove(entry.message.id);
  };

  return {
    post: (message) => {
      // One in flight is left alone: it may have arrived.
      if (message.topic !== undefined) {
        removeWhere((entry) => !entry.sent && slot(entry.message) === slot(message));
      }
      const size = message.data?.length ?? 0;
      if (entries.size >= MAX_WAITING || bytes + size > MAX_BYTES) return false;
      entries.set(message.id, { message, sent: false });
      bytes += size;
      pump();
      return true;
    },
    withdraw: (id) => {
      if (!entries.get(id)?.sent) remove(id);
    },
    acknowledge: (id) => {
      const message = remove(id);
      pump();
      return message;
    },
    drop: (channel) => {
      removeWhere(({ message }) => message.channel === channel);
      pump();
    },
    connect: (to) => {
      write = to;
      pump();
    },
    disconnect: () => {
      write = undefined;
      flying = 0;
      for (const entry of entries.values()) entry.sent = false;
      const last = new Map([...entries.values()].map((entry) => [slot(entry.message), entry]));
      removeWhere((entry) => last.get(slot(entry.message)) !== entry);
    },
  };
}
