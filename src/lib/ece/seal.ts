import type { Bytes } from '../../types.ts';
import { zeros } from '../bytes.ts';
import { generateEcdh } from '../p256.ts';
import {
  importContentKey, recordNonce, SALT_LENGTH, sealRecord,
} from '../records.ts';
import type { ContentKeys } from '../records.ts';
import { agreeFresh } from '../webpush.ts';
import type { Coding } from '../webpush.ts';
import { createBlocks } from './blocks.ts';
import type { Blocks } from './blocks.ts';
import {
  onlyOne, readCount, readKey, readKeyid, readPadding, readPublicKeys,
} from './options.ts';
import type { SealingKey, SealOptions } from './options.ts';

/** Codes what is written, however it comes in. */
export interface Flow {
  readonly write: (bytes: Uint8Array) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** A coding for content of any length. */
export interface ContentCoding {
  readonly coding: Coding;
  /** The most that `rs` may be. */
  readonly maxRs: number;
  /** The keys that follow from input keying material. */
  readonly explicit: (salt: Bytes, ikm: Bytes) => ContentKeys;
  /** Octets behind the data that `frame` gets, for it to use. */
  readonly spare: 0 | 1;
  /** The octets of a record before encryption. */
  readonly frame: (data: Bytes, pad: number, last: boolean) => Bytes;
  /** The most octets of padding in one record. */
  readonly maxPad: number;
}

/** What opens new content, and tells a receiver how: `id` the key's, or the sender's public key. */
export interface Start {
  readonly salt: Bytes;
  readonly rs: number;
  readonly id: Bytes;
}

async function start(
  { coding, explicit }: ContentCoding,
  salt: Bytes,
  { key, keyid, to }: SealingKey,
): ReturnType<typeof agreeFresh> {
  if (!to) return { sender: readKeyid(keyid), keys: explicit(salt, readKey(key)) };
  // A key pair for this content alone (RFC 8291 §3.1).
  return agreeFresh(coding, readPublicKeys(to), { pair: generateEcdh(), salt });
}

/** The last record, or those that the padding fills: `rest` octets of it. */
async function finish(
  { coding, maxPad }: ContentCoding,
  { length, code, end }: Blocks,
  capacity: number,
  rest: number,
): Promise<void> {
  for (let last = false; !last; ) {
    const pad = Math.min(rest, capacity - length(), maxPad);
    rest -= pad;
    // Where `rs` counts no tag the end is told by a record that is not full.
    last = rest === 0 && (coding.counted > 0 || length() + pad < capacity);
    await code(last, pad);
  }
  await end();
}

/** `begin` is called once, before anything is given. */
export function createSealing(
  content: ContentCoding,
  options: SealOptions,
  begin: (start: Start) => void,
  give: (part: Bytes) => void,
): Flow {
  const { coding: { counted, overhead }, spare, frame, maxRs } = content;
  onlyOne(options.key, options.to, 'to');
  const rs = readCount(options.rs ?? 4096, 'rs', counted + overhead + 1, maxRs);
  const padding = readPadding(options.padding);
  const capacity = rs - overhead - counted;
  let total = 0;
  const open = async (): Promise<Blocks> => {
    const salt = crypto.getRandomValues(zeros(SALT_LENGTH));
    const { sender: id, keys } = await start(content, salt, options);
    const key = await importContentKey(keys.cek, 'encrypt');
    begin({ salt, rs, id });
    return createBlocks(capacity, spare, Infinity, (data, index, last, pad) =>
      sealRecord(key, recordNonce(keys.nonce, index), frame(data, pad, last)), give);
  };
  const opened = open();
  // Whoever writes is told.
  opened.catch(() => undefined);
  return {
    write: async (bytes) => {
      total += bytes.length;
      await (await opened).write(bytes);
    },
    end: async () => finish(content, await opened, capacity, padding(total)),
  };
}
