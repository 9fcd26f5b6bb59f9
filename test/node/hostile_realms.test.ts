/** Values of another realm, as test runners and sandboxes hand them over: not by `instanceof`. */
import { createContext, runInContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { encrypt, importVapidKeys, isPushError, parseSubscription, send } from '../../src/index.ts';
import { decrypt } from '../../src/receive.ts';
import {
  fetchOf, KEYS, receiver, refused, SUBSCRIPTION, unchecked, vapid, VAPID_KEYS,
} from '../core_support.ts';

const context = createContext({ input: JSON.stringify(SUBSCRIPTION), keys: { ...VAPID_KEYS } });
const there = <T>(code: string): T => unchecked<T>(runInContext(code, context));

const realms = suite('values of another realm');

realms('bytes', async () => {
  const payloads = [
    'new Uint8Array([103, 114])', 'new Uint8Array([103, 114]).buffer',
    'new Uint8Array([0, 103, 114]).subarray(1)',
    'new DataView(new Uint8Array([103, 114]).buffer)', 'new SharedArrayBuffer(2)',
  ];
  for (const code of payloads) {
    const payload = there<object>(code);
    assert.not.ok(payload instanceof Uint8Array || payload instanceof ArrayBuffer);
    const message = await encrypt(SUBSCRIPTION, unchecked(payload));
    assert.is((await decrypt(message, await receiver())).length, 2, code);
  }
  const { body } = await encrypt(SUBSCRIPTION, 'gr');
  const foreign = there<Uint8Array>(`new Uint8Array([${body.join()}])`);
  assert.is(new TextDecoder().decode(await decrypt(foreign, await receiver())), 'gr');
});

realms('subscriptions and keys', async () => {
  assert.equal(parseSubscription(there('JSON.parse(input)')), SUBSCRIPTION);
  await refused(
    () => parseSubscription(there(`JSON.parse('{"__proto__":' + input + '}')`)),
    'ERR_SUBSCRIPTION_INVALID',
  );
  assert.equal(await importVapidKeys(there('({ ...keys })')), VAPID_KEYS);
});

realms('a polluted prototype there gives nothing here', () => {
  there(`Object.prototype.keys = ${JSON.stringify(KEYS)}`);
  const row = there('({ endpoint: JSON.parse(input).endpoint })');
  assert.equal(parseSubscription(row), { endpoint: SUBSCRIPTION.endpoint });
  there('delete Object.prototype.keys');
});

realms('dates, signatures and errors', async () => {
  const { fetch, calls } = fetchOf();
  const expires = there<Date>(`new Date(${Date.now() + 50_000})`);
  assert.not.instance(expires, Date);
  await send(SUBSCRIPTION, 'x', { vapid: vapid(), fetch, expires });
  assert.ok(Number(calls[0]?.init.headers['TTL']) > 40);
  const error = there(
    `Object.assign(new Error('x'), { name: 'DeliveryError', code: 'ERR_NETWORK' })`,
  );
  assert.not.instance(error, Error);
  assert.ok(isPushError(error));
});

realms.run();
