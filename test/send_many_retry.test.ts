/** sendMany: what is tried again, when, and how often. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/index.ts';
import type { PushError } from '../src/index.ts';
import {
  collect, createServices, createWorld, instants, row, rows, sendIn, summary, tally,
} from './send_many_support.ts';
import type { Deed } from './send_many_support.ts';

const retry = suite('sendMany retries');

const down = { status: 500 };

retry('what may pass is tried again, with full jitter that doubles', async () => {
  const { at, sum, slept } = await instants(() => down, { attempts: 5, random: () => 0.999999 });
  assert.is(sum, 'ERR_UNAVAILABLE 5');
  assert.equal(slept, [1000, 2000, 4000, 8000]);
  assert.equal(at, [0, 1000, 3000, 7000, 15000]);
  assert.equal((await instants(() => down, { attempts: 4, random: () => 0 })).at, [0, 0, 0, 0]);
  assert.equal((await instants(() => down, { attempts: 3, random: () => 0.5 })).at, [0, 500, 1500]);
});

retry('three attempts are made, or as many as said', async () => {
  assert.is((await instants(() => down)).sum, 'ERR_UNAVAILABLE 3');
  assert.is((await instants(() => down, { attempts: 1 })).sum, 'ERR_UNAVAILABLE 1');
  assert.is((await instants((nth) => (nth < 3 ? down : {}))).sum, 'ok 3');
});

const FINAL: readonly (readonly [Deed, string])[] = [
  [{ status: 410 }, 'ERR_SUBSCRIPTION_GONE 1'], [{ status: 404 }, 'ERR_SUBSCRIPTION_GONE 1'],
  [{ status: 413 }, 'ERR_PAYLOAD_TOO_LARGE 1'], [{ status: 401 }, 'ERR_UNAUTHORIZED 1'],
  [{ status: 403, body: 'do not correspond to the credentials used' }, 'ERR_KEY_MISMATCH 1'],
  [{ status: 400 }, 'ERR_REJECTED 1'], [{ status: 302 }, 'ERR_REJECTED 1'],
];
for (const [deed, wanted] of FINAL) {
  retry(`${deed.status} is final: ${wanted}`, async () => {
    const { sum, slept } = await instants(() => deed);
    assert.is(sum, wanted);
    assert.equal(slept, []);
  });
}

const PASSING: readonly Deed[] = [
  { status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }, { status: 507 },
  { status: 408 }, { status: 429 }, { fails: new TypeError('fetch failed') },
];
for (const deed of PASSING) {
  retry(`${deed.status ?? 'a failed fetch'} may pass`, async () => {
    assert.is((await instants((nth) => (nth === 1 ? deed : {}))).sum, 'ok 2');
  });
}

retry('a timeout may pass', async () => {
  const { sum } = await instants((nth) => (nth === 1 ? { stalls: true } : {}), { timeout: 5 });
  assert.is(sum, 'ok 2');
});

const dates = (time: number): string[] => {
  const [, weekday, day, month, year, clock] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(time).toUTCString()) ?? [];
  return [
    `${weekday}, ${day} ${month} ${year} ${clock} GMT`,
    `Tuesday, ${day}-${month}-${year?.slice(2)} ${clock} GMT`,
    `${weekday} ${month} ${day?.replace(/^0/, ' ')} ${clock} ${year}`,
  ];
};

retry(
  'Retry-After is waited out: seconds, and the three forms of a date by the clock given',
  async () => {
    for (const status of [429, 503, 500]) {
      const said = (value: string) => (nth: number): Deed => (
        nth === 1 ? { status, headers: { 'Retry-After': value } } : {});
      const seconds = await instants(said('7'));
      assert.equal([seconds.at, seconds.slept, seconds.sum], [[0, 7000], [7000], 'ok 2']);
      for (const form of [0, 1, 2]) {
        const { at } = await instants((nth, world) =>
          said(dates(world.now() + 30_000)[form] ?? '')(nth));
        assert.equal(at, [0, 30_000], `form ${form}`);
      }
      assert.equal((await instants(said('soon'))).at, [0, 500], 'nonsense: jitter');
      assert.equal((await instants(said('-5'))).at, [0, 500], 'nonsense: jitter');
      const none = await instants(said('0'));
      assert.equal([none.at, none.slept], [[0, 0], []], 'at once');
      assert.equal((await instants((nth, world) =>
        said(dates(world.now() - 9000)[0] ?? '')(nth))).at, [0, 0], 'past');
    }
  },
);

retry('a wait that would pass the patience is not begun', async () => {
  const said = { status: 429, headers: { 'Retry-After': '300' } };
  assert.equal((await instants((nth) => (nth === 1 ? said : {}))).at, [0, 300_000]);
  const long = await instants(() => ({ status: 429, headers: { 'Retry-After': '301' } }));
  assert.equal([long.at, long.slept, long.sum], [[0], [], 'ERR_RATE_LIMITED 1']);
  const patience = await instants(() => down, {
    patience: 1400, attempts: 9, random: () => 0.999999,
  });
  assert.equal([patience.at, patience.sum], [[0, 1000], 'ERR_UNAVAILABLE 2']);
  const never = await instants(() => down, { patience: 0 });
  assert.equal([never.at, never.sum], [[0], 'ERR_UNAVAILABLE 1']);
});

retry('a wait that would pass expires is not begun', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ status: 503, headers: { 'Retry-After': '10' } }));
  const given = [
    row(0, 'a', { options: { expires: world.now() + 10_000 } }),
    row(1, 'b', { options: { expires: world.now() + 10_001 } }),
  ];
  const { outcomes } = await sendIn(world, given, services, { attempts: 2 });
  assert.equal(summary(outcomes), { 0: 'ERR_UNAVAILABLE 1', 1: 'ERR_UNAVAILABLE 2' });
  assert.equal(services.calls.map(({ init }) => init.headers['TTL']), ['10', '11', '1']);
});

retry('a row that expired while it was parked was never sent', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (id === 0 ? { delay: 5000 } : {}));
  const given = [row(0), row(1, 'a', { options: { expires: world.now() + 4000 } }), row(2)];
  const { outcomes } = await sendIn(world, given, services, { concurrency: 1 });
  assert.equal(summary(outcomes), { 0: 'ok 1', 1: 'ERR_EXPIRED 0', 2: 'ok 1' });
});

retry('a wait longer than a timer takes is cut', async () => {
  const { slept } = await instants(
    (nth) => (nth === 1 ? { status: 503, headers: { 'Retry-After': '99999999' } } : {}),
    { patience: Infinity },
  );
  assert.equal(slept, [2 ** 31 - 1]);
  const { sum } = await instants(
    (nth) => (nth === 1 ? { status: 503, headers: { 'Retry-After': '9'.repeat(30) } } : {}),
    { patience: Infinity },
  );
  assert.is(sum, 'ok 2');
});

retry('retry decides instead: milliseconds, or undefined', async () => {
  const asked: unknown[] = [];
  const decide = (error: PushError, attempt: number): number | undefined => {
    asked.push([error.code, attempt]);
    return attempt < 3 ? 10 * attempt : undefined;
  };
  const { at, sum } = await instants(() => ({ status: 410 }), { retry: decide, attempts: 9 });
  assert.equal([at, sum], [[0, 10, 30], 'ERR_SUBSCRIPTION_GONE 3']);
  assert.equal(asked, [
    ['ERR_SUBSCRIPTION_GONE', 1], ['ERR_SUBSCRIPTION_GONE', 2], ['ERR_SUBSCRIPTION_GONE', 3],
  ]);
  assert.equal((await instants(
    () => ({ status: 429, headers: { 'Retry-After': '60' } }), { retry: () => 5, attempts: 3 },
  )).at, [0, 5, 10]);
  assert.is(
    (await instants(() => down, { retry: () => 5, attempts: 2 })).sum,
    'ERR_UNAVAILABLE 2', 'attempts bound it',
  );
  assert.is(
    (await instants(() => down, { retry: () => 5, patience: 4 })).sum,
    'ERR_UNAVAILABLE 1', 'patience bounds it',
  );
  for (const none of [undefined, null, NaN, -1, '5']) {
    assert.is(
      (await instants(() => down, { retry: () => none })).sum, 'ERR_UNAVAILABLE 1', String(none),
    );
  }
});

retry('sleeps that do not wait and a clock that stands still are taken at their word', async () => {
  const slept: number[] = [];
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => (
    nth < 3 ? { status: [429, 500][nth - 1], headers: { 'Retry-After': '9' } } : {}));
  const { outcomes } = await collect(sendMany(rows(20, (id) => `h${id % 2}`), {
    vapid: null, fetch: services.fetch, now: () => 5, sleep: async (ms) => void slept.push(ms),
  }));
  assert.equal(tally(outcomes), { 'ok 3': 20 });
  assert.ok(slept.length >= 2 && slept.every((ms) => ms === 9000));
});

retry('a sleep that rejects or throws has ended', async () => {
  for (const sleep of [async () => { throw new Error('x'); }, () => { throw new Error('x'); }]) {
    const world = createWorld();
    const services = createServices(world, (_, __, nth) => (nth < 3 ? down : {}));
    const { outcomes } = await sendIn(world, rows(5), services, { sleep });
    assert.equal(tally(outcomes), { 'ok 3': 5 });
  }
});

retry.run();
