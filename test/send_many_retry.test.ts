/** sendMany: what is tried again, when, and how long an origin is left alone. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError, isDead, sendMany } from '../src/index.ts';
import type { Outcome, PushError } from '../src/index.ts';
import { OTHER_KEYS, unchecked, vapid } from './core_support.ts';
import { collect, createServices, createWorld, row, rows, sendIn, summary, tally } from './send_many_support.ts';
import type { Deed, Row, World } from './send_many_support.ts';

const retry = suite('sendMany retries');

/** The instants of the requests for a row. */
async function instants(deed: (nth: number, world: World) => Deed, options = {}): Promise<{ at: number[]; sum: string | undefined; slept: number[] }> {
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => deed(nth, world));
  const { outcomes } = await sendIn(world, [row(0)], services, options);
  assert.is(world.pending(), 0, 'a timer was left');
  return { at: services.calls.map(({ at }) => at), sum: summary(outcomes)[0], slept: world.slept };
}

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
  { status: 500 }, { status: 502 }, { status: 503 }, { status: 504 }, { status: 507 }, { status: 408 },
  { status: 429 }, { fails: new TypeError('fetch failed') },
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
  const [, weekday, day, month, year, clock] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(new Date(time).toUTCString()) ?? [];
  return [
    `${weekday}, ${day} ${month} ${year} ${clock} GMT`,
    `Tuesday, ${day}-${month}-${year?.slice(2)} ${clock} GMT`,
    `${weekday} ${month} ${day?.replace(/^0/, ' ')} ${clock} ${year}`,
  ];
};

retry('Retry-After is waited out: seconds, and the three forms of a date by the clock given', async () => {
  for (const status of [429, 503, 500]) {
    const said = (value: string) => (nth: number): Deed => (nth === 1 ? { status, headers: { 'Retry-After': value } } : {});
    const seconds = await instants(said('7'));
    assert.equal([seconds.at, seconds.slept, seconds.sum], [[0, 7000], [7000], 'ok 2']);
    for (const form of [0, 1, 2]) {
      const { at } = await instants((nth, world) => said(dates(world.now() + 30_000)[form] ?? '')(nth));
      assert.equal(at, [0, 30_000], `form ${form}`);
    }
    assert.equal((await instants(said('soon'))).at, [0, 500], 'nonsense: jitter');
    assert.equal((await instants(said('-5'))).at, [0, 500], 'nonsense: jitter');
    const none = await instants(said('0'));
    assert.equal([none.at, none.slept], [[0, 0], []], 'at once');
    assert.equal((await instants((nth, world) => said(dates(world.now() - 9000)[0] ?? '')(nth))).at, [0, 0], 'past');
  }
});

retry('a wait that would pass the patience is not begun', async () => {
  const said = { status: 429, headers: { 'Retry-After': '300' } };
  assert.equal((await instants((nth) => (nth === 1 ? said : {}))).at, [0, 300_000]);
  const long = await instants(() => ({ status: 429, headers: { 'Retry-After': '301' } }));
  assert.equal([long.at, long.slept, long.sum], [[0], [], 'ERR_RATE_LIMITED 1']);
  const patience = await instants(() => down, { patience: 1400, attempts: 9, random: () => 0.999999 });
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

retry('an origin that asks for a pause waits, the others go on', async () => {
  const world = createWorld();
  const services = createServices(world, (host, id) => (
    host === 'a' && id === 0 && world.passed() < 20_000 ? { status: 429, headers: { 'Retry-After': '20' } } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(400, (id) => 'ab'[id % 2] ?? ''), services, { concurrency: 16 });
  assert.equal(tally(outcomes), { 'ok 1': 399, 'ok 2': 1 });
  const a = services.calls.filter(({ host }) => host === 'a').map(({ at }) => at);
  const b = services.calls.filter(({ host }) => host === 'b').map(({ at }) => at);
  assert.ok(Math.max(...b) < 3000, `b ended at ${Math.max(...b)}`);
  assert.equal(a.filter((at) => at > 0 && at < 20_000), []);
  assert.is(a.length, 201);
  assert.equal(world.slept.filter((ms) => ms > 10), [20_000], 'one timer for all');
});

retry('a 503 without a time, among good answers, has its own row wait and nobody else', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    { delay: 10, status: id % 50 === 25 && nth === 1 ? 503 : 201 }));
  const { outcomes } = await sendIn(world, rows(2000), services);
  assert.equal(tally(outcomes), { 'ok 1': 1960, 'ok 2': 40 });
  const firsts = services.calls.slice(0, 2000).map(({ at }) => at);
  assert.ok(Math.max(...firsts) <= 500, `the last row began at ${Math.max(...firsts)}`);
  assert.ok(world.passed() <= 1020, `${world.passed()} ms`);
});

