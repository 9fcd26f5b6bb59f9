/** One element of a header field: its parameters, names in lower case. */
export type Params = ReadonlyMap<string, string>;

/**
 * What a field may hold (RFC 9110 §5.5). HTTP servers take no more of it, and JavaScriptCore is
 * slow with long ones.
 */
const FIELD = /^[\t -~\x80-\xff]{0,8192}$/;
/**
 * A parameter, or none, and what stands behind it: token "=" ( token / quoted-string ), no white
 * space around "=" (RFC 7231 §3.1.1.1, RFC 7230 §3.2.6).
 */
const PARAMETER =
  /[\t ]*(?:([!#-'*+.^_`|~\w-]+)=(?:([!#-'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")[\t ]*)?([;,]|$)/gy;

/**
 * The elements of a field such as `a=b;c="d", e=f`: commas between elements, semicolons between the
 * parameters of one (draft-ietf-httpbis-encryption-encoding-02 §3). `undefined` where the grammar
 * does not fit or an element names a parameter twice. Empty elements are passed over (RFC 7230 §7).
 */
export function parseParams(field: string): readonly Params[] | undefined {
  if (!FIELD.test(field)) return undefined;
  const elements: Params[] = [];
  let element = new Map<string, string>();
  for (const [, name = '', token, quoted = '', separator] of field.matchAll(PARAMETER)) {
    const key = name.toLowerCase();
    if (key ? element.has(key) : element.size > 0 || separator === ';') return undefined;
    if (key) element.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
    if (separator === ';') continue;
    if (element.size > 0) elements.push(element);
    if (!separator) return elements;
    element = new Map();
  }
  return undefined;
}
