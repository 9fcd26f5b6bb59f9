/** webpush-webcrypto: aesgcm only; a new token for each request. */
import {
  ApplicationServerKeys, generatePushHTTPRequest, setWebCrypto,
} from 'webpush-webcrypto';
import { pkcs8Of } from '../lib/fixtures.js';

export const webpushWebcrypto = {
  name: 'webpush-webcrypto',
  create: async ({ keys, subject }) => {
    setWebCrypto(crypto);
    const { publicKey } = keys;
    const privateKey = await pkcs8Of(keys);
    const applicationServerKeys = await ApplicationServerKeys.fromJSON({ publicKey, privateKey });
    const adminContact = subject.replace('mailto:', '');
    const decoder = new TextDecoder();
    return async (subscription, payload) => {
      const { endpoint, headers, body } = await generatePushHTTPRequest({
        applicationServerKeys, payload: decoder.decode(payload), target: subscription, adminContact,
        ttl: 60, urgency: 'normal',
      });
      return { url: endpoint, headers, body: new Uint8Array(body) };
    };
  },
};
