const LEXEME = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/**
 * The members of a JSON object, or `undefined` for anything else. An object that names a member
 * twice is refused, as RFC 7515 §4 and RFC 7519 §4 allow: readers differ in which of the two they
 * take, so one could check what another uses. A Map, so that `__proto__` is a name like any other.
 */
export function parseObject(text: string | undefined): ReadonlyMap<string, unknown> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = new Map<string, unknown>(Object.entries(value));
  return countMembers(text ?? '') === members.size ? members : undefined;
}

/** How many members the outermost object of a valid JSON text names. */
function countMembers(text: string): number {
  let depth = 0;
  let count = 0;
  for (const [lexeme] of text.matchAll(LEXEME)) {
    if (lexeme === '{' || lexeme === '[') depth++;
    else if (lexeme === '}' || lexeme === ']') depth--;
    else if (lexeme === ':' && depth === 1) count++;
  }
  return count;
}
