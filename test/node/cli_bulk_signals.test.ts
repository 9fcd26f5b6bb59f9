/** `subtle-push send --subscriptions` broken off by signals: no row lost, no result sent again. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  checkAll, checkPrune, command, files, lines, parse, prepare, read, site,
} from './cli_bulk_support.ts';
import type { Ended, Running } from './cli_support.ts';

const bulk = suite('cli bulk: signals');
prepare(bulk);

/** Runs until so many requests have come, then sends a signal. */
async function interrupt(
  args: readonly string[], after: number, signal: NodeJS.Signals,
): Promise<Ended> {
  let running: Running | undefined;
  site.hook = (count) => {
    if (count === after) running?.kill(signal);
  };
  running = command.start([...args, 'Hello']);
  const ended = await running.ended;
  site.hook = () => undefined;
  return ended;
}

/** Rows that have a result, as far as the lines are whole. */
function recorded(file: string): Set<number> {
  const text = readFileSync(file, 'utf8');
  return new Set(parse(text.slice(0, text.lastIndexOf('\n') + 1)).map(({ row }) => row));
}

bulk('killed halfway and resumed: no row lost, none sent again that has a result', async () => {
  const count = 1300;
  const { args, results, prune } = files(lines(count));
  const { signal } = await interrupt(args, 900, 'SIGKILL');
  assert.is(signal, 'SIGKILL');
  const before = recorded(results);
  assert.ok(before.size >= 200, `${before.size} results`);
  assert.ok(before.size < count);
  const sent = site.came.length;
  // A killed process may leave half a line, and a machine that lost its power octets that never
  // came.
  appendFileSync(results, '{"row":1299,"ok":tr');
  appendFileSync(prune, '\0\0\0');
  const { status, err } = await command.run([...args, '--resume', 'Hello']);
  assert.is(status, 1);
  assert.match(err, new RegExp(`${before.size.toLocaleString('en')} rows of .* count as done`));
  checkAll(read(results), count);
  checkPrune(prune, count);
  const again = site.came.slice(sent);
  assert.equal(again.filter((row) => before.has(row)), []);
  // What was in flight, waited to be recorded, or was not yet on disk, cannot be known.
  assert.ok(
    site.came.length - count <= 256 + 256 + 100,
    `${site.came.length - count} were sent to twice`,
  );
});

bulk('SIGINT: what is in flight gets its answer, status 130, and --resume goes on', async () => {
  const { args, results, prune } = files(lines(800));
  const { status, out, err } = await interrupt(args, 300, 'SIGINT');
  assert.is(status, 130, err);
  assert.match(err, /Stopping when what is in flight has its answer; once more to stop at once/);
  assert.match(
    err,
    /subtle-push: Interrupted: the same command with --resume sends to the rows that have no result\n$/,
  );
  assert.match(out, /^\d+ rows in/);
  assert.equal([...recorded(results)].sort((a, b) => a - b), [...site.came].sort((a, b) => a - b));
  assert.not.ok(existsSync(`${results}.lock`));
  const rest = await command.run([...args, '--resume', 'Hello']);
  assert.is(rest.status, 1);
  checkAll(read(results), 800);
  checkPrune(prune, 800);
  assert.is(site.came.length, 800);
});

bulk('SIGINT twice: it stops at once; rows whose fate is unknown have no result', async () => {
  const { args, results } = files(lines(300));
  site.answers = false;
  let running: Running | undefined;
  site.hook = (count) => {
    if (count === 5) running?.kill('SIGINT');
  };
  running = command.start([...args, 'Hello']);
  await running.says(/Stopping/);
  running.kill('SIGINT');
  const { status } = await running.ended;
  assert.is(status, 130);
  assert.is(readFileSync(results, 'utf8'), '');
  site.answers = true;
  await command.run([...args, '--resume', 'Hello']);
  checkAll(read(results), 300);
});

bulk('SIGINT while it waits for rows from standard input', async () => {
  const { args, results, rows } = files(lines(3));
  const came = new Promise<void>((done) => {
    site.hook = (count) => {
      if (count === 3) done();
    };
  });
  const given = args.map((word) => (word === rows ? '-' : word));
  const running = command.start([...given, 'Hello'], { input: readFileSync(rows), hold: true });
  await came;
  running.kill('SIGINT');
  const { status } = await running.ended;
  assert.is(status, 130);
  checkAll(read(results), 3);
});

bulk('SIGTERM is status 143', async () => {
  const { args } = files(lines(300));
  assert.is((await interrupt(args, 100, 'SIGTERM')).status, 143);
});

bulk.run();
