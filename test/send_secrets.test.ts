/** What strangers say comes out of an error without what only we and the push service may know. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { send } from '../src/index.ts';
import type { Fetch, PushError } from '../src/index.ts';
import type { Said } from './core_support.ts';
import {
  CAPABILITY, ENDPOINT, fetchOf, KEYS, ORIGIN, refused, SUBSCRIPTION, vapid,
} from './core_support.ts';

/** All that a printer may show: names and values of own members, of the causes too. */
function shown(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (depth > 6) return '';
  const names = Object.getOwnPropertyNames(value);
  return names.map((name) => `${name}: ${shown(Reflect.get(value, name), depth + 1)}`).join('\n');
}

async function failing(reason: unknown, said?: string): Promise<PushError> {
  const fetch: Fetch = (_, { headers }) => {
    const token = headers['Authorization'] ?? '';
    throw typeof reason === 'function' ? reason(token) : reason;
  };
  const error = await refused(
    send(SUBSCRIPTION, null, { vapid: vapid(), fetch }), 'ERR_NETWORK', said,
  );
  for (const text of [shown(error), JSON.stringify(error), String(error.stack)]) {
    assert.not.match(text, CAPABILITY, said);
    assert.not.match(text, 'eyJ0eXAiOiJKV1Qi', said);
  }
  return error;
}

const hosts = suite('send: what fetch throws');

hosts('an error that says nothing secret is kept as it is', async () => {
  const inner = Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:443'), {
    code: 'ECONNREFUSED', syscall: 'connect', address: '10.1.2.3', port: 443,
  });
  const reason = new TypeError('fetch failed', { cause: inner });
  assert.is((await failing(reason)).cause, reason);
  const named = Object.assign(
    new Error('getaddrinfo ENOTFOUND push.example.com'), { code: 'ENOTFOUND' },
  );
  assert.is((await failing(named)).cause, named);
});

hosts('an error that names the endpoint is replaced by one that does not', async () => {
  // Deno's fetch puts the URL into the message, Bun's into a member. Deno prints causes of errors
  // that nobody catches, Bun's console prints them always, workerd's structuredClone copies them.
  const deno = new TypeError(`error sending request for url (${ENDPOINT}): connection refused`);
  const { cause } = await failing(deno, 'message');
  assert.instance(cause, Error);
  const { name, message } = Object(cause);
  assert.is(name, 'TypeError');
  assert.is(message, `error sending request for url (${ORIGIN}): connection refused`);
  const bun = Object.assign(
    new Error('Unable to connect'), { code: 'ConnectionRefused', path: ENDPOINT },
  );
  const member: unknown = (await failing(bun, 'member')).cause;
  assert.is(Object(member).code, 'ConnectionRefused');
  assert.is(Object(member).message, 'Unable to connect');
});

hosts('so is one that repeats it in part, deeper, or the token', async () => {
  const { pathname } = new URL(ENDPOINT);
  const cyclic: { [name: string]: unknown } = { name: 'Error', message: 'x', url: ENDPOINT };
  cyclic['self'] = cyclic;
  const reasons: Readonly<Record<string, unknown>> = {
    'path': new Error(`POST ${pathname} failed`),
    'part of the path': new Error(`no such resource: ${CAPABILITY}`),
    'cause': new TypeError('fetch failed', { cause: new Error(ENDPOINT) }),
    'cause of a cause': new Error('a', { cause: new Error('b', { cause: new Error(ENDPOINT) }) }),
    'several': new AggregateError([new Error('x'), new Error(ENDPOINT)], 'all failed'),
    'config': Object.assign(new Error('x'), { config: { url: ENDPOINT } }),
    'cyclic': cyclic,
    'text': `cannot fetch ${ENDPOINT}`,
    'token': (token: string) => new Error(`bad header value: ${token}`),
    'headers': (token: string) => Object.assign(new Error('x'), { init: { headers: { token } } }),
    'getter': Object.defineProperty(new Error('x'), 'url', {
      enumerable: true, get() { throw new Error('y'); },
    }),
  };
  for (const [what, reason] of Object.entries(reasons)) await failing(reason, what);
  const endless = new Error('x');
  endless.cause = endless;
  await failing(endless, 'its own cause');
});

const answers = suite('send: what push services repeat');

async function answered(said: Said): Promise<PushError> {
  const { fetch } = fetchOf(said);
  const error = await refused(
    send(SUBSCRIPTION, 'x', { vapid: vapid(), fetch }), 'ERR_UNAUTHORIZED',
  );
  for (const text of [shown(error), JSON.stringify(error), String(error.stack)]) {
    assert.not.match(text, CAPABILITY.slice(0, 12), JSON.stringify(said));
  }
  return error;
}

answers('the endpoint, as a reason or in one', async () => {
  const part = CAPABILITY.slice(0, 20);
  for (const said of [CAPABILITY, ENDPOINT, `no ${CAPABILITY} here`, `/${part}`]) {
    const error = await answered({ status: 403, body: JSON.stringify({ reason: said }) });
    assert.is(error.reason, undefined, said);
    assert.match(error.detail ?? '', said);
    await answered({ status: 403, headers: { 'X-WNS-Error-Description': said } });
  }
});

answers('a short capability too', async () => {
  // ntfy: 14 characters.
  const subscription = { endpoint: `${ORIGIN}/upAbCdEfGhIjKl?up=1`, keys: KEYS };
  const { fetch } = fetchOf({ status: 400, body: '{"reason":"topic upAbCdEfGhIjKl not found"}' });
  const error = await refused(send(subscription, 'x', { vapid: null, fetch }), 'ERR_REJECTED');
  assert.is(error.reason, undefined);
  assert.is(error.message, `${ORIGIN} did not take the message [400]`);
});

answers('the token and the key', async () => {
  const { fetch, calls } = fetchOf({ status: 201 });
  const own = vapid();
  await send(SUBSCRIPTION, null, { vapid: own, fetch });
  const token = /t=([\w.-]+)/.exec(calls[0]?.init.headers['Authorization'] ?? '')?.[1] ?? '';
  assert.ok(token);
  for (const said of [token, token.slice(0, 40), own.publicKey, `vapid t=${token}`]) {
    const { reason } = await answered({ status: 403, body: JSON.stringify({ reason: said }) });
    assert.is(reason, undefined);
  }
});

answers('a vendor’s number is a reason also where an endpoint happens to hold it', async () => {
  const subscription = { endpoint: `${ORIGIN}/wpush/v2/gAAAA109AAAAAAAAAAAAA`, keys: KEYS };
  const { fetch } = fetchOf({ status: 401, body: '{"errno":109,"message":"Unauthorized"}' });
  const error = await refused(send(subscription, 'x', { vapid: null, fetch }), 'ERR_UNAUTHORIZED');
  assert.is(error.reason, '109');
});

hosts.run();
answers.run();
