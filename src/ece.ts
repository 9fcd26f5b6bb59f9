import { concat, copyBytes, viewBytes } from './lib/bytes.ts';
import { createOpening, createSealing } from './lib/ece/aes128gcm.ts';
import { openAesgcm, sealAesgcm } from './lib/ece/aesgcm.ts';
import { readContent } from './lib/ece/keys.ts';
import type { OpeningKey, SealingKey } from './lib/ece/keys.ts';
import type { Padding } from './lib/ece/padding.ts';
import type { Bytes, Encrypted, HeadersLike, Payload } from './types.ts';

export { isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';
export type { Key, KeyLookup, OpeningKey, PublicKeys, SealingKey } from './lib/ece/keys.ts';
export type { Padding } from './lib/ece/padding.ts';
export type { Receiver } from './lib/open.ts';
export type { Bytes, CryptoKey, Encrypted, HeadersLike, KeyPair, Payload } from './types.ts';

/**
 * `rs`: bytes of a record with its tag, 18 to 4,294,967,295, default 4,096. `padding`: default
 * none; `{ multiple }` pads the content to a multiple of that many bytes, `{ random }` by a random
 * number of bytes up to that many.
 */
export interface SealOptions extends SealingKey {
  readonly rs?: number | undefined;
  readonly padding?: Padding | undefined;
}

/** `maxRecordSize`: bytes of one record that are held at the most, default 16 MiB. */
export interface OpenOptions extends OpeningKey {
  readonly maxRecordSize?: number | undefined;
}

/** Chunks of a stream: bytes, in pieces of any size. */
type Chunk = Uint8Array | ArrayBuffer;

/** A view: what a stream was given is its own until the write is done. */
function readChunk(chunk: unknown): Uint8Array {
  const bytes = viewBytes(chunk);
  if (!bytes) throw new TypeError('Chunks must be bytes; see TextEncoderStream');
  return bytes;
}

function readBody(body: Chunk): Bytes {
  const bytes = copyBytes(body);
  if (!bytes) throw new TypeError('A body must be bytes');
  return bytes;
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
  const bytes = readContent(content);
  const parts: Bytes[] = [];
  const sealing = createSealing(options, (part) => parts.push(part));
  await sealing.write(bytes);
  await sealing.end();
  return concat(...parts);
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
  const bytes = readBody(body);
  const parts: Bytes[] = [];
  const unbounded = { maxRecordSize: Infinity, ...options };
  const opening = createOpening(unbounded, (part) => parts.push(part));
  await opening.write(bytes);
  await opening.end();
  return concat(...parts);
}

/** Chunks that may wait for the reader: with none, records would not overlap. */
const QUEUE = 8;

/** A stream around writing and ending; what they give goes on as it comes. */
function transform(
  create: (give: (part: Bytes) => void) => {
    readonly write: (chunk: Uint8Array) => Promise<void>;
    readonly end: () => Promise<void>;
  },
): TransformStream<Uint8Array, Bytes> {
  let coding: ReturnType<typeof create>;
  return new TransformStream({
    start: (controller) => {
      coding = create((part) => controller.enqueue(part));
    },
    transform: (chunk) => coding.write(readChunk(chunk)),
    flush: () => coding.end(),
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
  return transform((give) => createSealing(options, give));
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
  return transform((give) => createOpening(options, give));
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
  return sealAesgcm(readContent(content), options);
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
  return openAesgcm(readBody(message.body), message.headers, options);
}
