/** What the tests of `send --subscriptions` share: rows, their files, a push service for them. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'uvu';
import * as assert from 'uvu/assert';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import { subscriptionId } from '../../src/subscription.ts';
import { buildCommand } from './cli_support.ts';
import type { Command } from './cli_support.ts';

export let command: Command;
export let keys: { readonly p256dh: string; readonly auth: string };
export let site: Site;

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
  const opened: Site = {
    server, came, url: `http://127.0.0.1:${port}`, hook: () => undefined, answers: true,
  };
  return opened;
}

/** The command is built for the suite; each test has a push service of its own. */
export function prepare(bulk: Test): void {
  bulk.before(async () => {
    command = await buildCommand();
    ({ keys } = toSubscription(await generateReceiver(), 'https://x.example') as {
      keys: typeof keys;
    });
  });
  bulk.before.each(async () => {
    site = await openSite();
  });
  bulk.after.each(() => {
    site.server.close();
    site.server.closeAllConnections();
  });
  bulk.after(() => command.close());
}

export function subscriptionOf(row: number): { endpoint: string; keys: typeof keys } {
  return { endpoint: `${site.url}/push/${row}`, keys };
}

/** Every other row with an id of its own. */
export function lines(count: number): string[] {
  return Array.from({ length: count }, (_, i) => JSON.stringify(
    i % 2 ? { id: `user-${i + 1}`, subscription: subscriptionOf(i + 1) } : subscriptionOf(i + 1),
  ));
}

let number = 0;

export interface Files {
  readonly rows: string;
  readonly results: string;
  readonly prune: string;
  readonly args: string[];
}

export function files(text: string | readonly string[]): Files {
  number++;
  const rows = command.file(
    `rows-${number}.ndjson`, typeof text === 'string' ? text : `${text.join('\n')}\n`,
  );
  const [results, prune] = [
    command.path(`out-${number}.ndjson`), command.path(`gone-${number}.ndjson`),
  ];
  const args = [
    'send', '--subscriptions', rows, '--results', results, '--prune-file', prune, '--no-vapid',
    '--endpoints', 'any', '--addresses', 'any', '--attempts', '1',
  ];
  return { rows, results, prune, args };
}

export interface Result {
  readonly row: number;
  readonly id?: string;
  readonly subscription?: string;
  readonly ok: boolean;
  readonly status?: number;
  readonly code?: string;
  readonly error?: { readonly code: string };
}

export function parse(text: string): Result[] {
  assert.ok(text === '' || text.endsWith('\n'), 'the last line is whole');
  return text.split('\n').filter(Boolean).map((line) => JSON.parse(line) as Result);
}

export function read(file: string): Result[] {
  return parse(readFileSync(file, 'utf8'));
}

/** Exactly one result for each of the rows, with what the service says to it. */
export function checkAll(results: readonly Result[], count: number): void {
  assert.equal(
    results.map(({ row }) => row).sort((a, b) => a - b),
    Array.from({ length: count }, (_, i) => i + 1),
  );
  for (const { row, id, subscription, ok, status, error } of results) {
    const wanted = statusOf(row);
    assert.is(ok, wanted === 201);
    assert.is(status ?? (error?.code === 'ERR_SUBSCRIPTION_GONE' ? 410 : 413), wanted);
    assert.is(id, row % 2 ? undefined : `user-${row}`);
    if (row % 2) assert.is(subscription, subscriptionId(subscriptionOf(row)));
  }
}

export function checkPrune(file: string, count: number): void {
  const rows = read(file);
  const wanted = Array.from({ length: count }, (_, i) => i + 1)
    .filter((row) => statusOf(row) === 410);
  assert.equal(rows.map(({ row }) => row).sort((a, b) => a - b), wanted);
  for (const { row, id, subscription, code } of rows) {
    assert.is(id, row % 2 ? undefined : `user-${row}`);
    assert.is(subscription, subscriptionId(subscriptionOf(row)));
    assert.is(code, 'ERR_SUBSCRIPTION_GONE');
  }
}
