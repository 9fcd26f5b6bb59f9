/** Changes to what was valid, small and large, out of a seed. */
import type { Bytes } from '../../src/types.ts';

export type Draw = () => number;

export function below(draw: Draw, limit: number): number {
  return Math.floor(draw() * limit);
}

export function pick<T>(draw: Draw, list: readonly T[]): T {
  const item = list[below(draw, list.length)];
  if (item === undefined && list.length === 0) throw new Error('Nothing to pick from');
  return item!;
}

function splice(bytes: Bytes, at: number, remove: number, insert: readonly number[]): Bytes {
  return new Uint8Array([...bytes.subarray(0, at), ...insert, ...bytes.subarray(at + remove)]);
}

/** One byte or bit away: changed, gone, or one more. */
export function nudge(draw: Draw, bytes: Bytes): Bytes {
  const at = below(draw, bytes.length || 1);
  const copy = bytes.slice();
  switch (below(draw, 4)) {
    case 0:
      copy[at]! ^= 1 << below(draw, 8);
      return copy;
    case 1:
      copy[at] = below(draw, 256);
      return copy;
    case 2:
      return splice(bytes, at, 1, []);
    default:
      return splice(bytes, at, 0, [below(draw, 256)]);
  }
}

export function noise(draw: Draw, most: number): Bytes {
  return new Uint8Array(below(draw, most)).map(() => below(draw, 256));
}

/** Further away: cut, repeated, moved, filled, or nothing of the original. */
export function shake(draw: Draw, bytes: Bytes): Bytes {
  const [from, to] = [below(draw, bytes.length + 1), below(draw, bytes.length + 1)].sort(
    (a, b) => a - b,
  );
  const part = bytes.slice(from, to);
  switch (below(draw, 6)) {
    case 0:
      return part;
    case 1:
      return splice(bytes, from!, part.length, []);
    case 2:
      return splice(bytes, below(draw, bytes.length), 0, [...part]);
    case 3:
      return bytes.slice().fill(pick(draw, [0, 255, 4]), from, to);
    case 4:
      return nudge(draw, nudge(draw, nudge(draw, bytes)));
    default:
      return noise(draw, 300);
  }
}

/** Characters that grammars, parsers and printers make something of. */
const SHARP = [
  ...'=;,"\\ \t/+-_.:@#%?&[]{}()<>\'`|~^*!$0aZé\u0000\r\n\u0085\u00a0\u2028\ufeff\ud800👋',
];
const WORDS = [
  '__proto__', 'constructor', 'toString', 'null', 'NaN', '-1', '1e400', '9'.repeat(30), '%00',
  '%2e', '\\u0000',
  'https://', '//', '@', '127.0.0.1', 'localhost', '[::1]', 'xn--', 'dh=', 'salt=', 'rs=', 'keyid=',
  't=', 'k=',
  ', ', '; ', '""', '"\\"', 'eyJ', '=='.repeat(9), ' '.repeat(50), ';'.repeat(50), ','.repeat(50),
  '"'.repeat(9),
];

/** One character away. */
export function nudgeText(draw: Draw, text: string): string {
  const at = below(draw, text.length + 1);
  const character = pick(draw, [...SHARP, String.fromCharCode(below(draw, 256))]);
  switch (below(draw, 4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + character + text.slice(at);
    case 2: {
      const flipped = text.charAt(at);
      const upper = flipped.toUpperCase();
      const other = flipped === upper ? flipped.toLowerCase() : upper;
      return text.slice(0, at) + other + text.slice(at + 1);
    }
    default:
      return text.slice(0, at) + character + text.slice(at + 1);
  }
}

export function shakeText(draw: Draw, text: string): string {
  const at = below(draw, text.length + 1);
  const to = at + below(draw, text.length - at + 1);
  switch (below(draw, 5)) {
    case 0:
      return text.slice(at, to);
    case 1:
      return text.slice(0, at) + text.slice(to);
    case 2:
      return text.slice(0, at) + pick(draw, WORDS) + text.slice(at);
    case 3:
      return text.slice(0, to) + text.slice(at);
    default:
      return nudgeText(draw, nudgeText(draw, nudgeText(draw, text)));
  }
}

const ODD: readonly (() => unknown)[] = [
  () => undefined, () => null, () => 0, () => -1, () => NaN, () => Infinity, () => 1e21, () => true,
  () => '',
  () => 'x', () => '__proto__', () => [], () => {}, () => ({}), () => [null], () => new Date(0),
  () => 5n,
  () => new Uint8Array(65), () => new Map(), () => new Array(3), () => Symbol('odd'),
  () => 'A'.repeat(5000),
  () => Object.create(null), () => new Proxy({}, {}), () => ({ toString: () => 'x' }),
  () => new String('x'),
  () => ({ length: 65 }), () => new ArrayBuffer(16),
  () => JSON.parse('{"__proto__":{"endpoint":"https://x.example.com/"}}'),
];

export function odd(draw: Draw): unknown {
  return pick(draw, ODD)();
}

/** One member away: another value, gone, renamed, or one more. */
export function nudgeMember(
  draw: Draw,
  value: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const name = pick(draw, Object.keys(value));
  const { [name]: old, ...others } = value;
  switch (below(draw, 6)) {
    case 0:
      return others;
    case 1:
      return { ...others, [nudgeText(draw, name)]: old };
    case 2:
      return { ...value, [pick(draw, WORDS)]: odd(draw) };
    case 3:
      return { ...value, [name]: odd(draw) };
    default:
      return { ...value, [name]: typeof old === 'string' ? nudgeText(draw, old) : odd(draw) };
  }
}
