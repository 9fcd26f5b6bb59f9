/** `subtle-push serve`: subscriptions come and go, the last pushes are kept. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../../src/index.ts';
import type { SubscriptionView } from '../../src/inbox/types.ts';
import {
  command,
  failure,
  OPTIONS,
  plain,
  prepare,
  served,
  vapid,
} from './inbox_served_support.ts';
import { openLive, startServe } from './inbox_support.ts';

const test = suite('inbox kept');
prepare(test);

test('subscriptions expire, change their key, and go', async () => {
  const subscription = await served.subscribe({ tls: false, key: vapid.publicKey });
  const { id } = subscription;
  await send(plain(subscription), 'x', OPTIONS);
  await served.act('change', { id, change: 'rotate' });
  assert.is((await failure(subscription)).code, 'ERR_KEY_MISMATCH');
  await served.act('change', { id, change: 'expire' });
  assert.is((await failure(subscription)).code, 'ERR_SUBSCRIPTION_GONE');
  assert.is((await served.act('change', { id, change: 'remove' })).status, 200);
  assert.is((await served.act('change', { id, change: 'remove' })).status, 404);
  assert.is((await served.act('change', { id, change: 'paint' })).status, 400);
  assert.is((await served.act('subscribe', { key: 'AAAA' })).status, 400);
});

test('there are 100 subscriptions at most; ended ones make room', async () => {
  const other = await startServe(command);
  const made: SubscriptionView[] = [];
  // One is there from the start.
  for (let i = 0; i < 99; i++) made.push(await other.subscribe());
  assert.is((await other.act('subscribe')).status, 429);
  await other.act('change', { id: made[5]?.id, change: 'expire' });
  assert.is((await other.act('subscribe')).status, 200);
  await other.close();
});

test('the last pushes are kept, told as JSON, downloaded and cleared', async () => {
  const other = await startServe(command, ['--json', '--keep', '5']);
  const subscription = await other.subscribe();
  for (let i = 1; i <= 8; i++) await send(plain(subscription), `push ${i}`, OPTIONS);
  const lines = other
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    lines.map(({ text }) => text),
    Array.from({ length: 8 }, (_, i) => `push ${i + 1}`),
  );
  const response = await fetch(`${other.http}/inbox/api/download`);
  assert.match(
    response.headers.get('Content-Disposition') ?? '',
    'attachment; filename="pushes.json"',
  );
  const pushes = await response.json();
  assert.equal(
    pushes.map(({ text }: { text: string }) => text),
    [4, 5, 6, 7, 8].map((i) => `push ${i}`),
  );
  assert.equal(Object.keys(pushes[0]), [
    'id',
    'time',
    'to',
    'method',
    'url',
    'headers',
    'body',
    'text',
    'data',
    'status',
    'state',
  ]);
  // The command reads back what was downloaded.
  const file = command.file('one.json', JSON.stringify(pushes[0]));
  const inspected = await command.run(['inspect', '--endpoints', 'any', file]);
  assert.is(inspected.status, 0, inspected.err);
  const live = await openLive(other);
  const [add] = live.events.filter(({ type }) => type === 'add');
  await live.until((events) => events.find(({ type }) => type === 'side'));
  assert.ok(!add || add.type !== 'add' || add.oldest === 4);
  await other.act('clear');
  await live.until((events) => events.find(({ type }) => type === 'clear'));
  assert.equal(await (await fetch(`${other.http}/inbox/api/download`)).json(), []);
  assert.is((await fetch(`${other.http}/inbox/api/push?id=8`)).status, 404);
  live.close();
  await other.close();
});

test.run();
