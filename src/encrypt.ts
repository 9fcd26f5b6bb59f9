import { PushError } from './errors.ts';
import { utf8, viewBytes, zeros } from './lib/bytes.ts';
import { generateEcdh } from './lib/p256.ts';
import { delimit, SALT_LENGTH } from './lib/records.ts';
import { sealMessage } from './lib/webpush.ts';
import type { Fresh, Recipient } from './lib/webpush.ts';
import { readReceiver } from './subscription.ts';
import type { Bytes, Encrypt, Encrypted, EncryptOptions, Payload } from './types.ts';

/**
 * Bytes of payload in a body of 4,096 (RFC 8291 §4): less 86 of header, 16 of tag, 1 of delimiter.
 */
export const MAX_PAYLOAD = 3993;

/**
 * Bytes of payload that reach every device: Firefox for Android gets its messages through a bridge
 * that takes 4,096 bytes of JSON, and says nothing of it in its endpoint.
 */
export const MAX_PAYLOAD_EVERYWHERE = 2912;

/** A payload's bytes; those of a caller's buffer are not copied. */
function viewPayload(payload: unknown, most: number): Uint8Array {
  const data = typeof payload === 'string' ? utf8(payload) : viewBytes(payload);
  if (!data) {
    throw new TypeError(
      'A payload must be a string or bytes; for an object use JSON.stringify or ./notification',
    );
  }
  if (data.length > most) {
    throw new PushError(
      'ERR_PAYLOAD_TOO_LARGE',
      `Cannot encrypt ${data.length} bytes: a push message carries at most ${most}`,
    );
  }
  return data;
}

/** A payload's own bytes, so that the caller may use its buffer again. */
export function readPayload(payload: unknown, most: number): Bytes {
  return viewPayload(payload, most).slice();
}

/** Octets of padding that bring a payload to `padTo`. */
export function readPadding(length: number, { padTo = 0 }: EncryptOptions, most: number): number {
  if (!Number.isInteger(padTo) || padTo < 0 || padTo > most) {
    throw new RangeError(`padTo must be a whole number from 0 to ${most}`);
  }
  return Math.max(0, padTo - length);
}

/**
 * The one record of a message, before encryption: the copy of the caller's bytes. Chromium drops
 * the shortest valid message, so an empty payload is padded.
 */
export function readRecord(payload: unknown, options: EncryptOptions): Bytes {
  const data = viewPayload(payload, MAX_PAYLOAD);
  const pad = readPadding(data.length, options, MAX_PAYLOAD);
  return delimit(data, pad || (data.length ? 0 : 1), true);
}

/** A key pair and salt for one message: never reused (RFC 8291 §3.1, RFC 8188 §2.1). */
export function drawFresh(): Fresh {
  return { pair: generateEcdh(), salt: crypto.getRandomValues(zeros(SALT_LENGTH)) };
}

/**
 * Encrypts a payload for a subscription with `aes128gcm` (RFC 8291).
 *
 * @param subscription With keys; checked as `parseSubscription` does, but for the endpoint's
 * policy.
 * @param payload Text (sent as UTF-8) or bytes, at most 3,993 bytes.
 * @param options `padTo`: bytes, default 0. An empty payload is padded by one byte, because
 * Chromium drops the shortest valid message.
 * @returns A body of at most 4,096 bytes, one record, and its Content-Encoding.
 * @throws {PushError} ERR_SUBSCRIPTION_INVALID, ERR_SUBSCRIPTION_GONE, ERR_PAYLOAD_TOO_LARGE.
 * @example
 * const { body, headers } = await encrypt(subscription, 'Hello');
 */
export const encrypt: Encrypt = async (subscription, payload, options = {}) =>
  encryptFor(readReceiver(subscription), payload, options);

/** The same for a subscription's keys that were checked already. */
export async function encryptFor(
  recipient: Recipient,
  payload: Payload,
  options: EncryptOptions,
): Promise<Encrypted> {
  const body = await sealMessage(recipient, readRecord(payload, options), drawFresh());
  return { body, headers: { 'Content-Encoding': 'aes128gcm' } };
}

