/** The encryption of a message, as far as it can be seen without its keys. */
import { equal } from '../lib/bytes.ts';
import type { HeaderLookup } from '../lib/headers.ts';
import { AESGCM, chooseAesgcm128, readLegacyParams } from '../lib/legacy.ts';
import { isPoint, POINT_LENGTH } from '../lib/p256.ts';
import { readHeader, refused, TAG_LENGTH } from '../lib/records.ts';
import { senderPoint } from '../lib/service/payload.ts';
import type { Bytes } from '../types.ts';
import { layBody, range } from './body_layout.ts';
import { CODING_NAMES } from './codings.ts';
import type { CodingName } from './codings.ts';
import { doubt, note, ok, wrong } from './findings.ts';
import type { Finding, Section } from './findings.ts';
import { pointIn } from './inspect_key.ts';
import { count, many } from './layout.ts';
import { REFUSALS } from './refusals.ts';

/** What every push service must take (RFC 8030 §7.2), and what Firefox for Android gets. */
const MAX_BODY = 4096;
const MAX_BODY_ANDROID = 3015;

function inspectSize({ length }: Bytes): Finding {
  if (length > MAX_BODY) {
    return wrong(
      'size',
      `${many(length, 'byte')}: push services need not take more than ${count(MAX_BODY)} (RFC `
        + `8030 section 7.2)`,
    );
  }
  return length > MAX_BODY_ANDROID
    ? doubt(
        'size',
        `${many(length, 'byte')}: Firefox for Android gets no more than ${count(MAX_BODY_ANDROID)}`,
      )
    : ok('size', many(length, 'byte'));
}

/** RFC 8291 §4. */
function inspectRecordSize(rs: number, record: number): Finding {
  const size = count(rs);
  if (record < rs) return ok('rs', size);
  return record === rs
    ? doubt('rs', `${size}: must be greater than the record (RFC 8291 section 4); some take it`)
    : wrong('rs', `${size}: the record has ${count(record)}, and a push message has only one`);
}

function inspectKeyid(keyid: Bytes): Finding {
  const wanted = "the sender's public key, 65 bytes, is wanted";
  if (keyid.length !== POINT_LENGTH) {
    return wrong('keyid', `has ${many(keyid.length, 'byte')}: ${wanted}`);
  }
  return isPoint(keyid)
    ? ok('keyid', "65 bytes, a point of P-256: the sender's key for this message")
    : wrong('keyid', `is no uncompressed point of P-256: ${wanted}`);
}

function inspectRecord(record: number): Finding {
  const least = TAG_LENGTH + 1;
  const size = many(record, 'byte');
  if (record < least) return wrong('record', `has ${size}: ${least} are the least`);
  return record === least
    ? doubt('record', `${size}: a valid empty message, which Chromium drops; pad it by a byte`)
    : ok('record', `${size}: up to ${many(record - least, 'byte')} of payload`);
}

/** RFC 8188 §2.1. */
function inspectAes128gcm(body: Bytes): Finding[] {
  const header = readHeader(body);
  if (refused(header)) return [wrong('header', REFUSALS[header])];
  const record = body.length - header.length;
  return [
    ok('salt', '16 bytes'),
    inspectRecordSize(header.rs, record),
    inspectKeyid(header.keyid),
    inspectRecord(record),
  ];
}

function inspectLegacy(
  coding: Exclude<CodingName, 'aes128gcm'>,
  header: HeaderLookup,
  body: Bytes,
): Finding[] {
  const legacy = coding === 'aesgcm' ? AESGCM : chooseAesgcm128(header);
  const params = readLegacyParams(legacy, header);
  if (refused(params)) return [wrong('fields', REFUSALS[params])];
  const { salt, rs, dh } = params;
  const least = legacy.overhead + TAG_LENGTH;
  return [
    salt.length === 16
      ? ok('salt', '16 bytes')
      : wrong('salt', `has ${many(salt.length, 'byte')}, 16 are wanted`),
    isPoint(dh)
      ? ok('dh', "65 bytes, a point of P-256: the sender's key for this message")
      : wrong('dh', `has ${many(dh.length, 'byte')} and is no uncompressed point of P-256`),
    body.length > rs + TAG_LENGTH - 1
      ? wrong('rs', `${count(rs)}: the message needs more than one record of this size`)
      : ok('rs', count(rs)),
    body.length < least
      ? wrong('record', `has ${many(body.length, 'byte')}, ${least} are the least`)
      : ok(
          'record',
          `${many(body.length, 'byte')}: up to ${many(body.length - least, 'byte')} of payload`,
        ),
  ];
}

