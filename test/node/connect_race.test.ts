import { Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { race } from '../../src/lib/node/http/sockets.ts';
import { cleanSuite, rejection, until } from './peers.ts';

interface Attempt {
  readonly address: string;
  readonly signal: AbortSignal;
  readonly win: (socket: Socket) => void;
  readonly lose: (error: unknown) => void;
}

function attempts(): {
  readonly made: Attempt[];
  readonly attempt: (address: string, signal: AbortSignal) => Promise<Socket>;
} {
  const made: Attempt[] = [];
  return {
    made,
    attempt: (address, signal) =>
      new Promise((win, lose) => made.push({ address, signal, win, lose })),
  };
}

const racing = cleanSuite('http2Fetch: several addresses');
const calm = (): AbortSignal => new AbortController().signal;

racing('the next one is tried when one fails, at once', async () => {
  const { made, attempt } = attempts();
  const socket = new Socket();
  const result = race(['a', 'b', 'c'], 60_000, calm(), attempt);
  assert.is(made.length, 1);
  made[0]!.lose(new Error('a'));
  await until('the second', () => made.length === 2);
  made[1]!.lose(new Error('b'));
  await until('the third', () => made.length === 3);
  made[2]!.win(socket);
  assert.is(await result, socket);
});

racing('and when one hangs, beside it; losers are given up, late ones destroyed', async () => {
  const { made, attempt } = attempts();
  const [socket, late] = [new Socket(), new Socket()];
  const result = race(['a', 'b', 'c'], 5, calm(), attempt);
  await until('all', () => made.length === 3);
  made[1]!.win(socket);
  made[0]!.win(late);
  assert.is(await result, socket);
  assert.ok(made.every(({ signal }) => signal.aborted));
  await until('the late one destroyed', () => late.destroyed);
  assert.not(socket.destroyed);
});

racing("it fails with all errors, or the signal's reason", async () => {
  const { made, attempt } = attempts();
  const failing = race(['a', 'b'], 5, calm(), attempt);
  await until('both', () => made.length === 2);
  made[1]!.lose(new Error('b'));
  made[0]!.lose(new Error('a'));
  const error = await rejection(failing);
  assert.equal(
    (error['errors'] as Error[]).map(({ message }) => message),
    ['b', 'a'],
  );
  const controller = new AbortController();
  const stopped = race(['a'], 5, controller.signal, attempt);
  controller.abort(new Error('enough'));
  assert.is((await rejection(stopped)).message, 'enough');
  assert.ok(made[2]!.signal.aborted);
});

racing.run();
