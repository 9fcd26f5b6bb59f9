/**
 * Runs the examples one after another and prints what was wrong with each, as JSON. `blocks.json`
 * beside the blocks lists them: { name, file, module, expected, doors }.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { format } from 'node:util';
import { standIns } from './stand_ins.js';

const LIMIT = 10_000;
const [folder] = process.argv.slice(2);
const { blocks, specifiers } = JSON.parse(readFileSync(join(folder, 'blocks.json'), 'utf8'));

const doors = {};
for (const [name, specifier] of Object.entries(specifiers)) doors[name] = await import(specifier);

/** The package's names: the sender's first, but those of the example's own file before all. */
function packageNames(file) {
  const own = doors[file.replace(/^src\/|\.ts$/g, '')] ?? {};
  return Object.assign({}, ...Object.values(doors).reverse(), doors.index, own, doors);
}

function place(values) {
  for (const [name, value] of Object.entries(values)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

function late() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`Not done after ${LIMIT / 1000} s`)), LIMIT).unref();
  });
}

async function run({ file, module, expected, doors: bare }) {
  if (bare) place(packageNames(file));
  place(await standIns(doors, file));
  const printed = [];
  const { log, error } = console;
  console.log = (...values) => printed.push(format(...values));
  // What an example catches and prints is wrong all the same, where a text was promised.
  console.error = console.log;
  try {
    await Promise.race([import(pathToFileURL(join(folder, module)).href), late()]);
  } finally {
    Object.assign(console, { log, error });
  }
  // A remark may follow what is printed, behind a colon.
  const missing = expected.filter(
    (text) => !printed.some((line) => text === line || text.startsWith(`${line}: `)),
  );
  if (missing.length)
    throw new Error(`It must print ${missing.join(' | ')} but prints ${printed.join(' | ')}`);
}

const unhandled = [];
process.on('unhandledRejection', (error) => {
  unhandled.push(error);
});

const results = [];
for (const block of blocks) {
  const wrong = await run(block).then(
    () => undefined,
    (error) => error?.stack ?? String(error),
  );
  // Rejections that nobody handles are told after a turn of the loop.
  await new Promise((resolve) => setImmediate(resolve));
  const lost = unhandled.splice(0).map((error) => `Unhandled: ${error?.stack ?? error}`);
  results.push({ name: block.name, wrong: [wrong, ...lost].filter(Boolean).join('\n') });
}
process.stdout.write(`\nresults: ${JSON.stringify(results)}\n`, () => process.exit());
