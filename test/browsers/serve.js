/** `subtle-push serve`, built as it is now, in a process of its own. */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** The project, wherever this file was bundled to. */
function findRoot() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'build_inbox.js'))) folder = dirname(folder);
  return folder;
}

async function buildCommand(root, folder) {
  const { buildInbox } = await import(join(root, 'build_inbox.js'));
  await Promise.all([
    buildInbox(join(folder, 'dist', 'inbox')),
    build({
      entryPoints: [join(root, 'src', 'cli', 'main.ts')],
      outdir: join(folder, 'dist', 'cli'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      logLevel: 'error',
    }),
  ]);
  copyFileSync(join(root, 'package.json'), join(folder, 'package.json'));
  return join(folder, 'dist', 'cli', 'main.js');
}

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Resolves with what its first lines say. */
function launch(main, args) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  const ended = new Promise((resolve) => child.once('close', resolve));
  ended.then(() => running.delete(child));
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      const [, http, https] = /Push service +(\S+) and (https:\S+?),?\s/.exec(text) ?? [];
      const ca = /Authority +(.+)\n/.exec(text)?.[1];
      if (https && ca) resolve({ child, ended, http, https, ca });
    });
    ended.then((code) => reject(new Error(`serve ended with ${code}: ${text}`)));
  });
}

/** `port` and `tlsPort`: any that are free, unless told. */
export async function startServe(args = [], { port = 0, tlsPort = 0 } = {}) {
  const root = findRoot();
  mkdirSync(join(root, '.tmp'), { recursive: true });
  const folder = mkdtempSync(join(root, '.tmp', 'serve-'));
  const main = await buildCommand(root, folder);
  const { child, ended, http, https, ca } = await launch(main, [
    'serve',
    '--port',
    String(port),
    '--tls-port',
    String(tlsPort),
    '--dir',
    join(folder, 'certificate'),
    ...args,
  ]);
  /** What the page may do, done by a test. */
  const act = async (name, input = {}) => {
    const response = await fetch(`${http}/inbox/api/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: http },
      body: JSON.stringify(input),
    });
    if (!response.ok) throw new Error(`${name}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  const close = async () => {
    child.kill('SIGTERM');
    const code = await ended;
    rmSync(folder, { recursive: true, force: true });
    return code;
  };
  return {
    http,
    https,
    ca: () => readFileSync(ca, 'utf8'),
    caFile: ca,
    pid: child.pid,
    act,
    close,
  };
}
