/** Which check belongs to which kind of file. */
import { checkFieldDoors, checkKeyDoors, checkMessageDoors } from './doors.ts';
import { checkContent } from './ece.ts';
import { checkBodyHeader, checkHeaderFields, checkHeaderFormat } from './fields.ts';
import type { Check } from './format.ts';
import { checkMessage } from './messages.ts';
import { checkPoint } from './points.ts';
import {
  checkAesGcm, checkBase64url, checkEcdh, checkEcdsa, checkHkdf, checkHmac, checkSha256,
} from './primitives.ts';
import { checkPush, checkRequest } from './pushes.ts';
import { checkToken, checkVapidClaims, checkVapidKeys } from './tokens.ts';

export const CHECKS: Readonly<Record<string, readonly Check[]>> = {
  'message': [checkMessage, checkMessageDoors, checkContent, checkPush, checkRequest],
  'header-fields': [checkHeaderFields, checkFieldDoors],
  'header-format': [checkHeaderFormat],
  'body-header': [checkBodyHeader],
  'base64url': [checkBase64url],
  'sha256': [checkSha256],
  'hmac': [checkHmac],
  'hkdf': [checkHkdf],
  'ecdh': [checkEcdh, checkKeyDoors, checkVapidKeys, checkPoint],
  'ecdsa': [checkEcdsa],
  'aes-gcm': [checkAesGcm],
  'vapid': [checkToken],
  'vapid-claims': [checkVapidClaims],
};
