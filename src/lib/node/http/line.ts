/** A kept connection, HTTP/2 session or HTTP/1.1 connection alike. */
import type { PushError } from '../../../errors.ts';
import type { Exchange } from './exchange.ts';

export interface Line {
  /** What it carries now, the answers' bodies included. */
  readonly exchanges: Set<Exchange>;
  /** How many it may carry. */
  limit: number;
  /** It takes no more and ends with its last exchange. */
  draining: boolean;
  /** Milliseconds since the epoch, while it carries nothing. */
  idleSince: number;
  /** Milliseconds that the peer keeps it when it carries nothing. */
  keep: number;
  /** Beats since the peer was last heard. */
  silence: number;
  /** Its socket is closed. */
  gone: boolean;
  /** A ping is out, and must come back before anything is handed to it. */
  probing: boolean;
  /** Sends a request that stands in `exchanges`. */
  readonly send: (exchange: Exchange) => void;
  /** Asks for a sign of life, if the protocol has one. */
  readonly ping: ((answered: () => void) => void) | undefined;
  /** Ends it, whatever it carries. */
  readonly destroy: (cause?: unknown) => void;
}

/** What a line tells its pool. */
export interface LineEvents {
  /** `limit` or `draining` is another. */
  readonly changed: (line: Line) => void;
  /** An exchange is off the line, answered or not. */
  readonly left: (line: Line, exchange: Exchange, error?: PushError) => void;
  /** The socket is closed: nothing is left of it. */
  readonly closed: (line: Line) => void;
}

/** Bytes of an unwanted body that are read all the same, to keep the stream or connection. */
export const MAX_DISCARD = 16_384;
