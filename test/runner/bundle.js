/** Bundles test files into one `suite.mjs`, the same text for every runtime. */
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** The test files of a folder; with `only`, those whose name holds one of these words. */
export function testFiles(directory, only) {
  return readdirSync(directory)
    .filter(
      (name) =>
        name.endsWith('.test.ts') && (!only.length || only.some((part) => name.includes(part))),
    )
    .sort()
    .map((name) => join(directory, name));
}

function entry(files) {
  const lines = files.map((file, i) => `import 'mark:${i}:${file}';\nimport './${file}';`);
  const harness = `import { drain } from './test/runner/harness.js';`;
  return `${harness}\n${lines.join('\n')}\nexport { drain as run };\n`;
}

/** uvu's queue has a group per file; uvu reads UVU_INDEX when a suite is queued. */
const marks = {
  name: 'marks',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^mark:/ }, ({ path }) => ({ path, namespace: 'mark', sideEffects: true }));
    onLoad({ filter: /./, namespace: 'mark' }, ({ path }) => {
      const [, index, file] = path.split(':');
      const name = JSON.stringify(file);
      return {
        contents: `globalThis.UVU_INDEX = ${index}; globalThis.UVU_QUEUE[${index}] = [${name}];`,
      };
    });
  },
};

const watchedUvu = {
  name: 'uvu',
  setup({ onResolve }) {
    onResolve({ filter: /^uvu$/ }, ({ importer }) =>
      importer.endsWith(join('runner', 'uvu.js'))
        ? undefined
        : { path: resolve('test/runner/uvu.js') },
    );
  },
};

/** Notes where each error is made, for the check that tests make the library throw every code. */
const codes = {
  name: 'codes',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]src[\\/]errors\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      const parts = text.split('super(message);');
      if (parts.length !== 2)
        throw new Error('src/errors.ts has changed: super(message) is not there once');
      return {
        loader: 'ts',
        contents: parts.join('super(message); globalThis.NOTE_CODE?.(code, String(this.stack));'),
      };
    });
  },
};

/**
 * Writes `suite.mjs` into `directory`. `platform: 'node'` for tests that need Node; `plugins` for
 * planted bugs. Gives a function that turns stack frames of the bundle into those of its sources.
 */
export async function bundle(files, directory, options = {}) {
  mkdirSync(directory, { recursive: true });
  const outfile = join(directory, 'suite.mjs');
  await build({
    stdin: { contents: entry(files), resolveDir: '.', sourcefile: 'tests.js' },
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    target: 'es2022',
    charset: 'utf8',
    outfile,
    sourcemap: 'external',
    sourcesContent: false,
    logLevel: 'silent',
    // "sideEffects": false would leave out the test files themselves.
    ignoreAnnotations: true,
    ...options,
    plugins: [...(options.plugins ?? []), marks, watchedUvu, codes],
  });
  const map = new SourceMap(JSON.parse(readFileSync(`${outfile}.map`, 'utf8')));
  return (stack) =>
    stack.replace(/[^\s(@]*suite\.mjs:(\d+):(\d+)/g, (frame, line, column) => {
      const { originalSource, originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
      if (originalSource === undefined) return frame;
      const file = relative('.', resolve(directory, originalSource));
      return `${file}:${originalLine + 1}:${originalColumn + 1}`;
    });
}

/** What starts a bundle where standard output can be read: Node, Deno, Bun. */
export function writeMain(directory, name, contents) {
  const file = join(directory, name);
  writeFileSync(file, contents);
  return file;
}
