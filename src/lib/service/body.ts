import type { Bytes } from '../../types.ts';
import { concat, zeros } from '../bytes.ts';

/** The body of a request as far as it was read. `tooLong`: there was more than `limit` bytes. */
export interface Body {
  readonly bytes: Bytes;
  readonly tooLong: boolean;
}

/** Reads at most `limit` bytes of a request's body, and leaves the rest unread. */
export async function readBody(request: Request, limit: number): Promise<Body> {
  // Engines without streams of request bodies have the body in memory already.
  if (request.body === undefined) return cut([new Uint8Array(await request.arrayBuffer())], limit);
  if (request.body === null) return { bytes: zeros(0), tooLong: false };
  const reader = request.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  while (length <= limit) {
    const { done, value } = await reader.read();
    if (done) return cut(parts, limit);
    parts.push(value);
    length += value.length;
  }
  // Without waiting: a stream may never settle its cancellation.
  reader.cancel().catch(() => {});
  return cut(parts, limit);
}

function cut(parts: readonly Uint8Array[], limit: number): Body {
  const whole = concat(parts);
  return { bytes: whole.slice(0, limit), tooLong: whole.length > limit };
}
