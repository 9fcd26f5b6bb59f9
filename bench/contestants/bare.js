/**
 * What the platform alone costs: the six WebCrypto calls that a message cannot do without, and the same
 * with the key schedule left to WebCrypto's HKDF, as most libraries do it.
 */
const ECDH = { name: 'ECDH', namedCurve: 'P-256' };
const CEK = new Uint8Array(16).fill(7);
const IV = new Uint8Array(12).fill(9);
const INFO = new TextEncoder().encode('WebPush: info\0');

function rawOf({ keys }) {
  const binary = atob(keys.p256dh.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

async function agree(point) {
  const [pair, receiver] = await Promise.all([
    crypto.subtle.generateKey(ECDH, 'Deno' in globalThis, ['deriveBits']),
    crypto.subtle.importKey('raw', point, ECDH, false, []),
  ]);
  const exported = 'Deno' in globalThis
    ? crypto.subtle.exportKey('pkcs8', pair.privateKey)
    : crypto.subtle.exportKey('jwk', pair.publicKey);
  const [secret] = await Promise.all([
    crypto.subtle.deriveBits({ name: 'ECDH', public: receiver }, pair.privateKey, 256), exported,
  ]);
  return secret;
}

async function seal(payload, cek = CEK, iv = IV) {
  const key = await crypto.subtle.importKey('raw', cek, 'AES-GCM', false, ['encrypt']);
  const record = new Uint8Array(payload.length + 1);
  return crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, record);
}

/** The floor; the subscriptions' keys are decoded beforehand. */
export const bare = {
  name: 'six bare WebCrypto calls',
  create: ({ subscriptions }) => {
    const points = new Map(subscriptions.map((one) => [one, rawOf(one)]));
    return async (subscription, payload) => {
      await agree(points.get(subscription));
      return seal(payload);
    };
  },
};

async function hkdf(secret, salt, info, bits) {
  const key = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  return crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, bits);
}

/** What the hand-written key schedule saves. */
export const bareHkdf = {
  name: 'the same, HKDF by WebCrypto',
  create: ({ subscriptions }) => {
    const points = new Map(subscriptions.map((one) => [one, rawOf(one)]));
    const salt = new Uint8Array(16);
    return async (subscription, payload) => {
      const secret = await agree(points.get(subscription));
      const ikm = await hkdf(secret, salt, INFO, 256);
      const [cek, iv] = await Promise.all([hkdf(ikm, salt, INFO, 128), hkdf(ikm, salt, INFO, 96)]);
      return seal(payload, cek, new Uint8Array(iv));
    };
  },
};
