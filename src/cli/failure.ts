/** Errors as a person at a terminal reads them: one sentence, what is wrong and what to do. */
import { isPushError } from '../errors.ts';
import { property } from '../lib/bytes.ts';

/** `status`: the exit status; 2 is a command line that cannot be read. */
export class CliError extends Error {
  readonly status: number;

  constructor(message: string, status: 1 | 2 = 1) {
    super(message);
    this.name = 'CliError';
    this.status = status;
  }
}

/** A command line that cannot be read. */
export function misuse(message: string): CliError {
  return new CliError(message, 2);
}

/** What went wrong with a file, in words. */
const SYSTEM: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file or directory'],
  ['EACCES', 'you may not; check its permissions'],
  ['EPERM', 'you may not; check its permissions'],
  ['EISDIR', 'it is a directory, a file is wanted'],
  ['ENOTDIR', 'a part of its path is no directory'],
  ['EEXIST', 'it exists already'],
  ['ENOSPC', 'the disk is full; make room and try again'],
  ['EDQUOT', 'the quota is used up; make room and try again'],
  ['EROFS', 'the file system is read-only'],
  ['EMFILE', 'too many files are open; raise the limit (ulimit -n)'],
]);

/** `did`: what was tried, such as `Cannot read keys.json`. */
export function fileError(did: string, error: unknown): CliError {
  const code = property(error, 'code');
  return new CliError(
    `${did}: ${SYSTEM.get(code) ?? (typeof code === 'string' ? code : 'failed')}`,
  );
}

/** What to do about an error of the library, where its message does not say so. */
const CURES: ReadonlyMap<string, string> = new Map([
  ['ERR_REJECTED', 'it will say the same again, so look at the request'],
  ['ERR_NETWORK', 'check the network, or --proxy and --ca, and try again'],
  ['ERR_TIMEOUT', 'try again, or with a longer --timeout'],
  ['ERR_RATE_LIMITED', 'wait, then try again'],
  ['ERR_UNAVAILABLE', 'try again later'],
  ['ERR_ADDRESS_REFUSED', 'for a service of your own use --addresses any'],
  ['ERR_EXPIRED', 'give a later --expires'],
  ['ERR_PAYLOAD_TOO_LARGE', 'send less and let the page fetch the rest'],
]);

/** Words that say what to do already. */
const SAYS_WHAT = /; |\bmust be\b|\bsee\b|\bgive\b|\bwanted\b/;

/** One sentence, the exit status, and for what should not have happened at all the stack. */
export interface Explanation {
  readonly message: string;
  readonly status: number;
  readonly stack?: string | undefined;
}

export function explain(error: unknown): Explanation {
  if (error instanceof CliError) return { message: error.message, status: error.status };
  if (isPushError(error)) {
    const text = error.message
      .replace('(see the endpoints option)', '(see --endpoints)')
      .replace(/; for tests there is http2Fetch.*$/, '');
    const cure = SAYS_WHAT.test(text) ? undefined : CURES.get(error.code);
    return { message: cure === undefined ? text : `${text}; ${cure}`, status: 1 };
  }
  // Not a user's mistake: the stack is what a report needs. Messages of strangers may hold data.
  const name = error instanceof Error ? error.name : typeof error;
  const stack = error instanceof Error ? error.stack : undefined;
  return { message: `This should not have happened (${name}); please report it`, status: 1, stack };
}
