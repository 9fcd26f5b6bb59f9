/**
 * What docs/client.md shows of page and worker stands so in docs/example, which test/browsers runs
 * in real browsers. (Its other code is run with that of all guides.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const GUIDE = readFileSync('docs/client.md', 'utf8');
const FOLDER = join('docs', 'example');
const example = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(join(FOLDER, name), 'utf8'));

const blocks = [...GUIDE.matchAll(/^```mjs\n([^]*?)^```/gm)].map(([, code = '']) => code);
/** TypeScript, which the example is not. */
const isTypes = (code: string): boolean => code.includes('declare const self');

const guide = suite('guide to the client');

guide('shows code', () => {
  assert.ok(blocks.length > 4);
});

for (const code of blocks.filter((block) => !isTypes(block))) {
  guide(`stands in the example: ${code.split('\n').find((line) => /\w{4}/.test(line))}`, () => {
    assert.ok(example.some((text) => text.includes(code)), code);
  });
}

guide('links lead somewhere', () => {
  for (const [, target = ''] of GUIDE.matchAll(/\]\(([^)]+)\)/g)) {
    assert.not.throws(() => readFileSync(join('docs', target)), undefined, target);
  }
});

guide.run();
