/** Verifies tokens of RFC 8292, written apart from the code that signs them. */
import type { Bytes } from '../../types.ts';
import { decodeBase64, decodeBase64url, encodeBase64url } from '../base64url.ts';
import { decodeUtf8, utf8 } from '../bytes.ts';
import { verifyEs256 } from '../es256.ts';
import { readHeaders } from '../headers.ts';
import type { HeaderLookup } from '../headers.ts';
import { isPoint } from '../p256.ts';
import { readCredentials, refuseToken } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { parseObject } from './json.ts';
import type { VerifiedVapid, VerifyOptions } from './types.ts';

/** Seconds that a token may be valid from the request on (RFC 8292 §2). */
const MAX_LIFETIME = 86_400;
/** r and s of P-256 (RFC 7518 §3.4). */
const SIGNATURE_LENGTH = 64;

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

/** What a token is verified against. `now`: milliseconds. */
export interface Expected {
  readonly audience: string;
  readonly now: number;
  readonly header: HeaderLookup;
  readonly rules?: TokenRules | undefined;
  /** Tokens whose signature was verified before; kept by the caller, bounded here. */
  readonly seen?: Set<string> | undefined;
}

/** How many verified tokens are remembered: a few application servers, each with one a day. */
const MAX_SEEN = 256;

export interface Verified {
  readonly vapid: VerifiedVapid;
  readonly key: Bytes;
}

/** Throws ERR_TOKEN_INVALID for the first rule that is broken. */
export async function verifyToken(authorization: string, expected: Expected): Promise<Verified> {
  const credentials = readCredentials(authorization, expected.header);
  const key = readKey(credentials.key, expected.rules);
  const payload = await verifySignature(credentials, key, expected.seen);
  const claims = parseObject(payload);
  if (!claims) {
    refuseToken('invalid-claims', 'The claims are not a JSON object with distinct members in UTF-8');
  }
  checkAudience(claims, expected);
  const expires = checkTimes(claims, expected);
  const subject = checkSubject(claims, expected.rules);
  const publicKey = encodeBase64url(key);
  const vapid = subject === undefined ? { publicKey, expires } : { publicKey, subject, expires };
  return { vapid, key };
}

/** RFC 8292 §3.2: an uncompressed point in base64url without padding. */
function readKey(text: string, rules: TokenRules | undefined): Bytes {
  const key = rules?.laxKey ? decodeBase64(text) : decodeBase64url(text);
  if (!key) refuseToken('invalid-key', 'The public key is not base64url without padding');
  if (key.length !== 65) {
    refuseToken('invalid-key', `The public key has ${key.length} bytes: an uncompressed point has 65`);
  }
  if (key[0] !== 4) refuseToken('invalid-key', 'The public key is no uncompressed point (first byte 4)');
  if (!isPoint(key)) refuseToken('invalid-key', 'The public key is no point of the curve P-256');
  return key;
}

/** The payload of a JWS that this key signed with ES256 (RFC 7515 §5.2, RFC 8292 §2), as text. */
async function verifySignature(
  { token, key: text }: Credentials,
  key: Bytes,
  seen: Set<string> = new Set(),
): Promise<string | undefined> {
  const [head = '', body = '', tail, ...more] = token.split('.');
  const bytes = [head, body, tail ?? ''].map(decodeBase64url);
  const [protectedHeader, payload, signature] = bytes;
  const three = tail !== undefined && more.length === 0;
  if (!head || !protectedHeader || !payload || !signature || !three) {
    refuseToken('invalid-token', 'The token is not three parts of base64url with dots between');
  }
  checkHeader(protectedHeader);
  if (signature.length !== SIGNATURE_LENGTH) {
    refuseToken(
      'invalid-signature',
      `The signature has ${signature.length} bytes: ES256 signatures are r and s, 64 bytes, not DER`,
    );
  }
  const name = `${token} ${text}`;
  if (!seen.has(name)) {
    if (!(await verifyEs256(key, signature, utf8(token.slice(0, token.lastIndexOf('.')))))) {
      refuseToken('invalid-signature', 'The signature is not one of this public key for this token');
    }
    if (seen.size >= MAX_SEEN) seen.clear();
    seen.add(name);
  }
  return decodeUtf8(payload);
}

