import { PushError } from '../errors.ts';
import type { Bytes, HeadersLike, KeyPair } from '../types.ts';
import { copyBytes } from './bytes.ts';
import { readHeaders } from './headers.ts';
import type { HeaderLookup } from './headers.ts';
import { openLegacy, readLegacyParams } from './legacy.ts';
import type { LegacyCoding } from './legacy.ts';
import { refused } from './records.ts';
import type { Outcome } from './records.ts';

/** What a user agent keeps for a subscription: its keys, and what a sender is told of them. */
export interface Receiver {
  readonly keys: KeyPair;
  /** The authentication secret, 16 bytes. */
  readonly auth: Bytes;
  /** The public point, 65 bytes. */
  readonly publicKey: Bytes;
}

/** A push message as it arrived. */
export interface IncomingMessage {
  readonly body: Uint8Array | ArrayBuffer | null;
  readonly headers?: HeadersLike | undefined;
}

/** A message with its header fields, or the body alone. */
export type Message = IncomingMessage | Uint8Array | ArrayBuffer;

/** Opens a body; says why where it does not. */
export type Open = (
  receiver: Receiver,
  headers: HeaderLookup,
  body: Bytes,
) => Promise<Outcome<Bytes>>;

/** Far over what a push service passes on; bounds the work that a stranger can ask for. */
const MAX_BODY = 131_072;

/** A message's parts, each read once and copied. */
function readMessage(message: Message): { body: Bytes | undefined; headers: HeaderLookup } {
  const bare = copyBytes(message);
  if (bare || !('body' in message)) return { body: bare, headers: readHeaders(undefined) };
  const { body, headers } = message;
  const copy = copyBytes(body);
  if (!copy && body !== null) throw new TypeError('The body of a message must be bytes or null');
  return { body: copy, headers: readHeaders(headers) };
}

/**
 * Opens a message with keys as they are now; tells every failure by one code, because a sender
 * could learn of the keys from more (RFC 8188 §4.3 has the integrity of messages at stake).
 */
export async function openWith(
  open: Open,
  message: Message,
  { keys, auth, publicKey }: Receiver,
): Promise<Bytes> {
  const { body, headers } = readMessage(message);
  const secret = copyBytes(auth);
  const point = copyBytes(publicKey);
  if (!secret || !point) throw new TypeError('A receiver is what generateReceiver() makes');
  const receiver = { keys, auth: secret, publicKey: point };
  const usable = body && body.length <= MAX_BODY;
  const data = usable ? await open(receiver, headers, body) : 'too-long';
  if (!refused(data)) return data;
  throw new PushError('ERR_DECRYPT_FAILED', 'Cannot decrypt this message');
}

/** Opens a message of one of the old codings. */
export function legacyOpener(choose: (headers: HeaderLookup) => LegacyCoding): Open {
  return async ({ keys, auth, publicKey }, headers, body) => {
    const coding = choose(headers);
    const named = headers('Content-Encoding');
    if (named !== undefined && named !== coding.name) return 'unsupported-encoding';
    const params = readLegacyParams(coding, headers);
    if (refused(params)) return params;
    return openLegacy(coding, keys, { point: publicKey, auth }, params, body);
  };
}
