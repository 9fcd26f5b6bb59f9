/** `subtle-push inspect` of a request: its faults, what services answer, forms of a capture. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import { parseCapture } from '../../src/cli/capture.ts';
import type { Capture } from '../../src/cli/capture.ts';
import { inspectRequest } from '../../src/cli/inspect_request.ts';
import { utf8 } from '../../src/lib/bytes.ts';
import {
  assertAll, capture, doubts, FCM, httpText, JUDGE, keys, PATH, wrongs,
} from './cli_inspect_support.ts';

const test = suite('cli inspect: request');
const APPLE = `https://web.push.apple.com/Q${'y'.repeat(170)}`;

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
    [
      await capture({}, (headers) => void delete headers['TTL']),
      [/^TTL The TTL field is missing/, /^fcm FCM .* refuses it with 400/],
    ],
    [await capture({}, (headers) => (headers['TTL'] = '-1')), [/^TTL /, /^fcm /]],
    [await capture({}, (headers) => (headers['Urgency'] = 'asap')), [/^Urgency /, /^fcm /]],
    [await capture({}, (headers) => (headers['Topic'] = 'a b')), [/^Topic /, /^fcm /]],
    [
      await capture({}, (headers) => (headers['Encryption'] = 'salt=AAAA')),
      [/^Encryption belongs to the codings before/],
    ],
    [
      await capture({}, (headers) => (headers['Content-Length'] = '5')),
      [/^Content-Length 5, but the body has 115 bytes/],
    ],
    [
      await capture({}, (headers) => void delete headers['Content-Encoding']),
      [/^Content-Encoding is missing/],
    ],
    [await capture({ vapid: null }), [/^fcm FCM .* refuses it/]],
    [await capture({ topic: 'abcd' }, (headers) => (headers['Topic'] = 'abcde'), APPLE),
      [/^apple Apple \(Safari\) refuses it with 400 BadWebPushTopic/]],
    [await capture({ encrypt: aesgcm.encrypt }, (headers) => void delete headers['Crypto-Key']),
      [/^token|^p256ecdsa is missing/, /^in all/,
        /^fields the Crypto-Key field is missing/, /^fcm /]],
    [{ ...await capture(), method: 'GET' }, [/^method GET: POST is wanted/]],
    [
      { ...await capture(), body: new Uint8Array(4097) },
      [/^size 4,097 bytes/, /^header /, /^fcm FCM .* refuses it with 413/],
    ],
    [{ ...await capture(), body: new Uint8Array(20) }, [/^header the body is shorter/]],
  ];
  for (const [value, wanted] of cases) {
    assertAll(wrongs(await inspectRequest(value, JUDGE)), wanted);
  }
});

test('the key that signs must not be the one that encrypts', async () => {
  const made = await capture();
  const body = made.body!.slice();
  body.set(Buffer.from(keys.publicKey, 'base64url'), 21);
  assert.ok(
    wrongs(await inspectRequest({ ...made, body }, JUDGE))
      .some((text) => /^keyid is the VAPID key/.test(text)),
  );
});

test('what others than the service that was asked would say does not count', async () => {
  const made = await capture({ topic: 'abcde' });
  const report = await inspectRequest(made, JUDGE);
  assert.equal(wrongs(report), []);
  assert.match(
    JSON.stringify(report.sections.at(-1)),
    /Apple \(Safari\) refuses it with 400 BadWebPushTopic/,
  );
});

test('captures: HTTP text, HTTP/2, curl -v, JSON in many forms, chunks, base64', async () => {
  const made = await capture();
  const body = made.body!;
  const asBase64 = Buffer.from(body).toString('base64');
  const record = Object.fromEntries(made.headers);
  const head = httpText({ ...made, body: new Uint8Array(0) }, '\n');
  const forms: [string, Buffer][] = [
    ['CRLF', httpText(made, '\r\n')], ['LF', httpText(made, '\n')],
    [
      'JSON, Buffer',
      Buffer.from(JSON.stringify({ ...made, headers: record, body: Buffer.from(body) })),
    ],
    ['JSON, Uint8Array', Buffer.from(JSON.stringify({ ...made, headers: record, body }))],
    [
      'JSON, base64',
      Buffer.from(JSON.stringify({
        url: made.url, method: 'post', headers: made.headers, body: asBase64,
      })),
    ],
    [
      'JSON, as web-push has it',
      Buffer.from(JSON.stringify({
        endpoint: made.url, method: 'POST', headers: record, body: [...body],
      })),
    ],
    ['JSON, HAR', Buffer.from(JSON.stringify({
      url: made.url, method: 'POST',
      headers: made.headers.map(([name, value]) => ({ name, value })), body: asBase64,
    }))],
    ['base64 behind a head', Buffer.concat([head, Buffer.from(asBase64)])],
    [
      'hexadecimal behind a head',
      Buffer.concat([head, Buffer.from(Buffer.from(body).toString('hex'))]),
    ],
    [
      'a line feed at its end',
      Buffer.concat([
        httpText({ ...made, headers: [...made.headers, ['Content-Length', '115']] }, '\n'),
        Buffer.from('\n'),
      ]),
    ],
    ['chunks', Buffer.concat([
      httpText(
        {
          ...made,
          body: new Uint8Array(0),
          headers: [...made.headers, ['Transfer-Encoding', 'chunked']],
        },
        '\r\n',
      ),
      Buffer.from('50\r\n'), body.subarray(0, 80), Buffer.from('\r\n23\r\n'), body.subarray(80),
      Buffer.from('\r\n0\r\n\r\n'),
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
  const curl =
    `* Connected\n> POST /${PATH} HTTP/2\n> Host: fcm.googleapis.com\n> ttl: 5\n< HTTP/2 201\n`;
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

test.run();
