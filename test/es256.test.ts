/** Signatures as signers give them: r||s, or DER (RFC 3279 §2.2.3), which drops leading zeros. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rawSignature } from '../src/lib/es256.ts';
import { hex, unhex } from './vectors/format.ts';

const test = suite('ES256 signatures');

/** A half of so many octets, none of them zero, its highest bit clear. */
const half = (octets: number): string => '5a'.repeat(octets);

function integer(value: string): string {
  return `02${(value.length / 2).toString(16).padStart(2, '0')}${value}`;
}

function der(r: string, s: string): string {
  const content = integer(r) + integer(s);
  return `30${(content.length / 2).toString(16).padStart(2, '0')}${content}`;
}

function raw(signature: string): string | undefined {
  const bytes = rawSignature(unhex(signature));
  return bytes && hex(bytes);
}

test('r||s is taken as it is, as a copy', () => {
  const bytes = unhex(half(64));
  const copy = rawSignature(bytes);
  assert.equal(copy, bytes);
  assert.is.not(copy, bytes);
});

test('halves of DER are filled up to 32 octets in front', () => {
  const lengths = [[32, 32], [31, 32], [32, 31], [31, 31], [1, 32], [32, 1], [28, 32]] as const;
  for (const [r, s] of lengths) {
    const wanted = half(r).padStart(64, '0') + half(s).padStart(64, '0');
    assert.is(raw(der(half(r), half(s))), wanted, `${r} and ${s} octets`);
  }
});

test('the octet that keeps a half positive is taken away', () => {
  const high = 'fe'.repeat(32);
  assert.is(raw(der(`00${high}`, `00${high}`)), high + high);
  assert.is(raw(der(`00${high}`, half(30))), high + half(30).padStart(64, '0'));
});

test('anything else is none', () => {
  const good = der(half(32), half(32));
  const wrong = {
    'nothing': '', 'short': half(63), 'long': half(65), 'no sequence': good.replace('30', '31'),
    'a wrong length': good.replace('3044', '3043'), 'an octet more': `${good}00`,
    'cut': good.slice(0, -2), 'r of 33 octets': der(half(33), half(32)),
    'no s': `3022${integer(half(32))}`, 'an empty r': der('', half(32)),
    'three integers': `3046${integer(half(32))}${integer(half(30))}${integer('')}`,
    'a length beyond the end': `${good.slice(0, 8)}ff${good.slice(10)}`.slice(0, 20),
  };
  for (const [what, signature] of Object.entries(wrong)) {
    assert.is(raw(signature), undefined, what);
  }
});

test.run();
