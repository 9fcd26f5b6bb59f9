/**
 * What the examples of the README and of the doc comments may use without making it: one name, one
 * meaning everywhere (stand_ins.js has the values). What the package exports is there as well, for
 * doc comments and for blocks of the README without imports.
 */
import type { KeyPair, Subscription, Vapid, VapidKeys } from 'subtle-push';
import type { Receiver } from 'subtle-push/receive';
import type { PushService, TestSubscription } from 'subtle-push/service';

interface Row {
  readonly subscription: Subscription;
}

declare global {
  /** A push service in memory; `fetch` leads to it. */
  const service: PushService;
  const subscription: TestSubscription;
  const keys: VapidKeys;
  const keyPair: KeyPair;
  const subject: string;
  const vapid: Vapid;
  /** A user agent, and a message for it in the coding of the file that the example stands in. */
  const receiver: Receiver;
  /** Its keys as JSON. */
  const text: string;
  const body: Uint8Array<ArrayBuffer>;
  const headers: Record<string, string>;
  const payload: string;
  const rows: Iterable<Row> & { readonly delete: (id: string) => void };
  /** What a failed sending threw. */
  const error: unknown;
  /** A job of a queue that has been tried. */
  const job: { readonly attempts: number };
  /** A page's request with its subscription as JSON. */
  const request: Request;
  /** A meter of OpenTelemetry's. */
  const meter: {
    readonly createHistogram: (
      name: string,
      options: { readonly unit: string },
    ) => {
      readonly record: (value: number, attributes: Readonly<Record<string, string>>) => void;
    };
  };
  /** The application's own storage. */
  const db: {
    readonly save: (id: string, subscription: Subscription) => Promise<void>;
    readonly all: () => AsyncIterable<Row>;
    readonly delete: (subscription: Subscription) => Promise<void>;
  };
}
