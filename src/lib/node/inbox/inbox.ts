/** The inbox of a push service: it keeps what comes, and tells its pages. */
import { generateVapidKeys } from '../../../vapid.ts';
import type { About, Detail, FaultView, LiveEvent } from '../../../inbox/types.ts';
import type { PushService } from '../../../service.ts';
import { decodeBase64url } from '../../base64url.ts';
import { zeros } from '../../bytes.ts';
import { coreOf, observe } from '../../service/core.ts';
import type { Core, Exchange } from '../../service/core.ts';
import { LIMITS } from '../../service/store.ts';
import type { Message } from '../../service/store.ts';
import type { Handler } from '../bridge.ts';
import { watchHandler } from './handle.ts';
import { createLive } from './live.ts';
import type { Live } from './live.ts';
import { addExchange, createLog, noteState, oldestOf } from './log.ts';
import type { Log, Logged } from './log.ts';
import { createSubscriptions, viewOwn } from './subscriptions.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Takes a request apart for people. */
export type Explain = (record: Logged, subscriptions: Subscriptions) => Promise<Detail>;

export interface Inbox {
  /** Answers what is sent to the push service. */
  readonly handle: Handler;
  readonly core: Core;
  readonly about: About;
  readonly log: Log;
  readonly subscriptions: Subscriptions;
  readonly live: Live;
  readonly explain: Explain;
  readonly close: () => void;
}

/** `keep`: requests. `told`: hears of each, with its payload opened where it can be. */
export interface InboxOptions {
  readonly about: Omit<About, 'keys' | 'vapid'>;
  readonly explain: Explain;
  readonly told?: ((record: Logged) => void) | undefined;
}

/** Records that a page is told at once: a page of ten thousand begins with several such. */
const PIECE = 2_000;

function beginning(about: About, log: Log): readonly LiveEvent[] {
  const records = [...log.records.values()].map(({ summary }) => summary);
  const events: LiveEvent[] = [{ type: 'hello', about }];
  for (let at = 0; at < records.length; at += PIECE) {
    const piece = records.slice(at, at + PIECE);
    events.push({ type: 'add', records: piece, oldest: oldestOf(log) });
  }
  return events;
}

function viewFaults({ faults }: Core): FaultView[] {
  return faults.map(({ status, reset, delay, times }) =>
    ({ status: status ?? null, reset: reset ?? null, delay, times }));
}

export async function createInbox(
  service: PushService,
  { about: given, explain, told }: InboxOptions,
): Promise<Inbox> {
  const core = coreOf(service);
  const keys = await generateVapidKeys();
  const about: About = { ...given, keys, vapid: core.vapid };
  core.store.limits = { ...LIMITS, messages: about.keep };
  const log = createLog(about.keep);
  const point = decodeBase64url(keys.publicKey) ?? zeros(0);
  const subscriptions = createSubscriptions(core, point);
  const live = createLive({
    begin: () => beginning(about, log),
    oldest: () => oldestOf(log),
    side: () => ({
      type: 'side', faults: viewFaults(core),
      subscriptions: [...subscriptions.all.values()].map((own) => viewOwn(subscriptions, own)),
    }),
  });
  const exchanged = (exchange: Exchange): void => {
    const own = exchange.subscriber && subscriptions.bySubscriber.get(exchange.subscriber);
    if (own) own.pushes++;
    live.add(addExchange(log, exchange, own?.name ?? null));
    const record = log.records.get(log.last);
    if (record) told?.(record);
  };
  const changed = (message: Message): void => {
    const id = noteState(log, message);
    if (id !== undefined) live.change(id, message.status);
  };
  const ended = (): void => live.touch();
  const stop = observe(core, { exchanged, changed, ended });
  const close = (): void => {
    stop();
    live.close();
  };
  const handle = watchHandler(core, service.handle, exchanged, live.touch);
  return { handle, core, about, log, subscriptions, live, explain, close };
}
