import { PushError } from '../errors.ts';

/** What no subject may hold: white space, control characters, and what sets text apart. */
const FOREIGN = /[\s\x00-\x1f\x7f-\x9f\\<>"]/;
/** One address (RFC 6068 allows more, and fields), with a host that has a dot. */
const MAILTO = /^mailto:[^@,;:()[\]?%]+@([^@,;:()[\]?%/#]+)$/i;
/** Apple answers BadJwtToken to a subject with such a host. */
const UNREACHABLE = /^[^.]*$|(^|\.)(localhost|local|invalid)$/i;

/**
 * Checks the subject of a token: a contact for the push service's operators (RFC 8292 §2.1), and
 * one that every service takes.
 */
export function checkSubject(subject: unknown): string {
  const text = typeof subject === 'string' && !FOREIGN.test(subject) ? subject : '';
  const host = MAILTO.exec(text)?.[1] ?? httpsHost(text);
  if (host === undefined) {
    throw invalid('must be an https: URL or one address, such as mailto:me@example.com');
  }
  if (UNREACHABLE.test(host.replace(/\.$/, ''))) {
    throw invalid('must have a public host: Apple refuses localhost, .local and .invalid');
  }
  return text;
}

function invalid(what: string): PushError {
  return new PushError('ERR_VAPID_INVALID', `The VAPID subject ${what}`);
}

/** The host of an https: URL without user info, or `undefined`. */
function httpsHost(text: string): string | undefined {
  if (!/^https:\/\/[^/?#@]+([/?#]|$)/i.test(text)) return undefined;
  try {
    return new URL(text).hostname;
  } catch {
    return undefined;
  }
}
