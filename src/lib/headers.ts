import type { HeadersLike } from '../types.ts';

/** Looks a header field up by its name, in any case; repeated fields are joined (RFC 9110 §5.3). */
export type HeaderLookup = (name: string) => string | undefined;

/** Header fields in any of the shapes people have them in, copied at once. */
export function readHeaders(input: HeadersLike = {}): HeaderLookup {
  const fields = new Map<string, string>();
  for (const [name, value] of isIterable(input) ? input : Object.entries(input)) {
    const key = name.toLowerCase();
    if (value !== undefined) fields.set(key, [fields.get(key) ?? [], value].flat().join(', '));
  }
  return (name) => fields.get(name.toLowerCase());
}

function isIterable(input: HeadersLike): input is Iterable<readonly [string, string]> {
  return Symbol.iterator in input;
}
