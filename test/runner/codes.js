/** Every error code is thrown by the library in a test, and explained in the README. */
import { existsSync, readFileSync } from 'node:fs';

const seen = new Set();

/** A code counts when a file of src made the error: not when a test made one itself. */
export function noteCodes(codes = {}, map) {
  for (const [code, stacks] of Object.entries(codes)) {
    if (stacks.some((stack) => madeBySource(map(stack)))) seen.add(code);
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

export function codesPart() {
  const readme = existsSync('README.md') ? readFileSync('README.md', 'utf8') : '';
  const failures = [];
  const fail = (test, message) =>
    failures.push({ suite: '', test, message, operator: '', details: '', stack: '' });
  const codes = union();
  if (!codes.length) fail('union', 'No PushErrorCode is found in src/errors.ts');
  for (const code of codes) {
    if (!seen.has(code)) fail(code, 'No test makes the library throw it');
    if (!readme.includes(code)) fail(code, 'The README does not explain it');
  }
  for (const code of seen)
    if (!codes.includes(code)) fail(code, 'Thrown, but PushErrorCode lacks it');
  const bad = new Set(failures.map(({ test }) => test)).size;
  return { passed: codes.length - bad, failed: bad, skipped: 0, failures, skips: [] };
}
