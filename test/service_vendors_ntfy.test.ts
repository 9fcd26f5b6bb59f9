/** The imitated ntfy, which demands nothing, and what it answers in JSON. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { push, rejection, seal, SECONDS } from './service_support.ts';
import { json, set } from './service_vendors_support.ts';

const ntfy = suite('service: ntfy');

ntfy('200 with the message as JSON; the body is cut at 4,096 bytes without a word', async () => {
  const { send, service, subscription } = await set('ntfy');
  const answer = await json(await send('hi'));
  assert.is(answer['event'], 'message');
  assert.is(answer['encoding'], 'base64');
  assert.is(answer['time'], SECONDS);
  assert.is(answer['topic'], /\/(up\w{12})\?/.exec(subscription.endpoint)?.[1]);
  assert.is(answer['id'], (await subscription.next()).id);
  const { body, headers } = await seal(subscription.keys, 'x'.repeat(4000));
  const init = { method: 'POST', body, headers };
  assert.is((await service.fetch(subscription.endpoint, init)).status, 200);
  const error = await rejection(subscription.next());
  assert.match(String(error), /decrypt/i);
  assert.is((await json(await service.fetch(subscription.endpoint, { method: 'POST', body: 'text' })))['message'], 'text');
});

ntfy('asks for no token, no TTL, no Topic', async () => {
  const { service, subscription } = await set('ntfy');
  for (const headers of [{}, { TTL: 'x' }, { Topic: 'a b', Urgency: '?' }, { Authorization: 'vapid t=a, k=b' }]) {
    assert.is((await service.fetch(subscription.endpoint, { method: 'PUT', headers })).status, 200);
    const message = await subscription.next();
    assert.equal([message.vapid, message.topic, message.urgency], [undefined, undefined, 'normal']);
  }
});

ntfy('GET says that it is UnifiedPush', async () => {
  const { service, subscription } = await set('ntfy');
  const response = await service.fetch(subscription.endpoint);
  assert.is(response.status, 200);
  assert.equal(await json(response), { unifiedpush: { version: 1 } });
});

ntfy('without a subscriber: 507, to be tried later; limits and paths in its codes', async () => {
  const { send, service, subscription } = await set('ntfy');
  service.fail({ status: 429 });
  assert.is((await json(await send(null)))['code'], 42901);
  const lost = await push(service, { endpoint: 'https://ntfy.sh/a/b' }, null);
  assert.equal([lost.status, (await json(lost))['code']], [404, 40401]);
  subscription.unsubscribe();
  const gone = await send(null);
  assert.is(gone.status, 507);
  assert.equal(await json(gone), {
    code: 50701, http: 507,
    error: 'cannot publish to UnifiedPush topic without previously active subscriber',
  });
});

ntfy.run();
