/** Lines of files of any size, in little memory. */

/** `bytes`: without its line feed; `undefined` where it was too long to be kept. */
export interface Line {
  /** From 1, as editors count. */
  readonly number: number;
  readonly bytes: Uint8Array | undefined;
  /** Octets before it. */
  readonly start: number;
  /** Whether a line feed ends it. */
  readonly ended: boolean;
}

/** Far more than a subscription with its payload has: 4,096 bytes as JSON, at six for each. */
const MAX_LINE = 262_144;
const LINE_FEED = 10;

/** What is read of the line at hand. */
interface Rest {
  readonly parts: Uint8Array[];
  length: number;
}

function take(rest: Rest, part: Uint8Array): void {
  rest.length += part.length;
  // Beyond the limit its octets are counted only.
  if (rest.length <= MAX_LINE) rest.parts.push(part);
  else rest.parts.length = 0;
}

function finish(rest: Rest): Uint8Array | undefined {
  const whole =
    rest.length > MAX_LINE
      ? undefined
      : rest.parts.length === 1
        ? rest.parts[0]
        : Buffer.concat(rest.parts);
  rest.parts.length = 0;
  rest.length = 0;
  return whole;
}

/** The lines of a stream; the last one also where no line feed ends it. */
export async function* readLines(chunks: AsyncIterable<unknown>): AsyncGenerator<Line, void, void> {
  const rest: Rest = { parts: [], length: 0 };
  let number = 0;
  let start = 0;
  for await (const chunk of chunks) {
    if (!(chunk instanceof Uint8Array)) continue;
    for (let at = 0; ;) {
      const end = chunk.indexOf(LINE_FEED, at);
      take(rest, end < 0 ? chunk.subarray(at) : chunk.subarray(at, end));
      if (end < 0) break;
      const length = rest.length + 1;
      yield { number: ++number, bytes: finish(rest), start, ended: true };
      start += length;
      at = end + 1;
    }
  }
  if (rest.length > 0) yield { number: ++number, bytes: finish(rest), start, ended: false };
}

/** Whether a line holds nothing but white space. */
export function isBlank({ bytes }: Line): boolean {
  return bytes !== undefined && bytes.every((byte) => byte === 32 || byte === 13 || byte === 9);
}
