/**
 * The tests: `node test/run.js [what ...] [part of a file's name ...]`. What: a runtime, `checks`
 * (test/node), `all` (every runtime); without any, `node checks`, which is `npm test`.
 * Closes with `N passed, N failed, N skipped`.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, testFiles } from './runner/bundle.js';
import { browsers, runBrowser } from './runner/browsers.js';
import { codesPart, noteCodes } from './runner/codes.js';
import { consoles, runConsole } from './runner/consoles.js';
import { failedPart, printFailures, printPart, printSkips, printTimes } from './runner/report.js';

/** Milliseconds for one runtime, from launch to result. */
const TIMEOUT = Number(process.env.TEST_TIMEOUT ?? 300_000);
const RUNTIMES = [...Object.keys(consoles), ...Object.keys(browsers)];
const directory = join('.tmp', `test-${process.pid}`);

const words = process.argv.slice(2);
const all = words.includes('all') ? RUNTIMES : [];
const chosen = [
  ...all,
  ...words.filter(
    (word) => !all.includes(word) && (word in consoles || word in browsers || word === 'checks'),
  ),
];
const only = words.filter((word) => word !== 'all' && !chosen.includes(word));
const parts = chosen.length ? chosen : ['node', 'checks'];

async function runtimePart(name) {
  const { binary, install } = consoles[name] ?? browsers[name];
  const found = binary();
  if (!found) return missingPart(install);
  return (name in consoles ? runConsole : runBrowser)(
    name,
    found,
    join(directory, 'suite'),
    TIMEOUT,
  );
}

/** A user's machine may lack a runtime; in CI a runtime that is left out would look like a pass. */
function missingPart(install) {
  const reason = `not installed here; ${install}`;
  if (process.env.CI) return failedPart(new Error(reason));
  return {
    passed: 0,
    failed: 0,
    skipped: 1,
    failures: [],
    skips: [{ suite: '', test: 'the whole suite', reason }],
  };
}

const bundles = {};
/** Bundles once, whatever number of runtimes run it; gives what maps its stack frames. */
function bundled(name) {
  return (bundles[name] ??=
    name === 'suite'
      ? bundle(testFiles('test', only), join(directory, name))
      : bundle(testFiles(join('test', 'node'), only), join(directory, name), {
          platform: 'node',
          external: ['esbuild', 'typescript'],
        }));
}

/** The checks read `dist`: it is built anew first. */
async function checksPart() {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['build.js'], {
    encoding: 'utf8',
  });
  if (status !== 0) console.log(`\nFAIL build\n\n${stdout}${stderr}`);
  const result = await runConsole('node', process.execPath, join(directory, 'checks'), TIMEOUT);
  const built = { passed: Number(status === 0), failed: Number(status !== 0) };
  return { ...result, passed: result.passed + built.passed, failed: result.failed + built.failed };
}

const nothing = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };

async function runPart(name) {
  const kind = name === 'checks' ? 'checks' : 'suite';
  const folder = kind === 'checks' ? join('test', 'node') : 'test';
  if (only.length && !testFiles(folder, only).length) return nothing;
  const start = Date.now();
  let map = (stack) => stack;
  let part;
  try {
    map = await bundled(kind);
    part = await (name === 'checks' ? checksPart() : runtimePart(name));
  } catch (error) {
    part = failedPart(error);
  }
  noteCodes(part.codes, map);
  printFailures(name, part, map);
  printSkips(name, part);
  printTimes(part);
  printPart(name, part, Date.now() - start);
  return part;
}

const sum = { passed: 0, failed: 0, skipped: 0 };
function add(part) {
  for (const key of Object.keys(sum)) sum[key] += part[key];
}

try {
  for (const name of parts) add(await runPart(name));
  if (!only.length && parts.includes('node') && parts.includes('checks')) {
    const part = codesPart();
    printFailures('codes', part, String);
    printSkips('codes', part);
    printPart('codes', part, 0);
    add(part);
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
if (!sum.passed && !sum.failed && !sum.skipped) {
  console.log(`No test file has ${only.join(' or ')} in its name`);
  sum.failed++;
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped`);
process.exitCode = sum.failed ? 1 : 0;
