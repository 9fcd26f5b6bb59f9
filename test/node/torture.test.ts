/** A small torture; `npm run torture` is the whole. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { torture } from './torture.ts';

const test = suite('torture');

test('3,000 rows: one outcome each, and each true', async () => {
  const { outcomes, doubled, wrong, requests, seconds } = await torture({ rows: 3000, seed: 20, timeout: 1000 });
  console.log(`  3,000 rows, ${requests} requests, ${doubled} taken twice after a maybe, ${seconds.toFixed(1)} s`);
  assert.equal(wrong, []);
  assert.ok((outcomes['ok 1'] ?? 0) > 2000, JSON.stringify(outcomes));
});

test('the command runs it', async () => {
  const { stdout } = await promisify(execFile)('npm', ['run', '-s', 'torture', '--', '50', '1']);
  assert.match(stdout, /^50 rows, seed 1\n[^]*requests in/);
});

test.run();