retry('a 429 without a time has its whole origin wait', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    { delay: 10, status: id === 100 && world.passed() < 500 ? 429 : 201 }));
  await sendIn(world, rows(1000), services);
  const { at } = services.calls.find(({ id }) => id === 100)!;
  // What was in flight with it is answered; nobody else begins until its jitter of 500 ms is over.
  const begun = services.calls.filter((call) => call.at > at + 10 && call.at < at + 510);
  assert.equal(begun, []);
});

retry('an origin that answers nothing but 503 is felt for with one request', async () => {
  const world = createWorld();
  const up = (): boolean => world.passed() >= 20_000;
  const services = createServices(world, (_, id) => ({ delay: 10, status: id < 100 || up() ? 201 : 503 }));
  await sendIn(world, rows(1000), services, { attempts: 9, random: () => 0.999999 });
  const down = services.calls.filter(({ at }) => at > 1000 && at < 20_000);
  assert.ok(down.length <= 25, `${down.length} requests while it was down`);
  assert.is(services.most.get('a'), 100);
});

retry('a good answer ends the doubling of pauses', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => ({ status: id % 2 && nth === 1 ? 429 : 201 }));
  await sendIn(world, rows(10), services, { concurrency: 1, random: () => 0.999999 });
  assert.equal(world.slept, [1000, 1000, 1000, 1000, 1000]);
});

retry('after a pause an origin is felt for with one request, then two, then four', async () => {
  const world = createWorld();
  let asked = 0;
  const services = createServices(world, () => (
    asked++ === 0 ? { status: 503, headers: { 'Retry-After': '60' } } : { delay: 100 }));
  await sendIn(world, rows(60), services);
  const waves = new Map<number, number>();
  for (const { at } of services.calls) if (at >= 60_000) waves.set(at, (waves.get(at) ?? 0) + 1);
  assert.equal([...waves].slice(0, 5), [[60_000, 1], [60_100, 2], [60_200, 4], [60_300, 8], [60_400, 16]]);
});

retry('the row that met the pause goes first', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    id < 3 && nth === 1 ? { status: 429, headers: { 'Retry-After': '5' } } : { delay: 10 }));
  await sendIn(world, rows(40), services, { concurrency: 48 });
  const after = services.calls.filter(({ at }) => at >= 5000).map(({ id }) => id);
  assert.equal(after.slice(0, 3).sort(), [0, 1, 2]);
});

retry('the longest pause of several counts', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id, nth) => (
    nth > 1 ? {} : { status: 429, headers: { 'Retry-After': String([5, 50, 20][id] ?? 1) } }));
  const { outcomes } = await sendIn(world, rows(3), services, { concurrency: 64 });
  assert.equal(tally(outcomes), { 'ok 2': 3 });
  assert.ok(services.calls.slice(3).every(({ at }) => at >= 50_000));
  assert.is(world.pending(), 0);
});

retry('a pause longer than the patience ends the further rows with that error, and no attempt', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (
    host === 'a' ? { status: 429, headers: { 'Retry-After': '3600' } } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(2000, (id) => 'ab'[id % 2] ?? ''), services);
  const sum = tally(outcomes);
  const met = sum['ERR_RATE_LIMITED 1'] ?? 0;
  assert.equal(sum, { 'ok 1': 1000, 'ERR_RATE_LIMITED 1': met, 'ERR_RATE_LIMITED 0': 1000 - met });
  assert.ok(met >= 1 && met <= 16, `${met} requests`);
  const unsent = outcomes.filter((outcome) => !outcome.ok && outcome.attempts === 0);
  for (const { delivery, ...outcome } of unsent) {
    const error = unchecked<{ error: PushError }>(outcome).error;
    assert.instance(error, DeliveryError);
    assert.is(error.endpoint, delivery.subscription.endpoint, "the row's own endpoint");
    assert.is(error.origin, 'https://a.example.com');
    assert.equal([error.status, error.sent], [429, 'no']);
    assert.ok(error.retryAfter! > 3_590_000 && error.retryAfter! <= 3_600_000);
  }
  assert.equal(world.slept.filter((ms) => ms > 10), [], 'nothing waits for it');
});

retry('rows that wait already end too when the pause becomes too long for them', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { delay: 100, status: 503, headers: { 'Retry-After': '9000' } } : { delay: 50, status: 500 }));
  const { outcomes } = await sendIn(world, rows(50), services, { concurrency: 64, random: () => 0.999999 });
  const ends = tally(outcomes);
  assert.is(ends['ERR_UNAVAILABLE 1'], 4, JSON.stringify(ends));
  assert.is(ends['ERR_UNAVAILABLE 0'], 46);
  assert.ok(world.passed() < 2000, `took ${world.passed()}`);
});

