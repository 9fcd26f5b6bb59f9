/**
 * End-to-end tests in real browsers: `node test/browsers/run.js [--repeat N] [part of title ...]`,
 * where `-part` leaves titles out.
 * A browser that is not installed is skipped, or fails where the environment has CI set. Closes
 * with `N passed, N failed, N skipped`.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, '..', '..', '.tmp', `browsers-${process.pid}`);
const playwright = join(here, 'node_modules', 'playwright-core', 'index.mjs');
const hasPlaywright = existsSync(playwright);
const count = { passed: 0, failed: 0, skipped: 0 };

function readArguments(words) {
  const at = words.indexOf('--repeat');
  const repeat = at < 0 ? 1 : Number(words[at + 1]);
  if (!Number.isInteger(repeat) || repeat < 1) throw new Error('--repeat takes a number from 1');
  const parts = at < 0 ? words : words.toSpliced(at, 2);
  const fits = (title, part) =>
    part.startsWith('-') ? !title.includes(part.slice(1)) : title.includes(part);
  return { repeat, matches: (title) => parts.every((part) => fits(title, part)) };
}

/** Playwright stays where its own package.json installs it; the library's doors are its sources. */
const packages = {
  name: 'packages',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^playwright-core$/ }, () => (hasPlaywright
      ? { path: pathToFileURL(playwright).href, external: true }
      : { path: 'none', namespace: 'none' }));
    const contents = 'export const chromium = undefined;';
    onLoad({ filter: /^none$/, namespace: 'none' }, () => ({ contents }));
    onResolve({ filter: /^subtle-push(\/|$)/ }, ({ path }) => ({
      path: join(here, '..', '..', 'src', `${path.split('/')[1] ?? 'index'}.ts`),
    }));
  },
};

async function load() {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'suite.mjs');
  const contents = ['suite', 'client_suite', 'example_suite']
    .map((name) => `export * from './${name}.js';`).join('\n');
  await build({
    stdin: { contents, resolveDir: here }, bundle: true, format: 'esm', platform: 'node', outfile,
    ignoreAnnotations: true, sourcemap: 'inline', logLevel: 'error', plugins: [packages],
    external: ['esbuild'],
  });
  return import(pathToFileURL(outfile).href);
}

function report(label, title, error, milliseconds) {
  count[error ? 'failed' : 'passed']++;
  const time = `${Math.round(milliseconds)} ms`;
  console.log(`${error ? 'FAIL' : '  ok'}  ${label}: ${title} (${time})`);
  if (error) console.log(error.stack ?? error);
}

/** A user's machine may lack a browser; in CI one that is left out would look like a pass. */
function reportMissing(name, cure) {
  count[process.env.CI ? 'failed' : 'skipped']++;
  console.log(`${process.env.CI ? 'FAIL' : 'skip'}  ${name}: not installed here; ${cure}`);
}

const APT = 'apt-get install --no-install-recommends firefox-esr chromium';

const { repeat, matches } = readArguments(process.argv.slice(2));
try {
  const { binaries, runBrowser, runClient, runExample, runInbox, runPlaywright } = await load();
  for (const [name, find] of Object.entries(binaries)) if (!find()) reportMissing(name, APT);
  if (!hasPlaywright) reportMissing('playwright', 'npm ci --prefix test/browsers');
  const found = Object.keys(binaries).filter((name) => binaries[name]());
  for (let round = 1; round <= repeat; round++) {
    for (const name of found) {
      const label = repeat > 1 ? `${name} ${round}/${repeat}` : name;
      for (const run of [runBrowser, runClient, runExample, runInbox]) {
        await run(name, matches, (...result) => report(label, ...result))
          .catch((error) => report(label, 'start and end', error, 0));
      }
    }
    if (!hasPlaywright || !binaries.chromium()) continue;
    const label = repeat > 1 ? `playwright ${round}/${repeat}` : 'playwright';
    await runPlaywright(matches, (...result) => report(label, ...result));
  }
} catch (error) {
  report('all', 'set-up', error, 0);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exitCode = count.failed ? 1 : 0;
