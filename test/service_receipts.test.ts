/** The push service by RFC 8030: receipts, sections 5.1 and 7.3. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import { location, push, refused } from './service_support.ts';

const RECEIPT = 'urn:ietf:params:push:receipt';

const receipts = suite('service: receipts (RFC 8030 §5.1)');

function receiptOf(response: Response): string {
  const [, url = ''] = /^<([^>]+)>; rel="([^"]+)"$/.exec(response.headers.get('Link') ?? '') ?? [];
  assert.match(url, /^https:\/\/push\.example\.com\/receipt\/[\w-]{32}$/);
  return url;
}

receipts('Prefer: respond-async: 202, Location and Link, all MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  for (const Prefer of ['respond-async', 'wait=5, Respond-Async', 'respond-async; a=b', ' respond-async ,x']) {
    const response = await push(service, subscription, 'hi', { Prefer });
    assert.is(response.status, 202);
    assert.match(location(response), /\/message\//);
    receiptOf(response);
  }
  assert.is(subscription.messages.length, 4);
  for (const Prefer of ['wait=5', 'respond-sync', 'x="respond-async"']) {
    assert.is((await push(service, subscription, 'hi', { Prefer })).status, 201);
  }
});

receipts('the one that is named is used again', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const Prefer = 'respond-async';
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer }));
  for (const Link of [
    `<${url}>; rel="${RECEIPT}"`, `<${url}>;rel=${RECEIPT}`, `<${new URL(url).pathname}>; title="a, b"; rel="x ${RECEIPT}"`,
    `<https://other.example/>; rel="next", <${url}>; rel="${RECEIPT.toUpperCase()}"`,
  ]) {
    const response = await push(service, subscription, 'hi', { Prefer, Link });
    assert.is(response.status, 202, Link);
    assert.is(receiptOf(response), url);
  }
});

receipts('an invalid one is a 400: MUST', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const Prefer = 'respond-async';
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer }));
  const other = location(await push(service, subscription, 'hi'));
  for (const target of [
    `${url}x`, other, subscription.endpoint, 'https://push.example.com/receipt/unknown', '/receipt/', '', ':',
    url.replace('push.example.com', 'other.example.com'), `${url}?x`, 'https://[',
  ]) {
    const Link = `<${target}>; rel="${RECEIPT}"`;
    await refused(await push(service, subscription, 'hi', { Prefer, Link }), 400, 'invalid-receipt');
    await refused(await push(service, subscription, 'hi', { Link }), 400, 'invalid-receipt');
  }
  const Link = `<${url}>; rel="${RECEIPT}", <${url}>; rel="${RECEIPT}"`;
  await refused(await push(service, subscription, 'hi', { Prefer, Link }), 400, 'invalid-receipt');
});

receipts('DELETE ends a receipt subscription (§7.3): it is invalid from then on', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const url = receiptOf(await push(service, subscription, 'hi', { Prefer: 'respond-async' }));
  assert.is((await service.fetch(url)).headers.get('Allow'), 'DELETE');
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 204);
  assert.is((await service.fetch(url, { method: 'DELETE' })).status, 404);
  const Link = `<${url}>; rel="${RECEIPT}"`;
  await refused(await push(service, subscription, 'hi', { Link }), 400, 'invalid-receipt');
});

receipts('Link fields that take long to read badly', async () => {
  const service = createPushService();
  const subscription = await service.subscribe();
  const began = Date.now();
  for (const run of ['<>;a="', '<>; a = "\\"', ' ;', '<', '>;a=b ', '<>;a ;a ;a ', '; rel=', '<a>;"', ' ']) {
    const Link = `<>${run.repeat(Math.floor(15_000 / run.length))}`;
    await push(service, subscription, null, { Link });
    await push(service, subscription, null, { Prefer: run.repeat(1000) });
  }
  assert.ok(Date.now() - began < 2000);
});

receipts.run();
