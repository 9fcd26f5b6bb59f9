/** Builds the page of `src/inbox` into a folder: one script, one style sheet, nothing from elsewhere. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = join(dirname(fileURLToPath(import.meta.url)), 'src', 'inbox');

export async function buildInbox(folder) {
  mkdirSync(folder, { recursive: true });
  const { warnings } = await build({
    entryPoints: { app: join(source, 'main.ts'), style: join(source, 'style.css') },
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    // Browsers of 2023: :has and nesting-free CSS, declarative push is newer than all of them.
    target: ['chrome111', 'firefox121', 'safari16.4'],
    charset: 'utf8',
    logLevel: 'warning',
  });
  if (warnings.length) throw new Error('A warning fails the build of the inbox');
  for (const file of ['index.html', 'icon.svg'])
    copyFileSync(join(source, file), join(folder, file));
}
