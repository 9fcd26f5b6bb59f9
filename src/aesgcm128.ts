import { drawFresh, readPadding, readPayload } from './encrypt.ts';
import { chooseAesgcm128, HTTPBIS_00, sealLegacy, THOMSON_01 } from './lib/legacy.ts';
import { legacyOpener, openWith } from './lib/open.ts';
import type { Message } from './lib/open.ts';
import type { Receiver } from './lib/webpush.ts';
import { readReceiver } from './subscription.ts';
import type {
  Bytes, Encrypted, EncryptOptions as PaddingOptions, Payload, Subscription,
} from './types.ts';

export type { IncomingMessage } from './lib/open.ts';
export type { Receiver } from './lib/webpush.ts';
export type { Bytes, Encrypt, Encrypted, Payload, Subscription } from './types.ts';

/** Bytes of payload: what the drafts allow for the older layouts in 4,096. */
export const MAX_PAYLOAD = 4077;
/** The padding's length is told in one octet (draft-ietf-httpbis-encryption-encoding-00 §2). */
const MAX_PADDING = 255;

/**
 * `form`: `'crypto-key'` (default), which binds both keys and the authentication secret
 * (draft-ietf-httpbis-encryption-encoding-00), or `'encryption-key'`
 * (draft-thomson-http-encryption-01).
 */
export interface EncryptOptions extends PaddingOptions {
  readonly form?: 'crypto-key' | 'encryption-key' | undefined;
}

/**
 * Encrypts a payload with `aesgcm128`, the coding of the first browsers that took payloads (Firefox
 * 44 to 47). No push service of today takes it: for archives, and for what reads them.
 *
 * @param payload Text (sent as UTF-8) or bytes, at most 4,077 bytes.
 * @param options `padTo`: bytes, 0 to 4,077, at most 255 more than the payload has; `form`.
 * @returns A body of one record, with Content-Encoding, Encryption and Crypto-Key or
 * Encryption-Key.
 * @throws {PushError} ERR_SUBSCRIPTION_INVALID, ERR_PAYLOAD_TOO_LARGE. RangeError for more padding.
 * @example
 * const { body, headers } = await encrypt(subscription, 'Hello', { form: 'encryption-key' });
 */
export async function encrypt(
  subscription: Subscription,
  payload: Payload,
  options: EncryptOptions = {},
): Promise<Encrypted> {
  const recipient = readReceiver(subscription);
  const data = readPayload(payload, MAX_PAYLOAD);
  const pad = readPadding(data.length, options, MAX_PAYLOAD);
  if (pad > MAX_PADDING) {
    const most = data.length + MAX_PADDING;
    throw new RangeError(`padTo must be at most ${most}: aesgcm128 pads by 255`);
  }
  const coding = readForm(options.form);
  return sealLegacy(coding, recipient, data, pad, drawFresh());
}

function readForm(form: unknown): typeof HTTPBIS_00 {
  if (form === undefined || form === 'crypto-key') return HTTPBIS_00;
  if (form === 'encryption-key') return THOMSON_01;
  throw new TypeError("form must be 'crypto-key' or 'encryption-key'");
}

const open = /* @__PURE__ */ legacyOpener(chooseAesgcm128);

/**
 * Decrypts an `aesgcm128` message of either form: its body with the fields Encryption and
 * Crypto-Key or Encryption-Key.
 *
 * @throws {PushError} ERR_DECRYPT_FAILED; nothing more is told.
 * @example
 * const bytes = await decrypt({ body, headers }, receiver);
 */
export async function decrypt(message: Message, receiver: Receiver): Promise<Bytes> {
  return openWith(open, message, receiver);
}
