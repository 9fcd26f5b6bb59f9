/** Each runtime: how to start it, and how its results come back. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { browsers, runBrowser } from '../../test/runner/browsers.js';
import { consoles } from '../../test/runner/consoles.js';
import { bundle } from '../lib/bundle.js';
import { runWorkerd } from './workerd.js';

const DENO = ['run', '--quiet', '--no-prompt', '--no-config', '--no-lock', '--allow-all', '--v8-flags=--expose-gc'];

export const RUNTIMES = {
  node: { ...consoles.node, args: ['--expose-gc'], version: `Node ${process.versions.node}` },
  node24: { ...consoles.node24, args: ['--expose-gc'], version: 'Node 24' },
  deno: { ...consoles.deno, args: DENO, version: 'Deno' },
  bun: { ...consoles.bun, args: ['run'], version: 'Bun' },
  workerd: { ...consoles.workerd, run: runWorkerd, version: 'workerd, timed from outside' },
  chromium: { ...browsers.chromium, run: inBrowser, version: 'Chromium' },
  firefox: { ...browsers.firefox, run: inBrowser, version: 'Firefox' },
};

/** Does the jobs on a runtime. `tell`: told of each result as it comes. */
export async function runJobs(name, bench, jobs, tell) {
  const runtime = RUNTIMES[name];
  const binary = runtime.binary();
  if (!binary) throw new Error(`is not here; ${runtime.install} installs it`);
  const { version } = runtime;
  tell({ version });
  const results = [];
  const take = (event) => {
    if (event.job) results.push(event);
    tell(event);
  };
  await (runtime.run ?? inProcess)({ name, runtime, binary, bench, jobs, take });
  return { name, version, results };
}

/** Runtimes that run a module and print: a line of JSON for each result. */
async function inProcess({ runtime, binary, bench, jobs, take }) {
  const file = await bundle(bench, 'entries/server.js', 'process');
  const child = spawn(binary, [...runtime.args, file, JSON.stringify({ jobs })], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => child.kill('SIGKILL');
  process.once('exit', stop);
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) take(JSON.parse(line));
    else console.error(line);
  }
  const code = child.exitCode ?? (await new Promise((resolve) => child.once('exit', resolve)));
  process.off('exit', stop);
  if (code) throw new Error(`ended with ${code}`);
}

/** Ten minutes: a page of measurements on a slow machine. */
const PATIENCE = 600_000;

async function inBrowser({ name, binary, bench, jobs, take }) {
  const directory = join(bench, '.tmp', name);
  if (existsSync(directory)) rmSync(directory, { recursive: true });
  mkdirSync(directory, { recursive: true });
  await bundle(bench, 'entries/suite.js', name, { inside: true, define: { JOBS: JSON.stringify(jobs) } });
  const { results } = await runBrowser(name, binary, directory, PATIENCE);
  for (const result of results) take(result);
}
