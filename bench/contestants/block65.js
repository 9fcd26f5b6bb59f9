/** @block65/webcrypto-web-push: pads every message to 4,096 octets; a new token for each request. */
import { buildPushPayload } from '@block65/webcrypto-web-push';

export const block65 = {
  name: '@block65/webcrypto-web-push',
  create: ({ keys, subject }) => {
    const vapid = { subject, ...keys };
    const decoder = new TextDecoder();
    return async (subscription, payload) => {
      const message = { data: decoder.decode(payload), options: { ttl: 60 } };
      const { headers, body } = await buildPushPayload(message, subscription, vapid);
      return { url: subscription.endpoint, headers, body: new Uint8Array(body) };
    };
  },
};
