/** This library, in its two ways of encrypting. */
import { createRequest, createVapid } from '../../src/index.ts';

/** `encrypt`: what another door gives; default the one on WebCrypto. */
export function ours(name, encrypt) {
  return {
    name,
    create: ({ keys, subject }) => {
      const vapid = createVapid({ subject, keys });
      return (subscription, payload) =>
        createRequest(subscription, payload, { vapid, ttl: 60, endpoints: 'any', encrypt });
    },
  };
}
