/** Verifies tokens of RFC 8292, written apart from the code that signs them. */
import type { Bytes } from '../../types.ts';
import { decodeBase64, decodeBase64url, encodeBase64url } from '../base64url.ts';
import { decodeUtf8, utf8 } from '../bytes.ts';
import { verifyEs256 } from '../es256.ts';
import { readHeaders } from '../headers.ts';
import type { HeaderLookup } from '../headers.ts';
import { isPoint } from '../p256.ts';
import { checkAudience, checkSubject, checkTimes } from './claims.ts';
import type { TokenRules } from './claims.ts';
import { readCredentials, refuseToken } from './credentials.ts';
import type { Credentials } from './credentials.ts';
import { parseObject } from './json.ts';
import type { VerifiedVapid, VerifyOptions } from './types.ts';

/** r and s of P-256 (RFC 7518 §3.4). */
const SIGNATURE_LENGTH = 64;

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
    refuseToken('invalid-claims', 'The claims are no JSON object with distinct members in UTF-8');
  }
  checkAudience(claims, expected.audience, expected.rules);
  const expires = checkTimes(claims, expected.now / 1000, expected.rules);
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
    refuseToken('invalid-key', `The public key has ${key.length} bytes: 65 of a point are wanted`);
  }
  if (key[0] !== 4) refuseToken('invalid-key', 'The first byte of the public key is not 4');
  if (!isPoint(key)) refuseToken('invalid-key', 'The public key is no point of the curve P-256');
  return key;
}

/** The payload of a JWS that this key signed with ES256 (RFC 7515 §5.2, RFC 8292 §2), as text. */
async function verifySignature(
  { token, key: text }: Credentials,
  key: Bytes,
  seen: Set<string> = new Set(),
): Promise<string | undefined> {
  const parts = token.split('.', 4);
  const [protectedHeader, payload, signature] = parts.map(decodeBase64url);
  if (parts.length !== 3 || !protectedHeader || !payload || !signature) {
    refuseToken('invalid-token', 'The token is not three parts of base64url with dots between');
  }
  checkHeader(protectedHeader);
  if (signature.length !== SIGNATURE_LENGTH) {
    refuseToken(
      'invalid-signature',
      `The signature has ${signature.length} bytes: r and s are wanted, 64 bytes, not DER`,
    );
  }
  const name = `${token} ${text}`;
  if (!seen.has(name)) {
    if (!(await verifyEs256(key, signature, utf8(token.slice(0, token.lastIndexOf('.')))))) {
      refuseToken('invalid-signature', 'The public key did not sign this token');
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
  if (header.get('alg') !== 'ES256') refuseToken('invalid-alg', 'The alg is not ES256');
  // No extension is understood here, and a critical one may not be passed over (RFC 7515 §4.1.11).
  if (header.has('crit')) refuseToken('invalid-token', 'The token has critical header parameters');
}

/**
 * Verifies the token of a request to a push resource, by every rule of RFC 8292 for a push service.
 * Takes the scheme `vapid`, and the older `WebPush` and `Bearer` with the key in Crypto-Key.
 *
 * Where the RFC is silent: a parameter, header parameter or claim that is named twice is refused;
 * so are `crit`, `nbf` in the future, and a `sub` that is no `mailto:` or `https:` URI. `aud` may
 * be an array; `exp` may have a fraction; an `exp` of this very second is taken, and so is one
 * exactly 24 hours ahead. Which key a subscription wants is for the caller to
 * compare with `publicKey`.
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
