/** Pushes of every kind into an inbox: what the pictures show and the tests look at. */
import { createVapid, generateVapidKeys, createRequest, encrypt } from 'subtle-push';
import * as aesgcm from 'subtle-push/aesgcm';
import { buildNotification } from 'subtle-push/notification';

const NOTIFICATION = buildNotification({
  title: 'Ada wrote',
  body: 'See you at noon? The table by the window is ours until two.',
  navigate: 'https://chat.example/ada',
  tag: 'ada',
  actions: [
    { action: 'reply', title: 'Reply', navigate: 'https://chat.example/ada/reply' },
    { action: 'mute', title: 'Mute', navigate: 'https://chat.example/ada/mute' },
  ],
});

/** A subscription at the origin that the test can reach without trusting a certificate. */
export function reachable({ endpoint, p256dh, auth }, origin) {
  const { pathname, search } = new URL(endpoint);
  return { endpoint: origin + pathname + search, keys: { p256dh, auth } };
}

export async function push(subscription, payload, options = {}, change = (request) => request) {
  const request = change(
    await createRequest(subscription, payload, {
      vapid: null,
      endpoints: 'any',
      ttl: 3600,
      ...options,
    }),
  );
  const response = await fetch(request.url, request);
  return response.status;
}

/** Makes two subscriptions and sends one push of each kind. */
export async function sendSamples(served) {
  const vapid = createVapid({ subject: 'mailto:ops@example.com', keys: await generateVapidKeys() });
  const phone = reachable(
    await served.act('subscribe', { name: 'Phone', tls: false }),
    served.http,
  );
  const laptop = reachable(
    await served.act('subscribe', { name: 'Laptop', tls: false, key: vapid.publicKey }),
    served.http,
  );
  const flip = (request) => ({
    ...request,
    body: request.body.with?.(request.body.length - 1, request.body.at(-1) ^ 1) ?? request.body,
  });
  await push(phone, 'Dinner is ready', { vapid });
  await push(
    laptop,
    JSON.stringify({ title: 'Build 4182 passed', body: 'main, 3 min 12 s', data: { id: 4182 } }),
    { vapid, topic: 'build-main', urgency: 'low' },
  );
  await push(phone, null, { vapid });
  await push(phone, new Uint8Array([255, 254, 0, 1, 2, 3, 250]), { vapid, padTo: 64 });
  await push(phone, 'an old coding', { vapid, encrypt: aesgcm.encrypt });
  await push(laptop, 'to a subscription that wants a token');
  await push(phone, 'one byte of it was changed', { vapid }, flip);
  await push(phone, 'no TTL', { vapid }, (request) => {
    const { TTL, ...headers } = request.headers;
    return { ...request, headers };
  });
  await push(laptop, NOTIFICATION, { vapid, urgency: 'high', topic: 'chat-ada', encrypt });
  return { phone, laptop, vapid };
}
