/** `subtle-push decrypt`: captured messages in every form, with a receiver's keys. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { openCaptured } from '../../src/cli/open_message.ts';
import { REFUSALS } from '../../src/cli/refusals.ts';
import { encrypt } from '../../src/encrypt.ts';
import { exportReceiver, importReceiver, toSubscription } from '../../src/receive.ts';
import type { Receiver, ReceiverKeys } from '../../src/receive.ts';
import type { Encrypted, Subscription } from '../../src/types.ts';
import { skip } from '../support.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command, Ended } from './cli_support.ts';

const test = suite('cli decrypt');
const TEXT = 'Grüße 👋';
let command: Command;
let keyFile = '';
let keys: ReceiverKeys;
let receiver: Receiver;
let subscription: Subscription;

test.before(async () => {
  command = await buildCommand();
  const { out } = await call(['keys', '--receiver', '--endpoint', 'https://push.example.com/x']);
  ({ subscription, ...keys } = JSON.parse(out) as ReceiverKeys & { subscription: Subscription });
  keyFile = command.file('receiver.json', out);
  receiver = await importReceiver(keys);
});

test.after(() => command.close());

function decrypt(input: string | Uint8Array, ...args: readonly string[]): Promise<Ended> {
  return call(['decrypt', '--keys', keyFile, ...args], { input });
}

function fields({ headers }: Encrypted): string[] {
  return Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]);
}

test('keys --receiver makes keys and a subscription that belong together', () => {
  assert.equal(toSubscription(receiver, 'https://push.example.com/x'), subscription);
});

test('the body as bytes, base64, wrapped base64, hexadecimal, from a file', async () => {
  const { body } = await encrypt(subscription, TEXT);
  const base64 = Buffer.from(body).toString('base64');
  const file = command.file('body.bin', body);
  const all = await Promise.all([
    decrypt(body), decrypt(body, '--input', 'raw'), decrypt(base64), decrypt(base64, '--input', 'base64'),
    decrypt(`${base64.slice(0, 64)}\r\n${base64.slice(64)}\n`), decrypt(Buffer.from(body).toString('base64url')),
    decrypt(Buffer.from(body).toString('hex')),
    decrypt(Buffer.from(body).toString('hex').toUpperCase().replace(/../g, '$& '), '--input', 'hex'),
    command.run(['decrypt', '--keys', keyFile, file]),
  ]);
  for (const { status, out, err } of all) {
    assert.is(status, 0, err);
    assert.is(out, TEXT);
  }
});

test('the old codings, by header fields on the command line and in a captured request', async () => {
  const made = await Promise.all([
    aesgcm.encrypt(subscription, TEXT), aesgcm128.encrypt(subscription, TEXT),
    aesgcm128.encrypt(subscription, TEXT, { form: 'encryption-key' }),
  ]);
  for (const message of made) {
    const request = Buffer.concat([
      Buffer.from(`POST /x HTTP/1.1\r\nHost: push.example.com\r\n${Object.entries(message.headers)
        .map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`),
      message.body,
    ]);
    const json = JSON.stringify({ headers: message.headers, body: Buffer.from(message.body).toString('base64') });
    const [given, http, object] = await Promise.all([
      decrypt(message.body, ...fields(message)), decrypt(request), decrypt(json, '--json'),
    ]);
    assert.is(given.out, TEXT, given.err);
    assert.is(http.out, TEXT, http.err);
    assert.equal(JSON.parse(object.out), {
      coding: message.headers['Content-Encoding'], bytes: 12, text: TEXT,
      base64url: Buffer.from(TEXT).toString('base64url'),
    });
  }
  // Without Content-Encoding the other fields show what it is.
  const { body, headers } = made[0]!;
  const { 'Content-Encoding': _, ...rest } = headers;
  assert.is((await decrypt(body, ...fields({ body, headers: rest }))).out, TEXT);
});

test('bytes that are no text: exactly those, to a pipe and to a file for the owner alone', async () => {
  const data = new Uint8Array([0, 255, 27, 91, 50, 74]);
  const { body } = await encrypt(subscription, data);
  const out = command.path('out.bin');
  const [piped, filed, json] = await Promise.all([
    decrypt(body), decrypt(body, '--out', out), decrypt(body, '--json'),
  ]);
  assert.equal([...piped.bytes], [...data]);
  assert.is(filed.out, '');
  assert.match(filed.err, /^6 bytes written to /);
  assert.equal([...readFileSync(out)], [...data]);
  assert.is(statSync(out).mode & 0o777, 0o600);
  assert.is((JSON.parse(json.out) as { text: unknown }).text, null);
  assert.match((await decrypt(body, '--out', out)).err, /exists already/);
});

const hasScript = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux');
const onTerminal = 'on a terminal a message can do nothing to it';
if (!hasScript) skip(test, onTerminal, 'util-linux has no script here');
else {
  test(onTerminal, async () => {
    const { body } = await encrypt(subscription, 'a\x1b[2Jb');
    const file = command.file('evil.bin', body);
    const line = [process.execPath, command.main, 'decrypt', '--keys', keyFile, file].map((word) => `'${word}'`).join(' ');
    const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
      env: { PATH: process.env['PATH'] ?? '', TERM: 'xterm' }, encoding: 'utf8', timeout: 30_000,
    });
    assert.match(stdout, /a\\x1b\[2Jb/);
  });
}

test('keys as people have them: p256dh, a JWK, beside a subscription', async () => {
  const { body } = await encrypt(subscription, TEXT);
  const { publicKey, privateKey, auth } = await exportReceiver(receiver);
  const point = Buffer.from(publicKey, 'base64url');
  const jwk = {
    kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'),
    y: point.subarray(33).toString('base64url'), d: privateKey,
  };
  const shapes = [
    { p256dh: publicKey, privateKey, auth }, { keys: { p256dh: publicKey, auth }, privateKey },
    { subscription, privateKey }, { privateKey: jwk, auth }, { ...jwk, auth },
  ];
  const ended = await Promise.all(shapes.map((shape, i) => call(
    ['decrypt', '--keys', command.file(`shape-${i}.json`, JSON.stringify(shape))], { input: body },
  )));
  for (const { out, err } of ended) assert.is(out, TEXT, err);
});

test('why a message does not open, in one sentence', async () => {
  const { body } = await encrypt(subscription, TEXT);
  const flipped = body.slice();
  flipped[90]! ^= 1;
  const other = command.file('other.json', (await call(['keys', '--receiver'])).out);
  const made = await aesgcm.encrypt(subscription, TEXT);
  const cases: [Uint8Array | string, string[], RegExp][] = [
    [flipped, [], /encrypted for another receiver, or something of it was changed/],
    [body.subarray(0, 50), [], /shorter than the header/],
    [body.subarray(0, 100), [], /too short to hold a tag/],
    [body.subarray(0, -1), [], /encrypted for another receiver|changed/],
    [made.body, [], /does not have 65 octets|shorter than the header|record size/],
    [made.body, ['--header', 'Content-Encoding: aesgcm'], /the Encryption field is missing/],
    [made.body, ['--header', 'Content-Encoding: gzip'], /Content-Encoding is none of/],
    ['POST /x HTTP/1.1\r\nTTL: 5\r\n\r\n', [], /has no body/],
    ['not hex', ['--input', 'hex'], /is not hex: give the right --input/],
    ['{}', ['--input', 'request'], /is no request/],
    ['', [], /shorter than the header|has no body/],
  ];
  const ended = await Promise.all(cases.map(([input, args]) => decrypt(input, ...args)));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 1, err);
    assert.is(out, '');
    assert.match(err, /^subtle-push: [^\n]+\n$/);
    assert.match(err, cases[i]![2]);
  }
  const stranger = await call(['decrypt', '--keys', other], { input: body });
  assert.match(stranger.err, /encrypted for another receiver/);
});

test('what is wrong with the keys or the command line', async () => {
  const secret = keys.privateKey;
  const cases: [string, string[], number, RegExp][] = [
    ['{', [], 1, /is not JSON/],
    ['{}', [], 1, /does not hold the keys of a receiver: JSON with publicKey/],
    [JSON.stringify({ ...keys, auth: 'AAAA' }), [], 1, /auth must be 16 bytes/],
    [JSON.stringify({ ...keys, privateKey: keys.auth }), [], 1, /privateKey must be 32 bytes/],
    [JSON.stringify(keys), ['--input', 'xml'], 2, /--input must be one of/],
    [JSON.stringify(keys), ['--header', 'x'], 2, /--header must be like/],
    [JSON.stringify(keys), ['--json', '--out', '-'], 2, /exclude each other/],
  ];
  const ended = await Promise.all(cases.map(([text, args], i) => call(
    ['decrypt', '--keys', command.file(`bad-${i}.json`, text), ...args], { input: 'AAAA' },
  )));
  for (const [i, { status, err }] of ended.entries()) {
    assert.is(status, cases[i]![2], err);
    assert.match(err, cases[i]![3]);
    assert.not.ok(err.includes(secret));
  }
  const none = await call(['decrypt'], { input: 'AAAA' });
  assert.is(none.status, 2);
  assert.match(none.err, /keys are wanted: --keys FILE/);
  const both = await call(['decrypt', '--keys', '-'], { input: 'AAAA' });
  assert.match(both.err, /cannot be both keys and message/);
});

test('every reason has its words, and any bytes give one of them', async () => {
  for (const words of Object.values(REFUSALS)) assert.match(words, /^[a-z]/);
  const { body } = await encrypt(subscription, TEXT);
  for (let i = 0; i < body.length; i++) {
    const changed = body.slice();
    changed[i]! ^= 0x40;
    const opened = await openCaptured(receiver, [], changed);
    // The record size may be any that is greater than the record.
    if (!('refusal' in opened)) assert.ok(i >= 16 && i < 20, `${i}`);
    else assert.ok(opened.refusal in REFUSALS);
  }
});

test.run();
