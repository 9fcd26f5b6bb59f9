/**
 * The declarations as users compile them: every module resolution, platform types and compiler that
 * the package promises to fit, libraries checked too. The programs stand in test/types.
 */
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { exists, manifest, missing } from './project.ts';

const run = promisify(execFile);
const RUNTIMES = resolve('test/runtimes/node_modules');
const NATIVE = resolve('node_modules/typescript/bin/tsc');
const OLDER = join(RUNTIMES, 'typescript-5.4/bin/tsc');

/** A program and the doors that it imports. */
const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  index: ['index', 'send_many'],
  receive: ['receive'],
  service: ['service'],
  aesgcm: ['aesgcm'],
  aesgcm128: ['aesgcm128'],
  node: ['node', 'service'],
  uses: ['index', 'send_many', 'aesgcm', 'receive', 'service'],
};

interface Configuration {
  readonly title: string;
  readonly tsc: string;
  readonly extension: 'mts' | 'cts' | 'ts';
  readonly options: Readonly<Record<string, unknown>>;
}

const NODE = { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2023'], types: ['node'] };
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };
const DOM = { ...BUNDLER, lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'], types: [] };
const WORKERS = { ...BUNDLER, lib: ['es2022'], types: ['@cloudflare/workers-types'] };

const CONFIGURATIONS: readonly Configuration[] = [NATIVE, OLDER].flatMap((tsc): Configuration[] => {
  const version = tsc === NATIVE ? 'TypeScript' : 'TypeScript 5.4';
  return [
    { title: `${version}, nodenext, import`, tsc, extension: 'mts', options: NODE },
    { title: `${version}, nodenext, require`, tsc, extension: 'cts', options: NODE },
    { title: `${version}, bundler, DOM`, tsc, extension: 'ts', options: DOM },
    { title: `${version}, bundler, Workers`, tsc, extension: 'ts', options: WORKERS },
  ];
});

const FLAGS = {
  target: 'es2022',
  strict: true,
  noEmit: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

const folder = mkdtempSync(join(tmpdir(), 'subtle-push-types-'));
const modules = join(folder, 'node_modules');

function install(): void {
  const own = join(modules, manifest.name);
  cpSync('dist', join(own, 'dist'), { recursive: true });
  cpSync('package.json', join(own, 'package.json'));
  cpSync('test/types/expected', join(modules, 'expected'), { recursive: true });
  mkdirSync(join(modules, '@types'));
  symlinkSync(resolve('node_modules/@types/node'), join(modules, '@types/node'));
  symlinkSync(resolve('node_modules/undici-types'), join(modules, 'undici-types'));
  if (existsSync(RUNTIMES))
    symlinkSync(join(RUNTIMES, '@cloudflare'), join(modules, '@cloudflare'));
}

/** Node's own types are not there under DOM and Workers, and neither is what needs them. */
function programs(options: Configuration['options']): string[] {
  return Object.entries(PROGRAMS)
    .filter(([name, doors]) => doors.every(exists) && (name !== 'node' || options === NODE))
    .map(([name]) => name);
}

/** Every door's declarations are read, also of those that no program has a list for. */
function doorsProgram(options: Configuration['options']): string {
  const doors = Object.keys(manifest.exports).filter(
    (key) => options === NODE || !['./node', './browsers'].includes(key),
  );
  const lines = doors.map(
    (key, i) => `export * as door${i} from '${key.replace('.', manifest.name)}';`,
  );
  return `${lines.join('\n')}\n`;
}

let count = 0;
async function compile({ tsc, extension, options }: Configuration): Promise<string> {
  const place = join(folder, `program-${count++}`);
  mkdirSync(place);
  for (const name of programs(options)) {
    cpSync(`test/types/${name}.ts`, join(place, `${name}.${extension}`));
  }
  writeFileSync(join(place, `doors.${extension}`), doorsProgram(options));
  const compilerOptions = { ...FLAGS, ...options };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const failed = await run(process.execPath, [tsc, '-p', place]).then(
    () => '',
    ({ stdout }) => `${stdout}`,
  );
  return failed.replaceAll(folder, '');
}

const types = suite('types');
types.before(install);
types.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

function lacking({ tsc, options }: Configuration): string | undefined {
  if (!programs(options).length) return missing('index');
  const needed = options === WORKERS ? join(RUNTIMES, '@cloudflare/workers-types') : tsc;
  return [needed, tsc].every(existsSync) || process.env['CI']
    ? undefined
    : 'not installed here; npm ci --prefix test/runtimes';
}

for (const configuration of CONFIGURATIONS) {
  const reason = lacking(configuration);
  if (reason) skip(types, configuration.title, reason);
  else
    types(configuration.title, async () => {
      assert.is(await compile(configuration), '');
    });
}

for (const [name, doors] of Object.entries(PROGRAMS)) {
  const absent = doors.find((door) => !exists(door));
  if (absent) skip(types, `the program ${name}.ts`, missing(absent));
}

types('the sources and the tests', async () => {
  const { stdout } = await run(process.execPath, [NATIVE, '-p', 'tsconfig.json']).catch(
    (error) => error,
  );
  assert.is(stdout, '');
});

types.run();
