import type { HeadersLike } from '../types.ts';

/** Looks a header field up by its name, in any case; repeated fields are joined (RFC 9110 §5.3). */
export type HeaderLookup = (name: string) => string | undefined;

/** Header fields in any of the shapes people have them in, copied at once. */
export function readHeaders(input: HeadersLike | undefined): HeaderLookup {
  const fields = new Map<string, string>();
  for (const [name, value] of entries(input)) {
    if (value === undefined) continue;
    const text = typeof value === 'string' ? value : value.join(', ');
    const key = name.toLowerCase();
    const before = fields.get(key);
    fields.set(key, before === undefined ? text : `${before}, ${text}`);
  }
  return (name) => fields.get(name.toLowerCase());
}

type Entries = Iterable<readonly [string, string | readonly string[] | undefined]>;

function entries(input: HeadersLike = {}): Entries {
  return isIterable(input) ? input : Object.entries(input);
}

function isIterable(input: HeadersLike): input is Iterable<readonly [string, string]> {
  return Symbol.iterator in input;
}
