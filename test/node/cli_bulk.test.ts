/** `subtle-push send --subscriptions`: nothing lost, nothing sent twice that has a result. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen } from '../../src/node.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import { createPushService } from '../../src/service.ts';
import { subscriptionId } from '../../src/subscription.ts';
import { skip } from '../support.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command, Ended, Running } from './cli_support.ts';

const bulk = suite('cli bulk');
let command: Command;
let keys: { readonly p256dh: string; readonly auth: string };
let site: Site;

/** A push service that answers by the number in the path. */
interface Site {
  readonly server: Server;
  readonly url: string;
  /** Numbers in the order in which they came. */
  readonly came: number[];
  /** Called when a number has come, before it is answered. */
  hook: (count: number) => void;
  /** Whether requests are answered. */
  answers: boolean;
}

/** 410 for every tenth, 413 for every seventh. */
function statusOf(row: number): number {
  return row % 10 === 0 ? 410 : row % 7 === 0 ? 413 : 201;
}

async function openSite(): Promise<Site> {
  const came: number[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const row = Number(request.url?.split('/').pop());
      came.push(row);
      opened.hook(came.length);
      if (opened.answers) response.writeHead(statusOf(row)).end();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const opened: Site = { server, came, url: `http://127.0.0.1:${port}`, hook: () => undefined, answers: true };
  return opened;
}

bulk.before(async () => {
  command = await buildCommand();
  ({ keys } = toSubscription(await generateReceiver(), 'https://x.example') as { keys: typeof keys });
});

bulk.before.each(async () => {
  site = await openSite();
});

bulk.after.each(() => {
  site.server.close();
  site.server.closeAllConnections();
});

bulk.after(() => command.close());

function subscriptionOf(row: number): { endpoint: string; keys: typeof keys } {
  return { endpoint: `${site.url}/push/${row}`, keys };
}

/** Every other row with an id of its own. */
function lines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(
    i % 2 ? { id: `user-${i + 1}`, subscription: subscriptionOf(i + 1) } : subscriptionOf(i + 1),
  ));
}

let number = 0;

interface Files { readonly rows: string; readonly results: string; readonly prune: string; readonly args: string[] }

function files(text: string | readonly string[]): Files {
  number++;
  const rows = command.file(`rows-${number}.ndjson`, typeof text === 'string' ? text : `${text.join('\n')}\n`);
  const [results, prune] = [command.path(`out-${number}.ndjson`), command.path(`gone-${number}.ndjson`)];
  const args = [
    'send', '--subscriptions', rows, '--results', results, '--prune-file', prune, '--no-vapid',
    '--endpoints', 'any', '--addresses', 'any', '--attempts', '1',
  ];
  return { rows, results, prune, args };
}

interface Result {
  readonly row: number;
  readonly id?: string;
  readonly subscription?: string;
  readonly ok: boolean;
  readonly status?: number;
  readonly code?: string;
  readonly error?: { readonly code: string };
}

function parse(text: string): Result[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Result);
}

function read(file: string): Result[] {
  return parse(readFileSync(file, 'utf8'));
}

/** Exactly one result for each of the rows, with what the service says to it. */
function checkAll(results: readonly Result[], count: number): void {
  assert.equal(results.map(({ row }) => row).sort((a, b) => a - b), Array.from({ length: count }, (_, i) => i + 1));
  for (const { row, id, subscription, ok, status, error } of results) {
    const wanted = statusOf(row);
    assert.is(ok, wanted === 201);
    assert.is(status ?? (error?.code === 'ERR_SUBSCRIPTION_GONE' ? 410 : 413), wanted);
    assert.is(id, row % 2 ? undefined : `user-${row}`);
    if (row % 2) assert.is(subscription, subscriptionId(subscriptionOf(row)));
  }
}

function checkPrune(file: string, count: number): void {
  const rows = read(file);
  const wanted = Array.from({ length: count }, (_, i) => i + 1).filter((row) => statusOf(row) === 410);
  assert.equal(rows.map(({ row }) => row).sort((a, b) => a - b), wanted);
  for (const { row, id, subscription, code } of rows) {
    assert.is(id, row % 2 ? undefined : `user-${row}`);
    assert.is(subscription, subscriptionId(subscriptionOf(row)));
    assert.is(code, 'ERR_SUBSCRIPTION_GONE');
  }
}

bulk('one result for every row; what to delete is collected; the sum is said', async () => {
  const { args, results, prune } = files(lines(300));
  const { status, out, err } = await command.run([...args, 'Hello']);
  assert.is(status, 1);
  checkAll(read(results), 300);
  checkPrune(prune, 300);
  assert.is(site.came.length, 300);
  assert.match(out, /^300 rows in \d+ seconds?, [\d,]+ a second\n/);
  assert.match(out, / +232 +accepted\n +38 +too large +ERR_PAYLOAD_TOO_LARGE\n +30 +gone +ERR_SUBSCRIPTION_GONE\n/);
  assert.match(err, /^300 of 300 rows, 232 ok, 38 too large, 30 gone, .*\nsubtle-push: 68 of 300 rows failed: look at the results for why\n$/);
  assert.not.match(err, /Warning/);
  assert.is(statSync(results).mode & 0o777, 0o600);
  assert.not.ok(existsSync(`${results}.lock`));
  assert.not.match(readFileSync(results, 'utf8'), /push\/|p256dh/);
});

