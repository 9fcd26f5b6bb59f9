import { PushError } from '../errors.ts';
import type { Bytes, HeadersLike } from '../types.ts';
import { copyBytes, viewBytes } from './bytes.ts';
import { readHeaders } from './headers.ts';
import type { HeaderLookup } from './headers.ts';
import { openLegacy, readLegacyParams } from './legacy.ts';
import type { LegacyCoding } from './legacy.ts';
import { refused } from './records.ts';
import type { Outcome } from './records.ts';
import type { Receiver } from './webpush.ts';

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

function isBare(message: Message): message is Uint8Array | ArrayBuffer {
  return viewBytes(message) !== undefined;
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
  const { body, headers } = isBare(message) ? { body: message } : message;
  const bytes = copyBytes(body);
  if (!bytes && body !== null) throw new TypeError('The body of a message must be bytes or null');
  const fields = readHeaders(headers);
  const secret = copyBytes(auth);
  const point = copyBytes(publicKey);
  if (!secret || !point) throw new TypeError('A receiver is what generateReceiver() makes');
  const own = { keys, auth: secret, publicKey: point };
  const usable = bytes && bytes.length <= MAX_BODY;
  const data = usable ? await open(own, fields, bytes) : 'too-long';
  if (!refused(data)) return data;
  throw new PushError('ERR_DECRYPT_FAILED', 'Cannot decrypt this message');
}

/** Opens a message of one of the old codings. */
export function legacyOpener(choose: (headers: HeaderLookup) => LegacyCoding): Open {
  return async (receiver, headers, body) => {
    const coding = choose(headers);
    if ((headers('Content-Encoding') ?? coding.name) !== coding.name) return 'unsupported-encoding';
    const params = readLegacyParams(coding, headers);
    return refused(params) ? params : openLegacy(coding, receiver, params, body);
  };
}
