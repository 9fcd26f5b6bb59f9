import type { Bytes } from '../../types.ts';
import { concat, zeros } from '../bytes.ts';
import { ecdh, generateEcdh, isPoint, publicPoint } from '../p256.ts';
import {
  contentKeys, delimit, headerLength, readHeader, refused, RFC8188, SALT_LENGTH, writeHeader,
} from '../records.ts';
import type { Header } from '../records.ts';
import { combineKeys } from '../webpush.ts';
import { onlyOne, readKey, readKeyid, readPublicKeys } from './keys.ts';
import type { OpeningKey, Sealing, SealingKey } from './keys.ts';
import { readPadding } from './padding.ts';
import { capacityOf, createSealer } from './seal.ts';
import type { Sealer } from './seal.ts';
import { createUnsealer, decryptFailed } from './unseal.ts';
import type { Unsealer } from './unseal.ts';

/** The salt, key id and input keying material of new content. */
export interface Start {
  readonly salt: Bytes;
  readonly keyid: Bytes;
  readonly ikm: Bytes;
}

/**
 * Draws a salt; for a receiver's key also a key pair, whose public half is the key id (RFC 8291
 * §4).
 */
async function start(options: SealingKey): Promise<Start> {
  const salt = crypto.getRandomValues(zeros(SALT_LENGTH));
  const { to } = options;
  if (!to) return { salt, keyid: readKeyid(options.keyid), ikm: readKey(options.key) };
  const { point, auth } = readPublicKeys(to);
  const pair = await generateEcdh();
  const [secret, keyid] = await Promise.all([ecdh(pair, point), publicPoint(pair)]);
  return { salt, keyid, ikm: combineKeys(secret, auth, point, keyid) };
}

function readRs(rs: number = 4096): number {
  // RFC 8188 §2.1.
  if (Number.isInteger(rs) && rs >= 18 && rs < 2 ** 32) return rs;
  throw new RangeError('rs must be a whole number from 18 to 4,294,967,295');
}

/**
 * A record of RFC 8188; one without padding has its delimiter in the spare octet, without a copy.
 */
function delimitBlock(block: Bytes, length: number, pad: number, last: boolean): Bytes {
  if (pad > 0) return delimit(block.subarray(0, length), pad, last);
  block[length] = last ? 2 : 1;
  return block;
}

/** Encrypts from given beginnings: what tests choose and callers must not. */
export function sealFrom(
  starting: Promise<Start>,
  rs: number,
  padding: (length: number) => number,
  give: (part: Bytes) => void,
): Sealer {
  const sealer = starting.then(({ salt, keyid, ikm }) => {
    give(writeHeader(salt, rs, keyid));
    const writing = {
      capacity: capacityOf(rs), spare: 1, pad: delimitBlock, endsShort: false, maxPad: Infinity,
    };
    return createSealer(contentKeys(salt, ikm), writing, padding, give);
  });
  sealer.catch(() => undefined);
  return {
    write: async (content) => (await sealer).write(content),
    end: async () => (await sealer).end(),
  };
}

export function createSealing(
  options: Sealing,
  give: (part: Bytes) => void,
): Sealer {
  onlyOne(options.key, options.to, 'key and to');
  const rs = readRs(options.rs);
  const padding = readPadding(options.padding);
  return sealFrom(start(options), rs, padding, give);
}

/** The input keying material that a header asks for. */
async function findIkm({ keyid }: Header, { key, receiver }: OpeningKey): Promise<Bytes> {
  if (receiver) {
    if (!isPoint(keyid)) throw decryptFailed();
    const secret = await ecdh(receiver.keys, keyid);
    return combineKeys(secret, receiver.auth, receiver.publicKey, keyid);
  }
  const found = typeof key === 'function' ? await key(keyid.slice()) : key;
  if (found === undefined) throw decryptFailed();
  return readKey(found);
}

/** More than any sender that is known makes. */
const MAX_RECORD = 2 ** 24;

export function createOpening(
  options: OpeningKey & { readonly maxRecordSize?: number | undefined },
  give: (part: Bytes) => void,
): Unsealer {
  const { key, receiver, maxRecordSize = MAX_RECORD } = options;
  onlyOne(key, receiver, 'key and receiver');
  if (!(maxRecordSize >= 18)) throw new RangeError('maxRecordSize must be 18 or more');
  const own = typeof key === 'function' || key === undefined ? key : readKey(key);
  let start = zeros(0);
  let unsealer: Unsealer | undefined;
  const write = async (chunk: Uint8Array): Promise<void> => {
    if (unsealer) return unsealer.write(chunk);
    start = concat(start, chunk);
    // The length of the key id, and so of the header, is told by its 21st octet.
    if (start.length < 21 || start.length < headerLength(start)) return undefined;
    const header = readHeader(start);
    if (refused(header)) throw decryptFailed();
    const keys = contentKeys(header.salt, await findIkm(header, { key: own, receiver }));
    unsealer = createUnsealer(keys, RFC8188, header.rs, maxRecordSize, give);
    return unsealer.write(start.subarray(header.length));
  };
  const end = async (): Promise<void> => {
    if (!unsealer) throw decryptFailed();
    return unsealer.end();
  };
  return { write, end };
}
