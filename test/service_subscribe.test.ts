/** The push service by RFC 8030: subscriptions and their end, sections 4, 7.3 and 8. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import type { PushService } from '../src/service.ts';
import { location, push, refused, seal } from './service_support.ts';

const subscribing = suite('service: subscribing (RFC 8030 §4)');

async function subscribeByHttp(service: PushService, body?: string, type?: string): Promise<Response> {
  return service.fetch('https://push.example.com/subscribe', {
    method: 'POST', body: body ?? null, headers: type === undefined ? {} : { 'Content-Type': type },
  });
}

function pushResource(response: Response): string {
  const link = response.headers.get('Link') ?? '';
  const [, url = ''] = /^<([^>]+)>; rel="urn:ietf:params:push"$/.exec(link) ?? [];
  assert.match(url, /^https:\/\/push\.example\.com\/push\/[\w-]{32}$/);
  return url;
}

subscribing('subscribe() gives what a browser gives', async () => {
  const subscription = await createPushService().subscribe();
  const copy: unknown = JSON.parse(JSON.stringify(subscription));
  assert.equal(copy, {
    endpoint: subscription.endpoint,
    expirationTime: null,
    keys: { p256dh: subscription.keys.p256dh, auth: subscription.keys.auth },
  });
  assert.match(subscription.keys.p256dh, /^B[\w-]{86}$/);
  assert.match(subscription.keys.auth, /^[\w-]{22}$/);
  assert.equal({ ...subscription }, copy);
  assert.equal(structuredClone({ ...subscription }), copy);
});

subscribing('by HTTP: 201, Location of the subscription, Link to the push resource: MUST', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  assert.is(response.status, 201);
  assert.match(location(response), /^https:\/\/push\.example\.com\/subscription\/[\w-]{32}$/);
  const pushed = await push(service, { endpoint: pushResource(response) }, null);
  assert.is(pushed.status, 201);
});

subscribing('DELETE on the subscription resource ends it (§7.3), and only once', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  assert.is((await service.fetch(location(response), { method: 'DELETE' })).status, 204);
  assert.is((await service.fetch(location(response), { method: 'DELETE' })).status, 404);
  assert.is((await push(service, { endpoint: pushResource(response) }, null)).status, 404);
});

subscribing('other methods are a 405 that names what is allowed', async () => {
  const service = createPushService();
  const response = await subscribeByHttp(service);
  for (const [url, allowed] of [
    ['https://push.example.com/subscribe', 'POST'], [location(response), 'DELETE'],
    [pushResource(response), 'POST, PUT'],
  ] as const) {
    const answer = await service.fetch(url, { method: 'GET' });
    assert.is(answer.headers.get('Allow'), allowed);
    await refused(answer, 405, 'method-not-allowed');
  }
});

subscribing('application/webpush-options+json restricts it (RFC 8292 §4.1)', async () => {
  const { keys } = await createPushService().subscribe();
  const service = createPushService();
  const type = 'Application/WebPush-Options+JSON; charset=utf-8';
  const options = JSON.stringify({ vapid: keys.p256dh, unknown: [1] });
  const response = await subscribeByHttp(service, options, type);
  assert.is(response.status, 201);
  await refused(await push(service, { endpoint: pushResource(response) }, null), 401, 'missing-authorization');
});

subscribing('other media types MUST be ignored (RFC 8292 §4.1)', async () => {
  const { keys } = await createPushService().subscribe();
  const service = createPushService();
  for (const type of ['application/json', 'text/plain', undefined]) {
    const response = await subscribeByHttp(service, JSON.stringify({ vapid: keys.p256dh }), type);
    assert.is((await push(service, { endpoint: pushResource(response) }, null)).status, 201);
  }
  await subscribeByHttp(service, 'no JSON', 'text/html').then((response) => assert.is(response.status, 201));
});

subscribing('options that restrict to no key are a 400', async () => {
  const service = createPushService();
  const { keys: { p256dh } } = await service.subscribe();
  for (const body of [
    'no JSON', '[]', 'null', '{"vapid":1}', '{"vapid":""}', '{"vapid":null}', `{"vapid":"${p256dh}="}`,
    `{"vapid":"${p256dh}","vapid":"${p256dh}"}`, `{"vapid":"${'A'.repeat(87)}"}`,
    `{"vapid":"${p256dh}","x":"${'x'.repeat(5000)}"}`, '\ufeff{}',
  ]) {
    const response = await subscribeByHttp(service, body, 'application/webpush-options+json');
    await refused(response, 400, 'invalid-options');
  }
  for (const body of ['{}', '']) {
    const response = await subscribeByHttp(service, body, 'application/webpush-options+json');
    assert.is(response.status, 201);
  }
});

subscribing('URIs have 120 bits of entropy at least (§8.3) and nothing in common (§8.2)', async () => {
  const service = createPushService();
  const urls: string[] = [];
  for (let i = 0; i < 20; i++) {
    const subscription = await service.subscribe();
    urls.push(subscription.endpoint, location(await push(service, subscription, null)));
    const response = await subscribeByHttp(service);
    urls.push(location(response), pushResource(response));
  }
  const tokens = urls.map((url) => url.slice(url.lastIndexOf('/') + 1));
  assert.is(new Set(tokens).size, tokens.length);
  for (const token of tokens) assert.match(token, /^[\w-]{21,}$/);
  // Any eight characters that two had in common would be 48 bits of chance.
  const parts = tokens.flatMap((token) => token.match(/.{8}/g) ?? []);
  assert.is(new Set(parts).size, parts.length);
});

subscribing.run();

const ending = suite('service: the end of a subscription (RFC 8030 §7.3)');

ending('a push to it is a 404: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'unread');
  subscription.unsubscribe();
  subscription.unsubscribe();
  await refused(await push(service, subscription, 'late'), 404, 'gone');
  assert.equal(subscription.messages, []);
});

ending('what was read stays', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  await push(service, subscription, 'read');
  await push(service, subscription, 'unread');
  await subscription.next();
  subscription.unsubscribe();
  assert.equal(subscription.messages.map((message) => message.text()), ['read']);
});

ending('one that ends while a push is on its way takes it no more', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const response = push(service, subscription, 'hi');
  const sealed = await seal(subscription.keys, 'race');
  const racing = service.fetch(subscription.endpoint, {
    method: 'POST', body: sealed.body, headers: { TTL: '1', ...sealed.headers },
  });
  subscription.unsubscribe();
  assert.is((await racing).status, 404);
  assert.ok([201, 404].includes((await response).status));
});

ending.run();
