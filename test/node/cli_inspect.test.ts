/** `subtle-push inspect`: what it finds, and that nothing makes it crash or tell a secret. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import { parseCapture } from '../../src/cli/capture.ts';
import type { Capture } from '../../src/cli/capture.ts';
import { CliError } from '../../src/cli/failure.ts';
import type { Finding, Report } from '../../src/cli/findings.ts';
import { examine } from '../../src/cli/inspect.ts';
import { inspectRequest } from '../../src/cli/inspect_request.ts';
import { inspectSubscription } from '../../src/cli/inspect_subscription.ts';
import type { Judge } from '../../src/cli/inspect_subscription.ts';
import { inspectToken } from '../../src/cli/inspect_token.ts';
import { readKeyFile } from '../../src/cli/vapid_source.ts';
import { encodeBase64url } from '../../src/lib/base64url.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import { createRequest } from '../../src/request.ts';
import type { RequestOptions } from '../../src/request.ts';
import type { Subscription } from '../../src/types.ts';
import { createVapid, generateVapidKeys } from '../../src/vapid.ts';
import type { Vapid, VapidKeys } from '../../src/vapid.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command } from './cli_support.ts';

const test = suite('cli inspect');
const NOW = Date.UTC(2026, 10, 21, 12);
const JUDGE: Judge = { now: NOW, endpoints: 'public', audience: undefined };
const PATH = `fcm/send/${'c'.repeat(11)}:APA91b${'x'.repeat(134)}`;
const FCM = `https://fcm.googleapis.com/${PATH}`;
const APPLE = `https://web.push.apple.com/Q${'y'.repeat(170)}`;
let command: Command;
let keys: VapidKeys;
let vapid: Vapid;
let good: Subscription;

test.before(async () => {
  command = await buildCommand();
  keys = await generateVapidKeys();
  vapid = createVapid({ subject: 'mailto:ops@example.com', keys, now: () => NOW });
  good = toSubscription(await generateReceiver(), FCM);
});

test.after(() => command.close());

function all({ sections }: Report): readonly Finding[] {
  return sections.flatMap(({ findings }) => findings);
}

function wrongs(report: Report): string[] {
  return all(report).filter(({ verdict }) => verdict === 'wrong').map(({ field, text }) => `${field} ${text}`);
}

function doubts(report: Report): string[] {
  return all(report).filter(({ verdict }) => verdict === 'doubt').map(({ field, text }) => `${field} ${text}`);
}

/** Exactly these, each matched by one expression. */
function assertAll(found: readonly string[], wanted: readonly RegExp[]): void {
  assert.is(found.length, wanted.length, found.join('\n'));
  for (const [i, text] of found.entries()) assert.match(text, wanted[i]!);
}

test('a good subscription: nothing wrong; endpoint and auth are not shown', () => {
  const report = inspectSubscription(good, JUDGE);
  assert.equal(wrongs(report), []);
  assert.equal(doubts(report), []);
  const text = JSON.stringify(report);
  for (const secret of [PATH, good.keys!.auth]) assert.not.ok(text.includes(secret));
  assert.match(text, /FCM/);
  assert.match(text, /allowed by public, known, any/);
});

const POINT = (): string => good.keys!.p256dh;

function withKeys(change: Record<string, unknown>): unknown {
  return { ...good, keys: { ...good.keys, ...change } };
}

