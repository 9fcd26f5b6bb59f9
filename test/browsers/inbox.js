/** Runs the cases of the inbox in a browser that it starts. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { openPage } from './drive.js';
import { inboxCases } from './inbox_cases.js';
import { load } from './inbox_load.js';
import { until } from './inbox_support.js';
import { startServe } from './serve.js';

const run = promisify(execFile);

function findRoot() {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'build_inbox.js'))) folder = dirname(folder);
  return folder;
}

/** Runs code that the page gives for copying. `undefined`: the package that it is for is not here. */
async function runSnippet(code, { caFile }) {
  const root = findRoot();
  const webPush = join(root, 'bench', 'node_modules', 'web-push', 'src', 'index.js');
  if (code.includes("'web-push'") && !existsSync(webPush)) {
    console.log(
      '      note: web-push is not installed (npm ci --prefix bench), its snippet was not run',
    );
    return undefined;
  }
  const folder = mkdtempSync(join(root, '.tmp', 'snippet-'));
  try {
    const file = join(folder, 'push.mjs');
    const text = code.replace("'web-push'", JSON.stringify(pathToFileURL(webPush).href));
    if (code.includes("'web-push'")) writeFileSync(file, text);
    else {
      await build({
        stdin: { contents: code, resolveDir: root },
        bundle: true,
        format: 'esm',
        platform: 'node',
        outfile: file,
        alias: { 'subtle-push': join(root, 'src', 'index.ts') },
        logLevel: 'error',
      });
    }
    const env = { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: caFile };
    return (await run(process.execPath, [file], { env })).stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PATIENCE = 180_000;

function inTime(work, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Took over ${PATIENCE} ms: ${what}`)), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** `report(title, error | undefined, milliseconds)`. */
export async function runInbox(name, matches, report) {
  const cases = [...inboxCases, ['10,000 pushes at 64 in flight', load]].filter(([title]) =>
    matches(`inbox: ${title}`),
  );
  if (!cases.length) return;
  const served = await startServe();
  let page;
  try {
    page = await openPage(name, `${served.http}/`);
    await page.resize(1240, 800);
    for (const [title, test] of cases) {
      const start = performance.now();
      const work = page
        .goto(`${served.http}/?${encodeURIComponent(title)}#/`)
        .then(() =>
          until(page, () => document.getElementById('connection')?.dataset.connected === 'true'),
        )
        .then(() => test({ page, served, runSnippet }));
      const error = await inTime(work, title).then(
        () => undefined,
        (reason) => reason,
      );
      report(`inbox: ${title}`, error, performance.now() - start);
    }
  } finally {
    await page?.close();
    await served.close();
  }
}
