/** How a caller's row becomes one of the batch. */
import { readPayload } from '../../encrypt.ts';
import { isPushError } from '../../errors.ts';
import { address, varyMessage } from '../../request.ts';
import type { Message } from '../../request.ts';
import type { Delivery } from '../../send_many.ts';
import { checkSubscription } from '../../subscription.ts';
import type { Checked } from '../../subscription.ts';
import type { Bytes } from '../../types.ts';
import { invalid } from './flight.ts';
import { enterLane, list, seal } from './lanes.ts';
import { end, follow } from './run.ts';
import type { Run } from './run.ts';

/** What was read of a row at once: the caller may change it afterwards. */
interface Row<T> {
  readonly delivery: T;
  readonly checked: Checked;
  readonly message: Message;
  readonly deadline: number;
}

function own(payload: unknown): Bytes | null {
  return payload === null ? null : readPayload(payload, Infinity);
}

function refuse<T>(run: Run<T>, delivery: T, error: unknown): void {
  end(run, { ok: false, delivery, error: isPushError(error) ? error : invalid(error), attempts: 0 });
}

/** Takes a row in. It has an outcome at once if it is wrong. */
export function admit<T extends Delivery>(run: Run<T>, delivery: T): void {
  const deadline = run.now() + run.patience;
  run.started++;
  try {
    const { subscription, payload, options } = delivery;
    const row = {
      delivery, deadline,
      message: options ? varyMessage(run.message, options) : run.message,
      checked: checkSubscription(subscription, run.endpoints),
    };
    const shared = run.payload;
    if (payload !== undefined) place(run, row, own(payload));
    else if (typeof shared !== 'function') place(run, row, shared);
    else ask(run, row, shared);
  } catch (error) {
    refuse(run, delivery, error);
  }
}

/** Has the caller's function make the payload, which may take its time. */
function ask<T>(run: Run<T>, row: Row<T>, make: (delivery: T) => unknown): void {
  const { delivery } = row;
  run.asked++;
  follow(run, () => make(delivery), (payload) => {
    run.asked--;
    try {
      place(run, row, own(payload));
    } catch (error) {
      refuse(run, delivery, error);
    }
  }, (error) => {
    run.asked--;
    refuse(run, delivery, invalid(error));
  });
}

/** Puts a row into its origin's lane. */
function place<T>(run: Run<T>, row: Row<T>, payload: Bytes | null): void {
  const { delivery, checked, message, deadline } = row;
  const prepared = address(checked, payload, message);
  const lane = enterLane(run, prepared.origin);
  lane.queue.push({
    delivery, prepared, lane, deadline,
    sender: message.vapid?.publicKey, expires: message.expires ?? Infinity,
    tries: 0, attempts: 0, error: undefined, flight: undefined,
  });
  run.parked++;
  list(run, lane);
  seal(lane);
}
