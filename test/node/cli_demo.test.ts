/** `subtle-push demo`: the main job. */
import { randomBytes } from 'node:crypto';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { layBody } from '../../src/cli/body_layout.ts';
import { deriveValues } from '../../src/cli/derivation.ts';
import { hex } from '../../src/cli/layout.ts';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { importReceiver } from '../../src/receive.ts';
import forms from '../../vectors/one-message.json' with { type: 'json' };
import { buildCommand, call } from './cli_support.ts';
import type { Command } from './cli_support.ts';

const demo = suite('cli demo');
let command: Command;

demo.before(async () => {
  command = await buildCommand();
});

demo.after(() => command.close());

const TEXT = 'Grüße 👋';

demo('shows every step and the text as received', async () => {
  const { status, out, err } = await command.run(['demo', TEXT]);
  assert.is(status, 0);
  assert.is(err, '');
  for (const step of [1, 2, 3, 4, 5, 6]) assert.match(out, new RegExp(`^${step}  `, 'm'));
  assert.match(out, /body +115 bytes: 12 of payload and 103 more/);
  assert.match(out, /86-97 +12 +data/);
  assert.match(out, /99-114 +16 +tag/);
  assert.match(out, /^ {3}TTL: 2419200$/m);
  assert.match(out, /^ {3}Content-Encoding: aes128gcm$/m);
  assert.match(out, /answers 201/);
  assert.match(out, /aud +https:\/\/push\.example\.com\n/);
  assert.match(out, /exactly what was sent/);
  assert.ok(out.endsWith(`\nReceived: ${TEXT}\n`));
  assert.not.match(out, /\x1b/);
  assert.equal(out.split('\n').filter((line) => [...line].length > 80), []);
});

demo('payloads from standard input and from files, empty, binary, at the limit', async () => {
  const noise = randomBytes(3993);
  const file = command.file('noise', noise);
  const [piped, empty, argument, binary, named, dash] = await Promise.all([
    command.run(['demo'], { input: TEXT }),
    command.run(['demo'], { input: '' }),
    call(['demo', '']),
    command.run(['demo', '--json'], { input: noise }),
    call(['demo', '--file', file]),
    call(['demo', '--file', '-'], { input: TEXT }),
  ]);
  assert.ok(piped.out.endsWith(`\nReceived: ${TEXT}\n`));
  assert.ok(dash.out.endsWith(`\nReceived: ${TEXT}\n`));
  for (const { status, out } of [empty, argument]) {
    assert.is(status, 0);
    assert.match(out, /encrypts 0 bytes/);
    assert.ok(out.endsWith('\nReceived: (an empty text)\n'));
  }
  const { received } = JSON.parse(binary.out) as { received: { base64url: string; identical: boolean } };
  assert.is(received.base64url, encodeBase64url(noise));
  assert.ok(received.identical);
  assert.is(named.status, 0);
  assert.match(named.out, /Received: 3,993 bytes that are not text\n0{8} {2}/);
});

demo('what is too large is said with the limit, and is status 1', async () => {
  const big = command.file('big', new Uint8Array(4200));
  const huge = command.file('huge', new Uint8Array(70_000));
  const cases: [string[], string | undefined, RegExp][] = [
    [['demo', 'x'.repeat(3994)], undefined, /\(the text\) is too large: it has 3,994 bytes, .* at most 3,993; send 1 byte less/],
    [['demo', '--file', big], undefined, /\(.*big\) is too large: it has 4,200 bytes, .* send 207 bytes less/],
    [['demo', '--file', huge], undefined, /it has 70,000 bytes/],
    [['demo'], 'x'.repeat(70_000), /\(standard input\) is too large: it has more than 65,536 bytes/],
    [['demo', '--coding', 'aesgcm', 'x'.repeat(4078)], undefined, /at most 4,077; send 1 byte less/],
  ];
  const ended = await Promise.all(cases.map(([args, input]) => call(args, { input })));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 1);
    assert.is(out, '');
    assert.match(err, cases[i]![2]);
    assert.match(err, /^subtle-push: [^\n]+\n$/);
  }
  const both = await call(['demo', '--file', big, 'text']);
  assert.is(both.status, 2);
  assert.match(both.err, /given twice/);
});

demo('the old codings, with their fields', async () => {
  const [aesgcm, first, second] = await Promise.all([
    call(['demo', '--coding', 'aesgcm', TEXT]),
    call(['demo', '--coding', 'aesgcm128', TEXT]),
    call(['demo', '--coding', 'aesgcm128', '--form', 'encryption-key', TEXT]),
  ]);
  for (const { status, out } of [aesgcm, first, second]) {
    assert.is(status, 0);
    assert.ok(out.endsWith(`\nReceived: ${TEXT}\n`));
  }
  assert.match(aesgcm.out, /Content-Encoding: aesgcm\n/);
  assert.match(aesgcm.out, /^ {3}0-1 +2 {2}pad length/m);
  assert.match(first.out, /Crypto-Key:\s+keyid=p256dh;dh=/);
  assert.match(second.out, /Encryption-Key:\s+keyid=p256dh;dh=/);
});

