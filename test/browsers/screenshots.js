/**
 * Pictures of the inbox, in both themes, wide and narrow: `npm run screenshots`. With `--all` also those
 * that no document shows, into `.tmp/screenshots`.
 */
import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const folder = join(root, '.tmp', `screenshots-${process.pid}`);

const doors = {
  name: 'doors',
  setup({ onResolve }) {
    onResolve({ filter: /^subtle-push(\/|$)/ }, ({ path }) => ({
      path: join(root, 'src', `${path.split('/')[1] ?? 'index'}.ts`),
    }));
  },
};

async function load() {
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'pictures.mjs');
  await build({
    entryPoints: [join(here, 'pictures.js')],
    bundle: true,
    format: 'esm',
    platform: 'node',
    outfile,
    ignoreAnnotations: true,
    logLevel: 'error',
    plugins: [doors],
    external: ['playwright-core', 'esbuild'],
  });
  return import(pathToFileURL(outfile).href);
}

if (!existsSync(join(here, 'node_modules', 'playwright-core'))) {
  console.error('Playwright is missing: npm ci --prefix test/browsers');
  process.exit(1);
}
try {
  const { takePictures } = await load();
  const { chromium } = await import(
    pathToFileURL(join(here, 'node_modules', 'playwright-core', 'index.mjs')).href
  );
  for (const file of await takePictures(chromium, root, process.argv.includes('--all'))) {
    console.log(`${file} ${Math.ceil(statSync(join(root, file)).size / 1024)} kB`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