function checkHeader(bytes: Bytes): void {
  const header = parseObject(decodeUtf8(bytes));
  if (!header) {
    refuseToken('invalid-token', 'The header of the token is no JSON object with distinct members');
  }
  if (header.get('alg') !== 'ES256') refuseToken('invalid-alg', 'The alg of the token is not ES256');
  // No extension is understood here, and one that is critical must not be passed over (RFC 7515 §4.1.11).
  if (header.has('crit')) refuseToken('invalid-token', 'The token has critical header parameters');
}

type Claims = ReadonlyMap<string, unknown>;

/** RFC 8292 §2: the origin of the push resource is among the audiences. */
function checkAudience(claims: Claims, { audience, rules }: Expected): void {
  const aud = claims.get('aud');
  if (aud === undefined) refuseToken('missing-aud', `The token has no aud: ${audience} is wanted`);
  const list: readonly unknown[] = Array.isArray(aud) && !rules?.oneAudience ? aud : [aud];
  if (!list.every((one) => typeof one === 'string')) {
    refuseToken('invalid-aud', `The aud is not text: ${audience} is wanted`);
  }
  if (!list.some((one) => typeof one === 'string' && isOrigin(one, audience))) {
    refuseToken('invalid-aud', `The aud is not the origin of the push resource: ${audience} is wanted`);
  }
}

/**
 * The origin as text, exactly: without path, slash or default port. In names that are not ASCII the
 * Unicode form is what RFC 8292 §2 asks for (RFC 6454 §6.1) and `URL.origin` gives the other: both do.
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
function checkTimes(claims: Claims, { now, rules }: Expected): number {
  const seconds = now / 1000;
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
function checkSubject(claims: Claims, rules: TokenRules | undefined): string | undefined {
  const sub = claims.get('sub');
  const fits = rules?.subject ?? isContact;
  if (!fits(sub)) refuseToken('invalid-sub', 'The sub is neither a mailto: nor an https: URI');
  return typeof sub === 'string' ? sub : undefined;
}

export function isContact(sub: unknown): boolean {
  return sub === undefined || (typeof sub === 'string'
    && /^(mailto:[^\s<>"\\]+|https:\/\/[^\s<>"\\/?#]+[^\s<>"\\]*)$/i.test(sub));
}

/**
 * Verifies the token of a request to a push resource, by every rule of RFC 8292 for a push service.
 * Takes the scheme `vapid`, and the older `WebPush` and `Bearer` with the key in Crypto-Key.
 *
 * Where the RFC is silent: a parameter, header parameter or claim that is named twice is refused; so
 * are `crit`, a `sub` that is no `mailto:` or `https:` URI, and `nbf` in the future; `aud` may be an
 * array; `exp` may have a fraction; an `exp` of this very second is taken, and so is one exactly 24
 * hours ahead. One key for several subscriptions, and which key a subscription wants, is up to the
 * caller: compare `publicKey`.
 *
 * @param authorization The Authorization field. `null` and `''` are a missing one.
 * @param options `audience`: the origin of the push resource, or any URL below it. `now`:
 * milliseconds, default `Date.now`. `headers`: the request's, for the older schemes.
 * @throws {PushError} ERR_TOKEN_INVALID; `reason` is one word for the rule: missing-authorization,
 * invalid-authorization, unknown-scheme, missing-token, missing-key, invalid-key, invalid-token,
 * invalid-alg, invalid-signature, missing-aud, invalid-aud, missing-exp, invalid-exp, expired,
 * exp-too-far, invalid-sub or invalid-claims.
 * @example
 * const authorization = 'vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.'
 *   + 'eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0'
 *   + 'bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1'
 *   + 'JrErtmysazNjjvW2L9OkSSHzvoD1oA, k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4'
 *   + 'SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs';
 * const { subject } = await verifyVapid(authorization, {
 *   audience: 'https://push.example.net',
 *   now: () => 1453500000000,
 * });
 */
export async function verifyVapid(
  authorization: string,
  options: VerifyOptions,
): Promise<VerifiedVapid> {
  const text: unknown = authorization ?? '';
  if (typeof text !== 'string') throw new TypeError('The Authorization field must be a string');
  const header = readHeaders(options.headers);
  const now = (options.now ?? Date.now)();
  const { vapid } = await verifyToken(text, { audience: originOf(options.audience), now, header });
  return vapid;
}

function originOf(audience: string): string {
  try {
    const { origin, protocol } = new URL(audience);
    if (protocol === 'https:' || protocol === 'http:') return origin;
  } catch {
    // Not a URL: the same mistake.
  }
  throw new TypeError('The audience must be an origin, such as https://push.example.net');
}
