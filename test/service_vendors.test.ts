/** What every imitated vendor has: endpoints of its form, and answers to good pushes. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Imitation } from '../src/service.ts';
import { server, set } from './service_vendors_support.ts';

const common = suite('service: every imitated vendor');

const SHAPES: Readonly<Record<Imitation, RegExp>> = {
  fcm: /^https:\/\/fcm\.googleapis\.com\/fcm\/send\/[\w-]{11}:APA91b[\w-]{134}$/,
  mozilla: /^https:\/\/updates\.push\.services\.mozilla\.com\/wpush\/v2\/gAAAAAB[\w-]{176}$/,
  apple: /^https:\/\/web\.push\.apple\.com\/Q[\w-]{170}$/,
  wns: /^https:\/\/wns2-par02p\.notify\.windows\.com\/w\/\?token=BQYAAAAA([A-Za-z0-9]|%2b|%2f){230}(%3d){0,2}$/,
  ntfy: /^https:\/\/ntfy\.sh\/up[A-Za-z0-9]{12}\?up=1$/,
};
const VENDORS: readonly Imitation[] = ['fcm', 'mozilla', 'apple', 'wns', 'ntfy'];

for (const imitate of VENDORS) {
  common(`${imitate}: endpoints of its form, which survive a URL parser`, async () => {
    const { subscription } = await set(imitate);
    assert.match(subscription.endpoint, SHAPES[imitate]);
    assert.is(new URL(subscription.endpoint).href, subscription.endpoint);
  });

  common(`${imitate}: a push arrives`, async () => {
    const { send, subscription } = await set(imitate);
    const response = await send('Grüße', { TTL: '5', Urgency: 'high', Topic: 'abcd' });
    assert.is(response.status, imitate === 'ntfy' ? 200 : 201);
    const message = await subscription.next();
    assert.is(message.text(), 'Grüße');
    assert.is(message.vapid?.publicKey, imitate === 'ntfy' ? undefined : server.publicKey);
  });

  common(`${imitate}: at another origin`, async () => {
    const { subscription, send } = await set(imitate, { origin: 'http://localhost:8030' });
    const { origin } = new URL(subscription.endpoint);
    assert.is(origin, 'http://localhost:8030');
    assert.ok((await send('hi')).ok);
  });

  common(`${imitate}: 4,096 bytes are taken, and every ordered status is given`, async () => {
    const { send, service } = await set(imitate);
    assert.ok((await send('x'.repeat(3993))).ok);
    for (const status of [400, 401, 403, 404, 405, 406, 410, 413, 429, 500, 502, 503, 507]) {
      service.fail({ status, retryAfter: 7 });
      const response = await send(null);
      assert.is(response.status, status);
      assert.is(response.headers.get('Retry-After'), '7');
      await response.text();
    }
  });

  common(`${imitate}: receipts are not given`, async () => {
    const { send } = await set(imitate);
    const response = await send('hi', { Prefer: 'respond-async' });
    assert.is(response.status, imitate === 'ntfy' ? 200 : 201);
    assert.is(response.headers.get('Link'), null);
  });
}

common.run();
