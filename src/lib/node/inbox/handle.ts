/**
 * Requests on their way through an inbox: those that the push service never tells of are told too.
 */
import { zeros } from '../../bytes.ts';
import type { Core, Exchange } from '../../service/core.ts';
import { isReset } from '../../service/faults.ts';
import type { Refusal } from '../../service/refusal.ts';
import type { Handler } from '../bridge.ts';
import { pathOf } from './preview.ts';

const CUT: Refusal = {
  status: 0, reason: 'reset', message: 'The connection was broken before this was read, as ordered',
};
const GONE: Refusal = {
  status: 0, reason: 'gave-up', message: 'The sender went away before it was answered',
};

/** A request of which nothing is known but its head. */
function broken(core: Core, { method, url, headers }: Request, why: Refusal): Exchange {
  return {
    time: core.now(), method, url, headers: [...headers], body: zeros(0), message: undefined,
    subscriber: core.store.subscribers.get(pathOf(url)), refusal: why, answer: undefined,
  };
}

/**
 * `told`: hears of requests that planned trouble ended before they were read, and of those whose
 * sender did not wait; `touched`: of every request, since it may have used up planned trouble.
 */
export function watchHandler(
  core: Core,
  handle: Handler,
  told: (exchange: Exchange) => void,
  touched: () => void,
): Handler {
  return async (request) => {
    // The service takes trouble from its list before anything else: this request meets the first.
    const isCut = core.faults[0]?.reset === 'before';
    const answer = handle(request);
    touched();
    try {
      return await answer;
    } catch (error) {
      if (isCut) told(broken(core, request, CUT));
      else if (!isReset(error)) told(broken(core, request, GONE));
      throw error;
    }
  };
}
