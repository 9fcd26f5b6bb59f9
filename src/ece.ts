import { concat, viewBytes } from './lib/bytes.ts';
import { openAes128gcm, sealAes128gcm } from './lib/ece/aes128gcm.ts';
import { CONTENT_AESGCM, readFields, writeFields } from './lib/ece/aesgcm.ts';
import { readBytes, readText } from './lib/ece/options.ts';
import type { OpenOptions, SealOptions } from './lib/ece/options.ts';
import { createSealing } from './lib/ece/seal.ts';
import type { Flow } from './lib/ece/seal.ts';
import { createOpening } from './lib/ece/unseal.ts';
import type { Bytes, Encrypted, HeadersLike, Payload } from './types.ts';

export { isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';
export type {
  Key, KeyLookup, OpeningKey, OpenOptions, Padding, PublicKeys, SealingKey, SealOptions,
} from './lib/ece/options.ts';
export type { Receiver } from './lib/webpush.ts';
export type { Bytes, CryptoKey, Encrypted, HeadersLike, KeyPair, Payload } from './types.ts';

/** Chunks of a stream: bytes, in pieces of any size. */
type Chunk = Uint8Array | ArrayBuffer;
type Give = (part: Bytes) => void;

/** A view: what a stream was given is its own until the write is done. */
function readChunk(chunk: unknown): Uint8Array {
  const bytes = viewBytes(chunk);
  if (!bytes) throw new TypeError('Chunks must be bytes; see TextEncoderStream');
  return bytes;
}

/** All that comes of coding `bytes`. */
async function collect(bytes: Bytes, create: (give: Give) => Flow | Promise<Flow>): Promise<Bytes> {
  const parts: Bytes[] = [];
  const flow = await create((part) => void parts.push(part));
  await flow.write(bytes);
  await flow.end();
  return concat(parts);
}

/**
 * Encrypts content of any length with `aes128gcm` (RFC 8188).
 *
 * @param content Text (sent as UTF-8) or bytes.
 * @param options `key` (input keying material, 16 bytes or more) with `keyid`, or `to`: the `keys`
 * of a subscription, as Web Push does it (RFC 8291).
 * @returns The body: header and records; to be sent with `Content-Encoding: aes128gcm`.
 * @throws {PushError} ERR_KEY_INVALID. TypeError and RangeError for wrong options.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const body = await encrypt('Hello', { key, keyid: 'a1' });
 */
export async function encrypt(content: Payload, options: SealOptions): Promise<Bytes> {
  const bytes = readText(content, 'Content');
  return collect(bytes, (give) => sealAes128gcm(options, give));
}

/**
 * Decrypts `aes128gcm` content (RFC 8188), all of it or nothing.
 *
 * @param options `key`: bytes, or a function that finds them by key id; or `receiver`.
 * @throws {PushError} ERR_DECRYPT_FAILED for what was changed, cut or extended, and for an unknown
 * key id; ERR_KEY_INVALID.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const bytes = await decrypt(await encrypt('Hello', { key }), { key });
 */
export async function decrypt(body: Chunk, options: OpenOptions): Promise<Bytes> {
  const bytes = readBytes(body, 'A body');
  return collect(bytes, (give) => openAes128gcm({ maxRecordSize: Infinity, ...options }, give));
}

/** Chunks that may wait for the reader: with none, records would not overlap. */
const QUEUE = 8;

/** A stream around writing and ending; what they give goes on as it comes. */
function transform(create: (give: Give) => Flow): TransformStream<Uint8Array, Bytes> {
  let flow: Flow;
  return new TransformStream({
    start: (controller) => {
      flow = create((part) => controller.enqueue(part));
    },
    transform: (chunk) => flow.write(readChunk(chunk)),
    flush: () => flow.end(),
  }, undefined, { highWaterMark: QUEUE });
}

/**
 * The same as a stream, with back-pressure and constant memory.
 *
 * @param options As for `encrypt`.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const encrypted = new Blob(['Hello']).stream().pipeThrough(encryptStream({ key, rs: 65_536 }));
 */
export function encryptStream(options: SealOptions): TransformStream<Uint8Array, Bytes> {
  return transform((give) => sealAes128gcm(options, give));
}

/**
 * The same as a stream: a record's content is given once its tag and delimiter were found right.
 * What came before a failure stays given, so act on the whole only when the stream has ended well.
 *
 * @param options As for `decrypt`, and `maxRecordSize`.
 * @throws {PushError} The stream errors with ERR_DECRYPT_FAILED or ERR_KEY_INVALID.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const { body } = new Response(await encrypt('Hello', { key }));
 * const text = await new Response(body?.pipeThrough(decryptStream({ key }))).text();
 */
export function decryptStream(options: OpenOptions): TransformStream<Uint8Array, Bytes> {
  return transform((give) => openAes128gcm(options, give));
}

/**
 * Encrypts content with the older `aesgcm` (draft-ietf-httpbis-encryption-encoding-02), whose salt
 * and record size stand in header fields.
 *
 * @param options As for `encrypt`; `rs` counts no tag: 3 to 68,719,476,705, default 4,096.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const { body, headers } = await encryptAesgcm('Hello', { key, keyid: 'a1' });
 */
export async function encryptAesgcm(content: Payload, options: SealOptions): Promise<Encrypted> {
  const bytes = readText(content, 'Content');
  let headers = {};
  const body = await collect(bytes, (give) => createSealing(CONTENT_AESGCM, options, (start) => {
    headers = writeFields(start, options.to !== undefined);
  }, give));
  return { body, headers };
}

/**
 * Decrypts `aesgcm` content with its header fields.
 *
 * @throws {PushError} ERR_DECRYPT_FAILED, ERR_KEY_INVALID.
 * @example
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const bytes = await decryptAesgcm(await encryptAesgcm('Hello', { key }), { key });
 */
export async function decryptAesgcm(
  message: { readonly body: Chunk; readonly headers: HeadersLike },
  options: OpenOptions,
): Promise<Bytes> {
  const bytes = readBytes(message.body, 'A body');
  const start = readFields(message.headers, options.receiver !== undefined);
  return collect(bytes, (give) =>
    createOpening(CONTENT_AESGCM, { maxRecordSize: Infinity, ...options }, give)(start));
}
