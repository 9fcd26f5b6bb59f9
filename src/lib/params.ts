/** One element of a header field: its parameters, names in lower case. */
export type Params = ReadonlyMap<string, string>;

const OWS = /[\t ]*/y;
/**
 * token "=" ( token / quoted-string ), no white space around "=" (RFC 7231 §3.1.1.1, RFC 7230
 * §3.2.6).
 */
const NAME = /([!#$%&'*+.^_`|~\w-]+)=/y;
const TOKEN = /[!#$%&'*+.^_`|~\w-]+/y;
const QUOTED = /"((?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*)"/y;

/** Characters of a field: HTTP servers take no more, and JavaScriptCore is slow with long ones. */
const MAX_LENGTH = 8192;

/**
 * The elements of a field such as `a=b;c="d", e=f`: commas between elements, semicolons between the
 * parameters of one (draft-ietf-httpbis-encryption-encoding-02 §3). `undefined` where the grammar
 * does not fit or an element names a parameter twice. Empty elements are passed over (RFC 7230 §7).
 */
export function parseParams(field: string): readonly Params[] | undefined {
  if (field.length > MAX_LENGTH) return undefined;
  const elements: Params[] = [];
  for (let at = 0; ; at++) {
    at = skip(field, at);
    if (at < field.length && field[at] !== ',') {
      const element = new Map<string, string>();
      at = parseElement(field, at, element);
      if (at < 0) return undefined;
      elements.push(element);
    }
    if (at >= field.length) return elements;
    if (field[at] !== ',') return undefined;
  }
}

/** The place behind the element that begins at `at`, white space included, or -1. */
function parseElement(field: string, at: number, into: Map<string, string>): number {
  for (;;) {
    const name = matchAt(NAME, field, at);
    const key = name?.[1]?.toLowerCase();
    if (!name || key === undefined || into.has(key)) return -1;
    const start = at + name[0].length;
    const value = matchAt(TOKEN, field, start) ?? matchAt(QUOTED, field, start);
    if (!value) return -1;
    into.set(key, value[1]?.replace(/\\(.)/g, '$1') ?? value[0]);
    at = skip(field, start + value[0].length);
    if (field[at] !== ';') return at;
    at = skip(field, at + 1);
  }
}

function matchAt(pattern: RegExp, field: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(field);
}

function skip(field: string, at: number): number {
  return at + (matchAt(OWS, field, at)?.[0].length ?? 0);
}
