/** `subtle-push send --subscriptions`: a result for every row, and what stops it. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { listen } from '../../src/node.ts';
import { createPushService } from '../../src/service.ts';
import { skip } from '../support.ts';
import {
  checkAll, checkPrune, command, files, keys, lines, parse, prepare, read, site, subscriptionOf,
} from './cli_bulk_support.ts';
import { call } from './cli_support.ts';

const bulk = suite('cli bulk');
prepare(bulk);

bulk('one result for every row; what to delete is collected; the sum is said', async () => {
  const { args, results, prune } = files(lines(300));
  const { status, out, err } = await command.run([...args, 'Hello']);
  assert.is(status, 1);
  checkAll(read(results), 300);
  checkPrune(prune, 300);
  assert.is(site.came.length, 300);
  assert.match(out, /^300 rows in \d+ seconds?, [\d,]+ a second\n/);
  assert.match(
    out,
    / +232 +accepted\n +38 +too large +ERR_PAYLOAD_TOO_LARGE\n +30 +gone +ERR_SUBSCRIPTION_GONE\n/,
  );
  assert.match(
    err,
    /^300 of 300 rows, 232 ok, 38 too large, 30 gone, .*\nsubtle-push: 68 of 300 rows failed: look at the results for why\n$/,
  );
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
    rows: 6, done: 6, ok: 6, failed: 0, codes: {}, retries: 0, before: 0, unfinished: 0,
    interrupted: false,
  });
  assert.is(readFileSync(prune, 'utf8'), '');
});

bulk('lines that are no rows are results too, and repeat nothing of themselves', async () => {
  const secret = 'S3CRET-S3CRET-S3CRET';
  const { args, results, prune } = files([
    JSON.stringify(subscriptionOf(1)), `{"endpoint": "${secret}`, '', `["${secret}"]`,
    '{"id": "five", "keys": {}}',
    JSON.stringify({
      id: 6, subscription: { endpoint: `${site.url}/push/6`, keys: { ...keys, auth: 'AAAA' } },
    }),
    JSON.stringify({ id: 7, subscription: subscriptionOf(1), options: { tll: 5 } }),
    JSON.stringify({ id: 8, subscription: subscriptionOf(1), options: { ttl: -5 } }),
    `{"id": 9, "x": "${'x'.repeat(300_000)}"}`, JSON.stringify({ id: 10, subscription: secret }),
    '   ',
    JSON.stringify({ id: 12, subscription: { endpoint: 'https://permanently-removed.invalid/' } }),
  ]);
  const { status, out, err } = await command.run([...args, 'Hello']);
  assert.is(status, 1, err);
  const codes = read(results).sort((a, b) => a.row - b.row)
    .map(({ row, id, ok, error }) => [row, id, ok, error?.code]);
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
    const [a, b, c] = await Promise.all([
      service.subscribe(), service.subscribe(), service.subscribe(),
    ]);
    const input = [
      `\ufeff${JSON.stringify({
        id: 'a', subscription: a, payload: { title: 'Grüße' }, options: { ttl: 60, urgency: 'low' },
      })}`,
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
    [
      args.map((word) => (word === rows ? missing : word)), 1,
      /Cannot read .*nowhere.*: there is no such file/,
    ],
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
    assert.match(
      err,
      /subtle-push: Cannot write \/dev\/full: the disk is full; make room and try again\n$/,
    );
    assert.ok(site.came.length < 1200, `${site.came.length}`);
  });
}

const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux');

bulk(`on a terminal: a bar, in place${hasScript ? '' : ' (no script(1) here: only that it runs)'}`, async () => {
  if (!hasScript) return;
  const { args } = files(lines(200));
  const line = [process.execPath, command.main, ...args, 'Hello']
    .map((word) => `'${word}'`).join(' ');
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
