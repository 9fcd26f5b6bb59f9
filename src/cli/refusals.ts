/** Why a message does not open, for people who have its keys: what answers strangers says less. */
import type { Refusal } from '../lib/records.ts';

export const REFUSALS: Readonly<Record<Refusal, string>> = {
  'short-header':
    'the body is shorter than the header that aes128gcm begins with; it was cut off, or is '
    + 'of another coding (--header "Content-Encoding: ...")',
  'invalid-rs':
    'the record size is out of range; in aes128gcm it stands in octets 16 to 19 and is 18 or more',
  'invalid-keyid-length':
    'the key in the body does not have 65 octets; this is no Web Push message in '
    + 'aes128gcm, or octets are missing before it',
  'invalid-point': "the sender's key is no point of the curve P-256",
  'invalid-salt': 'the salt does not have 16 octets in base64url',
  'invalid-auth-secret': 'the authentication secret does not have 16 octets',
  'invalid-dh': 'dh in the Crypto-Key field is not base64url without padding',
  'missing-dh': 'the Crypto-Key field has no dh that belongs to the Encryption field',
  'zero-ciphertext': 'the body holds no record',
  'short-record':
    'a record is too short to hold a tag and what must be before it; octets are missing',
  truncated: 'the last record is a full one, so there must have been another; octets are missing',
  decrypt: 'it was encrypted for another receiver, or something of it was changed on its way',
  padding: 'its padding is not as the coding has it; the sender is wrong',
  delimiter:
    'its delimiter is not as the coding has it; octets are missing, or the sender is wrong',
  'unsupported-encoding': 'its Content-Encoding is none of aes128gcm, aesgcm and aesgcm128',
  'too-long': 'it has more than 131,072 octets; a push message has 4,096 or fewer',
  'missing-encryption':
    'the Encryption field is missing; give it with --header "Encryption: salt=..."',
  'invalid-encryption': 'the Encryption field cannot be read',
  'missing-crypto-key':
    'the Crypto-Key field is missing; give it with --header "Crypto-Key: dh=..."',
  'invalid-crypto-key': "the field with the sender's key cannot be read",
  'missing-encryption-key': 'the Encryption-Key field is missing; give it with --header',
  'unknown-keyid': 'its keyid names a key that is not there',
};
