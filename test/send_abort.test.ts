/** Time: timeouts, aborts, answers that come late, bodies that stall; `sent` says what is known. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../src/index.ts';
import type { Fetch, FetchResponse, SendOptions } from '../src/index.ts';
import { encrypt } from '../src/encrypt.ts';
import {
  answer, deferred, failure, fetchOf, ORIGIN, refused, SUBSCRIPTION, turn, vapid, VAPID_KEYS,
} from './core_support.ts';

// Without payload and token a request is made at once: a short timeout begins with the fetch.
const HOLLOW: Pick<SendOptions, 'vapid'> = { vapid: null };
const never = (): Promise<never> => new Promise(() => {});

/** A fetch that settles only when it is told to, whatever its signal says. */
function deaf(): {
  fetch: Fetch;
  calls: AbortSignal[];
  settle: ReturnType<typeof deferred<FetchResponse>>;
} {
  const settle = deferred<FetchResponse>();
  const calls: AbortSignal[] = [];
  return { settle, calls, fetch: (_, { signal }) => (calls.push(signal), settle.promise) };
}

/** A fetch as hosts have them: it rejects when its signal fires. */
const obedient: Fetch = (_, { signal }) => new Promise((_, reject) => {
  signal.addEventListener('abort', () => reject(signal.reason));
});

/** A signal that notes who listens. */
function watched(): { controller: AbortController; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  signal.addEventListener = (...args: Parameters<typeof add>): void => {
    listeners++;
    add(...args);
  };
  signal.removeEventListener = (...args: Parameters<typeof remove>): void => {
    listeners--;
    remove(...args);
  };
  return { controller, listeners: () => listeners };
}

const time = suite('send: time');

time('a fetch that never settles and ignores its signal is given up', async () => {
  const { fetch, calls } = deaf();
  const error = await refused(
    send(SUBSCRIPTION, null, { ...HOLLOW, fetch, timeout: 20 }), 'ERR_TIMEOUT',
  );
  assert.is(error.name, 'DeliveryError');
  assert.is(error.sent, 'maybe');
  assert.is(error.origin, ORIGIN);
  assert.is(error.message, `${ORIGIN} did not answer within 20 ms`);
  assert.ok(calls[0]?.aborted);
  assert.is(calls[0].reason, error);
});

time('a fetch that obeys its signal gives the same error', async () => {
  const error = await refused(
    send(SUBSCRIPTION, null, { ...HOLLOW, fetch: obedient, timeout: 20 }), 'ERR_TIMEOUT',
  );
  assert.is(error.sent, 'maybe');
});

time('a timeout before the request was made says that nothing was sent', async () => {
  const { fetch, calls } = fetchOf();
  const slow: readonly Partial<SendOptions>[] = [
    { encrypt: never },
    { vapid: vapid({ keys: { publicKey: VAPID_KEYS.publicKey, sign: never } }) },
  ];
  for (const options of slow) {
    const sending = send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, timeout: 20, ...options });
    const error = await refused(sending, 'ERR_TIMEOUT');
    assert.is(error.sent, 'no');
    assert.match(error.message, 'was not ready');
  }
  assert.equal(calls, []);
});

time('an answer that comes too late has its body cancelled', async () => {
  const { fetch, settle } = deaf();
  await refused(send(SUBSCRIPTION, null, { ...HOLLOW, fetch, timeout: 20 }), 'ERR_TIMEOUT');
  const cancelled = deferred<unknown>();
  settle.resolve(answer({ body: new ReadableStream({ cancel: cancelled.resolve }) }));
  await cancelled.promise;
});

time('a fetch that fails too late is heard by nobody', async () => {
  // An unhandled rejection would fail the run.
  const { fetch, settle } = deaf();
  await refused(send(SUBSCRIPTION, null, { ...HOLLOW, fetch, timeout: 20 }), 'ERR_TIMEOUT');
  settle.reject(new Error('too late'));
  await turn();
});

time('an aborted signal sends nothing', async () => {
  const reason = new Error('the job is over');
  const { fetch, calls } = fetchOf();
  const signal = AbortSignal.abort(reason);
  assert.is(await failure(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, signal })), reason);
  assert.equal(calls, []);
});

