/** How the files in `vectors/` are read. What their members mean stands in `vectors/README.md`. */
import type { Bytes } from '../../src/types.ts';

export type Members = Readonly<Record<string, unknown>>;

export interface VectorCase {
  readonly id: string;
  readonly result: string;
  readonly [member: string]: unknown;
}

export interface VectorFile {
  readonly kind: string;
  readonly title: string;
  readonly source: readonly string[];
  readonly common?: Members;
  readonly keys?: Readonly<Record<string, Members>>;
  readonly cases: readonly VectorCase[];
}

/** Tests one case: answers the ways it took through the library, throws where one is wrong. */
export type Check = (v: Members) => Promise<readonly string[]>;

/** A case with what it has in common with others: its own members come last. */
export function resolve(file: VectorFile, own: VectorCase): Members {
  const named = own['keys'] ?? file.common?.['keys'];
  const set = typeof named === 'string' ? file.keys?.[named] : {};
  if (!set) throw new Error(`${own.id}: no keys "${String(named)}"`);
  return { ...file.common, ...set, ...own };
}

/** Written here and not taken from the library, which is what these cases test. */
export function unhex(hex: string): Bytes {
  if (!/^(?:[0-9a-f]{2})*$/.test(hex)) throw new Error(`Not hexadecimal: ${hex.slice(0, 40)}`);
  return new Uint8Array(hex.length / 2).map((_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

export function has(v: Members, name: string): boolean {
  return v[name] !== undefined && v[name] !== null;
}

export function text(v: Members, name: string): string {
  const value = v[name];
  if (typeof value !== 'string') throw new Error(`${String(v['id'])}: no text "${name}"`);
  return value;
}

export function number(v: Members, name: string): number {
  const value = v[name];
  if (typeof value !== 'number') throw new Error(`${String(v['id'])}: no number "${name}"`);
  return value;
}

export function bytes(v: Members, name: string): Bytes {
  return unhex(text(v, name));
}

/** A list of objects. */
export function list(v: Members, name: string): readonly Members[] {
  const value: unknown = v[name];
  if (!Array.isArray(value)) throw new Error(`${String(v['id'])}: no list "${name}"`);
  return value.map((item: unknown) => ({ ...Object(item) }));
}

/** An object. */
export function object(v: Members, name: string): Members {
  return { ...Object(v[name]) };
}

export function isValid(v: Members): boolean {
  const result = text(v, 'result');
  if (result !== 'valid' && result !== 'invalid') throw new Error(`What is "${result}"?`);
  return result === 'valid';
}
