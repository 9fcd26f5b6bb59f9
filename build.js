/**
 * Builds `dist` from `src`: one ES module per source module (esbuild), a CommonJS bundle per door
 * (esbuild), declarations for both (tsc). The doors are the `exports` of package.json.
 */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { buildInbox } from './build_inbox.js';

const root = dirname(fileURLToPath(import.meta.url));
process.chdir(root);
const { bin = {}, exports } = JSON.parse(readFileSync('package.json', 'utf8'));

// Built beside dist, at the same depth (source maps hold relative paths), and put in its place when
// all is well: a failed build leaves the old one, and nobody reads half of one.
const stage = `.dist-${process.pid}`;
const ES_TARGET = 'es2022';

/** The source of ./dist/receive.js is src/receive.ts; a missing one is an error that names it. */
function sourceOf(output, listed) {
  const source = output.replace(/^(\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts');
  if (!existsSync(source)) {
    console.error(`package.json lists ${listed}, but there is no ${source}`);
    process.exit(1);
  }
  return source;
}

const doors = Object.entries(exports).map(([door, to]) => sourceOf(to.import.default, door));
const commands = Object.entries(bin).map(([name, output]) => sourceOf(output, name));

function files(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/**
 * `./x.ts` to `./x.js` in import lines as esbuild and tsc write them. Both names are equally long,
 * so source maps stay right.
 */
function rewrite(text, file) {
  const rewritten = text
    .replace(
      /^((?:import|export|\}) [^'"\n]*(?:from )?|import )(["'])(\.\.?\/[^'"\n]*)\.ts\2/gm,
      '$1$2$3.js$2',
    )
    .replace(/\bimport\((["'])(\.\.?\/[^'"\n]*)\.ts\1\)/g, 'import($1$2.js$1)');
  if (/(?:from|import)[ (]*["']\.[^"'\n]*\.ts["']/.test(rewritten)) {
    throw new Error(`An import of a .ts file is left in ${file}`);
  }
  return rewritten;
}

/** One ES module per source module, so that a stack trace names `send.js`. */
async function modules() {
  const inbox = join('src', 'inbox');
  const sources = files('src').filter((file) => file.endsWith('.ts') && !file.startsWith(inbox));
  const { outputFiles } = await build({
    entryPoints: sources,
    outdir: stage,
    outbase: 'src',
    write: false,
    format: 'esm',
    target: ES_TARGET,
    // The sources are in the package.
    sourcemap: 'linked',
    sourcesContent: false,
    charset: 'utf8',
    logLevel: 'warning',
    logLimit: 20,
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, path.endsWith('.js') ? rewrite(text, path) : text);
  }
  for (const source of commands)
    chmodSync(source.replace('src', stage).replace('.ts', '.js'), 0o755);
}

/** One bundle per door: two doors required at once share no module, and need none. */
async function commonjs() {
  const { warnings } = await build({
    entryPoints: doors,
    outdir: join(stage, 'cjs'),
    outbase: 'src',
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: ES_TARGET,
    sourcemap: 'linked',
    sourcesContent: false,
    charset: 'utf8',
    logLevel: 'warning',
    // Bundled, a door is all that its file runs: what has no use in it is left out.
    treeShaking: true,
  });
  if (warnings.length) throw new Error('A warning fails the CommonJS build');
  mkdirSync(join(stage, 'cjs'), { recursive: true });
  writeFileSync(join(stage, 'cjs', 'package.json'), '{ "type": "commonjs" }\n');
}

function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit' });
    child.once('error', reject);
    child.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${args[0]} failed`))));
  });
}

/** What a declaration file imports. */
function imported(file, text) {
  return [...text.matchAll(/(?:from |import\()["'](\.\.?\/[^'"]+)\.js["']/g)].map(([, specifier]) =>
    join(dirname(file), `${specifier}.d.ts`),
  );
}

/** The declarations that the doors reach, once for `import` and once for `require`. */
async function declarations() {
  const all = `${stage}-types`;
  try {
    const tsc = join(
      dirname(fileURLToPath(import.meta.resolve('typescript/package.json'))),
      'bin',
      'tsc',
    );
    await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', all]);
    const reached = new Set(
      doors.map((source) => join(all, relative('src', source)).replace(/\.ts$/, '.d.ts')),
    );
    for (const file of reached) {
      const text = rewrite(readFileSync(file, 'utf8'), file);
      for (const other of imported(file, text)) reached.add(other);
      place(relative(all, file), file, text);
    }
  } finally {
    rmSync(all, { recursive: true, force: true });
  }
}

function place(name, file, text) {
  for (const target of [join(stage, name), join(stage, 'cjs', name)]) {
    mkdirSync(dirname(target), { recursive: true });
  }
  writeFileSync(join(stage, name), text);
  copyFileSync(`${file}.map`, join(stage, `${name}.map`));
  writeFileSync(join(stage, 'cjs', name), text.replace(/\n\/\/# sourceMappingURL=.*/, '\n'));
}

try {
  rmSync(stage, { recursive: true, force: true });
  // All of them end before anything is taken away.
  const inbox = buildInbox(join(stage, 'inbox'));
  const failed = (await Promise.allSettled([modules(), commonjs(), declarations(), inbox])).filter(
    ({ status }) => status === 'rejected',
  );
  if (failed.length) throw new Error(failed.map(({ reason }) => reason.message).join('\n'));
  if (existsSync('dist')) renameSync('dist', `${stage}-old`);
  renameSync(stage, 'dist');
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  for (const left of [stage, `${stage}-old`]) rmSync(left, { recursive: true, force: true });
}
