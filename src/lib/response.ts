/** What is read of an answer, however the fetch behind it misbehaves. */
import type { FetchResponse } from '../send.ts';

/** Bytes of an answer that are read for its 1,024 characters. */
const MAX_DETAIL = 16_384;
/** Characters of a header field: an endpoint has at most 2,048. */
const MAX_FIELD = 4096;

interface Source {
  readonly body: Pick<ReadableStream, 'cancel'> | null | undefined;
  /** What `http2Fetch` has beside: making a stream to cancel it costs Node a tenth of a request. */
  readonly discard?: (() => void) | undefined;
}

/** Tells a body's sender that nobody reads on; rejects where it cannot be told. */
export async function discard(source: Source): Promise<void> {
  if (source.discard) source.discard();
  else await source.body?.cancel();
}

/**
 * The beginning of an answer's body, as far as it comes. The status is known: what fails here is
 * told to nobody. `race`: rejects when the time is over.
 */
export async function readBody(
  { body }: FetchResponse,
  race: <T>(promise: Promise<T>) => Promise<T>,
): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  try {
    reader = body?.getReader();
    for (let bytes = 0; reader && bytes < MAX_DETAIL && text.length < 1024; ) {
      const { done, value } = await race(reader.read());
      if (done) break;
      // One more for each part: one that gives empty parts for ever would let no timer run.
      bytes += value.length + 1;
      text += decoder.decode(value, { stream: true });
    }
  } catch {
    // What was read counts.
  }
  discard({ body: reader }).catch(() => undefined);
  return text;
}

/** A header field; one that fails, or says more than any has to, says nothing. */
export function readField({ headers }: FetchResponse, name: string): string | null {
  try {
    const value: unknown = headers.get(name);
    return typeof value === 'string' && value.length <= MAX_FIELD ? value : null;
  } catch {
    return null;
  }
}
