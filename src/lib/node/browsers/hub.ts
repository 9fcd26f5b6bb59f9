/** What the browsers' protocols need of a push service; both speak to this and to nothing else. */
import type { Bytes } from '../../../types.ts';
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
  /** Makes a subscription, whose pushes go to `deliver` once the push service has taken them. */
  readonly subscribe: (subscriber: Subscriber) => BrowserSubscription;
  /** Whether a push may still be delivered: it may have expired, or been replaced or cancelled. */
  readonly isAlive: (id: string) => boolean;
  /** A browser can be reached from now on; and no longer. */
  readonly connected: (browser: BrowserName) => void;
  readonly disconnected: (browser: BrowserName) => void;
  readonly acknowledged: (acknowledgement: Acknowledgement) => void;
}

export interface Subscriber {
  readonly browser: BrowserName;
  /** What nobody can guess and ends the endpoint. */
  readonly token: string;
  /** 65 bytes: the only key that may sign for it (RFC 8292 §4). */
  readonly applicationServerKey: Bytes | undefined;
  /** Answers whether the browser is there; else the push waits. */
  readonly deliver: (message: Omit<Outgoing, 'channel'>) => boolean;
  /** A push need not be delivered any more. */
  readonly forget: (id: string) => void;
  /** The subscription has ended. */
  readonly close: () => void;
}

/** RFC 8030 §8.3 asks for 120 bits at least; this has 256. */
export function generateToken(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
