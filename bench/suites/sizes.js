/** What an import costs a bundle: minified, gzip and brotli, beside peers' equivalents. */
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const OURS = [
  ['encrypt', "export { encrypt } from './src/index.ts'"],
  ['send', "export { send } from './src/index.ts'"],
  ['send, createVapid, parseSubscription',
    "export { send, createVapid, parseSubscription } from './src/index.ts'"],
  ['the same and sendMany',
    "export { send, createVapid, parseSubscription, sendMany } from './src/index.ts'"],
  ...['receive', 'aesgcm', 'aesgcm128', 'service', 'client', 'ece', 'notification'].map(
    (door) => [`./${door}`, `export * from './src/${door}.ts'`],
  ),
];

const PEERS = ['@pushforge/builder', '@block65/webcrypto-web-push', 'webpush-webcrypto', 'web-push'];

async function measure(name, contents, resolveDir) {
  try {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir, loader: 'ts' }, bundle: true, minify: true, format: 'esm',
      target: 'es2022', write: false, logLevel: 'silent', platform: name === 'web-push' ? 'node' : 'neutral',
      mainFields: ['module', 'main'], external: ['node:*'],
    });
    const { contents: bytes } = outputFiles[0];
    return {
      name, min: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length,
      brotli: brotliCompressSync(bytes).length,
    };
  } catch {
    return { name };
  }
}

export async function sizes({ root, peersRoot }) {
  const own = await Promise.all(OURS.map(([name, text]) => measure(name, text, root)));
  const peers = peersRoot
    ? await Promise.all(PEERS.map((peer) => measure(peer, `export * from '${peer}'`, peersRoot)))
    : [];
  return { rows: [...own, ...peers] };
}
