/** sendMany: payloads, shared, of a row's own or made for it, and what encrypts them. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SendManyOptions } from '../src/index.ts';
import { decrypt } from '../src/receive.ts';
import { receiver, unchecked } from './core_support.ts';
import {
  createServices, createWorld, row, rows, sendIn, summary, taken, tally,
} from './send_many_support.ts';
import type { Row } from './send_many_support.ts';

const payloads = suite('sendMany payloads');

payloads('a shared payload reaches every row; its own goes before it; null is none', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const given = [row(0), row(1, 'a', { payload: 'own' }), row(2, 'a', { payload: null })];
  const { outcomes } = await sendIn(world, given, services, {
    payload: new TextEncoder().encode('shared'),
  });
  assert.equal(tally(outcomes), { 'ok 1': 3 });
  const own = await receiver();
  const texts = await Promise.all(services.calls.map(async ({ id, init: { body } }) =>
    [id, body && new TextDecoder().decode(await decrypt(body, own))]));
  assert.equal(texts.sort(), [[0, 'shared'], [1, 'own'], [2, null]]);
});

payloads('a shared payload is read once, when it is given', async () => {
  const payload = new TextEncoder().encode('before');
  const world = createWorld();
  const seen: unknown[] = [];
  const encrypt: SendManyOptions<Row>['encrypt'] = async (_, bytes) => {
    seen.push(bytes);
    payload.fill(0);
    return { body: new Uint8Array(1), headers: {} };
  };
  await sendIn(world, rows(3), createServices(world, taken), { payload, encrypt });
  assert.is(new Set(seen).size, 1);
  assert.is(new TextDecoder().decode(unchecked<Uint8Array>(seen[0])), 'before');
});

payloads('a payload function is called once for each row without its own', async () => {
  const world = createWorld();
  const asked: number[] = [];
  const { outcomes } = await sendIn(
    world,
    [...rows(4), row(4, 'a', { payload: 'own' })],
    createServices(world, (_, __, nth) => (nth === 1 ? { status: 500 } : taken())),
    {
      payload: (delivery: Row) => {
        asked.push(delivery.id);
        return delivery.id % 2 ? 'at once' : Promise.resolve('later');
      },
    },
  );
  assert.equal(tally(outcomes), { 'ok 2': 5 });
  assert.equal(asked, [0, 1, 2, 3]);
});

payloads('a payload function that fails costs its row only, and its cause is kept', async () => {
  const world = createWorld();
  const services = createServices(world, taken);
  const reason = new Error('database');
  const makers = [
    () => { throw reason; },
    () => Promise.reject(reason),
    () => undefined,
    () => ({ title: 'an object' }),
    () => 'x'.repeat(5000),
    () => 'good',
  ];
  const { outcomes } = await sendIn(world, rows(6), services, {
    payload: unchecked(({ id }: Row) => makers[id]?.()),
  });
  assert.equal(summary(outcomes), {
    0: 'ERR_DELIVERY_INVALID 0', 1: 'ERR_DELIVERY_INVALID 0', 2: 'ERR_DELIVERY_INVALID 0',
    3: 'ERR_DELIVERY_INVALID 0', 4: 'ERR_PAYLOAD_TOO_LARGE 0', 5: 'ok 1',
  });
  const causes = outcomes.map((outcome) => !outcome.ok && outcome.error.cause);
  assert.is(causes.filter((cause) => cause === reason).length, 2);
  assert.is(causes.filter((cause) => cause instanceof TypeError).length, 2);
  assert.is(services.calls.length, 1);
});

payloads('no payload is made for a row that is wrong otherwise', async () => {
  const world = createWorld();
  const asked: number[] = [];
  const { keys } = row(0).subscription;
  const given: Row[] = [
    {
      id: 0,
      subscription: { endpoint: 'https://web.push.apple.com/0', keys },
      options: { topic: 'abcde' },
    },
    { id: 1, subscription: { endpoint: 'http://a.example.com/1', keys } },
    row(2, 'a', { options: { ttl: -1 } }),
    row(3),
  ];
  const { outcomes } = await sendIn(world, given, createServices(world, taken), {
    payload: ({ id }) => (asked.push(id), 'x'),
  });
  assert.equal(summary(outcomes), {
    0: 'ERR_DELIVERY_INVALID 0', 1: 'ERR_SUBSCRIPTION_INVALID 0', 2: 'ERR_DELIVERY_INVALID 0',
    3: 'ok 1',
  });
  assert.equal(asked, [3]);
});

payloads('a payload function runs for several rows at once, but not for all', async () => {
  const world = createWorld();
  let now = 0;
  let most = 0;
  const { outcomes } = await sendIn(world, rows(100), createServices(world, taken), {
    concurrency: 8,
    payload: async () => {
      most = Math.max(most, ++now);
      await world.sleep(50, new AbortController().signal);
      now--;
      return null;
    },
  });
  assert.equal(tally(outcomes), { 'ok 1': 100 });
  assert.ok(most >= 8 && most <= 10, String(most));
});

payloads("what a custom encrypt throws is the row's, and its cause is kept", async () => {
  const world = createWorld();
  const reason = new Error('HSM');
  const makers = [() => { throw reason; }, () => Promise.reject(reason)];
  for (const encrypt of makers) {
    const { outcomes } = await sendIn(world, rows(2), createServices(world, taken), {
      payload: 'x', encrypt,
    });
    assert.equal(tally(outcomes), { 'ERR_DELIVERY_INVALID 0': 2 });
    assert.ok(outcomes.every((outcome) => !outcome.ok && outcome.error.cause === reason));
  }
});

payloads.run();
