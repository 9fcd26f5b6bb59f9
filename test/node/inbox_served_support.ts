/** What the tests of the inbox share: one that is served, and what is sent to it. */
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { createVapid, generateVapidKeys, isPushError, send } from '../../src/index.ts';
import type { PushError, SendOptions, Subscription, Vapid } from '../../src/index.ts';
import type { SubscriptionView, Summary } from '../../src/inbox/types.ts';
import type { Command } from './cli_support.ts';
import { buildServe, openLive, startServe, type Served } from './inbox_support.ts';

export const vapid: Vapid = createVapid({
  subject: 'mailto:ops@example.com',
  keys: await generateVapidKeys(),
});
export const OPTIONS: SendOptions = { vapid, endpoints: 'any' };

export const plain = ({ endpoint, p256dh, auth }: SubscriptionView): Subscription => ({
  endpoint,
  keys: { p256dh, auth },
});

export const failure = (
  subscription: SubscriptionView,
  options: Partial<SendOptions> = {},
): Promise<PushError> =>
  send(plain(subscription), 'x', { ...OPTIONS, ...options }).then(
    () => {
      throw new Error('It was taken');
    },
    (error: unknown) => {
      assert.ok(isPushError(error), String(error));
      return error;
    },
  );

export let command: Command;
export let served: Served;

/** One inbox for the whole suite. */
export function prepare(test: Test): void {
  test.before(async () => {
    command = await buildServe();
    served = await startServe(command);
  });
  test.after(async () => {
    assert.is(await served.close(), 0);
    command.close();
  });
}

/** The last push, as soon as the page is told of it. */
export async function lastOf(act: () => Promise<unknown>): Promise<Summary> {
  const live = await openLive(served);
  await live.until((events) => events.find(({ type }) => type === 'side'));
  const before = live.events.length;
  await act();
  const record = await live.until((events) =>
    events
      .slice(before)
      .flatMap((event) => (event.type === 'add' ? event.records : []))
      .at(-1),
  );
  live.close();
  return record;
}
