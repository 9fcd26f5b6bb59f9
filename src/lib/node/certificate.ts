/** A certificate for this machine, made with WebCrypto: nobody has to have `openssl`. */
import { isIP } from 'node:net';
import type { Bytes, KeyPair, Now } from '../../types.ts';
import { utf8, zeros } from '../bytes.ts';
import { sha256 } from '../sha256.ts';
import * as d from './der.ts';

export interface CertificateOptions {
  /** Host names and IP addresses, without brackets. */
  readonly names: readonly string[];
  readonly now?: Now | undefined;
  /** How long it holds, 1 to 824; default 397. Apple's systems refuse more than 825 in all. */
  readonly days?: number | undefined;
}

export interface Certificate {
  /** The leaf's private key, PKCS#8 in PEM. */
  readonly key: string;
  /** The leaf and the authority that signed it, PEM. */
  readonly cert: string;
  /** The authority alone: what a client has to trust. */
  readonly ca: string;
  /** Base64 of the SHA-256 of the leaf's SubjectPublicKeyInfo, as Chromium's switches want it. */
  readonly spki: string;
}

const DAY = 86_400_000;
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' } as const;
/** ecdsa-with-SHA256, without parameters (RFC 5758 §3.2). */
const SIGNATURE_ALGORITHM = '1.2.840.10045.4.3.2';

/** RFC 5280 §4.2: the extensions by their names there. */
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
const EXTENDED_KEY_USAGE = '2.5.29.37';
/** id-kp-serverAuth (§4.2.1.12). */
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** A new key pair with what the certificate says of it. */
interface Identity {
  readonly pair: KeyPair;
  readonly spki: Bytes;
  /** RFC 7093 §2 (1): the leftmost 160 bits of the SHA-256 of the key's bits. */
  readonly keyId: Bytes;
}

async function createIdentity(extractable: boolean): Promise<Identity> {
  const pair = await crypto.subtle.generateKey(ECDSA, extractable, ['sign', 'verify']);
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return { pair, spki, keyId: sha256(spki.subarray(-65)).slice(0, 20) };
}

/** A positive number of 16 bytes, 126 of its bits random (RFC 5280 §4.1.2.2). */
function generateSerial(): Bytes {
  const serial = crypto.getRandomValues(zeros(16));
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

/** A distinguished name of organisation and common name, both UTF8String (RFC 5280 §4.1.2.4). */
function distinguishedName(commonName: string): Bytes {
  const attribute = (type: string, value: string): Bytes =>
    d.setOf(d.sequence(d.oid(type), d.der(0x0c, utf8(value))));
  return d.sequence(attribute('2.5.4.10', 'subtle-push'), attribute('2.5.4.3', commonName));
}

function extension(id: string, critical: boolean, value: Bytes): Bytes {
  const flag = critical ? d.der(0x01, new Uint8Array([0xff])) : zeros(0);
  return d.sequence(d.oid(id), flag, d.octetString(value));
}

/** RFC 5280 §4.2.1.1: the [0] keyIdentifier of the signer. */
function authorityKey(keyId: Bytes): Bytes {
  return extension(AUTHORITY_KEY_IDENTIFIER, false, d.sequence(d.der(0x80, keyId)));
}

function subjectKey(keyId: Bytes): Bytes {
  return extension(SUBJECT_KEY_IDENTIFIER, false, d.octetString(keyId));
}

/** May sign leaves and no further authorities (pathLenConstraint 0); keyCertSign. */
function authorityExtensions(keyId: Bytes): Bytes[] {
  const constraints = d.sequence(d.der(0x01, new Uint8Array([0xff])), d.integer(zeros(1)));
  return [
    extension(BASIC_CONSTRAINTS, true, constraints),
    extension(KEY_USAGE, true, d.bitString(new Uint8Array([0b100]), 2)),
    subjectKey(keyId),
  ];
}

/** A TLS server that answers to `names`; digitalSignature. OpenSSL's strict mode wants both ids. */
function serverExtensions(names: readonly string[], keyId: Bytes, signer: Bytes): Bytes[] {
  return [
    extension(BASIC_CONSTRAINTS, true, d.sequence()),
    extension(KEY_USAGE, true, d.bitString(new Uint8Array([0x80]), 7)),
    extension(EXTENDED_KEY_USAGE, false, d.sequence(d.oid(SERVER_AUTH))),
    extension(SUBJECT_ALT_NAME, false, d.sequence(...names.map(generalName))),
    subjectKey(keyId),
    authorityKey(signer),
  ];
}

/** Labels of up to 63 characters (RFC 1123 §2.1; `_` as resolvers do), the first may be `*`. */
const HOST = /^(\*\.)?((?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!$)|$))+$/i;

