import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { concat, utf8 } from '../../src/lib/bytes.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import type { Bytes } from '../../src/types.ts';

const test = suite('protobuf');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const from = (text: string): Bytes => new Uint8Array(Buffer.from(text.replace(/ /g, ''), 'hex'));

test('writes the examples of the specification', () => {
  // protobuf.dev, "Encoding": a = 150 in field 1; "testing" in field 2; a message in field 3.
  assert.is(hex(p.varintField(1, 150)), '089601');
  assert.is(hex(p.bytesField(2, 'testing')), '120774657374696e67');
  assert.is(hex(p.bytesField(3, p.varintField(1, 150))), '1a03089601');
  assert.is(hex(p.fixed64Field(7, 0x0102030405060708n)), '390807060504030201');
  assert.is(hex(p.varintField(1, -2n)), '08feffffffffffffffff01');
  assert.is(hex(p.varintField(16, 0)), '800100');
});

test('reads what it writes', () => {
  const big = (1n << 64n) - 1n;
  const fields = p.decodeFields(concat([
    p.varintField(1, big), p.fixed64Field(2, big), p.bytesField(3, 'one'), p.bytesField(3, 'two'),
    p.bytesField(4, new Uint8Array([255])), p.varintField(536_870_911, 7),
  ]));
  assert.ok(fields);
  assert.is(p.numberOf(fields, 1), big);
  assert.is(p.numberOf(fields, 2), big);
  assert.is(p.numberOf(fields, 9), 0n);
  assert.is(p.numberOf(fields, 3), 0n);
  assert.is(p.numberOf(fields, 536_870_911), 7n);
  assert.is(p.textOf(fields, 3), 'two');
  assert.equal(p.textsOf(fields, 3), ['one', 'two']);
  assert.is(p.textOf(fields, 4), undefined);
  assert.equal(p.textsOf(fields, 4), []);
  assert.is(p.textOf(fields, 1), undefined);
});

test('skips fields of 32 bits and reads an empty message', () => {
  const fields = p.decodeFields(from('0d 01000000 0801'));
  assert.equal(fields?.get(1), [1n, 1n]);
  assert.is(p.decodeFields(from(''))?.size, 0);
});

test('refuses what is no message', () => {
  const bad = {
    'a varint that ends early': '08 96',
    'a varint of eleven octets': '08 80808080808080808080 01',
    'a varint over 64 bits': '08 ffffffffffffffffff 7f',
    'field number 0': '00 01',
    'field number over 29 bits': '80808080 20 01',
    'a group': '0b 0c',
    'the end of a group': '0c',
    'wire type 6': '0e 00',
    'wire type 7': '0f 00',
    'a length over the rest': '0a 05 00',
    'a length near 2^64': '0a ffffffffffffffffff01',
    'no length': '0a',
    'half of 64 bits': '09 00000000',
    'half of 32 bits': '0d 0000',
  };
  for (const [name, bytes] of Object.entries(bad)) {
    assert.is(p.decodeFields(from(bytes)), undefined, name);
  }
});

test('bounds the number of fields', () => {
  const many = (count: number): Bytes => from('0800'.repeat(count));
  assert.is(p.decodeFields(many(1024))?.get(1)?.length, 1024);
  assert.is(p.decodeFields(many(1025)), undefined);
});

test('any bytes are read or refused, and never throw', () => {
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647);
  const fields = [p.varintField(1, 300), p.bytesField(2, utf8('text')), p.fixed64Field(3, 9n)];
  const good = concat(fields);
  for (let i = 0; i < 20_000; i++) {
    const bytes = i % 2 ? good.slice() : new Uint8Array(random() % 40).map(random);
    bytes[random() % Math.max(1, bytes.length)] = random();
    p.decodeFields(bytes);
  }
});

test.run();
