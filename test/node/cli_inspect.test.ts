/** `subtle-push inspect`: the command, and that nothing makes it crash, wait or tell a secret. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import { CliError } from '../../src/cli/failure.ts';
import { examine } from '../../src/cli/inspect.ts';
import { readKeyFile } from '../../src/cli/vapid_source.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { capture, FCM, good, httpText, JUDGE, PATH, vapid } from './cli_inspect_support.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command } from './cli_support.ts';

const test = suite('cli inspect');
let command: Command;

test.before(async () => {
  command = await buildCommand();
});

test.after(() => command.close());

test('the command: files, text, standard input; statuses; JSON', async () => {
  const sub = command.file('sub.json', JSON.stringify(good));
  const made = await capture();
  const request = command.file('request.http', httpText(made, '\r\n'));
  const at = ['--at', '2026-11-21T12:00:00Z'];
  const [file, text, piped, token, captured, late, json] = await Promise.all([
    command.run(['inspect', sub]), call(['inspect', JSON.stringify(good)]),
    command.run(['inspect'], { input: JSON.stringify({ id: 5, subscription: good }) }),
    call(['inspect', ...at, '--audience', FCM, await vapid.authorize(FCM)]),
    call(['inspect', ...at, request]),
    command.run(['inspect', '--at', '2027-01-01', request]),
    call(['inspect', '--json', '--at', '2027-01-01', request]),
  ]);
  for (const { status, out, err } of [file, text, piped, token, captured]) {
    assert.is(status, 0, err);
    assert.ok(out.endsWith('\nNothing is wrong.\n'));
    assert.equal(out.split('\n').filter((line) => [...line].length > 80), []);
    assert.not.ok(out.includes(good.keys!.auth));
    assert.not.ok(out.includes(PATH));
  }
  assert.is(late.status, 1);
  assert.match(late.err, /^subtle-push: \d things wrong with this request: see above\n$/);
  assert.match(late.out, /exp +WRONG +has passed/);
  assert.is(json.status, 1);
  const report = JSON.parse(json.out) as { kind: string; ok: boolean; wrong: number };
  assert.equal([report.kind, report.ok], ['request', false]);
  assert.ok(report.wrong >= 2);
});

test('what is nothing of all this is said, with what is wanted', async () => {
  const cases: [string, RegExp][] = [
    ['', /standard input is empty: JSON of a subscription/],
    ['{"endpoint": "https://x', /looks like JSON, but is not whole/],
    ['hello', /is none of what can be inspected/],
    ['{"a": 1}', /is none of what can be inspected/],
    ['\0\xff', /is none of what can be inspected/],
  ];
  const ended = await Promise.all(cases.map(([input]) => call(['inspect'], { input })));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 1);
    assert.is(out, '');
    assert.match(err, cases[i]![1]);
  }
  const bad = await call(['inspect', '--audience', 'fcm', '{}']);
  assert.is(bad.status, 2);
  assert.match(bad.err, /--audience must be an origin/);
});

/** A small generator whose numbers can be had again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SEED = 20_261_121;

test(`2,000 mutated things give findings or one sentence, nothing else (seed ${SEED})`, async () => {
  const random = seeded(SEED);
  const pick = (most: number): number => Math.floor(random() * most);
  const made = await capture();
  const seeds = [
    Buffer.from(JSON.stringify(good)), Buffer.from(await vapid.authorize(FCM)),
    httpText(made, '\r\n'),
    Buffer.from(JSON.stringify({
      ...made, headers: Object.fromEntries(made.headers), body: Buffer.from(made.body!),
    })),
    httpText(await capture({ encrypt: aesgcm.encrypt }), '\n'),
  ];
  for (let i = 0; i < 2000; i++) {
    const source = seeds[i % seeds.length]!;
    const bytes = Buffer.from(source);
    for (let n = 1 + pick(3); n > 0; n--) bytes[pick(bytes.length)] = pick(256);
    const cut = pick(4) === 0 ? bytes.subarray(0, pick(bytes.length)) : bytes;
    try {
      const report = await examine(new Uint8Array(cut), 'x', JUDGE);
      assert.ok(report.sections.length > 0);
    } catch (error) {
      assert.ok(
        error instanceof CliError,
        `${i}: ${error instanceof Error ? error.stack : String(error)}`,
      );
    }
  }
});

test('100,000 bytes of anything is looked through in no time', async () => {
  const size = 100_000;
  const heads = [
    '', 'POST / HTTP/1.1\nA: ', 'vapid t=', 'VAPID_PUBLIC_KEY=', '{"headers":{"Crypto-Key":"',
  ];
  const tails = ['', 'x', '"}', '\n\nx'];
  for (const filler of [
    ' ', '\n', '\t', ':', ',', ';', '=', 'a', '.', '/', '"', '0', '\r\n', ' =', 't ', '\0',
  ]) {
    for (const head of heads) {
      const text =
        `${head}${filler.repeat(size / filler.length)}${tails[head.length % tails.length]}`;
      const start = performance.now();
      await examine(utf8(text), 'x', JUDGE).catch((error: unknown) => {
        assert.ok(error instanceof CliError, String(error));
      });
      await readKeyFile(utf8(text)).catch(() => undefined);
      const milliseconds = performance.now() - start;
      // A quadratic time would be ten seconds and more.
      assert.ok(milliseconds < 3000, `${JSON.stringify(head + filler)}: ${milliseconds} ms`);
    }
  }
});

test.run();
