/** sendMany: an origin that blames the token is left alone. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isDead } from '../src/index.ts';
import type { Outcome } from '../src/index.ts';
import { OTHER_KEYS, vapid } from './core_support.ts';
import { createServices, createWorld, rows, sendIn, tally } from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const blames = suite('sendMany blames');

blames('an origin that blames the token is left alone after twenty answers', async () => {
  const world = createWorld();
  const services = createServices(world, (host) => (
    host === 'a' ? { status: 401, delay: 10 } : { delay: 10 }));
  const { outcomes } = await sendIn(world, rows(2000, (id) => 'ab'[id % 2] ?? ''), services, {
    vapid: vapid(),
  });
  const sum = tally(outcomes);
  const met = sum['ERR_UNAUTHORIZED 1'] ?? 0;
  assert.equal(sum, { 'ok 1': 1000, 'ERR_UNAUTHORIZED 1': met, 'ERR_UNAUTHORIZED 0': 1000 - met });
  assert.ok(met >= 20 && met < 40, `${met} requests`);
});

blames('unauthorizedLimit says after how many', async () => {
  for (const [unauthorizedLimit, wanted] of [[1, 1], [5, 5], [Infinity, 50]] as const) {
    const world = createWorld();
    const services = createServices(world, () => ({ status: 403 }));
    await sendIn(world, rows(50), services, { unauthorizedLimit, concurrency: 1 });
    assert.is(services.calls.length, wanted);
  }
});

blames(
  'a success among the blames begins the count anew; a dead endpoint does not count',
  async () => {
    const status = (id: number): number => (id % 4 === 3 ? 201 : 401);
    const world = createWorld();
    const good = createServices(world, (_, id) => ({ status: status(id) }));
    const { outcomes } = await sendIn(world, rows(100), good, {
      unauthorizedLimit: 4, concurrency: 1,
    });
    assert.equal(tally(outcomes), { 'ok 1': 25, 'ERR_UNAUTHORIZED 1': 75 });
    const gone = createServices(createWorld(), () => ({ status: 410 }));
    assert.equal(
      tally((await sendIn(world, rows(100), gone, { unauthorizedLimit: 4 })).outcomes),
      { 'ERR_SUBSCRIPTION_GONE 1': 100 },
    );
  },
);

blames('a server with a wrong key does not have its subscriptions deleted', async () => {
  const world = createWorld();
  const body = 'the VAPID credentials in the authorization header do not correspond to '
    + 'the credentials used to create the subscriptions.';
  const services = createServices(world, () => ({ status: 403, body }));
  const { outcomes } = await sendIn(world, rows(1000), services, { vapid: vapid() });
  const dead = outcomes.filter((outcome) => !outcome.ok && isDead(outcome.error));
  assert.ok(dead.length >= 20 && dead.length < 40, String(dead.length));
  assert.ok(outcomes.every((outcome) => !outcome.ok
    && (outcome.attempts === 1 || outcome.error.code === 'ERR_UNAUTHORIZED')));
});

blames('one tenant with a wrong key does not cost another its pushes', async () => {
  const [bad, good] = [vapid(), vapid({ keys: OTHER_KEYS })];
  const world = createWorld();
  const services = createServices(world, (_, id) => ({ status: id < 200 ? 401 : 201 }));
  const given = rows(400).map((item) => (
    { ...item, options: { vapid: item.id < 200 ? bad : good } }));
  const { outcomes } = await sendIn(world, given, services);
  const ok = outcomes.filter((outcome: Outcome<Row>) => outcome.ok);
  assert.is(ok.length, 200);
  assert.ok(services.calls.length < 250);
});

blames('blames of different keys are not added up', async () => {
  const world = createWorld();
  const services = createServices(world, () => ({ status: 401 }));
  const [one, other] = [vapid(), vapid({ keys: OTHER_KEYS })];
  const given = rows(20).map((item) => (
    { ...item, options: { vapid: item.id < 10 ? one : other } }));
  const { outcomes } = await sendIn(world, given, services, {
    unauthorizedLimit: 15, concurrency: 1,
  });
  assert.equal(tally(outcomes), { 'ERR_UNAUTHORIZED 1': 20 });
});

blames.run();
