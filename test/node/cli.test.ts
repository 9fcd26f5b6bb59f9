/** The command itself: its help, its errors, its exit statuses, and `keys`. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { distance, nearest } from '../../src/cli/args.ts';
import { explain } from '../../src/cli/failure.ts';
import { count, dump, instant, span, table, wrap } from '../../src/cli/layout.ts';
import { harmless } from '../../src/cli/term.ts';
import { VERBS } from '../../src/cli/verbs.ts';
import { PushError } from '../../src/errors.ts';
import { importVapidKeys } from '../../src/vapid.ts';
import { skip } from '../support.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command } from './cli_support.ts';

const cli = suite('cli');
let command: Command;

cli.before(async () => {
  command = await buildCommand();
});

cli.after(() => command.close());

/** One line on standard error that begins with the command's name. */
function isSentence(err: string): boolean {
  return /^subtle-push: [^\n]+\n$/.test(err);
}

cli('without a verb: the help on standard error, status 2', async () => {
  const { status, out, err } = await command.run([]);
  assert.is(status, 2);
  assert.is(out, '');
  assert.match(err, /^Usage\n {2}subtle-push <verb>/);
  for (const { name } of VERBS) assert.match(err, new RegExp(`^  ${name} `, 'm'));
});

cli('--help and --version', async () => {
  const [help, again, version] = await Promise.all([
    command.run(['--help']), command.run(['help']), command.run(['--version']),
  ]);
  assert.is(help.status, 0);
  assert.is(help.out, again.out);
  assert.match(help.out, /Exit status\n {2}0 /);
  const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  assert.is(version.out, `${manifest.version}\n`);
});

cli('every verb has help: how it is used, aligned options, examples, in 80 columns', async () => {
  const helps = await Promise.all(VERBS.map(({ name }) => call([name, '--help'])));
  for (const [i, { status, out, err }] of helps.entries()) {
    assert.is(status, 0);
    assert.is(err, '');
    assert.match(out, new RegExp(`^Usage\n  subtle-push ${VERBS[i]?.name}`));
    assert.match(out, /\nExamples\n/);
    assert.match(out, / {2}--help +show this help\n/);
    const long = out.split('\n').filter((line) => [...line].length > 80);
    assert.equal(long, [], VERBS[i]?.name);
    assert.not.match(out, /\x1b/);
  }
  assert.is((await call(['help', 'keys'])).out, (await call(['keys', '-h'])).out);
});

cli('what is misspelt is status 2 and one sentence with what was meant', async () => {
  const cases: [string[], RegExp][] = [
    [['kyes'], /There is no verb "kyes": did you mean keys\?/],
    [['sned'], /did you mean send\?/],
    [['frobnicate'], /one of demo, keys, .* is wanted/],
    [['--verison'], /did you mean --version\?/],
    [['--demo'], /did you mean demo\?/],
    [['demo', '--codng', 'aesgcm', 'x'], /There is no option --codng: did you mean --coding\?/],
    [['demo', '-x'], /There is no option -x: see subtle-push demo --help/],
    [['demo', '--coding', 'rot13', 'x'], /--coding must be one of aes128gcm, aesgcm, aesgcm128/],
    [['demo', '--coding'], /--coding needs a value: --coding NAME/],
    [['demo', '--file', '--json'], /--file needs a value; .* --file=--json/],
    [['demo', '--json=yes', 'x'], /--json takes no value/],
    [['demo', '--json', '--json', 'x'], /--json is given twice/],
    [['demo', 'two', 'words'], /demo takes one operand \(the text\), not 2/],
    [['keys', 'x'], /keys takes no operand, not 1/],
    [['keys', '--format', 'xml'], /--format must be one of json, env, jwk, pem/],
    [['demo', '--pad-to', '-1', 'x'], /--pad-to needs a value; .* --pad-to=-1/],
    [['demo', '--pad-to', '3994', 'x'], /--pad-to must be a whole number from 0 to 3993/],
    [['demo', '--form', 'crypto-key', 'x'], /--form belongs to --coding aesgcm128/],
  ];
  const ended = await Promise.all(cases.map(([args]) => call(args)));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 2, err);
    assert.is(out, '');
    assert.ok(isSentence(err), err);
    assert.match(err, cases[i]![1]);
  }
});

