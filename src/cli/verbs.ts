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
];
