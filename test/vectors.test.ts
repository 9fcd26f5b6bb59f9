/** Every case of `vectors/`, by every way through the library that it can take. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHECKS } from './vectors/check.ts';
import { FILES } from './vectors/files.ts';
import { resolve } from './vectors/format.ts';

for (const [name, file] of Object.entries(FILES)) {
  const cases = suite(`vectors/${name}`);
  for (const own of file.cases) {
    cases(own.id, async () => {
      for (const check of CHECKS[file.kind] ?? []) await check(resolve(file, own));
    });
  }
  cases.run();
}

const files = suite('vectors');

files('every kind of file has its checks, and every case its own id', () => {
  for (const [name, file] of Object.entries(FILES)) {
    assert.ok(CHECKS[file.kind], name);
    assert.is(new Set(file.cases.map(({ id }) => id)).size, file.cases.length, name);
  }
});

files.run();