test('subscriptions: each fault is named with what is wanted', () => {
  const point = Buffer.from(POINT(), 'base64url');
  const encoded = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const off = Buffer.from(point);
  off[64]! ^= 1;
  const cases: [unknown, readonly RegExp[]][] = [
    [{ ...good, endpoint: undefined }, [/^endpoint is missing/]],
    [{ ...good, endpoint: 5 }, [/^endpoint must be text, not of type number/]],
    [{ ...good, endpoint: 'wss://x.example.com/' }, [/it is a WebSocket address/]],
    [{ ...good, endpoint: 'fcm.googleapis.com/x' }, [/does not begin with https/]],
    [{ ...good, endpoint: 'https://u:p@x.example.com/' }, [/it has a user or password/]],
    [{ ...good, endpoint: 'https://x.example.com/a b' }, [/it has white space/]],
    [{ ...good, endpoint: 'https://x.example.com/#a' }, [/it has a "#"/]],
    [{ ...good, endpoint: `https://x.example.com/${'a'.repeat(2048)}` }, [/2,048 are the most/]],
    [{ ...good, endpoint: 'http://x.example.com/' }, [/^policy public refuses it: it must be https/]],
    [{ ...good, endpoint: 'https://127.0.0.1/' }, [/^policy .* not an address/]],
    [{ ...good, endpoint: 'https://permanently-removed.invalid/x' }, [/removed for good: delete it/]],
    [withKeys({ p256dh: undefined }), [/^p256dh is missing/]],
    [withKeys({ p256dh: 5 }), [/^p256dh must be text/]],
    [withKeys({ p256dh: `${POINT().slice(0, 40)} ${POINT().slice(40)}` }), [/it has white space in it/]],
    [withKeys({ p256dh: POINT().slice(0, -2) }), [/p256dh .*64 bytes|was it cut off/]],
    [withKeys({ p256dh: encoded(point.subarray(1)) }), [/has 64 bytes, .* the 04 at its beginning is missing/]],
    [withKeys({ p256dh: encoded(Buffer.concat([Buffer.from([2]), point.subarray(1, 33)])) }), [/33 bytes.*compressed/]],
    [withKeys({ p256dh: encoded(off) }), [/is no point of the curve P-256/]],
    [withKeys({ p256dh: encoded(Buffer.concat([Buffer.alloc(26), point])) }), [/SubjectPublicKeyInfo/]],
    [withKeys({ auth: undefined }), [/^auth is missing/]],
    [withKeys({ auth: 'AAAA' }), [/^auth has 3 bytes, 16 are wanted/]],
    [withKeys({ auth: POINT() }), [/are auth and p256dh mixed up/]],
    [{ ...good, expirationTime: NOW - 1000 }, [/^expirationTime passed 1 second ago/]],
    [{ ...good, expirationTime: 'soon' }, [/^expirationTime must be milliseconds/]],
    [{}, [/^endpoint is missing/]],
  ];
  for (const [value, wanted] of cases) assertAll(wrongs(inspectSubscription(value, JUDGE)), wanted);
  assert.match(doubts(inspectSubscription({ endpoint: FCM }, JUDGE))[0] ?? '', /takes pushes without payload only/);
  assert.match(doubts(inspectSubscription({ ...good, expirationTime: NOW / 1000 }, JUDGE))[0] ?? '', /are seconds meant\?/);
  const padded = inspectSubscription(withKeys({ p256dh: Buffer.from(POINT(), 'base64url').toString('base64') }), JUDGE);
  assert.equal(wrongs(padded), []);
  assert.match(JSON.stringify(padded), /padding/);
});

function jwt(header: unknown, claims: unknown, signature: string = 'A'.repeat(86)): string {
  const part = (value: unknown): string => encodeBase64url(utf8(JSON.stringify(value)));
  return `${part(header)}.${part(claims)}.${signature}`;
}

const HEADER = { typ: 'JWT', alg: 'ES256' };
const SECONDS = NOW / 1000;
const CLAIMS = { aud: 'https://fcm.googleapis.com', exp: SECONDS + 3600, sub: 'mailto:ops@example.com' };
const AT_FCM: Judge = { ...JUDGE, audience: 'https://fcm.googleapis.com' };

