/** What a person reads of a part. */

const COLUMN = 12;

/** uvu's comparisons are coloured wherever it finds no `process`. */
function plain(text) {
  return text.replace(/\u001b\[[\d;]*m/g, '');
}

function indent(text, by = '    ') {
  return text
    .split('\n')
    .map((line) => by + line)
    .join('\n');
}

/** The frames of a stack, in any engine's notation, without the runner's own. */
function frames(stack) {
  return stack
    .split('\n')
    .filter((line) => /:\d+:\d+\)?$/.test(line))
    .filter((line) => !/test\/runner\/|node_modules\/|node:internal|\.tmp\//.test(line))
    .slice(0, 6)
    .map((line) => line.trim())
    .join('\n');
}

function printFailure(name, { suite, test, message, operator, details, stack }) {
  console.log(`\nFAIL ${[name, suite, test].filter(Boolean).join(' > ')}`);
  console.log(indent(plain(message) + (operator ? ` (${operator})` : '')));
  if (details) console.log(indent(plain(details), '      '));
  const at = frames(stack);
  if (at) console.log(indent(at));
}

function printSkip(name, { suite, test, reason = 'no reason given' }) {
  console.log(`skip ${[name, suite, test].filter(Boolean).join(' > ')}: ${reason}`);
}

/** The files that take longest, where TEST_TIMES is set. */
function printTimes({ times = {} }) {
  const slow = Object.entries(times).sort(([, a], [, b]) => b - a);
  for (const [file, time] of slow.slice(0, 12)) console.log(`  ${file}: ${time} ms`);
}

/** Failures, what was left out and why, and one line for the part. */
export function report(name, part, milliseconds) {
  for (const failure of part.failures) printFailure(name, failure);
  if (part.failures.length) console.log('');
  for (const skipped of part.skips) printSkip(name, skipped);
  if (process.env.TEST_TIMES) printTimes(part);
  const { passed, failed, skipped } = part;
  const seconds = milliseconds ? `${(milliseconds / 1000).toFixed(1)} s` : '';
  const counts = `${passed} ok, ${failed} not, ${skipped} left out`;
  console.log(`${name.padEnd(COLUMN)}${counts}   ${seconds}`.trimEnd());
}
