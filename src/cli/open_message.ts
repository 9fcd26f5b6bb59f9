/** Opens a message and says which coding it is in, or why it does not open. */
import { readHeaders } from '../lib/headers.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import { AESGCM, chooseAesgcm128, openLegacy, readLegacyParams } from '../lib/legacy.ts';
import { refused } from '../lib/records.ts';
import type { Outcome, Refusal } from '../lib/records.ts';
import { openMessage } from '../lib/webpush.ts';
import type { Receiver } from '../receive.ts';
import type { Bytes } from '../types.ts';
import type { Field } from './capture.ts';
import { CODING_NAMES } from './codings.ts';
import type { CodingName } from './codings.ts';

/** As receivers bound it. */
const MAX_BODY = 131_072;

/** The coding that the fields name; without Content-Encoding what the others show. */
export function codingOf(header: HeaderLookup): CodingName | undefined {
  const named = header('Content-Encoding')?.trim().toLowerCase();
  if (named !== undefined) return CODING_NAMES.find((name) => name === named);
  if (header('Encryption-Key') !== undefined) return 'aesgcm128';
  return header('Encryption') === undefined ? 'aes128gcm' : 'aesgcm';
}

export interface Opened {
  readonly coding: CodingName;
  readonly data: Bytes;
}

export async function openCaptured(
  receiver: Receiver,
  fields: readonly Field[],
  body: Bytes,
): Promise<Opened | { readonly refusal: Refusal }> {
  const header = readHeaders(fields);
  const coding = codingOf(header);
  if (!coding) return { refusal: 'unsupported-encoding' };
  const data = body.length > MAX_BODY ? 'too-long' : await open(coding, receiver, header, body);
  return refused(data) ? { refusal: data } : { coding, data };
}

async function open(
  coding: CodingName,
  receiver: Receiver,
  header: HeaderLookup,
  body: Bytes,
): Promise<Outcome<Bytes>> {
  if (coding === 'aes128gcm') return openMessage(receiver, body);
  const legacy = coding === 'aesgcm' ? AESGCM : chooseAesgcm128(header);
  const params = readLegacyParams(legacy, header);
  return refused(params) ? params : openLegacy(legacy, receiver, params, body);
}