cli('who stops reading is no error', async () => {
  const running = command.start(['demo', '--verbose', 'Hello']);
  running.closeOut();
  const { status, err } = await running.ended;
  assert.is(status, 0);
  assert.is(err, '');
});

cli('an error that should not be says so, with its stack', () => {
  const { message, status, stack } = explain(new TypeError('x is not a function'));
  assert.is(status, 1);
  assert.match(message, /please report it/);
  assert.match(stack ?? '', /TypeError/);
});

cli('errors of the library get a cure where they have none', () => {
  const text = (code: 'ERR_NETWORK' | 'ERR_UNAVAILABLE', message: string): string =>
    explain(new PushError(code, message)).message;
  assert.is(text('ERR_NETWORK', 'Cannot reach https://x.example: ECONNREFUSED'),
    'Cannot reach https://x.example: ECONNREFUSED; check the network, or --proxy and --ca, and try again');
  assert.is(text('ERR_UNAVAILABLE', 'It is closed; come later'), 'It is closed; come later');
});

cli('nearest finds what was meant, and nothing when nothing was', () => {
  assert.is(distance('kitten', 'sitting'), 3);
  assert.is(distance('sned', 'send'), 1);
  assert.is(nearest('subscrption', ['subscription', 'results']), 'subscription');
  assert.is(nearest('pay', ['payload-file', 'ttl']), 'payload-file');
  assert.is(nearest('zzz', ['payload-file', 'ttl']), undefined);
});

cli('quantities in words', () => {
  assert.is(count(1234567), '1,234,567');
  assert.is(count(999), '999');
  assert.is(span(2_419_200), '4 weeks');
  assert.is(span(43_199), '11 hours 59 minutes');
  assert.is(span(3601), '1 hour');
  assert.is(span(0), '0 seconds');
  assert.is(span(61), '1 minute 1 second');
  assert.is(instant(0), '1970-01-01 00:00:00 UTC');
  assert.is(instant(1e20), '100000000000000000000 seconds since 1970');
});

cli('text is wrapped, long words are cut, tables align', () => {
  assert.equal(wrap('aaaa bbbb cccc dddd eeee', 20), ['aaaa bbbb cccc dddd', 'eeee']);
  assert.equal(wrap('x'.repeat(45), 20), ['x'.repeat(20), 'x'.repeat(20), 'x'.repeat(5)]);
  assert.equal(wrap('👋'.repeat(17), 16), ['👋'.repeat(16), '👋']);
  assert.equal(table([['a', 'one'], ['bbb', 'two three four five six']], { columns: 25 }), [
    'a    one', 'bbb  two three four five', '     six',
  ]);
  assert.equal(table([['\x1b[31ma\x1b[39m', 'x'], ['bb', 'y']], { columns: 40 }), [
    '\x1b[31ma\x1b[39m   x', 'bb  y',
  ]);
  assert.equal(dump(new Uint8Array([65, 0, 255]), 16), [
    `00000000  41 00 ff ${' '.repeat(39)} A..`,
  ]);
});

cli("a stranger's text can do nothing to a terminal", () => {
  assert.is(harmless('a\x1b[2Jb\u202ec\r\x9bd\te\n'), 'a\\x1b[2Jb\\u202ec\\x0d\\x9bd\te\n');
});

/** util-linux has a `script` that gives a command a terminal. */
const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux');

function inTerminal(args: readonly string[], env: Readonly<Record<string, string>>): string {
  const line = [process.execPath, command.main, ...args].map((word) => `'${word}'`).join(' ');
  const { stdout } = spawnSync('script', ['-qec', `stty cols 80; ${line}`, '/dev/null'], {
    env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...env }, encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'], timeout: 30_000,
  });
  return stdout;
}

