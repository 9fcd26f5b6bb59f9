/** @pushforge/builder: a payload is JSON, so a text gets quotes; a new token for each request. */
import { buildPushHTTPRequest } from '@pushforge/builder';
import { jwkOf } from '../lib/fixtures.js';

export const pushforge = {
  name: '@pushforge/builder',
  quotes: true,
  create: ({ keys, subject }) => {
    const privateJWK = jwkOf(keys);
    const decoder = new TextDecoder();
    return async (subscription, payload) => {
      const message = { payload: decoder.decode(payload), options: { ttl: 60 }, adminContact: subject };
      const { endpoint, headers, body } = await buildPushHTTPRequest({
        privateJWK, message, subscription,
      });
      return { url: endpoint, headers, body: new Uint8Array(body) };
    };
  },
};
