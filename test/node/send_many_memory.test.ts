/** The memory of sendMany does not grow with the rows, nor with the origins. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../../src/index.ts';
import type { Delivery, Encrypt, Fetch } from '../../src/index.ts';
import { KEYS, vapid } from '../core_support.ts';

const memory = suite('sendMany memory');

const FIRST = 5_000;
const LAST = 30_000;
/** DESIGN: less than 4 MiB more, between ten times as many rows. */
const MOST = 4 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage: unknown = runInNewContext('gc');

/** Bytes of the heap after a forced collection; twice, for what waits for its finalizer. */
async function heap(): Promise<number> {
  if (typeof collectGarbage !== 'function') throw new Error('Node does not let garbage be collected');
  for (let i = 0; i < 2; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}

function* rows(host: (id: number) => string): Generator<Delivery> {
  for (let id = 0; id < LAST; id++) {
    yield { subscription: { endpoint: `https://${host(id)}.example.com/${id}`, keys: KEYS } };
  }
}

const encrypt: Encrypt = async () => ({ body: new Uint8Array(4096), headers: { 'Content-Encoding': 'aes128gcm' } });

/** Answers in the next turn; one row in ten fails first, and is tried again. */
function createFetch(): Fetch {
  let calls = 0;
  return async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return { status: calls++ % 10 ? 201 : 500, headers: new Headers(), body: null };
  };
}

async function growth(host: (id: number) => string): Promise<number> {
  let first = 0;
  let done = 0;
  for await (const _ of sendMany(rows(host), {
    vapid: vapid(), fetch: createFetch(), encrypt, payload: 'Hello', random: () => 0,
  })) {
    done++;
    if (done === FIRST) first = await heap();
    if (done === LAST - 2000) return await heap() - first;
  }
  throw new Error('Too few outcomes');
}

const HOSTS: Readonly<Record<string, (id: number) => string>> = {
  'four origins': (id) => `h${id % 4}`,
  'every row another origin': (id) => `h${id}`,
};
for (const [name, host] of Object.entries(HOSTS)) {
  memory(`${name}: flat from ${FIRST} rows to ${LAST}`, async () => {
    const bytes = await growth(host);
    console.log(`  ${name}: ${(bytes / 2 ** 20).toFixed(2)} MiB more`);
    assert.ok(bytes < MOST, `${bytes} bytes more`);
  });
}

memory.run();