const inColour = 'colours on a terminal; none with NO_COLOR, TERM=dumb, or into a pipe';
if (!hasScript) skip(cli, inColour, 'util-linux has no script here');
else {
  cli(inColour, async () => {
    assert.match(inTerminal(['keys', '--help'], {}), /\x1b\[1mUsage\x1b\[22m/);
    for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      assert.not.match(inTerminal(['keys', '--help'], env), /\x1b/);
    }
    const { out, err } = await command.run(['demo', 'x'], { env: { TERM: 'xterm', FORCE_COLOR: '1' } });
    assert.not.match(out + err, /\x1b/);
  });
}

cli('keys: a new pair as JSON', async () => {
  const { status, out, err } = await command.run(['keys']);
  assert.is(status, 0);
  assert.is(err, '');
  const keys = JSON.parse(out) as { publicKey: string; privateKey: string };
  assert.equal(Object.keys(keys), ['publicKey', 'privateKey']);
  assert.equal(await importVapidKeys(keys), keys);
});

cli('keys: every format is read again, and gives the same pair', async () => {
  const first = await command.run(['keys', '--subject', 'mailto:ops@example.com']);
  const source = command.file('first.json', first.out);
  const formats = ['json', 'env', 'jwk', 'pem'];
  const written = await Promise.all(formats.map((format) =>
    call(['keys', '--import', source, '--format', format])));
  assert.is(written[0]!.out, first.out);
  assert.match(written[1]!.out, /^VAPID_PUBLIC_KEY=B[\w-]{86}\nVAPID_PRIVATE_KEY=[\w-]{43}\nVAPID_SUBJECT="mailto:ops@example.com"\n$/);
  assert.is((JSON.parse(written[2]!.out) as { crv: string }).crv, 'P-256');
  assert.match(written[3]!.out, /^-----BEGIN PRIVATE KEY-----\n/);
  const again = await Promise.all(written.map(({ out }) =>
    call(['keys', '--import', '-'], { input: out })));
  const { publicKey, privateKey } = JSON.parse(first.out) as Record<string, string>;
  for (const { status, out } of again) {
    assert.is(status, 0);
    const read = JSON.parse(out) as Record<string, string>;
    assert.is(read['publicKey'], publicKey);
    assert.is(read['privateKey'], privateKey);
  }
  const shown = await call(['keys', '--import', source, '--public']);
  assert.is(shown.out, `${publicKey}\n`);
});

cli('keys --out: for the owner alone, whatever the umask; nothing is replaced unasked', async () => {
  const out = command.path('secret.json');
  const first = await command.run(['keys', '--out', out]);
  assert.is(first.status, 0);
  assert.is(statSync(out).mode & 0o777, 0o600);
  const text = readFileSync(out, 'utf8');
  const { publicKey, privateKey } = JSON.parse(text) as Record<string, string>;
  assert.is(first.out, `${publicKey}\n`);
  assert.not.ok((first.out + first.err).includes(privateKey!));
  const second = await call(['keys', '--out', out]);
  assert.is(second.status, 1);
  assert.match(second.err, /exists already: give another name, or --force/);
  assert.is(readFileSync(out, 'utf8'), text);
  const third = await call(['keys', '--out', out, '--force']);
  assert.is(third.status, 0);
  assert.is.not(readFileSync(out, 'utf8'), text);
  assert.is(statSync(out).mode & 0o777, 0o600);
});

cli('keys: what cannot be read is one sentence that repeats nothing of it', async () => {
  const secret = 'c2VjcmV0LXRoYXQtbXVzdC1ub3QtYmUtc2hvd24';
  const cases: [string, RegExp][] = [
    [`{"publicKey": "${secret}`, /no JSON/],
    [`{"publicKey": "${secret}", "privateKey": "${secret}"}`, /public key must be 65 bytes/],
    [secret, /Cannot use these VAPID keys/],
    ['', /Cannot use these VAPID keys/],
    ['-----BEGIN ENCRYPTED PRIVATE KEY-----', /encrypted; decrypt it first/],
    ['\0'.repeat(2_000_000), /more than 1,048,576 bytes/],
  ];
  const ended = await Promise.all(cases.map(([input]) => call(['keys', '--import', '-'], { input })));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 1, err);
    assert.ok(isSentence(err), err);
    assert.match(err, cases[i]![1]);
    assert.not.ok((out + err).includes(secret));
  }
  const missing = await call(['keys', '--import', command.path('nowhere')]);
  assert.match(missing.err, /Cannot read .*nowhere: there is no such file/);
  const directory = await call(['keys', '--import', command.folder]);
  assert.match(directory.err, /it is a directory/);
});

cli.run();
