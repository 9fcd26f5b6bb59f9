/**
 * A program that prints errors in every way it can: `hostile_errors.test.ts` bundles it and runs it
 * on Node, Deno and Bun. The secrets come as an argument, because Bun prints lines of the source.
 */
import { inspect } from 'node:util';
import { cancel } from '../../src/send.ts';
import { createRequest, createVapid, importVapidKeys, isPushError, send } from '../../src/index.ts';
import type { Fetch, FetchResponse, Vapid } from '../../src/index.ts';
import { decrypt, importReceiver } from '../../src/receive.ts';
import { parseSubscription } from '../../src/subscription.ts';
import { verifyVapid } from '../../src/service.ts';

export interface Secrets {
  readonly endpoint: string;
  readonly vapid: { readonly publicKey: string; readonly privateKey: string };
  readonly receiver: {
    readonly publicKey: string; readonly privateKey: string; readonly auth: string,
  };
}

async function failure(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    if (isPushError(error)) return error;
    throw error;
  }
  throw new Error('Nothing was thrown');
}

type Failing = (endpoint: string, token: string) => unknown;

/** What fetch implementations put into their errors: Deno the URL, Bun a member. */
const FETCHES: readonly Failing[] = [
  (url) => new TypeError(`error sending request for url (${url}): connection refused`),
  (url) => Object.assign(new Error('Unable to connect'), { code: 'ConnectionRefused', path: url }),
  (url) => new TypeError('x', { cause: new Error(`POST ${url}`, { cause: new Error(url) }) }),
  (_, token) => Object.assign(new Error(`bad ${token}`), { headers: { Authorization: token } }),
  (url) => new AggregateError([new Error(url)], url),
  (url) => url,
];

/** What push services put into their answers. */
const ANSWERS: readonly Failing[] = [
  (url, token) => ({ status: 403, body: JSON.stringify({ reason: url, token }) }),
  (url) => ({ status: 410, body: JSON.stringify({ reason: url.split('/').pop() }) }),
  (url, token) => ({ status: 401, body: `${token} ${url}` }),
  (url) => ({ status: 401, headers: { 'X-WNS-Error-Description': url } }),
  (url) => ({ status: 302, headers: { Location: url } }),
];

function respond(said: unknown): FetchResponse {
  const { status, body, headers } = Object(said);
  return { status, headers: new Headers(headers), body: new Response(body).body };
}

async function collect({ endpoint, vapid: keys, receiver }: Secrets): Promise<readonly Error[]> {
  const subscription = { endpoint, keys: { p256dh: receiver.publicKey, auth: receiver.auth } };
  const vapid: Vapid = createVapid({ subject: 'mailto:me@example.com', keys });
  const fetches: Fetch[] = [
    ...FETCHES.map((make): Fetch => (url, { headers }) => {
      throw make(url, headers['Authorization'] ?? '');
    }),
    ...ANSWERS.map((make): Fetch => async (url, { headers }) =>
      respond(make(url, headers['Authorization'] ?? ''))),
  ];
  const sending = fetches.flatMap((fetch) => [
    () => send(subscription, 'x', { vapid, fetch }),
    () => cancel(endpoint, { vapid, fetch }),
  ]);
  const never: Fetch = () => new Promise(() => {});
  const own = await importReceiver(receiver);
  const token = await vapid.authorize(endpoint);
  const works: readonly (() => unknown)[] = [
    ...sending,
    () => send(subscription, null, { vapid, fetch: never, timeout: 5 }),
    () => createRequest(subscription, 'x'.repeat(5000), { vapid }),
    () => createRequest(subscription, 'x', { vapid, expires: 1 }),
    () => parseSubscription({ endpoint: `${endpoint} `, keys: subscription.keys }),
    () => parseSubscription({ endpoint, keys: { ...subscription.keys, p256dh: keys.privateKey } }),
    () => parseSubscription(`${JSON.stringify(subscription)}x`),
    () => importVapidKeys({ ...keys, publicKey: receiver.publicKey }),
    () => importVapidKeys(`{"d": "${keys.privateKey}"`),
    () => importReceiver({ ...receiver, publicKey: keys.publicKey }),
    () => decrypt(new Uint8Array(200), own),
    () => verifyVapid(token, { audience: 'https://other.example.com' }),
  ];
  const errors: Error[] = [];
  for (const work of works) errors.push(await failure(work));
  return errors;
}

function printAll(error: Error): void {
  console.error(error);
  console.log('%o %O %s %j', error, error, error, error);
  console.dir(error, { depth: 9, showHidden: true });
  console.table([error]);
  console.log(inspect(error, { showHidden: true, depth: 20, colors: true }));
  console.log(
    new Error('outer', { cause: error }), new AggregateError([error], 'several'), [{ error }],
  );
  console.log(
    JSON.stringify(error), String(error), error.stack, { ...error }, Object.entries(error),
  );
  console.log(
    structuredClone(error), inspect(structuredClone({ error }), { showHidden: true, depth: 20 }),
  );
}

const [how = '', text = ''] = process.argv.slice(2);
const errors = await collect(JSON.parse(text));
const [first] = errors;
if (how === 'print') {
  for (const error of errors) printAll(error);
  console.log(`${errors.length} errors printed`);
} else {
  // Which of them nobody catches: Deno and Bun print its causes.
  const chosen = errors[Number(how)] ?? first;
  console.log('1 errors printed');
  throw chosen;
}
