/** The least notification, and the reason that one is refused for. */
import * as assert from 'uvu/assert';
import { isPushError } from '../src/errors.ts';

export const BASE = { title: 'Ada wrote', navigate: 'https://chat.example/ada' };

export function reasonOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    assert.ok(isPushError(error), String(error));
    assert.is(error.code, 'ERR_NOTIFICATION_INVALID');
    assert.match(error.message, new RegExp(`: ${error.reason} is missing or wrong$`));
    return error.reason;
  }
  return undefined;
}
