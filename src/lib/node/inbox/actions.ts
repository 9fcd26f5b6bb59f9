/** What the inbox's page can do to the push service. */
import type { Bytes } from '../../../types.ts';
import { property } from '../../bytes.ts';
import { clear } from '../../service/delivery.ts';
import { plan } from '../../service/faults.ts';
import type { Fault } from '../../service/types.ts';
import { decodeServerKey } from '../../service/subscribers.ts';
import type { Inbox } from './inbox.ts';
import { clearLog } from './log.ts';
import { oneLine } from './preview.ts';
import { addOwn, changeOwn, viewOwn } from './subscriptions.ts';
import type { Change } from './subscriptions.ts';

/** What is answered: as JSON, or a status and why. */
export type Result =
  | { readonly value: unknown } | { readonly status: number; readonly why: string };

export type Action = (inbox: Inbox, input: unknown) => Promise<Result>;

function refuse(why: string, status: number = 400): Result {
  return { status, why };
}

/** `'own'` is the page's pair, `null` none at all; `undefined` is answered for what is no key. */
function readKey({ subscriptions }: Inbox, value: unknown): Bytes | null | undefined {
  if (value === null || value === undefined || value === '') return null;
  return value === 'own' ? subscriptions.point : decodeServerKey(value);
}

const subscribe: Action = async (inbox, input) => {
  const key = readKey(inbox, property(input, 'key'));
  if (key === undefined) return refuse('The key is no public key: base64url of 65 bytes is wanted');
  const name = property(input, 'name');
  const { about, subscriptions } = inbox;
  const own = await addOwn(subscriptions, {
    origin: property(input, 'tls') === false ? about.http : about.https,
    name: typeof name === 'string' ? oneLine(name, 60) : '', key: key ?? undefined,
  });
  if (!own) return refuse('There are 100 subscriptions: remove one first', 429);
  inbox.live.touch();
  return { value: viewOwn(subscriptions, own) };
};

const CHANGES: readonly Change[] = ['expire', 'rotate', 'remove'];

const change: Action = async ({ subscriptions, live }, input) => {
  const wanted = CHANGES.find((name) => name === property(input, 'change'));
  if (!wanted) return refuse(`The change is one of ${CHANGES.join(', ')}`);
  const id = property(input, 'id');
  if (typeof id !== 'number' || !await changeOwn(subscriptions, id, wanted)) {
    return refuse('There is no such subscription', 404);
  }
  live.touch();
  return { value: {} };
};

/** Planned troubles at once; more are a mistake. */
const MAX_FAULTS = 100;

const NUMBERS = ['status', 'retryAfter', 'delay', 'times'] as const;

function readFault(input: unknown): Fault {
  const reset = property(input, 'reset');
  const numbers = NUMBERS.flatMap((name) => {
    const value = property(input, name);
    return typeof value === 'number' ? [[name, value] as const] : [];
  });
  const known = reset === 'before' || reset === 'after' ? { reset } as const : {};
  return { ...Object.fromEntries(numbers), ...known };
}

const fail: Action = async ({ core, live }, input) => {
  if (core.faults.length >= MAX_FAULTS) return refuse('Enough trouble is planned already', 429);
  try {
    plan(core, readFault(input));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'This is no trouble');
  }
  live.touch();
  return { value: {} };
};

const calm: Action = async ({ core, live }) => {
  core.faults.length = 0;
  live.touch();
  return { value: {} };
};

const forget: Action = async ({ core, log, live }) => {
  clear(core);
  clearLog(log);
  live.clear();
  return { value: {} };
};

export const ACTIONS: ReadonlyMap<string, Action> = /* @__PURE__ */ new Map([
  ['subscribe', subscribe], ['change', change], ['fail', fail], ['calm', calm], ['clear', forget],
]);
