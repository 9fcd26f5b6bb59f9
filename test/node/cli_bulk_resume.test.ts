/** `subtle-push send --subscriptions --resume`: which rows have a result, and whose it is. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { subscriptionId } from '../../src/subscription.ts';
import {
  checkAll, command, files, lines, prepare, read, site, subscriptionOf,
} from './cli_bulk_support.ts';
import type { Result } from './cli_bulk_support.ts';
import { call } from './cli_support.ts';

const bulk = suite('cli bulk: resume');
prepare(bulk);

bulk('a results file is not overwritten, not taken for what it is not, and not changed then', async () => {
  const { args, results, prune, rows } = files(lines(10));
  await call([...args, 'Hello']);
  const text = readFileSync(results, 'utf8');
  const plain = await call([...args, 'Hello']);
  assert.is(plain.status, 1);
  assert.match(plain.err, /has results already: --resume goes on with them, or name another file/);
  assert.is(readFileSync(results, 'utf8'), text);
  const done = await call([...args, '--resume', 'Hello']);
  assert.is(done.status, 1);
  assert.match(done.out, /^10 rows had a result before\n/);
  assert.is(site.came.length, 10);
  for (const foreign of [
    'a,b\n1,2\n', 'no line feed at all', '{"row":0,"ok":true}\n', readFileSync(rows, 'utf8'),
  ]) {
    writeFileSync(results, foreign);
    const { status, err } = await call([...args, '--resume', 'Hello']);
    assert.is(status, 1);
    assert.match(err, /holds no results of this command/);
    assert.is(readFileSync(results, 'utf8'), foreign);
  }
  writeFileSync(results, '');
  writeFileSync(prune, 'mine\n');
  const kept = await call([...args, 'Hello']);
  assert.match(kept.err, /exists already: delete it when its rows are deleted/);
  assert.is(readFileSync(prune, 'utf8'), 'mine\n');
});

bulk('rows that are not those of the results stop it before anything is sent', async () => {
  const { args, rows } = files(lines(20));
  await call([...args, 'Hello']);
  writeFileSync(rows, `${lines(21).reverse().join('\n')}\n`);
  const { status, err } = await command.run([...args, '--resume', 'Hello']);
  assert.is(status, 1);
  assert.match(
    err,
    /Row 1 of .* is not the one that has a result in .*: these rows are others, or in another order/,
  );
  assert.is(site.came.length, 20);
});

bulk('damage in the middle of the results counts as not sent to, and is said', async () => {
  const { args, results } = files(lines(20));
  await call([...args, 'Hello']);
  const all = readFileSync(results, 'utf8').split('\n');
  const lost = JSON.parse(all[5]!) as Result;
  all[5] = '\0'.repeat(40);
  writeFileSync(results, all.join('\n'));
  const { err } = await call([...args, '--resume', 'Hello']);
  assert.match(
    err,
    /1 line of .* cannot be read, the first is line 6: their rows count as not sent to/,
  );
  assert.equal(site.came.slice(20), [lost.row]);
});

bulk('a last line that lacks only its line feed is kept', async () => {
  const { args, results } = files(lines(5));
  await call([...args, 'Hello']);
  writeFileSync(results, readFileSync(results, 'utf8').trimEnd());
  await call([...args, '--resume', 'Hello']);
  checkAll(read(results), 5);
  assert.is(site.came.length, 5);
});

bulk('rows that were given up unsent are sent to by --resume; failures that may pass by --retry-failed', async () => {
  const { args, results } = files(lines(5));
  const result = (row: number, attempts: number, code: string): string => JSON.stringify({
    row, id: row % 2 ? undefined : `user-${row}`,
    subscription: row % 2 ? subscriptionId(subscriptionOf(row)) : undefined, ok: false, attempts,
    error: { name: 'DeliveryError', code, message: 'x' },
  });
  writeFileSync(results, `${[
    result(1, 0, 'ERR_UNAUTHORIZED'), result(2, 3, 'ERR_UNAVAILABLE'),
    result(3, 1, 'ERR_SUBSCRIPTION_GONE'), result(4, 1, 'ERR_REJECTED'),
  ].join('\n')}\n`);
  const first = await call([...args, '--resume', 'Hello']);
  assert.match(first.err, /3 rows of .* count as done/);
  assert.equal([...site.came].sort(), [1, 5]);
  const second = await call([...args, '--resume', '--retry-failed', 'Hello']);
  assert.match(second.err, /4 rows of .* count as done/);
  assert.equal([...site.came].sort(), [1, 2, 5]);
  const third = await call([...args, '--resume', '--json', 'Hello']);
  assert.equal((JSON.parse(third.out) as { codes: unknown }).codes, {
    ERR_SUBSCRIPTION_GONE: 1, ERR_REJECTED: 1,
  });
});

bulk('two at once with the same results: the second is told; a killed one does not block', async () => {
  const { args, results } = files(lines(50));
  site.answers = false;
  const came = new Promise<void>((done) => {
    site.hook = () => done();
  });
  const running = command.start([...args, 'Hello']);
  await came;
  const second = await command.run([...args, '--resume', 'Hello']);
  assert.is(second.status, 1);
  assert.match(second.err, new RegExp(`is in use by process ${running.pid}: wait for it`));
  running.kill('SIGKILL');
  await running.ended;
  assert.ok(existsSync(`${results}.lock`));
  site.answers = true;
  await command.run([...args, '--resume', 'Hello']);
  checkAll(read(results), 50);
  assert.not.ok(existsSync(`${results}.lock`));
});

bulk.run();
