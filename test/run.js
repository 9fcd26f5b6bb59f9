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
import { report } from './runner/report.js';
import { failedPart, mapped, merged, nothing } from './runner/parts.js';

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

/** A user's machine may lack a runtime; in CI a runtime that is left out would look like a pass. */
function missingPart(install) {
  const reason = `not installed here; ${install}`;
  if (process.env.CI) return failedPart(new Error(reason));
  return { ...nothing, skipped: 1, skips: [{ suite: '', test: 'the whole suite', reason }] };
}

let suite;
/** The suite is bundled once, whatever number of runtimes run it. */
async function suitePart(name) {
  const { binary, install } = consoles[name] ?? browsers[name];
  const found = binary();
  if (!found) return missingPart(install);
  const place = join(directory, 'suite');
  const map = await (suite ??= bundle(testFiles('test', only), place));
  const run = name in consoles ? runConsole : runBrowser;
  return mapped(await run(name, found, place, TIMEOUT), map);
}

/** What `npm run build` says, as one test. */
function buildPart() {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['build.js'], {
    encoding: 'utf8',
  });
  return status === 0 ? { ...nothing, passed: 1 } : failedPart(new Error(`${stdout}${stderr}`));
}

/** Some of the checks, in a process of their own. */
async function shardPart(files, place) {
  try {
    const map = await bundle(files, place, {
      platform: 'node',
      external: ['esbuild', 'typescript'],
    });
    return mapped(await runConsole('node', process.execPath, place, TIMEOUT), map);
  } catch (error) {
    return failedPart(error);
  }
}

/** The checks read `dist`: built anew first. They wait for processes and sockets, so two at once. */
async function checksPart() {
  const built = buildPart();
  const files = testFiles(join('test', 'node'), only);
  const shards = [0, 1].map((number) => files.filter((_, i) => i % 2 === number));
  const parts = shards
    .filter((shard) => shard.length)
    .map((shard, i) => shardPart(shard, join(directory, `checks-${i}`)));
  return merged([built, ...(await Promise.all(parts))]);
}

async function runPart(name) {
  const folder = name === 'checks' ? join('test', 'node') : 'test';
  if (only.length && !testFiles(folder, only).length) return { name, part: nothing };
  const start = Date.now();
  const part = await (name === 'checks' ? checksPart() : suitePart(name)).catch(failedPart);
  return { name, part, milliseconds: Date.now() - start };
}

function settle({ name, part, milliseconds }) {
  noteCodes(part.codes);
  report(name, part, milliseconds);
  add(part);
}

const sum = { passed: 0, failed: 0, skipped: 0 };
function add(part) {
  for (const key of Object.keys(sum)) sum[key] += part[key];
}

try {
  // The suite computes, the checks mostly wait: they share two cores well. Runtimes do not.
  const together = parts.includes('checks') ? ['node', 'checks'] : [];
  const running = Object.fromEntries(
    together.filter((name) => parts.includes(name)).map((name) => [name, runPart(name)]),
  );
  for (const name of parts) settle(await (running[name] ?? runPart(name)));
  if (!only.length && parts.includes('node') && parts.includes('checks')) {
    const part = codesPart();
    report('codes', part, 0);
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
