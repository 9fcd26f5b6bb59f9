/** Our TypeScript with an entry, as one module that any runtime loads; peers stay packages. */
import { join } from 'node:path';
import { build } from 'esbuild';

const PEERS = [
  'web-push', 'http_ece', '@pushforge/builder', '@block65/webcrypto-web-push', 'webpush-webcrypto',
];

/** `inside`: peers go into the bundle, for runtimes without packages. Answers the file's path. */
export async function bundle(bench, entry, name, { inside = false, define = {} } = {}) {
  const outdir = join(bench, '.tmp', name);
  await build({
    entryPoints: [join(bench, entry)], outdir, bundle: true, format: 'esm', target: 'es2022',
    platform: inside ? 'neutral' : 'node', outExtension: { '.js': '.mjs' }, logLevel: 'error',
    external: inside ? ['node:*'] : PEERS, splitting: !inside, mainFields: ['module', 'main'],
    entryNames: '[name]', define,
  });
  return join(outdir, entry.replace(/.*\//, '').replace(/\.js$/, '.mjs'));
}
