/** What the browsers' protocols need of a push service; both speak to this and to nothing else. */
import type { Bytes } from '../../types.ts';
import type { Outgoing } from './outbox.ts';

export type BrowserName = 'firefox' | 'chromium';

/** How a browser took a push. */
export interface Acknowledgement {
  readonly id: string;
  readonly browser: BrowserName;
  /**
   * Firefox: 100 delivered, 101 not decrypted, 102 not delivered, 301 to 303 the worker's event
   * handler failed. Chromium says no more than that it came, also when it cannot decrypt.
   */
  readonly code: number | undefined;
}

export interface BrowserSubscription {
  readonly endpoint: string;
  readonly unsubscribe: () => void;
}

export interface Hub {
  /** Makes a subscription whose pushes, once the push service took them, go to `post`. */
  readonly subscribe: (subscriber: Subscriber) => BrowserSubscription;
  readonly connected: (browser: BrowserName) => void;
  readonly acknowledged: (acknowledgement: Acknowledgement) => void;
}

export interface Subscriber {
  readonly browser: BrowserName;
  /** What nobody can guess and stands at the end of the endpoint. */
  readonly token: string;
  /** 65 bytes: the only key that may sign for it (RFC 8292 §4). */
  readonly applicationServerKey: Bytes | undefined;
  /** False when too much waits. */
  readonly post: (message: Omit<Outgoing, 'channel'>) => boolean;
  readonly withdraw: (id: string) => void;
}

/** RFC 8030 §8.3 asks for 120 bits at least; this has 256. */
export function generateToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