bulk('status 0 only where every row was accepted; --json gives the sum', async () => {
  const { args, prune } = files(lines(6));
  const { status, out } = await command.run([...args, '--json', 'Hello']);
  assert.is(status, 0);
  const { milliseconds, ...sum } = JSON.parse(out) as Record<string, unknown>;
  assert.type(milliseconds, 'number');
  assert.equal(sum, {
    rows: 6, done: 6, ok: 6, failed: 0, codes: {}, retries: 0, before: 0, unfinished: 0, interrupted: false,
  });
  assert.is(readFileSync(prune, 'utf8'), '');
});

bulk('lines that are no rows are results too, and repeat nothing of themselves', async () => {
  const secret = 'S3CRET-S3CRET-S3CRET';
  const { args, results, prune } = files([
    JSON.stringify(subscriptionOf(1)), `{"endpoint": "${secret}`, '', `["${secret}"]`, '{"id": "five", "keys": {}}',
    JSON.stringify({ id: 6, subscription: { endpoint: `${site.url}/push/6`, keys: { ...keys, auth: 'AAAA' } } }),
    JSON.stringify({ id: 7, subscription: subscriptionOf(1), options: { tll: 5 } }),
    JSON.stringify({ id: 8, subscription: subscriptionOf(1), options: { ttl: -5 } }),
    `{"id": 9, "x": "${'x'.repeat(300_000)}"}`, JSON.stringify({ id: 10, subscription: secret }),
    '   ', JSON.stringify({ id: 12, subscription: { endpoint: 'https://permanently-removed.invalid/' } }),
  ]);
  const { status, out, err } = await command.run([...args, 'Hello']);
  assert.is(status, 1, err);
  const codes = read(results).sort((a, b) => a.row - b.row).map(({ row, id, ok, error }) => [row, id, ok, error?.code]);
  assert.equal(codes, [
    [1, undefined, true, undefined],
    [2, undefined, false, 'ERR_DELIVERY_INVALID'],
    [4, undefined, false, 'ERR_DELIVERY_INVALID'],
    [5, 'five', false, 'ERR_SUBSCRIPTION_INVALID'],
    [6, 6, false, 'ERR_SUBSCRIPTION_INVALID'],
    [7, 7, false, 'ERR_DELIVERY_INVALID'],
    [8, 8, false, 'ERR_DELIVERY_INVALID'],
    [9, undefined, false, 'ERR_DELIVERY_INVALID'],
    [10, 10, false, 'ERR_SUBSCRIPTION_INVALID'],
    [12, 12, false, 'ERR_SUBSCRIPTION_GONE'],
  ]);
  assert.equal(read(prune).map(({ row }) => row).sort((a, b) => a - b), [5, 6, 10, 12]);
  assert.not.ok((out + err + readFileSync(results, 'utf8')).includes('S3CRET'));
});

bulk('rows with payloads and options of their own; rows from standard input; results to standard output', async () => {
  const service = createPushService();
  const server = await listen(service);
  try {
    const [a, b, c] = await Promise.all([service.subscribe(), service.subscribe(), service.subscribe()]);
    const input = [
      `\ufeff${JSON.stringify({ id: 'a', subscription: a, payload: { title: 'Grüße' }, options: { ttl: 60, urgency: 'low' } })}`,
      `${JSON.stringify({ id: 'b', subscription: b, payload: null })}\r`,
      JSON.stringify({ id: 'c', subscription: c, options: { expires: '2999-01-01T00:00:00Z' } }),
    ].join('\n');
    const { status, out, err } = await command.run([
      'send', '--subscriptions', '-', '--results', '-', '--no-vapid', '--endpoints', 'any',
      '--addresses', 'any', '--ttl', '5m', 'for all',
    ], { input });
    assert.is(status, 0, err);
    assert.equal(parse(out).map(({ id }) => id).sort(), ['a', 'b', 'c']);
    const first = await a.next();
    assert.equal(first.json(), { title: 'Grüße' });
    assert.is(first.ttl, 60);
    assert.is(first.urgency, 'low');
    assert.is((await b.next()).data, null);
    assert.is((await c.next()).text(), 'for all');
    assert.match(err, /3 rows in/);
  } finally {
    await server.close();
  }
});

/** Runs until so many requests have come, then sends a signal. */
async function interrupt(args: readonly string[], after: number, signal: NodeJS.Signals): Promise<Ended> {
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
  // A killed process may leave half a line, and a machine that lost its power octets that never came.
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
  assert.ok(site.came.length - count <= 256 + 256 + 100, `${site.came.length - count} were sent to twice`);
});