retry('when the pause has become shorter than the patience, rows wait for it again', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (
    id === 0 ? { status: 429, headers: { 'Retry-After': '1000' } } : {}));
  async function* source(): AsyncGenerator<Row> {
    yield row(0);
    for (const [id, at] of [[1, 600_000], [2, 700_001], [3, 800_000]] as const) {
      await world.sleep(at - world.passed(), new AbortController().signal);
      yield row(id);
    }
  }
  const { outcomes } = await sendIn(world, source(), services);
  assert.equal(summary(outcomes), {
    0: 'ERR_RATE_LIMITED 1', 1: 'ERR_RATE_LIMITED 0', 2: 'ok 1', 3: 'ok 1',
  });
  assert.equal(services.calls.map(({ at }) => at), [0, 1_000_000, 1_000_000]);
  const unsent = outcomes.find(({ delivery: { id } }) => id === 1);
  assert.is(unsent && !unsent.ok && unsent.error.retryAfter, 400_000, 'what is left of it');
});

retry('a pause that nobody waited for is over when its time has come', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (id === 0 ? { status: 429, headers: { 'Retry-After': '1000' } } : {}));
  async function* source(): AsyncGenerator<Row> {
    yield row(0);
    await world.sleep(1_000_001, new AbortController().signal);
    yield row(1);
  }
  const { outcomes } = await sendIn(world, source(), services);
  assert.equal(summary(outcomes), { 0: 'ERR_RATE_LIMITED 1', 1: 'ok 1' });
});

retry('429 without Retry-After: the origin backs off with jitter, longer each time', async () => {
  const { at } = await instants((nth) => (nth < 5 ? { status: 429 } : {}), { attempts: 9, random: () => 0.999999 });
  assert.equal(at, [0, 1000, 3000, 7000, 15_000]);
  const world = createWorld();
  const services = createServices(world, () => (world.passed() < 60_000 ? { status: 429 } : {}));
  const { outcomes } = await sendIn(world, rows(300), services, { random: () => 0.999999 });
  assert.ok(services.calls.filter(({ at: time }) => time < 60_000).length < 30, 'felt for seldom');
  assert.ok((tally(outcomes)['ok 1'] ?? 0) > 250, JSON.stringify(tally(outcomes)));
});

retry('an origin that serves ten a second gets its rows delivered in three attempts', async () => {
  const world = createWorld();
  let second = 0;
  let served = 0;
  const services = createServices(world, () => {
    if (Math.floor(world.passed() / 1000) !== second) [second, served] = [Math.floor(world.passed() / 1000), 0];
    return served++ < 10 ? { delay: 50 } : { delay: 50, status: 429, headers: { 'Retry-After': '1' } };
  });
  const { outcomes } = await sendIn(world, rows(500), services);
  // Sent as fast as may be, most would meet three 429s.
  assert.ok(outcomes.filter(({ ok }) => ok).length >= 498, JSON.stringify(tally(outcomes)));
  assert.ok(world.passed() < 120_000, `took ${world.passed()}`);
});

retry('an answer with Retry-After and a final error pauses its origin all the same', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (id === 0 ? { status: 413, headers: { 'Retry-After': '30' } } : {}));
  const { outcomes } = await sendIn(world, rows(3), services, { concurrency: 1 });
  assert.equal(summary(outcomes), { 0: 'ERR_PAYLOAD_TOO_LARGE 1', 1: 'ok 1', 2: 'ok 1' });
  assert.equal(services.calls.map(({ at }) => at), [0, 30_000, 30_000]);
});

retry('a wait longer than a timer takes is cut', async () => {
  const { slept } = await instants((nth) => (nth === 1 ? { status: 503, headers: { 'Retry-After': '99999999' } } : {}), { patience: Infinity });
  assert.equal(slept, [2 ** 31 - 1]);
  const { sum } = await instants((nth) => (nth === 1 ? { status: 503, headers: { 'Retry-After': '9'.repeat(30) } } : {}), { patience: Infinity });
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
  assert.equal(asked, [['ERR_SUBSCRIPTION_GONE', 1], ['ERR_SUBSCRIPTION_GONE', 2], ['ERR_SUBSCRIPTION_GONE', 3]]);
  assert.equal((await instants(() => ({ status: 429, headers: { 'Retry-After': '60' } }), { retry: () => 5, attempts: 3 })).at, [0, 5, 10]);
  assert.is((await instants(() => down, { retry: () => 5, attempts: 2 })).sum, 'ERR_UNAVAILABLE 2', 'attempts bound it');
  assert.is((await instants(() => down, { retry: () => 5, patience: 4 })).sum, 'ERR_UNAVAILABLE 1', 'patience bounds it');
  for (const none of [undefined, null, NaN, -1, '5']) {
    assert.is((await instants(() => down, { retry: () => none })).sum, 'ERR_UNAVAILABLE 1', String(none));
  }
});

