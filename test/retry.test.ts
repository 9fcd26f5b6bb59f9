/** What to do after a failure: retryDelay, isDead, nextStep are pure functions of an error. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError, isDead, nextStep, PushError, retryDelay } from '../src/index.ts';
import type { NextStep, PushErrorCode } from '../src/index.ts';
import { ENDPOINT, misused, ORIGIN, unchecked } from './core_support.ts';

/** DESIGN section 4, "the caller": every code, and what each function says of it. */
const STEPS: Readonly<Record<PushErrorCode, NextStep['do']>> = {
  ERR_SUBSCRIPTION_INVALID: 'delete', ERR_SUBSCRIPTION_GONE: 'delete',
  ERR_KEY_MISMATCH: 'resubscribe',
  ERR_UNAUTHORIZED: 'stop', ERR_VAPID_INVALID: 'stop',
  ERR_RATE_LIMITED: 'retry', ERR_UNAVAILABLE: 'retry', ERR_NETWORK: 'retry', ERR_TIMEOUT: 'retry',
  ERR_PAYLOAD_TOO_LARGE: 'report', ERR_REJECTED: 'report', ERR_ADDRESS_REFUSED: 'report',
  ERR_EXPIRED: 'report', ERR_ABORTED: 'report', ERR_DELIVERY_INVALID: 'report',
  ERR_TOKEN_INVALID: 'report', ERR_KEY_INVALID: 'report', ERR_DECRYPT_FAILED: 'report',
  ERR_NOTIFICATION_INVALID: 'report',
};
const CODES = Object.keys(STEPS).map((code) => unchecked<PushErrorCode>(code));
const DEAD: readonly string[] = [
  'ERR_SUBSCRIPTION_INVALID', 'ERR_SUBSCRIPTION_GONE', 'ERR_KEY_MISMATCH',
];

function errorOf(code: PushErrorCode, retryAfter?: number): DeliveryError {
  return new DeliveryError(code, 'x', { endpoint: ENDPOINT, origin: ORIGIN, retryAfter });
}

const NO_ERRORS: readonly unknown[] = [
  undefined, null, 0, 'ERR_NETWORK', new Error('x'), { code: 'ERR_NETWORK' }, {},
  new TypeError('fetch failed'), { name: 'PushError', code: 'ENOTFOUND' },
];

const half = { random: (): number => 0.5 };
const retry = suite('retry');

retry('every code has its step; the same for what toJSON() gave', () => {
  for (const code of CODES) {
    const parsed: unknown = JSON.parse(JSON.stringify(errorOf(code)));
    for (const error of [errorOf(code), new PushError(code, 'x'), parsed]) {
      const step = nextStep(error, 1, half);
      assert.is(step.do, STEPS[code], code);
      assert.is(isDead(error), DEAD.includes(code), code);
      assert.is(retryDelay(error, 1, half), STEPS[code] === 'retry' ? 500 : undefined, code);
      assert.equal(
        step, STEPS[code] === 'retry' ? { do: 'retry', delay: 500 } : { do: STEPS[code] },
      );
    }
  }
});

retry('what is no error of the library is reported, never dead, never tried again', () => {
  for (const error of NO_ERRORS) {
    assert.is(retryDelay(error, 1), undefined);
    assert.is(isDead(error), false);
    assert.equal(nextStep(error, 1), { do: 'report' });
  }
});

retry('what the push service asked for counts, however long', () => {
  for (const wait of [0, 1, 120_000, 86_400_000]) {
    assert.is(retryDelay(errorOf('ERR_RATE_LIMITED', wait), 7, { maxDelay: 10 }), wait);
    assert.equal(nextStep(errorOf('ERR_UNAVAILABLE', wait), 1), { do: 'retry', delay: wait });
  }
  // A push service that asks for centuries gets what a timer takes, and not a timer of 1 ms.
  for (const wait of [2 ** 31, Number.MAX_SAFE_INTEGER, Infinity]) {
    assert.is(retryDelay(errorOf('ERR_RATE_LIMITED', wait), 1), 2 ** 31 - 1);
  }
  for (const wait of [-1, NaN, '5', null]) {
    const error = { name: 'DeliveryError', code: 'ERR_RATE_LIMITED', retryAfter: wait };
    assert.is(retryDelay(error, 1, half), 500, String(wait));
  }
  // A wait does not make an error one to try again.
  assert.is(retryDelay(errorOf('ERR_UNAUTHORIZED', 1000), 1), undefined);
  assert.is(retryDelay(errorOf('ERR_SUBSCRIPTION_GONE', 1000), 1), undefined);
});

retry('without, the bound doubles from a second, with full jitter under it', () => {
  const error = errorOf('ERR_UNAVAILABLE');
  const bounds = [
    1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000,
  ];
  for (const [i, bound] of bounds.entries()) {
    assert.is(retryDelay(error, i + 1, { random: () => 0 }), 0);
    assert.is(retryDelay(error, i + 1, half), bound / 2);
    assert.is(retryDelay(error, i + 1, { random: () => 1 }), bound);
    const drawn = retryDelay(error, i + 1) ?? -1;
    assert.ok(Number.isInteger(drawn) && drawn >= 0 && drawn <= bound, String(drawn));
  }
  for (const attempt of [100, 1e4, Number.MAX_SAFE_INTEGER, Infinity]) {
    assert.is(retryDelay(error, attempt, half), 150_000);
  }
  assert.is(retryDelay(error, 5, { random: () => 1, maxDelay: 3000 }), 3000);
  assert.is(retryDelay(error, 1, { random: () => 1, maxDelay: 300 }), 300);
  assert.is(retryDelay(error, 5, { random: () => 1, maxDelay: 0 }), 0);
});

retry('a queue without a count of attempts gets no NaN, which timers take for 1 ms', async () => {
  const error = errorOf('ERR_UNAVAILABLE');
  for (const attempt of [undefined, NaN, -1, 'x', {}]) {
    await misused(() => retryDelay(error, unchecked(attempt)), RangeError, String(attempt));
    await misused(() => nextStep(error, unchecked(attempt)), RangeError, String(attempt));
  }
  for (const maxDelay of [NaN, -1, 'x']) {
    await misused(
      () => retryDelay(error, 1, { maxDelay: unchecked(maxDelay) }), RangeError, String(maxDelay),
    );
  }
});

retry('attempts bounds how often a queue tries', () => {
  const error = errorOf('ERR_NETWORK');
  const steps = [[1, 'retry'], [2, 'retry'], [3, 'report'], [4, 'report']] as const;
  for (const [attempt, wanted] of steps) {
    assert.is(nextStep(error, attempt, { ...half, attempts: 3 }).do, wanted, String(attempt));
  }
  assert.is(nextStep(error, 1000, half).do, 'retry');
  assert.is(nextStep(errorOf('ERR_SUBSCRIPTION_GONE'), 9, { attempts: 3 }).do, 'delete');
  assert.is(nextStep(errorOf('ERR_KEY_MISMATCH'), 9, { attempts: 3 }).do, 'resubscribe');
  assert.is(nextStep(errorOf('ERR_UNAUTHORIZED'), 9, { attempts: 3 }).do, 'stop');
});

retry('the default draw is Math.random', () => {
  const before = Math.random;
  try {
    Math.random = () => 0.25;
    assert.is(retryDelay(errorOf('ERR_TIMEOUT'), 1), 250);
  } finally {
    Math.random = before;
  }
});

retry.run();
