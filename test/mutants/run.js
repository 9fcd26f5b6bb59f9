/**
 * Shows that the suite is worth something: plants each bug of list.js into the sources as they are
 * bundled (no file is changed), runs the suite on this Node until a test fails, and tells which.
 * `node test/mutants/run.js [part of a name or file ...]`. Exit status 1 when a bug goes unnoticed,
 * when its text is no longer in the source, or when the suite fails without any bug.
 */
import { readFileSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { bundle, testFiles } from '../runner/bundle.js';
import { runConsole } from '../runner/consoles.js';
import { mutants } from './list.js';

const TIMEOUT = 120_000;
const folder = join('.tmp', `mutants-${process.pid}`);

/** Puts the bug in place of the text, which has to be in the file exactly once. */
function planted({ file, find, replace }) {
  const text = readFileSync(file, 'utf8');
  const parts = text.split(find);
  if (parts.length !== 2)
    throw new Error(`${file} holds the text ${parts.length - 1} times, not once`);
  const contents = parts.join(replace);
  const path = resolve(file);
  return {
    name: 'mutant',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, (source) =>
        source.path === path ? { contents, loader: 'ts' } : undefined,
      );
    },
  };
}

/** Files that take many seconds. */
const LONG = /^(ece|hostile|send_many|vectors)/;

/** By what the tests of a source are called, where not by its own name; the first that fits. */
const CALLED = [
  ['lib/many/lanes', /^send_many_(blame|fair)/],
  ['lib/many/flight', /^send_many_(abort|pause|retry|timer)/],
  ['lib/many/pump', /^send_many_fair/],
  ['lib/ece/', /^(ece|vectors)/],
  ['lib/send/', /^(send_abort|send\.|send_secrets|cancel)/],
  ['lib/(secrets|response)', /^(send_secrets|send\.)/],
  ['lib/service/claims', /^service_vapid/],
  ['lib/token_cache', /^vapid/],
  ['lib/der', /^vapid_keys/],
  ['lib/base64url', /^subscription/],
  ['lib/push_fields', /^request/],
  ['lib/(p256|params|open|headers)', /^(legacy|receive)/],
  ['lib/(webpush|records|legacy)', /^(encrypt|legacy|receive)/],
];

/** Test files that find a bug soonest first, the long ones last. */
function ordered(files, file) {
  const own = new RegExp(`^${basename(file, '.ts').split('_')[0]}`);
  const called = CALLED.find(([source]) => new RegExp(source).test(file))?.[1] ?? own;
  const rank = (test) => (called.test(basename(test)) ? 0 : LONG.test(basename(test)) ? 2 : 1);
  return [...files].sort((a, b) => rank(a) - rank(b));
}

/** Files that fail without any bug prove nothing: they are told and left out. */
const red = [];

async function runTests(mutant, directory, variables = { TEST_BAIL: '1' }) {
  const needsNode = mutant?.checks === true;
  const folder = needsNode ? join('test', 'node') : 'test';
  const files = testFiles(folder, mutant?.tests ?? []).filter((file) => !red.includes(file));
  const options = needsNode ? { platform: 'node', external: ['esbuild', 'typescript'] } : {};
  await bundle(mutant ? ordered(files, mutant.file) : files, directory, {
    ...options,
    plugins: mutant ? [planted(mutant)] : [],
  });
  return runConsole('node', process.execPath, directory, TIMEOUT, variables);
}

/** What killed the bug, or undefined. A crash or a hang of the tests is noticed too. */
async function killer(mutant, directory) {
  let result;
  try {
    result = await runTests(mutant, directory);
  } catch (error) {
    if (/not once|Build failed|has changed/.test(error.message)) throw error;
    return error.message.split('\n')[0];
  }
  const [failure] = result.failures;
  return result.failed
    ? [failure?.suite, failure?.test].filter(Boolean).join(' > ') || 'a suite'
    : undefined;
}

async function judge(mutant, directory) {
  try {
    const by = await killer(mutant, directory);
    return { ok: by !== undefined, text: by === undefined ? 'NOT NOTICED' : `killed by ${by}` };
  } catch (error) {
    return { ok: false, text: `CANNOT BE PLANTED: ${error.message}` };
  }
}

const words = process.argv.slice(2);
const chosen = mutants.filter(
  ({ name, file }) =>
    !words.length || words.some((word) => name.includes(word) || file.includes(word)),
);
const tally = { passed: 0, failed: 0 };

/** Two at a time: each is a process of its own. */
async function work(queue, number) {
  for (let mutant = queue.shift(); mutant; mutant = queue.shift()) {
    const start = Date.now();
    const { ok, text } = await judge(mutant, join(folder, String(number)));
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    tally[ok ? 'passed' : 'failed']++;
    console.log(`${ok ? 'ok  ' : 'FAIL'} ${mutant.file}: ${mutant.name}\n       ${text} (${seconds} s)`);
    if (!ok) console.log(`       why it matters: ${mutant.why}`);
  }
}

try {
  const sane = await runTests(undefined, join(folder, 'sane'), {});
  red.push(...sane.red);
  for (const { suite, test, message } of sane.failures) {
    tally.failed++;
    console.log(`FAIL without any planted bug: ${suite} > ${test}: ${message}`);
  }
  const queue = [...chosen];
  await Promise.all([work(queue, 0), work(queue, 1)]);
} catch (error) {
  tally.failed++;
  console.log(error.message);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (!tally.passed && !tally.failed) tally.failed = 1;
console.log(`${tally.passed} passed, ${tally.failed} failed, 0 skipped`);
process.exitCode = tally.failed ? 1 : 0;
