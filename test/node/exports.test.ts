/** The doors are the same in package.json, jsr.json, the sources and dist. */
import { existsSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DOORS, exists, manifest, readJson } from './project.ts';

interface Jsr {
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
}

const jsr: Jsr = readJson('jsr.json');
const doorOf = (key: string): string => (key === '.' ? 'index' : key.slice(2));

const exported = suite('exports');

exported('package.json and jsr.json list the same doors in the same order', () => {
  const sources = Object.keys(manifest.exports).map((key) => [key, `./src/${doorOf(key)}.ts`]);
  assert.equal(Object.entries(jsr.exports), sources);
});

exported('every door that exists is listed, and no other', () => {
  assert.equal(Object.keys(manifest.exports).map(doorOf), DOORS.filter(exists));
});

exported('a door has types, import and require, and no condition that names a runtime', () => {
  for (const [key, entry] of Object.entries(manifest.exports)) {
    const door = doorOf(key);
    // `types` first: the first condition that matches is taken.
    assert.is(
      JSON.stringify(entry),
      JSON.stringify({
        import: { types: `./dist/${door}.d.ts`, default: `./dist/${door}.js` },
        require: { types: `./dist/cjs/${door}.d.ts`, default: `./dist/cjs/${door}.js` },
      }),
    );
  }
});

exported('what is listed is in dist', () => {
  const listed = Object.values(manifest.exports)
    .flatMap((entry) => [entry.import, entry.require])
    .flatMap((entry) => [entry.types, entry.default]);
  const all = [...listed, ...Object.values(manifest.bin ?? {})];
  assert.equal(
    all.filter((file) => !existsSync(file)),
    [],
  );
});

exported('every command has its source, is executable by its first line, and is listed', () => {
  assert.is(existsSync('src/cli/main.ts'), manifest.bin !== undefined);
  for (const file of Object.values(manifest.bin ?? {})) {
    assert.match(readFileSync(file, 'utf8'), /^#!\/usr\/bin\/env node\n/);
  }
});

exported('no file of dist imports a .ts file', () => {
  const files = Object.values(manifest.exports).flatMap((entry) => [entry.import, entry.require]);
  for (const file of files.flatMap(({ types, default: code }) => [types, code])) {
    assert.not.match(readFileSync(file, 'utf8'), /from ["']\.[^"']*\.ts["']/);
  }
});

exported('version and licence agree', () => {
  assert.is(jsr.version, manifest.version);
  assert.is(jsr.license, manifest.license);
});

exported('no runtime dependency, ever', () => {
  const { dependencies, peerDependencies, optionalDependencies } =
    readJson<Record<string, unknown>>('package.json');
  assert.equal(
    [dependencies, peerDependencies, optionalDependencies],
    [undefined, undefined, undefined],
  );
});

exported.run();
