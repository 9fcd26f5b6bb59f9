/** What every contestant gets: keys, receivers, payloads. Made anew for each run. */
import { generateVapidKeys } from '../../src/index.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';

/** About as long as a real endpoint's. */
const TOKEN = 'APA91b'.padEnd(150, 'x');

/** `origins`: how many push services the endpoints are spread over. */
export async function createFixtures({ receivers = 64, origins = 1 } = {}) {
  const keys = await generateVapidKeys();
  const made = await Promise.all(Array.from({ length: receivers }, generateReceiver));
  const subscriptions = Array.from({ length: Math.max(receivers, origins) }, (_, i) =>
    toSubscription(made[i % receivers], `https://push-${i % origins}.example.com/send/${i}${TOKEN}`));
  return { keys, subject: 'mailto:bench@example.com', receivers: made, subscriptions };
}

export function payloadOf(length) {
  return new Uint8Array(length).map((_, i) => 97 + (i % 26));
}

function bytesOf(text) {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function textOf(bytes) {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '');
}

/** The two strings as a JWK. */
export function jwkOf({ publicKey, privateKey }) {
  const point = bytesOf(publicKey);
  const [x, y] = [textOf(point.subarray(1, 33)), textOf(point.subarray(33))];
  return { kty: 'EC', crv: 'P-256', x, y, d: privateKey, key_ops: ['sign'], ext: true };
}

/** The two strings as CryptoKeys in the form that webpush-webcrypto writes. */
export async function pkcs8Of(keys) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const key = await crypto.subtle.importKey('jwk', jwkOf(keys), algorithm, true, ['sign']);
  return textOf(new Uint8Array(await crypto.subtle.exportKey('pkcs8', key)));
}
