/** Protocol Buffers' wire format: what Chromium's messages need (protobuf.dev, "Encoding"). */
import type { Bytes } from '../../../types.ts';
import { concat, decodeUtf8, utf8, zeros } from '../../bytes.ts';

/** Wire types. Groups (3 and 4) are refused: no message here has any. */
const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** Fields a message may have: many small ones cost more memory than their bytes. */
const MAX_FIELDS = 1024;
/** Field numbers have 29 bits. */
const MAX_NUMBER = (1n << 29n) - 1n;

/** Numbers of every width as they stand on the wire, unsigned; the rest as bytes. */
export type Value = bigint | Bytes;
/** The values of each field number, in their order. */
export type Fields = ReadonlyMap<number, readonly Value[]>;

export function encodeVarint(value: bigint): Bytes {
  const octets: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (; left > 127n; left >>= 7n) octets.push(0x80 | Number(left & 127n));
  octets.push(Number(left));
  return new Uint8Array(octets);
}

function key(field: number, type: number): Bytes {
  return encodeVarint(BigInt(field * 8 + type));
}

export function varintField(field: number, value: bigint | number): Bytes {
  return concat([key(field, VARINT), encodeVarint(BigInt(value))]);
}

export function fixed64Field(field: number, value: bigint): Bytes {
  const bytes = zeros(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return concat([key(field, FIXED64), bytes]);
}

/** A text, bytes or a message within a message. */
export function bytesField(field: number, value: Uint8Array | string): Bytes {
  const bytes = typeof value === 'string' ? utf8(value) : value;
  return concat([key(field, LENGTH_DELIMITED), encodeVarint(BigInt(bytes.length)), bytes]);
}

/** Where a reader stands. */
interface Cursor {
  readonly bytes: Bytes;
  at: number;
}

/** Ten octets at most, and no more than 64 bits. */
function readVarint(cursor: Cursor): bigint | undefined {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const octet = cursor.bytes[cursor.at++];
    if (octet === undefined) return undefined;
    value |= BigInt(octet & 127) << shift;
    if (octet < 128) return value < 1n << 64n ? value : undefined;
  }
  return undefined;
}

function readBytes(cursor: Cursor, length: number): Bytes | undefined {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) return undefined;
  const bytes = cursor.bytes.slice(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function readFixed(cursor: Cursor, length: 4 | 8): bigint | undefined {
  const bytes = readBytes(cursor, length);
  if (!bytes) return undefined;
  const view = new DataView(bytes.buffer);
  return length === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
}

function readValue(cursor: Cursor, type: number): Value | undefined {
  if (type === VARINT) return readVarint(cursor);
  if (type === FIXED64) return readFixed(cursor, 8);
  if (type === FIXED32) return readFixed(cursor, 4);
  if (type !== LENGTH_DELIMITED) return undefined;
  const length = readVarint(cursor);
  // Compared before it becomes a number: a length has 64 bits here.
  if (length === undefined || length > BigInt(cursor.bytes.length)) return undefined;
  return readBytes(cursor, Number(length));
}

/** The fields of a message, or `undefined` when these bytes are none. */
export function decodeFields(bytes: Bytes): Fields | undefined {
  const fields = new Map<number, Value[]>();
  const cursor = { bytes, at: 0 };
  for (let count = 0; cursor.at < bytes.length; count++) {
    const tag = readVarint(cursor);
    if (tag === undefined || tag >> 3n < 1n || tag >> 3n > MAX_NUMBER) return undefined;
    const value = readValue(cursor, Number(tag & 7n));
    if (value === undefined || count === MAX_FIELDS) return undefined;
    const number = Number(tag >> 3n);
    const values = fields.get(number);
    if (values) values.push(value);
    else fields.set(number, [value]);
  }
  return fields;
}

/** The last number of a field (the last one counts), or 0, its default. */
export function numberOf(fields: Fields, field: number): bigint {
  const value = fields.get(field)?.at(-1);
  return typeof value === 'bigint' ? value : 0n;
}

/** The last text of a field, or `undefined` when there is none or it is not UTF-8. */
export function textOf(fields: Fields, field: number): string | undefined {
  const value = fields.get(field)?.at(-1);
  return typeof value === 'object' ? decodeUtf8(value) : undefined;
}

/** Every text of a repeated field; those that are not UTF-8 are left out. */
export function textsOf(fields: Fields, field: number): string[] {
  const values = fields.get(field) ?? [];
  return values.flatMap((value) => (typeof value === 'object' ? decodeUtf8(value) ?? [] : []));
}