bulk('SIGINT: what is in flight gets its answer, status 130, and --resume goes on', async () => {
  const { args, results, prune } = files(lines(800));
  const { status, out, err } = await interrupt(args, 300, 'SIGINT');
  assert.is(status, 130, err);
  assert.match(err, /Stopping when what is in flight has its answer; once more to stop at once/);
  assert.match(err, /subtle-push: Interrupted: the same command with --resume sends to the rows that have no result\n$/);
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
  for (const foreign of ['a,b\n1,2\n', 'no line feed at all', '{"row":0,"ok":true}\n', readFileSync(rows, 'utf8')]) {
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
  assert.match(err, /Row 1 of .* is not the one that has a result in .*: these rows are others, or in another order/);
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
  assert.match(err, /1 line of .* cannot be read, the first is line 6: their rows count as not sent to/);
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
    result(1, 0, 'ERR_UNAUTHORIZED'), result(2, 3, 'ERR_UNAVAILABLE'), result(3, 1, 'ERR_SUBSCRIPTION_GONE'),
    result(4, 1, 'ERR_REJECTED'),
  ].join('\n')}\n`);
  const first = await call([...args, '--resume', 'Hello']);
  assert.match(first.err, /3 rows of .* count as done/);
  assert.equal([...site.came].sort(), [1, 5]);
  const second = await call([...args, '--resume', '--retry-failed', 'Hello']);
  assert.match(second.err, /4 rows of .* count as done/);
  assert.equal([...site.came].sort(), [1, 2, 5]);
  const third = await call([...args, '--resume', '--json', 'Hello']);
  assert.equal((JSON.parse(third.out) as { codes: unknown }).codes, { ERR_SUBSCRIPTION_GONE: 1, ERR_REJECTED: 1 });
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

bulk('what is wrong with the command line or the files is one sentence', async () => {
  const { args, rows, results } = files(lines(3));
  const without = args.filter((word) => word !== '--results' && word !== results);
  const [missing, here] = [command.path('nowhere/x'), command.folder];
  const cases: [string[], number, RegExp][] = [
    [[...without, 'x'], 2, /--results FILE is wanted/],
    [[...without, '--results', rows, 'x'], 2, /must be three files/],
    [[...without, '--results', '-', '--resume', 'x'], 2, /--resume wants --results with a file/],
    [[...without, '--results', '-', '--json', 'x'], 2, /exclude each other/],
    [[...without, '--results', missing, 'x'], 1, /Cannot write .*nowhere/],
    [[...without, '--results', here, 'x'], 1, /Cannot write .*: it is a directory/],
    [[...args, '--retry-failed', 'x'], 2, /--retry-failed belongs to --resume/],
    [[...args, '--concurrency', '0', 'x'], 2, /--concurrency must be 1 or more/],
    [[...args, '--lookahead', 'far', 'x'], 2, /--lookahead must be a whole number/],
    [[...args, '--topic', 'a b', 'x'], 2, /--topic must be/],
    [args.map((word) => (word === rows ? missing : word)), 1, /Cannot read .*nowhere.*: there is no such file/],
    [args.map((word) => (word === rows ? here : word)), 1, /it is a directory/],
    [args, 1, /Row 1 has no payload: give one for all as text/],
  ];
  for (const [given, status, words] of cases) {
    const ended = await call(given);
    assert.is(ended.status, status, ended.err);
    assert.match(ended.err, words);
    assert.match(ended.err.split('\n').at(-2) ?? '', /^subtle-push: /);
  }
  assert.is(site.came.length, 0);
});

const fullDisk = 'a disk that is full ends it with one sentence, before much more is sent';
if (!existsSync('/dev/full')) skip(bulk, fullDisk, 'there is no /dev/full here');
else {
  bulk(fullDisk, async () => {
    const { args, results } = files(lines(1200));
    const given = args.map((word) => (word === results ? '/dev/full' : word));
    const { status, err } = await command.run([...given, 'Hello']);
    assert.is(status, 1);
    assert.match(err, /subtle-push: Cannot write \/dev\/full: the disk is full; make room and try again\n$/);
    assert.ok(site.came.length < 1200, `${site.came.length}`);
  });
}

const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux');

bulk(`on a terminal: a bar, in place${hasScript ? '' : ' (no script(1) here: only that it runs)'}`, async () => {
  if (!hasScript) return;
  const { args } = files(lines(200));
  const line = [process.execPath, command.main, ...args, 'Hello'].map((word) => `'${word}'`).join(' ');
  const { spawn } = await import('node:child_process');
  const child = spawn('script', ['-qec', `stty cols 80; ${line}`, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' }, stdio: ['ignore', 'pipe', 'ignore'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  await new Promise((done) => child.once('close', done));
  assert.match(out, /\[#+-*\] +\d+% [\d,]+ of (about )?200 rows/);
  assert.match(out, /\r\x1b\[2A/);
  assert.match(out, /200 of 200 rows/);
  const drawn = out.split(/\r?\n|\r/).map((text) => text.replace(/\x1b\[[\d;]*[A-Za-z]/g, ''));
  assert.equal(drawn.filter((text) => / ok |rows/.test(text) && text.length > 80), []);
});

bulk.run();
