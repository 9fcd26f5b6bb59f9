import { drawFresh, readPadding, readPayload } from './encrypt.ts';
import { AESGCM, sealLegacy } from './lib/legacy.ts';
import { legacyOpener, openWith } from './lib/open.ts';
import type { Message } from './lib/open.ts';
import type { Receiver } from './lib/webpush.ts';
import { readReceiver } from './subscription.ts';
import type { Bytes, Encrypt } from './types.ts';

export type { IncomingMessage } from './lib/open.ts';
export type { Receiver } from './lib/webpush.ts';
export type { Bytes, Encrypt, Encrypted, EncryptOptions, Payload, Subscription } from './types.ts';

/** Bytes of payload (draft-ietf-webpush-encryption-04 §4: 4,096 less 19). */
export const MAX_PAYLOAD = 4077;

/**
 * Encrypts a payload with `aesgcm` (draft-ietf-webpush-encryption-04), for browsers whose
 * `PushManager.supportedContentEncodings` has no `aes128gcm`. Firefox for Android takes 2,820
 * bytes.
 *
 * @param payload Text (sent as UTF-8) or bytes, at most 4,077 bytes.
 * @param options `padTo`: bytes, 0 to 4,077, default 0.
 * @returns A body of one record, with Content-Encoding, Encryption and Crypto-Key.
 * @throws {PushError} ERR_SUBSCRIPTION_INVALID, ERR_PAYLOAD_TOO_LARGE.
 * @example
 * await send(subscription, 'Hello', { vapid, encrypt: aesgcm.encrypt });
 */
export const encrypt: Encrypt = async (subscription, payload, options = {}) => {
  const recipient = readReceiver(subscription);
  const data = readPayload(payload, MAX_PAYLOAD);
  const pad = readPadding(data.length, options, MAX_PAYLOAD);
  return sealLegacy(AESGCM, recipient, data, pad, drawFresh());
};

const open = /* @__PURE__ */ legacyOpener(() => AESGCM);

/**
 * Decrypts an `aesgcm` message: its body with the fields Encryption and Crypto-Key.
 *
 * @throws {PushError} ERR_DECRYPT_FAILED; nothing more is told.
 * @example
 * const bytes = await decrypt({ body, headers }, receiver);
 */
export async function decrypt(message: Message, receiver: Receiver): Promise<Bytes> {
  return openWith(open, message, receiver);
}