retry('retry that gives a row up does not spare its origin the pause', async () => {
  const world = createWorld();
  const services = createServices(world, (_, id) => (id === 0 ? { status: 429, headers: { 'Retry-After': '8' } } : {}));
  await sendIn(world, rows(2), services, { retry: () => undefined, concurrency: 1 });
  assert.equal(services.calls.map(({ at }) => at), [0, 8000]);
});

retry('sleeps that do not wait and a clock that stands still are taken at their word', async () => {
  const slept: number[] = [];
  const world = createWorld();
  const services = createServices(world, (_, __, nth) => (nth < 3 ? { status: [429, 500][nth - 1], headers: { 'Retry-After': '9' } } : {}));
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

retry('an origin that blames the token is left alone after twenty answers', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (host === 'a' ? { status: 401, delay: 10 } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(2000, (id) => 'ab'[id % 2] ?? ''), services, { vapid: vapid() });
  const sum = tally(outcomes);
  const met = sum['ERR_UNAUTHORIZED 1'] ?? 0;
  assert.equal(sum, { 'ok 1': 1000, 'ERR_UNAUTHORIZED 1': met, 'ERR_UNAUTHORIZED 0': 1000 - met });
  assert.ok(met >= 20 && met < 40, `${met} requests`);
});

retry('unauthorizedLimit says after how many', async () => {
  for (const [unauthorizedLimit, wanted] of [[1, 1], [5, 5], [Infinity, 50]] as const) {
    const world = createWorld();
    const services = createServices(world, () => ({ status: 403 }));
    await sendIn(world, rows(50), services, { unauthorizedLimit, concurrency: 1 });
    assert.is(services.calls.length, wanted);
  }
});

retry('a success among the blames begins the count anew; a dead endpoint does not count', async () => {
  const status = (id: number): number => (id % 4 === 3 ? 201 : 401);
  const world = createWorld();
  const good = createServices(world, (_, id) => ({ status: status(id) }));
  const { outcomes } = await sendIn(world, rows(100), good, { unauthorizedLimit: 4, concurrency: 1 });
  assert.equal(tally(outcomes), { 'ok 1': 25, 'ERR_UNAUTHORIZED 1': 75 });
  const gone = createServices(createWorld(), () => ({ status: 410 }));
  assert.equal(tally((await sendIn(world, rows(100), gone, { unauthorizedLimit: 4 })).outcomes), { 'ERR_SUBSCRIPTION_GONE 1': 100 });
});

retry('a server with a wrong key does not have its subscriptions deleted', async () => {
  const world = createWorld();
  const body = 'the VAPID credentials in the authorization header do not correspond to the credentials used to create the subscriptions.';
  const services = createServices(world, () => ({ status: 403, body }));
  const { outcomes } = await sendIn(world, rows(1000), services, { vapid: vapid() });
  const dead = outcomes.filter((outcome) => !outcome.ok && isDead(outcome.error));
  assert.ok(dead.length >= 20 && dead.length < 40, String(dead.length));
  assert.ok(outcomes.every((outcome) => !outcome.ok && (outcome.attempts === 1 || outcome.error.code === 'ERR_UNAUTHORIZED')));
});

retry('one tenant with a wrong key does not cost another its pushes', async () => {
  const [bad, good] = [vapid(), vapid({ keys: OTHER_KEYS })];
  const world = createWorld();
  const services = createServices(world, (_, id) => ({ status: id < 200 ? 401 : 201 }));
  const given = rows(400).map((item) => ({ ...item, options: { vapid: item.id < 200 ? bad : good } }));
  const { outcomes } = await sendIn(world, given, services);
  const ok = outcomes.filter((outcome: Outcome<Row>) => outcome.ok);
  assert.is(ok.length, 200);
  assert.ok(services.calls.length < 250);
});

retry('blames of different keys are not added up', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ status: 401 }));
  const [one, other] = [vapid(), vapid({ keys: OTHER_KEYS })];
  const given = rows(20).map((item) => ({ ...item, options: { vapid: item.id < 10 ? one : other } }));
  const { outcomes } = await sendIn(world, given, services, { unauthorizedLimit: 15, concurrency: 1 });
  assert.equal(tally(outcomes), { 'ERR_UNAUTHORIZED 1': 20 });
});

retry('an origin that only fails is felt for more and more seldom; its rows end', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (
    host === 'a' ? { delay: 1000, fails: new TypeError('fetch failed') } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(8000, (id) => (id % 4 ? 'b' : 'a')), services, { random: Math.random });
  const sum = tally(outcomes);
  assert.is(sum['ok 1'], 6000);
  const calls = services.calls.filter(({ host }) => host === 'a').length;
  assert.ok(calls < 300, `${calls} calls`);
  assert.ok(world.passed() < 3_600_000, `took ${world.passed() / 60_000} minutes`);
});

retry.run();
