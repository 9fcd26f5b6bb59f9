/**
 * The code of the README and of every `@example` is type-checked and run. test/examples has the
 * names that it may use without making them. A block of the README with an import is complete: it
 * gets no other name of the package.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { transformSync } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { DOORS, exists, manifest, missing, sources } from './project.ts';

const run = promisify(execFile);
const folder = resolve('.tmp', `examples-${process.pid}`);

interface Block {
  readonly name: string;
  readonly file: string;
  readonly code: string;
}

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** Fenced JavaScript and TypeScript; other languages are not run. */
function markdown(file: string): Block[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^```(?:js|javascript|ts|typescript)\b.*\n([^]*?)^```/gm)].map(
    ({ 1: code = '', index }) => ({ name: `${file}:${lineOf(text, index)}`, file, code }),
  );
}

/** What follows `@example` in a doc comment, to the next tag or the comment's end. */
function docComments(file: string): Block[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/^ *\* @example.*\n((?: *\*(?!\/| @).*\n)+)/gm)].map(
    ({ 1: lines = '', index }) => ({
      name: `${file}:${lineOf(text, index)}`,
      file,
      code: lines.replace(/^ *\* ?/gm, '').replace(/^```.*$/gm, ''),
    }),
  );
}

const documents = ['README.md', ...readdirSync('docs').map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md') && existsSync(name),
);
const blocks = [
  ...documents.flatMap(markdown),
  ...sources().flatMap((name) => docComments(`src/${name}.ts`)),
];

const doors = DOORS.filter(exists);
const specifierOf = (door: string): string =>
  door === 'index' ? manifest.name : `${manifest.name}/${door}`;
const withoutImport = ({ code }: Block): boolean => !/^import /m.test(code);

/** `console.log(...); // text` */
function expected(code: string): string[] {
  return [...code.matchAll(/^ *console\.log\(.*\); \/\/ (.+)$/gm)].map(([, text = '']) => text);
}

/** The package's names as globals, those of the sender before others of the same name. */
async function doorGlobals(): Promise<string> {
  const lines = new Map<string, string>();
  for (const door of doors) {
    const specifier = specifierOf(door);
    for (const name of Object.keys(await import(specifier))) {
      if (!lines.has(name))
        lines.set(name, `const ${name}: typeof import('${specifier}').${name};`);
    }
  }
  for (const door of doors) {
    if (door !== 'index') lines.set(door, `const ${door}: typeof import('${specifierOf(door)}');`);
  }
  lines.delete('service');
  return `export {};\ndeclare global {\n${[...lines.values()].join('\n')}\n}\n`;
}

/** An example beside a door's function means that one: `encrypt` in aesgcm128 has more options. */
async function ownImports({ file, code }: Block): Promise<string> {
  const door = doors.find((name) => file === `src/${name}.ts`);
  if (!door || /^import /m.test(code)) return '';
  const names = Object.keys(await import(specifierOf(door))).filter(
    (name) =>
      new RegExp(`\\b${name}\\(`).test(code) && !new RegExp(`function ${name}\\b`).test(code),
  );
  return names.length ? `import { ${names.join(', ')} } from '${specifierOf(door)}';` : '';
}

async function write(): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const listed = [];
  for (const [i, block] of blocks.entries()) {
    // One line before the example, so that a line of an error is the example's line and one.
    const code = `${await ownImports(block)} export {};\n${block.code}`;
    writeFileSync(join(folder, `block-${i}.ts`), code);
    const module = `block-${i}.mjs`;
    writeFileSync(
      join(folder, module),
      transformSync(code, { loader: 'ts', format: 'esm', target: 'es2022' }).code,
    );
    listed.push({
      name: block.name,
      file: block.file,
      module,
      expected: expected(block.code),
      doors: withoutImport(block),
    });
  }
  const specifiers = Object.fromEntries(doors.map((door) => [door, specifierOf(door)]));
  writeFileSync(join(folder, 'blocks.json'), JSON.stringify({ blocks: listed, specifiers }));
  writeFileSync(join(folder, 'doors.d.ts'), await doorGlobals());
  writeFileSync(join(folder, 'globals.d.ts'), readFileSync('test/examples/globals.d.ts'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: '../../tsconfig.json',
      include: ['*.ts'],
      exclude: [],
      compilerOptions: {
        noUnusedLocals: false,
        noUnusedParameters: false,
        isolatedDeclarations: false,
        declaration: false,
      },
    }),
  );
}

interface Result {
  readonly name: string;
  readonly wrong: string;
}

async function runAll(): Promise<readonly Result[]> {
  const script = resolve('test/examples/run.js');
  const { stdout } = await run(process.execPath, [script, folder], {
    cwd: folder,
    timeout: 120_000,
  });
  return JSON.parse(/^results: (.*)$/m.exec(stdout)![1]!) as Result[];
}

const examples = suite('examples');
let compiled = '';
let results: readonly Result[] = [];

const needed = ['index', 'send', 'receive', 'service'].find((door) => !exists(door));
if (needed) skip(examples, 'all of them', missing(needed));
else {
  examples.before(async () => {
    await write();
    const tsc = resolve('node_modules/typescript/bin/tsc');
    const checked = run(process.execPath, [tsc, '-p', folder]);
    [compiled, results] = await Promise.all([
      checked.then(
        () => '',
        ({ stdout }) => `${stdout}`,
      ),
      runAll(),
    ]);
  });

  examples('there are some, and each public function has one', () => {
    assert.ok(blocks.length > 20, `${blocks.length} blocks`);
  });

  for (const [i, { name }] of blocks.entries()) {
    examples(`${name} type-checks and runs`, () => {
      const errors = compiled.split('\n').filter((line) => line.includes(`block-${i}.ts`));
      assert.is(errors.join('\n'), '');
      assert.is(results[i]?.wrong, '');
    });
  }

  examples('nothing else is wrong with their types', () => {
    assert.equal(
      compiled
        .split('\n')
        .filter((line) => line && !/block-\d+\.ts/.test(line) && !/^ /.test(line)),
      [],
    );
  });
}

examples.after(() => {
  rmSync(folder, { recursive: true, force: true });
});
examples.run();
