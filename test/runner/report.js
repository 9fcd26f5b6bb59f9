/** What a person reads of a part: a runtime, or the checks that need Node. */

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
function frames(stack, map) {
  return map(stack)
    .split('\n')
    .filter(
      (line) =>
        /:\d+:\d+\)?$/.test(line) && !/test\/runner\/|node_modules\/|node:internal/.test(line),
    )
    .slice(0, 6)
    .map((line) => line.trim())
    .join('\n');
}

/** A part that gave no result: it did not start, crashed or hung. */
export function failedPart(error) {
  const failure = {
    suite: '',
    test: '',
    message: plain(error.message),
    operator: '',
    details: '',
    stack: '',
  };
  return { passed: 0, failed: 1, skipped: 0, failures: [failure], skips: [] };
}

export function printFailures(name, { failures }, map) {
  for (const { suite, test, message, operator, details, stack } of failures) {
    console.log(`\nFAIL ${[name, suite, test].filter(Boolean).join(' > ')}`);
    console.log(indent(plain(map(message)) + (operator ? ` (${operator})` : '')));
    if (details) console.log(indent(plain(details), '      '));
    const at = frames(stack, map);
    if (at) console.log(indent(at));
  }
  if (failures.length) console.log('');
}

export function printSkips(name, { skips }) {
  for (const { suite, test, reason } of skips) {
    console.log(
      `skip ${[name, suite, test].filter(Boolean).join(' > ')}: ${reason ?? 'no reason given'}`,
    );
  }
}

/** The files that take longest, where TEST_TIMES is set. */
export function printTimes({ times = {} }) {
  if (!process.env.TEST_TIMES) return;
  const slow = Object.entries(times).sort(([, a], [, b]) => b - a);
  for (const [file, time] of slow.slice(0, 12)) console.log(`  ${file}: ${time} ms`);
}

export function printPart(name, { passed, failed, skipped }, milliseconds) {
  const seconds = milliseconds ? `${(milliseconds / 1000).toFixed(1)} s` : '';
  console.log(
    `${name.padEnd(COLUMN)}${passed} ok, ${failed} not, ${skipped} left out   ${seconds}`.trimEnd(),
  );
}
