/** What stands where in the body of a message. */
import { readHeader, refused, TAG_LENGTH } from '../lib/records.ts';
import type { Bytes } from '../types.ts';
import type { CodingName } from './codings.ts';
import { count, hex, many } from './layout.ts';

/** Octets `from` to `from + length - 1`. `value`: where it can be read without the key. */
export interface Part {
  readonly from: number;
  readonly length: number;
  readonly name: string;
  readonly what: string;
  readonly encrypted: boolean;
  readonly value?: Bytes | undefined;
}

/** What only the keys tell of a record: octets of data. */
export interface Inside {
  readonly data: number;
}

type Piece = Omit<Part, 'from'>;

function place(pieces: readonly Piece[], start: number): Part[] {
  let from = start;
  return pieces
    .filter(({ length }) => length > 0)
    .map((piece) => {
      const part = { from, ...piece };
      from += piece.length;
      return part;
    });
}

function secret(name: string, length: number, what: string): Piece {
  return { name, length, what, encrypted: true };
}

function tag(length: number): Piece {
  return {
    name: 'tag',
    length,
    what: 'proves that nothing was changed (AES-GCM)',
    encrypted: false,
  };
}

/** One record: padded behind (RFC 8188 §2) or in front (the drafts before it). */
function record(coding: CodingName, length: number, inside: Inside | undefined): Piece[] {
  const sealed = Math.max(0, length - TAG_LENGTH);
  const overhead = coding === 'aesgcm' ? 2 : 1;
  const end = tag(Math.min(length, TAG_LENGTH));
  if (!inside) {
    const what =
      coding === 'aes128gcm'
        ? 'data, delimiter and padding, encrypted'
        : 'length of the padding, padding and data, encrypted';
    return [secret('record', sealed, what), end];
  }
  const pad = sealed - overhead - inside.data;
  const data = secret('data', inside.data, 'the payload, encrypted');
  const padding = secret('padding', pad, 'zeros, encrypted');
  return coding === 'aes128gcm'
    ? [data, secret('delimiter', 1, '02 for the last record, encrypted'), padding, end]
    : [
        secret('pad length', overhead, `${many(pad, 'octet')} of padding, encrypted`),
        padding,
        data,
        end,
      ];
}

function header(body: Bytes): readonly Piece[] | undefined {
  const read = readHeader(body);
  if (refused(read)) return undefined;
  const { salt, rs, keyid } = read;
  const plain = { encrypted: false };
  return [
    { ...plain, name: 'salt', length: 16, what: 'drawn for this message', value: salt },
    {
      ...plain,
      name: 'rs',
      length: 4,
      what: `record size ${count(rs)}`,
      value: body.subarray(16, 20),
    },
    {
      ...plain,
      name: 'idlen',
      length: 1,
      what: `the key has ${many(keyid.length, 'octet')}`,
      value: body.subarray(20, 21),
    },
    {
      ...plain,
      name: 'keyid',
      length: keyid.length,
      what: "the sender's public key for this message",
      value: keyid,
    },
  ];
}

/** Records that are shown one by one: a push message has one, a hostile body any number. */
const MAX_RECORDS = 4;

/**
 * The parts of a body, in order; `undefined` where its header cannot be read. `rs`: octets of a
 * full record with its tag; `inside`: for a body of one record whose data is known.
 */
export function layBody(
  coding: CodingName,
  body: Bytes,
  rs: number,
  inside?: Inside,
): readonly Part[] | undefined {
  const head = coding === 'aes128gcm' ? header(body) : [];
  if (!head) return undefined;
  const start = head.reduce((sum, { length }) => sum + length, 0);
  const parts = place(head, 0);
  const one = body.length - start <= rs;
  let at = start;
  for (let shown = 0; at < body.length && shown < MAX_RECORDS; shown++, at += rs) {
    const length = Math.min(rs, body.length - at);
    parts.push(...place(record(coding, length, one ? inside : undefined), at));
  }
  const rest = Math.max(0, body.length - at);
  const more = many(Math.ceil(rest / rs), 'further record');
  return [...parts, ...place([secret('records', rest, `${more}, encrypted`)], at)];
}

/** `86-97`, or `98` for one. */
export function range({ from, length }: Part): string {
  return length === 1 ? `${from}` : `${from}-${from + length - 1}`;
}

/** A value in hexadecimal, its middle left out where it is long. */
export function short(value: Uint8Array, most: number = 8): string {
  if (value.length <= most) return hex(value);
  return `${hex(value.subarray(0, most / 2))}...${hex(value.subarray(-most / 2))}`;
}
