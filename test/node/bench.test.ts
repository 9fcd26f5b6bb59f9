/** The benchmarks where the peers are not installed: `npm ci && npm run bench -- --quick`. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const bench = suite('bench');
const run = promisify(execFile);

/** What `code` prints, run in the project's folder. */
async function printed(code: string): Promise<string[]> {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', code]);
  return stdout.trim().split('\n').map((line) => line.trim());
}

bench('the time of an import: a peer that is missing has none, and ends nothing', async () => {
  const lines = await printed(`
    import { startup } from './bench/suites/startup.js';
    import { printStartup } from './bench/lib/print.js';
    const found = startup({ dist: 'dist', peers: ['no-package-of-this-name'], rounds: 1 });
    printStartup(found, console.log);`);
  assert.match(lines.join('\n'), /^subtle-push +\d/m);
  assert.match(lines.join('\n'), /^no-package-of-this-name +-$/m);
});

bench('the size of an import: the same', async () => {
  const lines = await printed(`
    import { sizes } from './bench/suites/sizes.js';
    import { printSizes } from './bench/lib/print.js';
    printSizes(await sizes({ root: process.cwd(), peersRoot: '/' }), console.log);`);
  assert.match(lines.join('\n'), /^\.\/client +\d/m);
  assert.match(lines.join('\n'), /^web-push +- +- +-$/m);
});

bench.run();