/** Fields of one coding in a message of another. */
function inspectStrays(coding: CodingName, header: HeaderLookup): Finding[] {
  if (coding !== 'aes128gcm') return [];
  const strays = ['Encryption', 'Encryption-Key'].filter((name) => header(name) !== undefined);
  const dh = /(^|[\s,;])dh=/.test(header('Crypto-Key') ?? '');
  return [
    ...strays.map((name) =>
      wrong(
        name,
        'belongs to the codings before RFC 8291: salt and key stand in the body (Mozilla refuses '
          + 'it)',
      ),
    ),
    ...(dh
      ? [
          wrong(
            'Crypto-Key',
            'has dh, which stands in the body with aes128gcm (Mozilla refuses it)',
          ),
        ]
      : []),
  ];
}

/** RFC 8292 §3.2. */
function inspectReuse(
  coding: CodingName,
  body: Bytes,
  header: HeaderLookup,
  key: string | undefined,
): Finding[] {
  const [sender, signer] = [senderPoint(coding, body, header), pointIn(key)];
  if (!sender || !signer || !equal(sender, signer)) return [];
  return [
    wrong(
      'keyid',
      'is the VAPID key: for encryption a fresh key for every message is wanted (RFC 8292 '
        + 'section 3.2)',
    ),
  ];
}

function inspectCoding(text: string | undefined): {
  finding: Finding;
  coding: CodingName | undefined;
} {
  const field = 'Content-Encoding';
  const coding = CODING_NAMES.find((name) => name === text?.trim().toLowerCase());
  if (text === undefined)
    return {
      coding,
      finding: wrong(field, 'is missing: browsers drop the message (aes128gcm is wanted)'),
    };
  if (coding === undefined)
    return {
      coding,
      finding: wrong(field, `${JSON.stringify(text)} is none of aes128gcm, aesgcm and aesgcm128`),
    };
  if (coding === 'aes128gcm') return { coding, finding: ok(field, 'aes128gcm (RFC 8291)') };
  if (coding === 'aesgcm')
    return {
      coding,
      finding: doubt(field, 'aesgcm, the coding before RFC 8291: for old browsers only'),
    };
  return { coding, finding: wrong(field, 'aesgcm128: no push service of today takes it') };
}

function layout(coding: CodingName, body: Bytes, rs: number): Finding[] {
  return (layBody(coding, body, rs) ?? []).map((part) =>
    note(range(part), `${part.name}: ${part.what}`),
  );
}

/** `key`: the VAPID key as text. */
export function inspectMessage(
  body: Bytes | undefined,
  header: HeaderLookup,
  key: string | undefined,
): Section[] {
  const title = 'Message';
  if (!body) {
    const named = header('Content-Encoding') !== undefined;
    const text = 'none: a push without payload, or it was not captured';
    return [{ title, findings: [named ? doubt('body', text) : note('body', text)] }];
  }
  const { coding, finding } = inspectCoding(header('Content-Encoding'));
  const findings = [finding, inspectSize(body)];
  if (!coding) return [{ title, findings }];
  findings.push(
    ...(coding === 'aes128gcm' ? inspectAes128gcm(body) : inspectLegacy(coding, header, body)),
    ...inspectStrays(coding, header),
    ...inspectReuse(coding, body, header, key),
  );
  const parts = layout(coding, body, recordSize(coding, body, header));
  return [
    { title, findings },
    ...(parts.length ? [{ title: 'Body, octet by octet', findings: parts }] : []),
  ];
}

/** Octets of a full record, as the message has it; all of the body where it does not say. */
export function recordSize(coding: CodingName, body: Bytes, header: HeaderLookup): number {
  if (coding === 'aes128gcm') {
    const start = readHeader(body);
    return refused(start) ? body.length : start.rs;
  }
  const params = readLegacyParams(coding === 'aesgcm' ? AESGCM : chooseAesgcm128(header), header);
  return refused(params) ? body.length : params.rs + TAG_LENGTH;
}
