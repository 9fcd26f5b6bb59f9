/** What a token claims (RFC 8292 §2, RFC 7519 §4.1). */
import { refuseToken } from './credentials.ts';

/** Seconds that a token may be valid from the request on (RFC 8292 §2). */
const MAX_LIFETIME = 86_400;

/** Where vendors differ from the RFC. */
export interface TokenRules {
  /** Standard base64 and padding are taken too. */
  readonly laxKey?: true;
  /** `aud` as an array is refused. */
  readonly oneAudience?: true;
  /** `exp` with a fraction is refused. */
  readonly wholeSeconds?: true;
  /** Whether a `sub` is taken; `undefined`: there is none. */
  readonly subject?: (sub: unknown) => boolean;
}

type Claims = ReadonlyMap<string, unknown>;

/** RFC 8292 §2: the origin of the push resource is among the audiences. */
export function checkAudience(
  claims: Claims,
  audience: string,
  rules: TokenRules | undefined,
): void {
  const aud = claims.get('aud');
  if (aud === undefined) refuseToken('missing-aud', `The token has no aud: ${audience} is wanted`);
  const list: readonly unknown[] = Array.isArray(aud) && !rules?.oneAudience ? aud : [aud];
  if (!list.every((one) => typeof one === 'string')) {
    refuseToken('invalid-aud', `The aud is not text: ${audience} is wanted`);
  }
  if (!list.some((one) => typeof one === 'string' && isOrigin(one, audience))) {
    refuseToken('invalid-aud', `The aud is not the push service's origin: ${audience} is wanted`);
  }
}

/**
 * The origin as text, exactly: without path, slash or default port. In names that are not ASCII
 * RFC 8292 §2 asks for the Unicode form (RFC 6454 §6.1), `URL.origin` gives the other: both do.
 */
function isOrigin(text: string, origin: string): boolean {
  if (text === origin) return true;
  if (!/[^\0-\x7f]/.test(text) || !/^https?:\/\/[^/?#@\\\s]+$/.test(text)) return false;
  try {
    return new URL(text).origin === origin;
  } catch {
    return false;
  }
}

/** RFC 8292 §2 and §4.2; RFC 7519 §4.1.4 and §4.1.5. Written so that NaN is refused. */
export function checkTimes(
  claims: Claims,
  seconds: number,
  rules: TokenRules | undefined,
): number {
  const exp = claims.get('exp');
  if (exp === undefined) refuseToken('missing-exp', 'The token has no exp');
  if (typeof exp !== 'number' || !Number.isFinite(exp)) {
    refuseToken('invalid-exp', 'The exp is no number: seconds since 1970 are wanted');
  }
  if (rules?.wholeSeconds && !Number.isInteger(exp)) {
    refuseToken('invalid-exp', 'The exp has a fraction: whole seconds are wanted');
  }
  // RFC 8292 §4.2 takes the very second of exp, RFC 7519 §4.1.4 does not: the former is about this.
  if (!(seconds <= exp)) refuseToken('expired', 'The token has expired: check exp and both clocks');
  if (!(exp <= seconds + MAX_LIFETIME)) {
    refuseToken('exp-too-far', 'The exp is more than 24 hours ahead: seconds since 1970, not ms');
  }
  const nbf = claims.get('nbf');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= seconds)) {
    refuseToken('invalid-claims', 'The token is not valid yet: check nbf and both clocks');
  }
  return exp;
}

/** RFC 8292 §2.1: a contact may be there, and is a `mailto:` or `https:` URI then. */
export function checkSubject(
  claims: Claims,
  rules: TokenRules | undefined,
): string | undefined {
  const sub = claims.get('sub');
  const fits = rules?.subject ?? isContact;
  if (!fits(sub)) refuseToken('invalid-sub', 'The sub is neither a mailto: nor an https: URI');
  return typeof sub === 'string' ? sub : undefined;
}

function isContact(sub: unknown): boolean {
  return sub === undefined || (typeof sub === 'string'
    && /^(mailto:[^\s<>"\\]+|https:\/\/[^\s<>"\\/?#]+[^\s<>"\\]*)$/i.test(sub));
}
