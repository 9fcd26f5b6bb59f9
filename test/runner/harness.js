/** Runs the suites that the bundled test files have queued, and tells the outcome as data. */
import { fail, record } from './uvu.js';

async function runSuite(run, file, sum) {
  const before = record.failures.length;
  try {
    const [, passed, skipped, total] = await run();
    sum.passed += passed;
    sum.failed += total - passed;
    sum.skipped += skipped;
    if (passed < total && record.failures.length === before) {
      fail(file, '', new Error('A suite ended before all of its tests had run'));
    }
  } catch (error) {
    // An `after` hook that throws; watched() has told the error.
    sum.failed++;
    if (record.failures.length === before) fail(file, '', error);
  }
}

/** A failure of the tests themselves, and not of what they test. */
function complain(sum, file, message) {
  sum.failed++;
  fail(file, '', new Error(message));
}

async function runFile([file, ...suites], sum, bail) {
  const before = sum.passed + sum.failed + sum.skipped;
  for (const run of suites) {
    await runSuite(run, file, sum);
    if (bail && sum.failed) return;
  }
  if (sum.passed + sum.failed + sum.skipped === before)
    complain(sum, file, 'This file ran no test');
}

/** `progress` is told the name of each test as it begins; `bail`: end with the first bad suite. */
export async function drain(progress = () => {}, bail = false) {
  record.progress = progress;
  // Who only asks whether something fails does not wait for long.
  if (bail) record.limit = 10_000;
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const start = Date.now();
  const times = {};
  const red = [];
  for (const file of globalThis.UVU_QUEUE) {
    const began = Date.now();
    const [name] = file;
    const bad = sum.failed;
    await runFile(file, sum, bail);
    if (sum.failed > bad) red.push(name);
    times[name] = Date.now() - began;
    if (bail && sum.failed) return { ...sum, failures: record.failures, skips: [] };
  }
  for (const name of record.suites.values())
    complain(sum, name, 'This suite was never run: .run() is missing');
  for (const { suite, test, reason } of record.skips) {
    if (!reason)
      complain(sum, `${suite} > ${test}`, "Skipped without a reason: use support.ts's skip");
  }
  if (sum.skipped > record.skips.length)
    complain(sum, '', 'Something was skipped by .only: take it away');
  if (!sum.passed && !sum.failed) complain(sum, '', 'No test was run');
  return {
    ...sum,
    failures: record.failures,
    skips: record.skips,
    milliseconds: Date.now() - start,
    times,
    red,
  };
}
