/** The files of `vectors/`, compiled in: the tests run where there is no file system. */
import aesGcm from '../../vectors/aes-gcm.json' with { type: 'json' };
import aesgcmDrafts from '../../vectors/aesgcm-drafts.json' with { type: 'json' };
import aesgcm128Drafts from '../../vectors/aesgcm128-drafts.json' with { type: 'json' };
import base64url from '../../vectors/base64url.json' with { type: 'json' };
import bodyHeader from '../../vectors/body-header.json' with { type: 'json' };
import derivedAes128gcm from '../../vectors/derived-aes128gcm.json' with { type: 'json' };
import derivedAesgcm from '../../vectors/derived-aesgcm.json' with { type: 'json' };
import cryptoKey from '../../vectors/derived-aesgcm128-crypto-key.json' with { type: 'json' };
import encryptKey from '../../vectors/derived-aesgcm128-encryption-key.json' with { type: 'json' };
import draftsNotImplemented from '../../vectors/drafts-not-implemented.json' with { type: 'json' };
import ecdh from '../../vectors/ecdh.json' with { type: 'json' };
import ecdsa from '../../vectors/ecdsa.json' with { type: 'json' };
import headerFields from '../../vectors/header-fields.json' with { type: 'json' };
import headerFormat from '../../vectors/header-format.json' with { type: 'json' };
import hkdf from '../../vectors/hkdf.json' with { type: 'json' };
import hmac from '../../vectors/hmac.json' with { type: 'json' };
import httpEce from '../../vectors/http_ece.json' with { type: 'json' };
import oneMessage from '../../vectors/one-message.json' with { type: 'json' };
import rfc8188 from '../../vectors/rfc8188.json' with { type: 'json' };
import rfc8291 from '../../vectors/rfc8291.json' with { type: 'json' };
import rfc8292 from '../../vectors/rfc8292.json' with { type: 'json' };
import sha256 from '../../vectors/sha256.json' with { type: 'json' };
import vapidClaims from '../../vectors/vapid-claims.json' with { type: 'json' };
import type { VectorFile } from './format.ts';

export const FILES: Readonly<Record<string, VectorFile>> = {
  'rfc8188.json': rfc8188,
  'rfc8291.json': rfc8291,
  'rfc8292.json': rfc8292,
  'aesgcm-drafts.json': aesgcmDrafts,
  'aesgcm128-drafts.json': aesgcm128Drafts,
  'drafts-not-implemented.json': draftsNotImplemented,
  'one-message.json': oneMessage,
  'http_ece.json': httpEce,
  'derived-aes128gcm.json': derivedAes128gcm,
  'derived-aesgcm.json': derivedAesgcm,
  'derived-aesgcm128-crypto-key.json': cryptoKey,
  'derived-aesgcm128-encryption-key.json': encryptKey,
  'header-fields.json': headerFields,
  'header-format.json': headerFormat,
  'body-header.json': bodyHeader,
  'vapid-claims.json': vapidClaims,
  'base64url.json': base64url,
  'sha256.json': sha256,
  'hmac.json': hmac,
  'hkdf.json': hkdf,
  'ecdh.json': ecdh,
  'ecdsa.json': ecdsa,
  'aes-gcm.json': aesGcm,
};
