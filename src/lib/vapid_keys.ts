import { PushError } from '../errors.ts';
import type { Bytes, CryptoKey, KeyPair } from '../types.ts';
import { decodeBase64, encodeBase64url } from './base64url.ts';
import { concat, copyBytes, decodeUtf8, property, utf8, zeros } from './bytes.ts';
import { decodePem, decodePrivateKey, encodePkcs8 } from './der.ts';
import type { KeyParts } from './der.ts';
import { importSigningKey, signEs256, verifyEs256 } from './es256.ts';
import { isPoint } from './p256.ts';

/** The parts of a pair: 65 bytes, on the curve, and 32. */
export interface VapidPair {
  readonly point: Bytes;
  readonly d: Bytes;
}

export function invalidVapid(what: string, cause?: unknown): PushError {
  return new PushError('ERR_VAPID_INVALID', `Cannot use these VAPID keys: ${what}`, { cause });
}

/** Characters of a key as text; the expression below takes the square of their number. */
const MAX_TEXT = 1000;

/**
 * base64 text as people paste it: quotes, white space and `\n`, also the two characters, around it.
 */
function decodeText(text: unknown): Bytes | undefined {
  if (typeof text !== 'string' || text.length > MAX_TEXT) return undefined;
  return decodeBase64(text.replace(/^(["'\s]|\\n)+|(["'\s]|\\n)+$/g, ''));
}

/** A point in any of the forms that a public key is given in. */
export function readPoint(value: unknown): Bytes {
  const point = decodeText(value) ?? copyBytes(value) ?? zeros(0);
  if (isPoint(point)) return point;
  throw invalidVapid('the public key must be 65 bytes, a point of P-256 in uncompressed form');
}

/** A private key; some tools drop its leading zeros. */
export function readScalar(value: unknown): Bytes {
  const bytes = decodeText(value) ?? copyBytes(value) ?? zeros(0);
  if (bytes.length > 0 && bytes.length <= 32) return concat([zeros(32 - bytes.length), bytes]);
  throw invalidVapid('the private key must be 32 bytes');
}

/** Both parts, checked for their form; whether they belong together, a signature must prove. */
export async function readPair(input: unknown): Promise<VapidPair> {
  const parts = await readParts(input);
  const d = readScalar(parts.d);
  return { d, point: readPoint(parts.point ?? (await derivePoint(d))) };
}

async function readParts(input: unknown): Promise<{ d: unknown; point: unknown }> {
  const bytes = typeof input === 'string' ? utf8(input) : copyBytes(input);
  if (bytes) return readFile(bytes);
  if (typeof input !== 'object' || input === null) {
    throw invalidVapid('a pair of strings, a JWK, PKCS#8 or SEC1 is wanted');
  }
  if (isKeyPair(input)) {
    // The public key that came with it, so that a foreign one is noticed.
    const { x = '', y = '' } = await exportJwk(input.publicKey);
    return readJwk({ ...(await exportJwk(input.privateKey)), x, y });
  }
  const d = property(input, 'privateKey');
  return d === undefined ? readJwk(input) : { d, point: property(input, 'publicKey') };
}

async function exportJwk(key: CryptoKey): Promise<JsonWebKey> {
  try {
    return await crypto.subtle.exportKey('jwk', key);
  } catch (cause) {
    throw invalidVapid('its private key cannot be exported; see vapidSigner', cause);
  }
}

function readJwk(jwk: unknown): { d: unknown; point: unknown } {
  const [kty = 'EC', crv, x, y] = ['kty', 'crv', 'x', 'y'].map((name) => property(jwk, name));
  const right = kty === 'EC' && crv === 'P-256';
  if (!right) throw invalidVapid('a JWK must be of kty "EC" and crv "P-256"');
  const d = property(jwk, 'd');
  if (d === undefined) throw invalidVapid('this JWK has no private part "d"');
  if (x === undefined && y === undefined) return { d, point: undefined };
  return { d, point: concat([new Uint8Array([4]), readScalar(x), readScalar(y)]) };
}

/** A file's bytes: DER, or text that is PEM or JSON. */
async function readFile(bytes: Bytes): Promise<{ d: unknown; point: unknown }> {
  const der = decodePrivateKey(bytes);
  if (der) return der;
  const text = (decodeUtf8(bytes) ?? '').replace(/\\n/g, '\n').trim();
  if (text.startsWith('{')) return readParts(parseJson(text));
  const parts: KeyParts | undefined = decodePrivateKey(decodePem(text) ?? zeros(0));
  if (parts) return parts;
  if (text.includes('ENCRYPTED')) throw invalidVapid('this PEM is encrypted; decrypt it first');
  if (text.includes('PUBLIC KEY')) throw invalidVapid('this PEM holds a public key only');
  throw invalidVapid('PKCS#8 or SEC1 of a P-256 key is wanted, or JSON of a JWK or a pair');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalidVapid('this text is no JSON');
  }
}

/** The order of P-256's base point (SP 800-186 §3.2.1.3). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Left to the platform; Firefox and WebKitGTK do not do it, and we do no arithmetic on secrets. */
async function derivePoint(d: Bytes): Promise<Bytes> {
  let hex = '0x';
  for (const byte of d) hex += (byte + 256).toString(16).slice(1);
  // WebKitGTK derives a point from more than that.
  if (BigInt(hex) >= ORDER) throw invalidVapid('the private key must be below the order of P-256');
  try {
    const key = await crypto.subtle.importKey(
      'pkcs8', encodePkcs8(d), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'],
    );
    const { x, y } = await crypto.subtle.exportKey('jwk', key);
    return concat([new Uint8Array([4]), readScalar(x), readScalar(y)]);
  } catch (cause) {
    const why = 'it has no public key, and this platform cannot derive one; give both';
    throw invalidVapid(why, cause);
  }
}

/** A signing function that is proved to belong to the point. */
export async function prove(
  point: Bytes,
  sign: (data: Bytes) => Promise<Bytes>,
): Promise<void> {
  const data = crypto.getRandomValues(zeros(32));
  if (await verifyEs256(point, await sign(data), data)) return;
  throw invalidVapid('the private key does not belong to the public key');
}

/** The signing function of a pair; the key is imported once. */
export function pairSigner({ point, d }: VapidPair): (data: Bytes) => Promise<Bytes> {
  let key: Promise<CryptoKey> | undefined;
  return async (data) => {
    key ??= importSigningKey(point, d);
    try {
      return await signEs256(await key, data);
    } catch (cause) {
      throw invalidVapid('the private key does not belong to the public key', cause);
    }
  };
}

export function encodePair({ point, d }: VapidPair): { publicKey: string; privateKey: string } {
  return { publicKey: encodeBase64url(point), privateKey: encodeBase64url(d) };
}

/** Whether a value has the two keys of a pair. */
export function isKeyPair(value: unknown): value is KeyPair {
  return typeof property(value, 'privateKey') === 'object'
    && typeof property(value, 'publicKey') === 'object';
}
