/** Errors: what they know, what they show, and how they are known again (DESIGN section 4). */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DeliveryError, isPushError, PushError } from '../src/index.ts';
import { CAPABILITY, ENDPOINT, ORIGIN, unchecked } from './core_support.ts';

const FACTS = {
  status: 403, reason: 'BadJwtToken', detail: `Said ${ENDPOINT}`, retryAfter: 1000, sent: 'maybe',
  cause: new TypeError(`error sending request for url (${ENDPOINT})`),
  endpoint: ENDPOINT, origin: ORIGIN,
} as const;

function full(): DeliveryError {
  return new DeliveryError('ERR_UNAUTHORIZED', `${ORIGIN} refuses the VAPID token`, FACTS);
}

const errors = suite('errors');

errors('are Errors, with the facts that there are and undefined for the others', () => {
  const bare = new PushError('ERR_VAPID_INVALID', 'Cannot use these VAPID keys');
  assert.instance(bare, Error);
  assert.is(bare.code, 'ERR_VAPID_INVALID');
  assert.is(bare.message, 'Cannot use these VAPID keys');
  for (const fact of Object.keys(FACTS)) assert.is(Reflect.get(bare, fact), undefined, fact);
  const error = full();
  assert.instance(error, PushError);
  for (const [fact, value] of Object.entries(FACTS)) assert.is(
    Reflect.get(error, fact), value, fact,
  );
});

errors('have their class as their name', () => {
  assert.is(new PushError('ERR_EXPIRED', 'The message expired').name, 'PushError');
  assert.is(full().name, 'DeliveryError');
  assert.is(String(full()), `DeliveryError: ${ORIGIN} refuses the VAPID token`);
});

errors('begin their stack with name, code and message: some queues keep only that', () => {
  const [first, ...frames] = String(full().stack).split('\n');
  assert.is(first, `DeliveryError [ERR_UNAUTHORIZED]: ${ORIGIN} refuses the VAPID token`);
  assert.ok(frames.some((frame) => /\d/.test(frame)), 'frames');
  const twice = frames.filter((frame) => frame.includes('refuses the VAPID token'));
  assert.equal(twice, []);
});

errors('keep what may not be shown out of everything that copies or prints members', () => {
  const error = full();
  assert.equal(
    Object.keys(error).sort(), ['code', 'origin', 'reason', 'retryAfter', 'sent', 'status'],
  );
  const made = [
    JSON.stringify(error), JSON.stringify({ ...error }), JSON.stringify([{ error }]),
    JSON.stringify(Object.entries(error)), String(error), `${error.stack}`, error.message,
    JSON.stringify(Object.assign({}, error)),
  ];
  for (const text of made) assert.not.match(text, CAPABILITY);
});

errors('hide what may not be shown from the printers of all runtimes', () => {
  // Node and Deno print a cause's own text where it is plain data, or inherited: a getter of the
  // error's own. workerd clones hidden members too and calls their getters: inherited ones.
  const error = full();
  const cause = Object.getOwnPropertyDescriptor(error, 'cause');
  assert.is(cause?.enumerable, false);
  assert.type(cause?.get, 'function');
  for (const name of ['detail', 'endpoint']) assert.not.ok(Object.hasOwn(error, name), name);
});

errors('as JSON have these members and no more', () => {
  assert.equal(JSON.parse(JSON.stringify(full())), {
    name: 'DeliveryError', message: `${ORIGIN} refuses the VAPID token`, code: 'ERR_UNAUTHORIZED',
    status: 403, reason: 'BadJwtToken', retryAfter: 1000, sent: 'maybe', origin: ORIGIN,
  });
  // Works unbound, and what it gave can be changed without harm.
  const { toJSON } = new PushError('ERR_EXPIRED', 'The message expired');
  assert.equal(
    toJSON(), { name: 'PushError', message: 'The message expired', code: 'ERR_EXPIRED' },
  );
});

errors('can be cloned, and give no capability away', () => {
  const { cause, ...facts } = FACTS;
  const clone: unknown = structuredClone(new DeliveryError('ERR_NETWORK', 'Cannot', facts));
  assert.instance(clone, Error);
  assert.ok(cause);
  for (const name of Object.getOwnPropertyNames(clone)) {
    assert.not.match(String(Reflect.get(Object(clone), name)), CAPABILITY);
  }
});

errors('survive a host that formats stacks its own way', () => {
  // V8 lets a program replace the stack by anything at all; errors must still be made.
  const host = unchecked<{ prepareStackTrace?: unknown; stackTraceLimit?: unknown }>(Error);
  const before = host.prepareStackTrace;
  try {
    host.prepareStackTrace = (_: unknown, sites: unknown): unknown => sites;
    assert.match(String(full().stack), /^DeliveryError \[ERR_UNAUTHORIZED\]: /);
    host.prepareStackTrace = (): unknown => undefined;
    assert.match(String(full().stack), /^DeliveryError \[ERR_UNAUTHORIZED\]: /);
  } finally {
    if (before === undefined) delete host.prepareStackTrace;
    else host.prepareStackTrace = before;
  }
});

errors('are known by name and code: of another copy, realm, or out of JSON', () => {
  assert.ok(isPushError(full()));
  assert.ok(isPushError(new PushError('ERR_EXPIRED', 'The message expired')));
  assert.ok(isPushError(JSON.parse(JSON.stringify(full()))));
  assert.ok(isPushError(full().toJSON()));
  const foreign = Object.assign(new Error('x'), { name: 'PushError', code: 'ERR_NETWORK' });
  assert.ok(isPushError(foreign));
});

errors('are told apart from everything else', () => {
  const others: readonly unknown[] = [
    undefined, null, 0, 'PushError', Symbol('PushError'), {}, [], () => {}, new Error('x'),
    { name: 'PushError' }, { code: 'ERR_NETWORK' }, { name: 'PushError', code: 5 },
    { name: 'PushError', code: 'ENOTFOUND' }, { name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' },
    Object.assign(new TypeError('fetch failed'), { code: 'ERR_NETWORK' }),
  ];
  for (const other of others) assert.not.ok(isPushError(other), String(other));
});

errors.run();
