/** What the tests of the page's side share: a browser with a server, and how a call fails. */
import type { HostLike, SubscribeOptions } from '../src/client.ts';
import { createBrowser, createServer, KEY } from './client_support.ts';
import type { Browser, Server, State } from './client_support.ts';

export interface Setup {
  readonly browser: Browser;
  readonly server: Server;
  readonly options: SubscribeOptions;
}

export function setup(changes: Partial<State> = {}): Setup {
  const browser = createBrowser(changes);
  const server = createServer();
  return { browser, server, options: { publicKey: KEY, save: server.save } };
}

export const GRANTED = { permission: 'granted' };
/** Safari on iOS, in a tab. */
export const iOS: Partial<HostLike> = {
  navigator: { standalone: false }, Notification: undefined, PushManager: undefined,
};

export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error('It did not reject');
}

export interface FreshWorker {
  readonly state: string;
  readonly addEventListener: (type: string, run: () => void) => void;
  readonly become: (state: string) => void;
}

/** A service worker that is not active yet, as on a first visit. */
export function createWorker(): FreshWorker {
  const listeners: (() => void)[] = [];
  const worker = {
    state: 'installing',
    addEventListener: (_type: string, run: () => void) => listeners.push(run),
    become: (state: string) => {
      worker.state = state;
      for (const run of listeners) run();
    },
  };
  return worker;
}
