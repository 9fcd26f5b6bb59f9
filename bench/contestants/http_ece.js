/** http_ece: the older library, here as a second opinion on every contestant's output. */
import { createECDH } from 'node:crypto';
import ece from 'http_ece';
import { exportReceiver } from '../../src/receive.ts';

/** `message`: { body, headers }; answers the payload. */
export async function openWithHttpEce({ body, headers }, receiver) {
  const { privateKey, auth } = await exportReceiver(receiver);
  const key = createECDH('prime256v1');
  key.setPrivateKey(Buffer.from(privateKey, 'base64url'));
  const version = headers.get('content-encoding');
  const params = { version, privateKey: key, authSecret: auth };
  if (version === 'aesgcm') {
    const field = (name, part) => new RegExp(`${part}="?([\\w-]+)`).exec(headers.get(name))?.[1];
    params.salt = field('encryption', 'salt');
    params.dh = field('crypto-key', 'dh');
  }
  return ece.decrypt(Buffer.from(body), params);
}