test('a good Authorization field; and the same token with each fault', async () => {
  const field = await vapid.authorize(FCM);
  const report = await inspectToken(field, AT_FCM);
  assert.equal(wrongs(report), []);
  assert.match(JSON.stringify(report), /made with the private key of k/);
  assert.match(JSON.stringify(report), /is in 12 hours/);
  assert.not.ok(JSON.stringify(report).includes(field.split('.')[2]!.slice(0, 40)));
  const bare = await inspectToken(await vapid.token(FCM), AT_FCM);
  assert.equal(wrongs(bare), []);
  const later = await inspectToken(field, { ...AT_FCM, now: NOW + 86_400_000 });
  assertAll(wrongs(later), [/^exp has passed 12 hours ago/, /^in all .* expired/]);
  const elsewhere = await inspectToken(field, { ...AT_FCM, audience: 'https://web.push.apple.com' });
  assertAll(wrongs(elsewhere), [/^aud is "https:\/\/fcm.*but the endpoint's origin is https:\/\/web/, /^in all/]);
  const other = (await generateVapidKeys()).publicKey;
  const stolen = await inspectToken(field.replace(/k=.*/, `k=${other}`), AT_FCM);
  assertAll(wrongs(stolen), [/^signature was not made .* are the keys a pair/, /^in all/]);
});

test('tokens: header, claims, signature and key, each fault by itself', async () => {
  const cases: [string, readonly RegExp[]][] = [
    [jwt({ typ: 'JWT', alg: 'HS256' }, CLAIMS), [/^alg must be "ES256".*"HS256"/]],
    [jwt(HEADER, { ...CLAIMS, aud: undefined }), [/^aud is missing/]],
    [jwt(HEADER, { ...CLAIMS, aud: 'https://fcm.googleapis.com/' }), [/^aud .*without the slash/]],
    [jwt(HEADER, { ...CLAIMS, aud: FCM }), [/^aud /]],
    [jwt(HEADER, { ...CLAIMS, exp: undefined }), [/^exp is missing/]],
    [jwt(HEADER, { ...CLAIMS, exp: '1' }), [/^exp must be a number/]],
    [jwt(HEADER, { ...CLAIMS, exp: NOW }), [/^exp .*milliseconds/]],
    [jwt(HEADER, { ...CLAIMS, exp: SECONDS + 90_000 }), [/^exp is in 1 day 1 hour.*24 hours are the most/]],
    [jwt(HEADER, { ...CLAIMS, sub: 'ops@example.com' }), [/^sub must be a mailto: or https: URI/]],
    [jwt(HEADER, { ...CLAIMS, nbf: SECONDS + 60 }), [/^nbf/]],
    [jwt(HEADER, CLAIMS, 'AAAA'), [/^signature has 3 bytes, 64 are wanted/]],
    [jwt(HEADER, CLAIMS, '+/=='), [/^signature is not base64url/]],
    [jwt(HEADER, [1]), [/^claims are not/]],
    [jwt([], CLAIMS), [/^token header is not/]],
  ];
  for (const [token, wanted] of cases) assertAll(wrongs(await inspectToken(token, AT_FCM)), wanted);
  const subjects = ['mailto:me@localhost', 'mailto:mailto:a@example.com', 'https://host.local/'];
  for (const sub of subjects) {
    const report = await inspectToken(jwt(HEADER, { ...CLAIMS, sub }), AT_FCM);
    assertAll(wrongs(report), []);
    assert.match(doubts(report)[0] ?? '', /Apple would answer BadJwtToken/, sub);
  }
  assertAll(wrongs(await inspectToken('vapid t=, k=', AT_FCM)), [/^token is missing/, /^k is missing/, /^in all/]);
  assertAll(wrongs(await inspectToken('vapid t=a.b, k=AAAA', AT_FCM)), [/^token has 2 parts/, /^k has 3 bytes/, /^in all/]);
});

/** A request as this library makes it, and then changed. */
async function capture(
  options: Partial<RequestOptions> = {},
  change: (headers: Record<string, string>) => void = () => undefined,
  endpoint: string = FCM,
): Promise<Capture> {
  const made = await createRequest({ ...good, endpoint }, 'Grüße 👋', { vapid, ...options });
  const headers = { ...made.headers };
  change(headers);
  return { method: made.method, url: made.url, headers: Object.entries(headers), body: made.body ?? undefined };
}

test('a good request: nothing is wrong, and every service takes it', async () => {
  const report = await inspectRequest(await capture({ urgency: 'high', topic: 'abcd' }), JUDGE);
  assert.equal(wrongs(report), []);
  assert.equal(doubts(report), []);
  const services = report.sections.at(-1)!;
  assert.equal(services.findings.map(({ verdict }) => verdict), ['ok', 'ok', 'ok', 'ok', 'ok']);
  assert.not.ok(JSON.stringify(report).includes(PATH));
});

test('requests: each fault, and which service answers what', async () => {
  const cases: [Capture, readonly RegExp[]][] = [
    [await capture({}, (headers) => void delete headers['TTL']), [/^TTL The TTL field is missing/, /^fcm FCM .* refuses it with 400/]],
    [await capture({}, (headers) => (headers['TTL'] = '-1')), [/^TTL /, /^fcm /]],
    [await capture({}, (headers) => (headers['Urgency'] = 'asap')), [/^Urgency /, /^fcm /]],
    [await capture({}, (headers) => (headers['Topic'] = 'a b')), [/^Topic /, /^fcm /]],
    [await capture({}, (headers) => (headers['Encryption'] = 'salt=AAAA')), [/^Encryption belongs to the codings before/]],
    [await capture({}, (headers) => (headers['Content-Length'] = '5')), [/^Content-Length 5, but the body has 115 bytes/]],
    [await capture({}, (headers) => void delete headers['Content-Encoding']), [/^Content-Encoding is missing/]],
    [await capture({ vapid: null }), [/^fcm FCM .* refuses it/]],
    [await capture({ topic: 'abcd' }, (headers) => (headers['Topic'] = 'abcde'), APPLE),
      [/^apple Apple \(Safari\) refuses it with 400 BadWebPushTopic/]],
    [await capture({ encrypt: aesgcm.encrypt }, (headers) => void delete headers['Crypto-Key']),
      [/^token|^p256ecdsa is missing/, /^in all/, /^fields the Crypto-Key field is missing/, /^fcm /]],
    [{ ...await capture(), method: 'GET' }, [/^method GET: POST is wanted/]],
    [{ ...await capture(), body: new Uint8Array(4097) }, [/^size 4,097 bytes/, /^header /, /^fcm FCM .* refuses it with 413/]],
    [{ ...await capture(), body: new Uint8Array(20) }, [/^header the body is shorter/]],
  ];
  for (const [value, wanted] of cases) assertAll(wrongs(await inspectRequest(value, JUDGE)), wanted);
});

test('the key that signs must not be the one that encrypts', async () => {
  const made = await capture();
  const body = made.body!.slice();
  body.set(Buffer.from(keys.publicKey, 'base64url'), 21);
  assert.ok(wrongs(await inspectRequest({ ...made, body }, JUDGE)).some((text) => /^keyid is the VAPID key/.test(text)));
});

test('what others than the service that was asked would say does not count', async () => {
  const made = await capture({ topic: 'abcde' });
  const report = await inspectRequest(made, JUDGE);
  assert.equal(wrongs(report), []);
  assert.match(JSON.stringify(report.sections.at(-1)), /Apple \(Safari\) refuses it with 400 BadWebPushTopic/);
});

function httpText(made: Capture, eol: string): Buffer {
  const url = new URL(made.url!);
  const lines = [`POST ${url.pathname} HTTP/1.1`, `Host: ${url.host}`, ...made.headers.map(([name, value]) => `${name}: ${value}`)];
  return Buffer.concat([Buffer.from(`${lines.join(eol)}${eol}${eol}`), made.body!]);
}

test('captures: HTTP text, HTTP/2, curl -v, JSON in many forms, chunks, base64', async () => {
  const made = await capture();
  const body = made.body!;
  const asBase64 = Buffer.from(body).toString('base64');
  const record = Object.fromEntries(made.headers);
  const head = httpText({ ...made, body: new Uint8Array(0) }, '\n');
  const forms: [string, Buffer][] = [
    ['CRLF', httpText(made, '\r\n')], ['LF', httpText(made, '\n')],
    ['JSON, Buffer', Buffer.from(JSON.stringify({ ...made, headers: record, body: Buffer.from(body) }))],
    ['JSON, Uint8Array', Buffer.from(JSON.stringify({ ...made, headers: record, body }))],
    ['JSON, base64', Buffer.from(JSON.stringify({ url: made.url, method: 'post', headers: made.headers, body: asBase64 }))],
    ['JSON, as web-push has it', Buffer.from(JSON.stringify({ endpoint: made.url, method: 'POST', headers: record, body: [...body] }))],
    ['JSON, HAR', Buffer.from(JSON.stringify({
      url: made.url, method: 'POST', headers: made.headers.map(([name, value]) => ({ name, value })), body: asBase64,
    }))],
    ['base64 behind a head', Buffer.concat([head, Buffer.from(asBase64)])],
    ['hexadecimal behind a head', Buffer.concat([head, Buffer.from(Buffer.from(body).toString('hex'))])],
    ['a line feed at its end', Buffer.concat([httpText({ ...made, headers: [...made.headers, ['Content-Length', '115']] }, '\n'), Buffer.from('\n')])],
    ['chunks', Buffer.concat([
      httpText({ ...made, body: new Uint8Array(0), headers: [...made.headers, ['Transfer-Encoding', 'chunked']] }, '\r\n'),
      Buffer.from('50\r\n'), body.subarray(0, 80), Buffer.from('\r\n23\r\n'), body.subarray(80), Buffer.from('\r\n0\r\n\r\n'),
    ])],
  ];
  for (const [name, bytes] of forms) {
    const found = parseCapture(new Uint8Array(bytes));
    assert.ok(found, name);
    assert.is(found?.method, 'POST', name);
    assert.is(found?.url, made.url, name);
    assert.equal([...(found?.body ?? [])], [...body], name);
    assert.equal(wrongs(await inspectRequest(found!, JUDGE)), [], name);
  }
  const pseudo = `:method: POST\n:authority: fcm.googleapis.com\n:path: /${PATH}\nttl: 5\n\n`;
  assert.is(parseCapture(utf8(pseudo))?.url, FCM);
  const curl = `* Connected\n> POST /${PATH} HTTP/2\n> Host: fcm.googleapis.com\n> ttl: 5\n< HTTP/2 201\n`;
  assert.is(parseCapture(utf8(curl))?.url, FCM);
  for (const none of ['', 'hello', '{"endpoint": "x"}', 'GET', '[]', '"x"', 'null']) {
    assert.is(parseCapture(utf8(none)), undefined, none);
  }
});

test('a capture of more chunks than a call takes arguments', () => {
  const head = 'POST /a HTTP/1.1\nHost: fcm.googleapis.com\nTransfer-Encoding: chunked\n\n';
  const found = parseCapture(utf8(`${head}${'1\nx\n'.repeat(200_000)}0\n\n`));
  assert.is(found?.body?.length, 200_000);
});

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
    Buffer.from(JSON.stringify(good)), Buffer.from(await vapid.authorize(FCM)), httpText(made, '\r\n'),
    Buffer.from(JSON.stringify({ ...made, headers: Object.fromEntries(made.headers), body: Buffer.from(made.body!) })),
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
      assert.ok(error instanceof CliError, `${i}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }
});

test('100,000 bytes of anything is looked through in no time', async () => {
  const size = 100_000;
  const heads = ['', 'POST / HTTP/1.1\nA: ', 'vapid t=', 'VAPID_PUBLIC_KEY=', '{"headers":{"Crypto-Key":"'];
  const tails = ['', 'x', '"}', '\n\nx'];
  for (const filler of [' ', '\n', '\t', ':', ',', ';', '=', 'a', '.', '/', '"', '0', '\r\n', ' =', 't ', '\0']) {
    for (const head of heads) {
      const text = `${head}${filler.repeat(size / filler.length)}${tails[head.length % tails.length]}`;
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
