/**
 * The torture test: many rows over real TLS and HTTP/2 to a push service in another process that fails in
 * every way it can, seeded. Nothing may be lost, invented or sent twice without a word.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { createVapid, generateVapidKeys, retryDelay, sendMany } from '../../src/index.ts';
import type { PushError } from '../../src/index.ts';
import { http2Fetch, nodeEncrypt } from '../../src/node.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import type { Subscription } from '../../src/index.ts';
import type { Log } from './torture_faults.ts';

export interface TortureOptions {
  readonly rows: number;
  readonly seed: number;
  readonly origins?: number | undefined;
  /** Milliseconds after which a stalled request is given up. */
  readonly timeout?: number | undefined;
}

export interface Report {
  readonly rows: number;
  readonly seconds: number;
  readonly requests: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Record<string, number>>;
  /** Messages that the service took twice, each after an attempt that ended with `sent` 'maybe'. */
  readonly doubled: number;
  /** What must not be; empty. */
  readonly wrong: readonly string[];
}

interface Row {
  readonly id: number;
  readonly subscription: Subscription;
}

/** The waits are as many times shorter: a second's pause takes 50 ms. */
const HASTE = 20;

async function startService(file: string, args: readonly number[]): Promise<{ child: ChildProcess; ports: number[]; ca: string }> {
  await build({
    entryPoints: ['test/node/torture_service.ts'], outfile: file,
    bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'silent', ignoreAnnotations: true,
  });
  const child = fork(file, args.map(String), { execArgv: [] });
  const [{ ports, ca }] = await once(child, 'message', { signal: AbortSignal.timeout(20_000) });
  return { child, ports, ca };
}

async function subscriptions(count: number): Promise<Subscription[]> {
  return Promise.all(Array.from({ length: count }, async () =>
    toSubscription(await generateReceiver(), 'https://localhost/')));
}

function* makeRows(count: number, ports: readonly number[], receivers: readonly Subscription[]): Generator<Row> {
  for (let id = 0; id < count; id++) {
    const { keys } = receivers[id % receivers.length]!;
    yield { id, subscription: { endpoint: `https://localhost:${ports[id % ports.length]}/${id}`, keys } };
  }
}

/** Keeps book of every row, and compares it with that of the service. */
interface Book {
  readonly state: Uint8Array;
  /** Rows of which an attempt may have reached the service all the same. */
  readonly maybe: Uint8Array;
  readonly outcomes: Record<string, number>;
  readonly wrong: string[];
}

const OK = 1;
const FAILED = 2;
const GONE = 3;

function compare({ state, maybe, wrong }: Book, { accepted, gone, invalid }: Log): number {
  let doubled = 0;
  for (const [id, what] of state.entries()) {
    const times = accepted[id] ?? 0;
    if (!what) wrong.push(`row ${id} has no outcome`);
    if (what === OK && !times) wrong.push(`row ${id} is ok, and the service knows nothing of it`);
    if (what === GONE && !gone[id]) wrong.push(`row ${id} is gone, which nobody said`);
    if (what !== OK && times && !maybe[id]) wrong.push(`row ${id} was taken, and its outcome denies it`);
    if (times > 1 && !maybe[id]) wrong.push(`row ${id} was taken ${times} times, without a maybe`);
    if (times > 1) doubled++;
  }
  for (const what of invalid) wrong.push(`the service got no push: ${what}`);
  return doubled;
}

export async function torture({ rows, seed, origins = 8, timeout = 2000 }: TortureOptions): Promise<Report> {
  const file = join('.tmp', `torture-${process.pid}.mjs`);
  const { child, ports, ca } = await startService(file, [seed, rows, origins]);
  const fetch = http2Fetch({ addresses: 'any', ca });
  const begun = Date.now();
  try {
    const book: Book = { state: new Uint8Array(rows), maybe: new Uint8Array(rows), outcomes: {}, wrong: [] };
    const note = (error: PushError): void => {
      if (error.sent === 'maybe') book.maybe[Number(new URL(error.endpoint ?? '').pathname.slice(1))] = 1;
    };
    const given = makeRows(rows, ports, await subscriptions(64));
    const seen = new Set<Row>();
    for await (const outcome of sendMany(given, {
      vapid: createVapid({ subject: 'mailto:me@example.com', keys: await generateVapidKeys() }),
      fetch, encrypt: nodeEncrypt, payload: 'Hello', ttl: 60, endpoints: 'any', timeout,
      now: () => begun + (Date.now() - begun) * HASTE,
      sleep: (milliseconds, signal) => new Promise((resolve) => {
        const timer = setTimeout(resolve, milliseconds / HASTE);
        signal.addEventListener('abort', () => resolve(clearTimeout(timer)));
      }),
      retry: (error, attempt) => {
        note(error);
        return retryDelay(error, attempt);
      },
    })) {
      const { delivery, ok, attempts } = outcome;
      const code = ok ? 'ok' : outcome.error.code;
      if (seen.has(delivery) || book.state[delivery.id]) book.wrong.push(`row ${delivery.id} has two outcomes`);
      seen.add(delivery);
      if (!ok) note(outcome.error);
      book.state[delivery.id] = ok ? OK : code === 'ERR_SUBSCRIPTION_GONE' ? GONE : FAILED;
      book.outcomes[`${code} ${attempts}`] = (book.outcomes[`${code} ${attempts}`] ?? 0) + 1;
    }
    child.send('log');
    const [log]: Log[] = await once(child, 'message', { signal: AbortSignal.timeout(60_000) });
    const doubled = compare(book, log!);
    const { requests, kinds } = log!;
    const seconds = (Date.now() - begun) / 1000;
    return { rows, seconds, requests, outcomes: book.outcomes, kinds, doubled, wrong: book.wrong };
  } finally {
    await fetch.close({ timeout: 0 });
    child.kill();
    rmSync(file, { force: true });
  }
}
