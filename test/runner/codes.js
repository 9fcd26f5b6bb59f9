/** Every error code is thrown by the library in a test, and explained in the README. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const seen = new Set();

/** A code counts when a file of src made the error: not when a test made one itself. */
export function noteCodes(codes = {}) {
  for (const [code, stacks] of Object.entries(codes)) {
    if (stacks.some(madeBySource)) seen.add(code);
  }
}

function madeBySource(stack) {
  const frame = stack
    .split('\n')
    .find((line) => /\b(src|test)\/[\w/]+\.ts:/.test(line) && !/src\/errors\.ts:/.test(line));
  return frame !== undefined && /\bsrc\//.test(frame);
}

function union() {
  const [, members] =
    /export type PushErrorCode =([^;]*);/.exec(readFileSync('src/errors.ts', 'utf8')) ?? [];
  return [...(members ?? '').matchAll(/'(ERR_\w+)'/g)].map(([, code]) => code);
}

/** The text of every source but the one that lists the codes. */
function sources() {
  return readdirSync('src', { recursive: true })
    .filter((name) => name.endsWith('.ts') && name !== 'errors.ts')
    .map((name) => readFileSync(join('src', name), 'utf8'))
    .join('\n');
}

export function codesPart() {
  const readme = existsSync('README.md') ? readFileSync('README.md', 'utf8') : '';
  const text = sources();
  const failures = [];
  const skips = [];
  const fail = (test, message) =>
    failures.push({ suite: '', test, message, operator: '', details: '', stack: '' });
  const codes = union();
  if (!codes.length) fail('union', 'No PushErrorCode is found in src/errors.ts');
  for (const code of codes) {
    if (!text.includes(`'${code}'`)) {
      skips.push({ suite: '', test: code, reason: 'nothing in src throws it yet' });
    } else if (!seen.has(code)) fail(code, 'No test makes the library throw it');
    if (!readme.includes(code)) fail(code, 'The README does not explain it');
  }
  for (const code of seen) {
    if (!codes.includes(code)) fail(code, 'Thrown, but PushErrorCode lacks it');
  }
  const failed = new Set(failures.map(({ test }) => test)).size;
  const skipped = skips.length;
  return { passed: Math.max(0, codes.length - failed - skipped), failed, skipped, failures, skips };
}
