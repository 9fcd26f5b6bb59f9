/** What an Authorization field says, before anything of it is verified. */
import { PushError } from '../../errors.ts';
import type { HeaderLookup } from '../headers.ts';
import { parseParams } from '../params.ts';

/** Why a token is refused: one word for each rule of RFC 8292. */
export type TokenReason =
  | 'missing-authorization' | 'invalid-authorization' | 'unknown-scheme' | 'missing-token'
  | 'missing-key' | 'invalid-key' | 'invalid-token' | 'invalid-alg' | 'invalid-signature'
  | 'missing-aud' | 'invalid-aud' | 'missing-exp' | 'invalid-exp' | 'expired' | 'exp-too-far'
  | 'invalid-sub' | 'invalid-claims';

export function refuseToken(reason: TokenReason, message: string): never {
  throw new PushError('ERR_TOKEN_INVALID', message, { reason });
}

/** Longer fields are not read: RFC 8292 §2.2 wants tokens small, real ones take 300 characters. */
const MAX_LENGTH = 16_384;

/** A token and the key that is said to have signed it, as text. */
export interface Credentials {
  readonly scheme: 'vapid' | 'webpush' | 'bearer';
  readonly token: string;
  readonly key: string;
}

const WANTED = '`vapid t=<token>, k=<public key>` is wanted';

/**
 * Takes an Authorization field apart: `vapid` (RFC 8292 §3), or one of the schemes of its drafts,
 * `WebPush` and `Bearer`, whose key stands in Crypto-Key.
 */
export function readCredentials(authorization: string, header: HeaderLookup): Credentials {
  const text = authorization.trim();
  if (text === '') {
    refuseToken('missing-authorization', `There is no Authorization field: ${WANTED}`);
  }
  if (text.length > MAX_LENGTH) {
    refuseToken('invalid-authorization', `The Authorization field is too long: ${WANTED}`);
  }
  // Schemes are read in any case (RFC 9110 §11.1).
  const space = text.search(/[ \t]/);
  const scheme = (space < 0 ? text : text.slice(0, space)).toLowerCase();
  const rest = space < 0 ? '' : text.slice(space).trim();
  if (scheme === 'vapid') return readParameters(rest);
  if (scheme !== 'webpush' && scheme !== 'bearer') {
    refuseToken('unknown-scheme', `The scheme of the Authorization field is unknown: ${WANTED}`);
  }
  if (rest === '') refuseToken('missing-token', 'The Authorization field has no token');
  if (!/^[\w.~+/-]+=*$/.test(rest)) {
    refuseToken('invalid-authorization', 'More than a token follows the scheme of Authorization');
  }
  return { scheme, token: rest, key: readCryptoKey(header('Crypto-Key')) };
}

/** What stands between commas: nothing, or name=value with white space around (RFC 9110 §11.2). */
const PARAMETER =
  /[ \t]*(?:([!#$%&'*+.^_`|~\w-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^\s",;]*))[ \t]*)?(,|$)/y;

function readParameters(text: string): Credentials {
  const parameters = new Map<string, string>();
  for (PARAMETER.lastIndex = 0; ;) {
    const [, name, quoted, bare, end] = PARAMETER.exec(text) ?? [];
    if (end === undefined) {
      refuseToken('invalid-authorization', `The Authorization field is malformed: ${WANTED}`);
    }
    const key = name?.toLowerCase();
    if (key !== undefined && parameters.has(key)) {
      refuseToken('invalid-authorization', 'The Authorization field names a parameter twice');
    }
    // The realm and parameters that are not known are left alone (RFC 8292 §3).
    if (key !== undefined) parameters.set(key, quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
    if (end === '') break;
  }
  const token = parameters.get('t') || refuseToken('missing-token', `There is no t: ${WANTED}`);
  const key = parameters.get('k') || refuseToken('missing-key', `There is no k: ${WANTED}`);
  return { scheme: 'vapid', token, key };
}

/** `Crypto-Key: p256ecdsa=<key>` (draft-ietf-webpush-vapid-01 §4). */
function readCryptoKey(field: string | undefined): string {
  const elements = parseParams(field ?? '');
  if (!elements) refuseToken('invalid-key', 'The Crypto-Key field is malformed');
  const keys = elements.flatMap((element) => element.get('p256ecdsa') ?? []);
  if (keys.length > 1) refuseToken('invalid-key', 'The Crypto-Key field has p256ecdsa twice');
  return keys[0] || refuseToken(
    'missing-key',
    'This scheme has its key in another field: Crypto-Key with p256ecdsa=<public key> is wanted',
  );
}
