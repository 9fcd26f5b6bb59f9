/** How a caller's row becomes one of the batch. */
import { readPayload } from '../../encrypt.ts';
import { isPushError } from '../../errors.ts';
import { address, varyMessage } from '../../request.ts';
import type { Delivery } from '../../send_many.ts';
import { checkSubscription } from '../../subscription.ts';
import type { Bytes } from '../../types.ts';
import { invalid } from './flight.ts';
import { enterLane, list } from './lanes.ts';
import { end, follow } from './run.ts';
import type { Run } from './run.ts';

/**
 * Takes a row in. All of it is read at once: the caller may change it afterwards. It has an outcome
 * at once if it is wrong.
 */
export function admit<T extends Delivery>(run: Run<T>, delivery: T): void {
  const deadline = run.now() + run.patience;
  const refuse = (error: unknown): void => end(run, {
    ok: false, delivery, attempts: 0, error: isPushError(error) ? error : invalid(error),
  });
  run.progress.started++;
  try {
    const { subscription, payload, options } = delivery;
    const message = options ? varyMessage(run.message, options) : run.message;
    const checked = checkSubscription(subscription, run.endpoints);
    const shared = run.payload;
    const place = (body: Bytes | null): void => {
      const prepared = address(checked, body, message);
      const lane = enterLane(run, prepared.origin);
      lane.queue.push({
        delivery, prepared, lane, deadline,
        sender: message.vapid?.publicKey, expires: message.expires ?? Infinity,
        tries: 0, attempts: 0,
      });
      run.parked++;
      list(run, lane);
    };
    if (payload !== undefined) place(own(payload));
    else if (typeof shared !== 'function') place(shared);
    else {
      // What else may be wrong with the row is found before its payload is made.
      address(checked, null, message);
      run.asked++;
      follow(run, async () => own(await shared(delivery)), (body) => {
        run.asked--;
        place(body);
      }, (error) => {
        run.asked--;
        refuse(invalid(error));
      });
    }
  } catch (error) {
    refuse(error);
  }
}

function own(payload: unknown): Bytes | null {
  return payload === null ? null : readPayload(payload, Infinity);
}
