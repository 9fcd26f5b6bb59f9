/** What the server hands out. Page and worker are bundled with what they import. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const place = (name) => fileURLToPath(new URL(name, import.meta.url));

async function bundle(name) {
  const { outputFiles } = await build({
    entryPoints: [place(name)], bundle: true, write: false, format: 'iife', target: 'es2022',
  });
  return outputFiles[0].text;
}

export async function readFiles() {
  const [page, worker] = await Promise.all(['page.js', 'worker.js'].map(bundle));
  return {
    '/': ['text/html; charset=utf-8', readFileSync(place('index.html'), 'utf8')],
    '/page.js': ['text/javascript; charset=utf-8', page],
    '/worker.js': ['text/javascript; charset=utf-8', worker],
    '/manifest.json': ['application/manifest+json', readFileSync(place('manifest.json'), 'utf8')],
  };
}
