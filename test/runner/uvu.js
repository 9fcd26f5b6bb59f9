/**
 * What `import { suite } from 'uvu'` gives in the bundled tests: uvu's own suites, with every test
 * and hook watched, so that failures come out as data, a skip carries its reason, and a test that
 * hangs is named. uvu itself loses an error of a `before` hook.
 */
import './quiet.js';
import * as uvu from 'uvu';
import './loud.js';

export const record = {
  failures: [],
  skips: [],
  suites: new Map(),
  progress: (_name) => {},
  /** Milliseconds that one test may take. */
  limit: 60_000,
};

export function fail(suite, test, error) {
  const named = error instanceof Error || typeof error?.stack === 'string';
  record.failures.push({
    suite,
    test,
    message: named ? `${error.name}: ${error.message}` : `Thrown: ${String(error)}`,
    operator: typeof error?.operator === 'string' ? error.operator : '',
    details: typeof error?.details === 'string' ? error.details : '',
    stack: named ? String(error.stack) : '',
  });
}

function limited(work) {
  let timer;
  const late = new Promise((_, reject) => {
    const { limit } = record;
    timer = setTimeout(() => reject(new Error(`Not done after ${limit / 1000} s`)), limit);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

function watched(suite, test, handler) {
  return async (context) => {
    record.progress(`${suite} > ${test}`);
    try {
      const work = handler(context);
      if (typeof work?.then === 'function') await limited(work);
    } catch (error) {
      fail(suite, test, error);
      // uvu only has to count it; formatting a strange error would end the whole suite.
      throw new Error('failed');
    }
  };
}

export function suite(name = '', state = {}) {
  const inner = uvu.suite(name, state);
  record.suites.set(inner, name);
  const adder = (add) => (title, handler) => add(title, watched(name, title, handler));
  const hook = (add, title) => (handler) => add(watched(name, title, handler));
  return Object.assign(adder(inner), {
    only: adder(inner.only),
    skip(title = '', handler = undefined) {
      record.skips.push({ suite: name, test: title, reason: handler?.reason });
      inner.skip();
    },
    before: Object.assign(hook(inner.before, '(before)'), {
      each: hook(inner.before.each, '(before each)'),
    }),
    after: Object.assign(hook(inner.after, '(after)'), {
      each: hook(inner.after.each, '(after each)'),
    }),
    run() {
      record.suites.delete(inner);
      inner.run();
    },
  });
}

export const test = suite('(no name)');
record.suites.clear();
