/** What strangers say, searched for what only we and the push service may know. */
import { property } from './bytes.ts';

/** Whether a text repeats a token, or of an endpoint what is no common word of paths. */
export function tells(text: string, endpoint: string): boolean {
  const parts = endpoint.replace(/^\w+:\/\/[^/?]*/, '').split(/[^\w-]+/);
  return /eyJ[\w-]{9}/.test(text)
    || parts.some((part) => part.length > 7 && text.includes(part));
}

/** All that runtimes print of an error. Throws for members that are cyclic, or fail. */
function printed(error: unknown): string {
  const [stack, cause, errors] = ['stack', 'cause', 'errors'].map((name) => property(error, name));
  const more = [cause, ...(Array.isArray(errors) ? errors : [])].filter(Boolean).map(printed);
  return [String(error), stack, JSON.stringify(error), ...more].join('\n');
}

/**
 * What a fetch failed with, if it does not tell the endpoint or the token; else an error of the
 * same name and code. A getter hides a cause from some printers: Bun's console prints it always,
 * Deno that of an error which nobody catches, and workerd's structuredClone copies it.
 */
export function safeCause(error: unknown, endpoint: string, origin: string): unknown {
  const clean = (value: unknown): string | undefined => {
    const text = typeof value === 'string' ? value.replaceAll(endpoint, origin) : endpoint;
    return tells(text, endpoint) ? undefined : text;
  };
  try {
    if (!tells(printed(error), endpoint)) return error;
    const [name, message, code] =
      ['name', 'message', 'code'].map((it) => clean(property(error, it)));
    const own = { ...(name && { name }), ...(code && { code }) };
    return Object.assign(new Error(message ?? 'What fetch said names the endpoint'), own);
  } catch {
    return undefined;
  }
}