demo('--verbose shows every derived value and the keys, without it no private one is shown', async () => {
  const [plain, verbose] = await Promise.all([
    call(['demo', '--json', TEXT]), call(['demo', '--json', '--verbose', TEXT]),
  ]);
  const quiet = JSON.parse(plain.out) as Record<string, unknown>;
  assert.is(quiet['values'], undefined);
  assert.is(quiet['receiver'], undefined);
  assert.not.match(plain.out, /privateKey/);
  const { values } = JSON.parse(verbose.out) as { values: Record<string, string> };
  assert.equal(Object.keys(values), [
    'ua_public', 'auth_secret', 'as_public', 'salt', 'ecdh_secret', 'PRK_key', 'key_info', 'IKM', 'PRK',
    'cek_info', 'CEK', 'nonce_info', 'NONCE',
  ]);
  const { out } = await call(['demo', '--verbose', TEXT]);
  for (const name of Object.keys(values)) assert.match(out, new RegExp(`^   ${name} `, 'm'));
});

demo('--pad-to hides the length', async () => {
  const { out } = await call(['demo', '--pad-to', '100', TEXT]);
  assert.match(out, /^ {3}99-186 +88 {2}padding/m);
  assert.ok(out.endsWith(`\nReceived: ${TEXT}\n`));
});

/** Names of the vectors, and of the command. */
const NAMES = [
  ['receiverPublic', 'ua_public'], ['senderPublic', 'as_public'], ['salt', 'salt'], ['ecdh', 'ecdh_secret'],
  ['prkKey', 'PRK_key'], ['keyInfo', 'key_info'], ['ikm', 'IKM'], ['prk', 'PRK'],
  ['cekInfo', 'cek_info'], ['cek', 'CEK'], ['nonceInfo', 'nonce_info'], ['nonce', 'NONCE'],
] as const;

type Keys = Readonly<Record<string, string | undefined>>;

function text(hexadecimal: string): string {
  return Buffer.from(hexadecimal, 'hex').toString('base64url');
}

const FORMS = [
  ['aes128gcm', 'aes128gcm', 'forms-aes128gcm'], ['aesgcm', 'aesgcm', 'forms-aesgcm'],
  ['aesgcm128', 'aesgcm128-httpbis00', 'forms-aesgcm128-httpbis00'],
  ['aesgcm128', 'aesgcm128-thomson01-noauth', 'forms-aesgcm128-thomson01-noauth'],
] as const;

for (const [coding, name, id] of FORMS) {
  demo(`--verbose: the values are those of the vectors, ${name}`, async () => {
    const keys: Keys = forms.keys[name];
    const body = forms.cases.find((one) => one.id === id)!.body;
    const receiver = await importReceiver({
      publicKey: text(keys['receiverPublic']!), privateKey: text(keys['receiverPrivate']!),
      auth: text(keys['auth'] ?? '00'.repeat(16)),
    });
    const field = name.includes('thomson') ? 'Encryption-Key' : 'Crypto-Key';
    const headers = coding === 'aes128gcm' ? {} : {
      Encryption: `salt=${text(keys['salt']!)}`, [field]: `dh=${text(keys['senderPublic']!)}`,
    };
    const values = await deriveValues(coding, receiver, { body: new Uint8Array(Buffer.from(body, 'hex')), headers });
    assert.ok(Array.isArray(values), String(values));
    const found = new Map(values.map((value) => [value.name.replace('_auth', '_key').replace('auth_info', 'key_info'), hex(value.bytes)]));
    for (const [theirs, ours] of NAMES) {
      const wanted = keys[theirs];
      if (wanted !== undefined) assert.is(found.get(ours), wanted, ours);
    }
  });
}

demo('the parts of a body cover it, one behind the other', () => {
  for (const [coding, rs] of [['aes128gcm', 4096], ['aesgcm', 4112], ['aesgcm128', 4112]] as const) {
    const head = coding === 'aes128gcm' ? 86 : 0;
    const body = new Uint8Array(head + 200);
    body.set([0, 0, 16, 0, head && 65], 16);
    for (const inside of [undefined, { data: 100 }]) {
      const parts = layBody(coding, body, rs, inside) ?? [];
      let at = 0;
      for (const { from, length } of parts) {
        assert.is(from, at);
        at += length;
      }
      assert.is(at, body.length);
      assert.is(parts.at(-1)?.name, 'tag');
    }
  }
  assert.is(layBody('aes128gcm', new Uint8Array(20), 4096), undefined);
});

demo.run();
