/** Timers take at most 2^31-1 ms: a longer one would fire at once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { sendMany } from '../src/send_many.ts';
import type { Delivery, SendManyOptions } from '../src/send_many.ts';

const LONGEST = 2 ** 31 - 1;
const ROW: Delivery = { subscription: { endpoint: 'https://push.example.com/1' } };

const test = suite('sendMany timers');

async function waits(options: Partial<SendManyOptions<Delivery>>): Promise<number[]> {
  const asked: number[] = [];
  let time = 1_700_000_000_000;
  const sleep = async (milliseconds: number): Promise<void> => {
    asked.push(milliseconds);
    time += milliseconds;
  };
  const fetch = async (): Promise<Response> => new Response(null, { status: 500 });
  const all = sendMany([ROW], {
    vapid: null, payload: null, fetch, sleep, now: () => time, attempts: 2, patience: 2 ** 50,
    ...options,
  });
  for await (const { ok } of all) assert.is(ok, false);
  return asked;
}

test('a wait that a caller chose is cut', async () => {
  assert.equal(await waits({ retry: () => 2 ** 40 }), [LONGEST]);
});

test('a pause that a push service asked for is cut', async () => {
  const fetch = async (): Promise<Response> =>
    new Response(null, { status: 429, headers: { 'Retry-After': String(2 ** 40) } });
  const [first] = await waits({ fetch });
  assert.is(first, LONGEST);
});

test.run();
