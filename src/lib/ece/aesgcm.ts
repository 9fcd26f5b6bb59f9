import type { Bytes, HeadersLike } from '../../types.ts';
import { encodeBase64url } from '../base64url.ts';
import { utf8, zeros } from '../bytes.ts';
import { readHeaders } from '../headers.ts';
import {
  AESGCM, legacyKeys, MAX_RECORD_SIZE, padFront, readEncryption, readLegacyParams,
  readSalt,
} from '../legacy.ts';
import { refused } from '../records.ts';
import { decryptFailed } from './blocks.ts';
import type { ContentCoding, Start } from './seal.ts';

export const CONTENT_AESGCM: ContentCoding = {
  coding: AESGCM,
  frame: (data, pad) => padFront(2, data, pad),
  // The context of explicit keying material is empty, the octet before it stays.
  explicit: (salt, ikm) => legacyKeys('aesgcm', salt, ikm, zeros(0)),
  maxRs: MAX_RECORD_SIZE,
  // What two octets tell (draft-ietf-httpbis-encryption-encoding-02 §2).
  maxPad: 65_535,
  spare: 0,
};

/** A key id as it stands in a field: a quoted string. */
function quoteKeyid(id: Bytes): string {
  const text = String.fromCharCode(...id);
  if (!/^[ -~]*$/.test(text)) throw new TypeError('keyid must be visible ASCII for aesgcm');
  return text && `keyid="${text.replace(/["\\]/g, '\\$&')}";`;
}

/** What `aes128gcm` has in front of its records. `agreed`: whether `id` is a public key. */
export function writeFields({ salt, rs, id }: Start, agreed: boolean): Record<string, string> {
  const keyid = agreed ? '' : quoteKeyid(id);
  return {
    'Content-Encoding': 'aesgcm',
    'Encryption': `${keyid}salt=${encodeBase64url(salt)}${rs === 4096 ? '' : `;rs=${rs}`}`,
    ...(agreed ? { 'Crypto-Key': `dh=${encodeBase64url(id)}` } : {}),
  };
}

export function readFields(fields: HeadersLike, agreed: boolean): Start {
  const headers = readHeaders(fields);
  const known = (headers('Content-Encoding') ?? 'aesgcm') === 'aesgcm';
  const encryption = readEncryption(headers);
  if (!known || refused(encryption)) throw decryptFailed();
  const start = readSalt(encryption);
  const id = utf8(encryption.get('keyid') ?? '');
  const key = agreed ? readLegacyParams(AESGCM, headers) : { dh: id };
  if (refused(start) || refused(key)) throw decryptFailed();
  return { ...start, id: key.dh };
}
