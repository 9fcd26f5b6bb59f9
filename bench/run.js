/**
 * npm run bench -- [--quick] [--validate] [--growth] [--runtime NAME | --all] [--json] [--chart [FILE]]
 * See bench/README.md for how to read what it prints.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundle } from './lib/bundle.js';
import { chart } from './lib/chart.js';
import { growthJobs, jobsFor } from './lib/jobs.js';
import { print, printSizes, printStartup } from './lib/print.js';
import { runJobs, RUNTIMES } from './runtimes/index.js';
import { sizes } from './suites/sizes.js';
import { startup } from './suites/startup.js';

const bench = dirname(fileURLToPath(import.meta.url));
const root = dirname(bench);
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' }, validate: { type: 'boolean' }, growth: { type: 'boolean' },
    all: { type: 'boolean' }, runtime: { type: 'string', default: 'node' },
    json: { type: 'boolean' }, chart: { type: 'boolean' }, out: { type: 'string' },
  },
});

const kind = values.validate ? 'validate' : values.quick ? 'quick' : 'full';
const names = values.all ? Object.keys(RUNTIMES) : [values.runtime];
const unknown = names.find((name) => !(name in RUNTIMES));
if (unknown) {
  console.error(`There is no runtime ${unknown}; known are ${Object.keys(RUNTIMES).join(', ')}`);
  process.exit(2);
}

const say = values.json ? () => {} : console.log;
const serverScript = await bundle(bench, 'lib/server_process.js', 'server');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const report = {
  version, date: new Date().toISOString().slice(0, 10), cpu: cpus()[0]?.model, cores: cpus().length,
  command: `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`,
  runtimes: [],
};
say(`subtle-push ${version}, ${report.cores} x ${report.cpu}, ${report.date}`);

let failed = false;
for (const name of names) {
  const onNode = name === 'node' || name === 'node24';
  const jobs = values.growth ? growthJobs() : jobsFor(kind, { node: onNode, serverScript });
  try {
    const run = await runJobs(name, bench, jobs, (event) => print(name, event, say));
    report.runtimes.push(run);
    const wrong = run.results.flatMap(({ result }) => (result.rows ?? []).filter((row) => row.wrong));
    failed ||= wrong.some((row) => /^subtle-push/.test(row.name));
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    failed ||= values.runtime === name || Boolean(process.env.CI);
  }
}

if (names.includes('node') && !values.growth && kind !== 'validate') {
  report.sizes = await sizes({ root, peersRoot: bench });
  printSizes(report.sizes, say);
  const peers = ['web-push', '@pushforge/builder'];
  report.startup = startup({ dist: join(root, 'dist'), peers, rounds: kind === 'quick' ? 3 : 9 });
  printStartup(report.startup, say);
}

if (values.json) console.log(JSON.stringify(report, null, 1));
if (values.chart) {
  const file = values.out ?? join(bench, 'chart.svg');
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, chart(report));
  say(`\nThe chart is in ${file}`);
}
process.exitCode = failed ? 1 : 0;
