/** Laws that hold for every size, coding and byte. */
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { encrypt, MAX_PAYLOAD } from '../../src/encrypt.ts';
import { isPushError } from '../../src/errors.ts';
import { decrypt } from '../../src/receive.ts';
import type { Receiver } from '../../src/receive.ts';
import type { Bytes, Encrypt } from '../../src/types.ts';
import { SUBSCRIPTION } from '../core_support.ts';
import type { Draw } from './mutate.ts';
import { below } from './mutate.ts';

export interface Coding {
  readonly name: string;
  readonly encrypt: Encrypt;
  readonly limit: number;
  /** Padding beyond the payload. */
  readonly mostPadding: number;
}

const older: Encrypt = (subscription, payload, options) =>
  aesgcm128.encrypt(subscription, payload, { ...options, form: 'encryption-key' });

export const CODINGS: readonly Coding[] = [
  { name: 'aes128gcm', encrypt, limit: MAX_PAYLOAD, mostPadding: MAX_PAYLOAD },
  { name: 'aesgcm', encrypt: aesgcm.encrypt, limit: aesgcm.MAX_PAYLOAD, mostPadding: 4077 },
  { name: 'aesgcm128', encrypt: aesgcm128.encrypt, limit: aesgcm128.MAX_PAYLOAD, mostPadding: 255 },
  { name: 'aesgcm128, old', encrypt: older, limit: aesgcm128.MAX_PAYLOAD, mostPadding: 255 },
];

function fill(draw: Draw, size: number): Bytes {
  return new Uint8Array(size).map(() => below(draw, 256));
}

/** decrypt of encrypt is the identity, padded or not; nothing that was given is changed. */
export async function roundTrip(
  { name, encrypt: own, limit, mostPadding }: Coding,
  size: number,
  draw: Draw,
  receiver: Receiver,
): Promise<void> {
  const payload = fill(draw, size);
  const before = payload.slice();
  const padTo = draw() < 0.5 ? 0 : below(draw, Math.min(limit, size + mostPadding) + 1);
  const message = await own(SUBSCRIPTION, payload, { padTo });
  assert.equal(payload, before, `${name}, ${size}: the payload was changed`);
  assert.ok(message.body.length <= 4096, `${name}, ${size}: ${message.body.length} bytes`);
  const body = message.body.slice();
  const opened = await decrypt(message, receiver);
  assert.ok(
    opened.length === size && opened.every((byte, i) => byte === payload[i]), `${name}, ${size}`,
  );
  assert.equal(message.body, body, `${name}, ${size}: the body was changed`);
}

/** The octets of a body's `rs`, which nothing protects; larger ones say the same (RFC 8188 2.1). */
const RS: readonly number[] = [16, 17, 18, 19];

async function opens(message: object, receiver: Receiver): Promise<string | undefined> {
  try {
    return String(await decrypt(Object(message), receiver));
  } catch (error) {
    if (isPushError(error) && error.code === 'ERR_DECRYPT_FAILED') return undefined;
    throw error;
  }
}

/** Any flipped bit and any missing or added byte fails. */
export async function damage(
  { name, encrypt: own }: Coding,
  size: number,
  draw: Draw,
  receiver: Receiver,
): Promise<number> {
  const payload = fill(draw, size);
  const { body, headers } = await own(SUBSCRIPTION, payload);
  const { length } = body;
  const inHeader = headers['Encryption'] === undefined ? RS : [];
  for (let i = 0; i <= length; i++) {
    const bit = 1 << below(draw, 8);
    const flipped = body.map((byte, at) => (at === i ? byte ^ bit : byte));
    const missing = new Uint8Array([...body.subarray(0, i), ...body.subarray(i + 1)]);
    const added = new Uint8Array([...body.subarray(0, i), bit, ...body.subarray(i)]);
    const changed = i < length ? [flipped, missing, added] : [added];
    for (const [kind, bytes] of changed.entries()) {
      const text = await opens({ body: bytes, headers }, receiver);
      const free = kind === 0 && inHeader.includes(i);
      const right = text === undefined || (free && text === String(payload));
      assert.ok(right, `${name}, ${size}: byte ${i}, change ${kind}`);
    }
  }
  return 3 * length + 1;
}