/** RFC 5280 §4.2.1.6: [2] dNSName or [7] iPAddress. */
function generalName(name: string): Bytes {
  const family = isIP(name);
  if (family === 4) return d.der(0x87, new Uint8Array(name.split('.').map(Number)));
  if (family === 6) return d.der(0x87, ipv6(name));
  if (name.length > 253 || !HOST.test(name)) {
    throw new TypeError('A certificate is for ASCII host names and IP addresses without brackets');
  }
  return d.der(0x82, utf8(name));
}

/** The URL parser spells every IPv6 address in groups of hex digits with one `::` at most. */
function ipv6(address: string): Bytes {
  const bare = address.replace(/%.*$/, '');
  const [head = '', tail] = new URL(`http://[${bare}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): number[] =>
    text ? text.split(':').map((digits) => Number.parseInt(digits, 16)) : [];
  const [left, right] = [groups(head), groups(tail ?? '')];
  const middle = new Array<number>(8 - left.length - right.length).fill(0);
  const words = [...left, ...middle, ...right];
  return new Uint8Array(words.flatMap((word) => [word >> 8, word & 255]));
}

interface Contents {
  readonly subject: Bytes;
  readonly issuer: Bytes;
  readonly validity: Bytes;
  readonly spki: Bytes;
  readonly extensions: readonly Bytes[];
}

/** RFC 5280 §4.1: a certificate of version 3. */
async function sign(contents: Contents, signer: KeyPair): Promise<Bytes> {
  const algorithm = d.sequence(d.oid(SIGNATURE_ALGORITHM));
  const body = d.sequence(
    d.der(0xa0, d.integer(new Uint8Array([2]))),
    d.integer(generateSerial()),
    algorithm,
    contents.issuer,
    contents.validity,
    contents.subject,
    contents.spki,
    d.der(0xa3, d.sequence(...contents.extensions)),
  );
  const hash = { name: 'ECDSA', hash: 'SHA-256' };
  const raw = new Uint8Array(await crypto.subtle.sign(hash, signer.privateKey, body));
  return d.sequence(body, algorithm, d.bitString(d.ecdsaSignature(raw)));
}

/** Dated back a day, for clocks that are behind. */
function validityOf({ now = Date.now, days = 397 }: CertificateOptions): Bytes {
  if (!Number.isInteger(days) || days < 1 || days > 824) {
    throw new RangeError('A certificate holds for 1 to 824 days');
  }
  const at = now();
  return d.sequence(d.time(at - DAY), d.time(at + days * DAY));
}

/**
 * Makes an authority and a certificate that it signs for `names`, on P-256 with ECDSA and SHA-256,
 * as Chromium, Firefox, OpenSSL (strict too), Node and curl take them. The authority's private key
 * cannot be exported and is dropped, so that whoever trusts it trusts this one certificate.
 */
export async function createCertificate(options: CertificateOptions): Promise<Certificate> {
  if (!options.names.length) throw new TypeError('A certificate is for at least one name');
  const validity = validityOf(options);
  const names = options.names.map(String);
  const [authority, leaf] = await Promise.all([createIdentity(false), createIdentity(true)]);
  // Its own name each time: stores look authorities up by name and may still trust an older one.
  const tag = [...authority.keyId.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0'));
  const issuer = distinguishedName(`subtle-push local authority ${tag.join('')}`);
  const root = { issuer, subject: issuer, validity, spki: authority.spki };
  const subject = distinguishedName('local push service');
  const server = { issuer, subject, validity, spki: leaf.spki };
  const authorities = authorityExtensions(authority.keyId);
  const servers = serverExtensions(names, leaf.keyId, authority.keyId);
  const [ca, cert] = await Promise.all([
    sign({ ...root, extensions: authorities }, authority.pair),
    sign({ ...server, extensions: servers }, authority.pair),
  ]);
  const key = new Uint8Array(await crypto.subtle.exportKey('pkcs8', leaf.pair.privateKey));
  return {
    key: d.pem('PRIVATE KEY', key),
    cert: d.pem('CERTIFICATE', cert) + d.pem('CERTIFICATE', ca),
    ca: d.pem('CERTIFICATE', ca),
    spki: btoa(String.fromCharCode(...sha256(leaf.spki))),
  };
}
