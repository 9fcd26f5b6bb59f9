/** The verbs, each loaded when it is wanted. */
import type { Verb } from './args.ts';

export interface Entry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Verb>;
}

export const VERBS: readonly Entry[] = [
  {
    name: 'demo',
    summary: 'a message encrypted, signed, sent, received and read, step by step',
    load: async () => (await import('./demo.ts')).demo,
  },
  {
    name: 'keys',
    summary: 'make VAPID keys, or convert them to another format',
    load: async () => (await import('./keys.ts')).keys,
  },
  {
    name: 'send',
    summary: 'send a push to one subscription, or to a file of many',
    load: async () => (await import('./send.ts')).send,
  },
  {
    name: 'decrypt',
    summary: "read a captured message with the receiver's keys",
    load: async () => (await import('./decrypt.ts')).decrypt,
  },
  {
    name: 'inspect',
    summary: 'explain what is wrong with a subscription, token or request',
    load: async () => (await import('./inspect.ts')).inspect,
  },
  {
    name: 'serve',
    summary: 'a push service on this machine, whose page shows every push',
    load: async () => (await import('./serve.ts')).serve,
  },
];