time('the caller’s own abort comes out as its reason, whatever that is', async () => {
  for (const reason of [new Error('stop'), 'stop', null, 0, { stop: true }]) {
    for (const fetch of [obedient, deaf().fetch]) {
      const { controller, listeners } = watched();
      const sending = send(SUBSCRIPTION, null, { ...HOLLOW, fetch, signal: controller.signal });
      const caught = failure(sending);
      await turn();
      controller.abort(reason);
      assert.is(await caught, reason);
      assert.is(listeners(), 0);
    }
  }
  const { signal } = AbortSignal.abort() && { signal: AbortSignal.abort() };
  const error = await failure(send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch: obedient, signal }));
  assert.is(error, signal.reason);
});

time('an abort while the message is encrypted calls nobody', async () => {
  const { fetch, calls } = fetchOf();
  const controller = new AbortController();
  const gate = deferred<void>();
  const caught = failure(send(SUBSCRIPTION, 'x', {
    ...HOLLOW, fetch, signal: controller.signal,
    encrypt: async (...args) => (await gate.promise, encrypt(...args)),
  }));
  await turn();
  controller.abort('stop');
  assert.is(await caught, 'stop');
  gate.resolve();
  await turn();
  assert.equal(calls, []);
});

time('an abort after the answer changes nothing, and leaves no listener behind', async () => {
  const { controller, listeners } = watched();
  const { fetch, calls } = fetchOf();
  await send(SUBSCRIPTION, 'x', { ...HOLLOW, fetch, signal: controller.signal });
  controller.abort('late');
  assert.is(listeners(), 0);
  assert.not.ok(calls[0]?.init.signal.aborted);
});

time('what the caller aborts is told as ERR_ABORTED', async () => {
  const codes: unknown[] = [];
  const controller = new AbortController();
  const caught = failure(send(SUBSCRIPTION, null, {
    ...HOLLOW, fetch: obedient, signal: controller.signal,
    onAttempt: ({ code }) => codes.push(code),
  }));
  await turn();
  controller.abort('stop');
  assert.is(await caught, 'stop');
  assert.equal(codes, ['ERR_ABORTED']);
});

const bodies = suite('send: bodies of answers');

async function detailOf(
  body: ReadableStream<Uint8Array> | string | Uint8Array,
): Promise<string | undefined> {
  const { fetch } = fetchOf({ status: 400, body });
  const error = await refused(
    send(SUBSCRIPTION, null, { ...HOLLOW, fetch, timeout: 50 }), 'ERR_REJECTED',
  );
  assert.is(error.status, 400);
  return error.detail;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

bodies('a body that stalls costs the rest of the time, not the status; is cancelled', async () => {
  const cancelled = deferred<unknown>();
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(text('Bad ')),
    cancel: cancelled.resolve,
  });
  assert.is(await detailOf(body), 'Bad');
  await cancelled.promise;
});

bodies('a body that fails loses what did not come', async () => {
  let parts = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: (it) => (parts++ ? it.error(new Error('reset')) : it.enqueue(text('Bad'))),
  });
  assert.is(await detailOf(body), 'Bad');
  assert.is(
    await detailOf(new ReadableStream({ start: (it) => it.error(new Error('reset')) })), undefined,
  );
});

bodies('a body without end is read to 1,024 characters and cancelled', async () => {
  let given = 0;
  const cancelled = deferred<unknown>();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => (given += 100, controller.enqueue(text('x'.repeat(100)))),
    cancel: cancelled.resolve,
  });
  assert.is(await detailOf(body), 'x'.repeat(1024));
  await cancelled.promise;
  assert.ok(given <= 1400, String(given));
});

bodies('a body of empty parts without end lets the timers run', async () => {
  const body = new ReadableStream<Uint8Array>({ pull: (it) => it.enqueue(new Uint8Array(0)) });
  assert.is(await detailOf(body), undefined);
});

bodies('one huge part, and bytes that are no text, are read to 1,024 characters', async () => {
  assert.is((await detailOf(text('y'.repeat(1_000_000))))?.length, 1024);
  assert.is(await detailOf(new Uint8Array(2000).fill(255)), '\ufffd'.repeat(1024));
  assert.is(await detailOf(new Uint8Array([226, 130])), undefined, 'a character cut short');
});

bodies('a character that is split between parts is whole', async () => {
  const [...bytes] = text('€');
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  assert.is(await detailOf(body), '€');
});

bodies('control characters and those that turn text around become spaces', async () => {
  assert.is(await detailOf('a\u0000b\u001b[31mc\u202ed\u2028e\u0085f\u061cg'), 'a b [31mc d e f g');
});

bodies('an empty body is none', async () => {
  assert.is(await detailOf(''), undefined);
  assert.is(await detailOf(' \r\n'), undefined);
});

time.run();
bodies.run();
