import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createParser } from '../../src/lib/node/http/http1_parser.ts';

const test = suite('HTTP/1.1 answers');

interface Result {
  status: number;
  fields: Record<string, string>;
  body: string;
  /** 'yes' or 'no' once it is whole: whether the connection can be used again. */
  reusable: string;
  error: string;
}

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

/** What comes of the pieces of an answer, after which the peer may close its side. */
function parse(pieces: readonly Uint8Array[], closes = false, method = 'POST'): Result {
  const result: Result = { status: 0, fields: {}, body: '', reusable: '', error: '' };
  const parser = createParser(method, {
    head: ({ status, fields }) =>
      Object.assign(result, { status, fields: Object.fromEntries(fields) }),
    data: (part) => {
      result.body += String.fromCharCode(...part);
    },
    end: (reusable) => {
      result.reusable = reusable ? 'yes' : 'no';
    },
  });
  try {
    for (const piece of pieces) parser.write(piece);
    if (closes) parser.close();
  } catch (error) {
    result.error = error instanceof Error ? error.message : 'not an Error';
  }
  return result;
}

/** The same whole, byte by byte, and cut at every place. */
function everyWay(text: string, closes = false, method = 'POST'): Result {
  const all = bytes(text);
  const whole = parse([all], closes, method);
  const drips = parse(
    [...all].map((byte) => Uint8Array.of(byte)),
    closes,
    method,
  );
  assert.equal(drips, whole, 'byte by byte');
  for (let at = 0; at <= all.length; at++) {
    assert.equal(
      parse([all.subarray(0, at), all.subarray(at)], closes, method),
      whole,
      `cut at ${at}`,
    );
  }
  return whole;
}

test('bodies of a length', () => {
  const result = everyWay(
    'HTTP/1.1 429 Too Many\r\nRetry-After: 5\r\nContent-Length: 4\r\n\r\nslow',
  );
  assert.equal(result, {
    status: 429,
    fields: { 'retry-after': '5', 'content-length': '4' },
    body: 'slow',
    reusable: 'yes',
    error: '',
  });
  assert.is(everyWay('HTTP/1.1 201\r\nContent-Length: 0\r\n\r\n').reusable, 'yes');
  assert.is(everyWay('HTTP/1.1 201 \r\nContent-Length: 3, 3\r\n\r\nabc').body, 'abc');
  assert.is(
    everyWay('HTTP/1.1 201 \r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc').body,
    'abc',
  );
});

test('chunked bodies, with extensions and trailers', () => {
  const result = everyWay(
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n4;a="b"\r\nslow\r\n0000A\r\n down, now\r\n0\r\nX-T: 1\r\n\r\n',
  );
  assert.is(result.body, 'slow down, now');
  assert.is(result.reusable, 'yes');
  assert.is(result.fields['x-t'], undefined);
  assert.is(
    everyWay('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n').reusable,
    'yes',
  );
});

test('bodies up to the close', () => {
  const result = everyWay('HTTP/1.1 200 OK\r\n\r\nanything\r\n\r\n', true);
  assert.is(result.body, 'anything\r\n\r\n');
  assert.is(result.reusable, 'no');
});

test('answers without a body', () => {
  for (const status of [204, 304]) {
    assert.is(everyWay(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\n`).reusable, 'yes');
  }
  assert.is(everyWay('HTTP/1.1 200 X\r\nContent-Length: 5\r\n\r\n', false, 'HEAD').reusable, 'yes');
  assert.is(
    everyWay('HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\n', false, 'HEAD').reusable,
    'yes',
  );
});

test('interim answers are passed over', () => {
  const result = everyWay(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n',
  );
  assert.is(result.status, 201);
  assert.is(result.fields['link'], undefined);
  assert.is(
    everyWay('HTTP/1.1 101 Switching\r\n\r\n').error,
    'switched to another protocol unasked',
  );
  assert.is(
    parse([bytes('HTTP/1.1 102 X\r\n\r\n'.repeat(33))]).error,
    'sent too many interim answers',
  );
});

test('when the connection goes on', () => {
  const reusable = (version: string, field: string): string =>
    everyWay(`HTTP/1.${version} 200 OK\r\n${field}Content-Length: 0\r\n\r\n`).reusable;
  assert.is(reusable('1', ''), 'yes');
  assert.is(reusable('1', 'Connection: close\r\n'), 'no');
  assert.is(reusable('1', 'Connection: x, CLOSE\r\n'), 'no');
  assert.is(reusable('0', ''), 'no');
  assert.is(reusable('0', 'Connection: Keep-Alive\r\n'), 'yes');
});

test('fields: spaces around, repetition, every legal character', () => {
  const { fields } = everyWay(
    "HTTP/1.1 200 OK\r\nA:\r\nB: \t x y \t \r\nb:z\r\n!#$%&'*+-.^_`|~9: \xe9\t~\r\n__proto__: 1\r\nContent-Length: 0\r\n\r\n",
  );
  assert.is(fields['a'], '');
  assert.is(fields['b'], 'x y, z');
  assert.is(fields["!#$%&'*+-.^_`|~9"], '\xe9\t~');
});

test('what is no HTTP/1.1, and what two parsers could read in two ways', () => {
  const ok = 'HTTP/1.1 200 OK\r\n';
  const chunked = `${ok}Transfer-Encoding: chunked\r\n\r\n`;
  const cases: [string, RegExp][] = [
    ['HTTP/2.0 200 OK\r\n\r\n', /^did not answer in HTTP\/1\.1$/],
    ['http/1.1 200 OK\r\n\r\n', /^did not/],
    ['HTTP/1.1  200 OK\r\n\r\n', /^did not/],
    ['HTTP/1.1 20 OK\r\n\r\n', /^did not/],
    ['HTTP/1.1 2000 OK\r\n\r\n', /^did not/],
    ['HTTP/1.1 099 OK\r\n\r\n', /^did not/],
    ['HTTP/1.1 600 OK\r\n\r\n', /^did not/],
    ['\r\nHTTP/1.1 200 OK\r\n\r\n', /^did not/],
    ['ICY 200 OK\r\n\r\n', /^did not/],
    ['SSH-2.0-OpenSSH\r\n', /^did not/],
    ['HTTP/1.1 200 O\0K\r\n\r\n', /^did not/],
    ['HTTP/1.1 200 OK\n\n', /^sent a line without CR$/],
    [`${ok}A: b\n\r\n`, /^sent a line without CR$/],
    [`${ok}A : b\r\n\r\n`, /^sent a malformed header field$/],
    [`${ok} A: b\r\n\r\n`, /^sent a malformed/],
    [`${ok}A: b\r\n c\r\n\r\n`, /^sent a malformed/],
    [`${ok}A\r\n\r\n`, /^sent a malformed/],
    [`${ok}: b\r\n\r\n`, /^sent a malformed/],
    [`${ok}A: b\0c\r\n\r\n`, /^sent a malformed/],
    [`${ok}A: b\rc\r\n\r\n`, /^sent a malformed/],
    [`${ok}\xe9: b\r\n\r\n`, /^sent a malformed/],
    [`${ok}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, /^sent an invalid Content-Length$/],
    [`${ok}Content-Length: 3, 4\r\n\r\n`, /^sent an invalid/],
    ...['-1', '+1', '1e3', '0x10', '1 ', '3;4', '', ' ', '9'.repeat(16)]
      .filter((text) => text.trim() !== '1')
      .map((text): [string, RegExp] => [
        `${ok}Content-Length: ${text}\r\n\r\n`,
        /^sent an invalid/,
      ]),
    [
      `${ok}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      /^framed its answer in two ways$/,
    ],
    ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', /^framed/],
    ...['gzip', 'gzip, chunked', 'chunked, chunked', 'chunked, identity', 'xchunked', ''].map(
      (text): [string, RegExp] => [
        `${ok}Transfer-Encoding: ${text}\r\n\r\n`,
        /^used an unknown transfer coding$/,
      ],
    ),
    [`${ok}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n`, /^used an unknown/],
    ...['x', '-1', '0x1', ' 1', '', '1'.repeat(13), '1 2', '1\t\0'].map(
      (text): [string, RegExp] => [`${chunked}${text}\r\n`, /^sent a malformed chunk$/],
    ),
    [`${chunked}1\r\nabc\r\n`, /^sent a chunk longer than its size$/],
    [`${chunked}3\r\nabc0\r\n\r\n`, /^sent a chunk longer/],
    [`${chunked}1\na\r\n`, /^sent a line without CR$/],
    [`${chunked}0\r\nbad trailer\r\n\r\n`, /^sent a malformed header/],
    [`${ok}Content-Length: 1\r\n\r\nab`, /^sent more than its answer$/],
    [`${ok}Content-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\n`, /^sent more/],
    ['HTTP/1.1 204 No\r\n\r\nx', /^sent more/],
  ];
  for (const [text, error] of cases)
    assert.match(everyWay(text).error, error, JSON.stringify(text));
});

test('answers that are cut off', () => {
  assert.is(parse([], true).error, 'closed the connection without an answer');
  for (const whole of [
    'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nslow\r\n0\r\nT: x\r\n\r\n',
  ]) {
    for (let at = 1; at < whole.length; at++) {
      assert.is(
        parse([bytes(whole.slice(0, at))], true).error,
        'cut its answer off',
        `at ${at} of ${whole}`,
      );
    }
    assert.is(parse([bytes(whole)], true).error, '');
  }
});

test('heads, trailers and lines past 16 KiB', () => {
  const field = `X: ${'a'.repeat(1000)}\r\n`;
  const want = 'sent header fields of more than 16384 bytes';
  assert.is(
    parse([bytes(`HTTP/1.1 200 OK\r\n${field.repeat(16)}Content-Length: 0\r\n\r\n`)]).error,
    '',
  );
  assert.is(parse([bytes(`HTTP/1.1 200 OK\r\n${field.repeat(17)}\r\n`)]).error, want);
  assert.is(parse([bytes(`HTTP/1.1 ${'2'.repeat(17_000)}`)]).error, want);
  const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  assert.is(parse([bytes(`${chunked}1;${'a'.repeat(17_000)}`)]).error, want);
  assert.is(parse([bytes(`${chunked}0\r\n${field.repeat(17)}`)]).error, want);
  const chunks = `1;${'a'.repeat(1000)}\r\nx\r\n`;
  assert.is(parse([bytes(`${chunked}${chunks.repeat(100)}0\r\n\r\n`)]).body, 'x'.repeat(100));
});

test('no bytes whatever make it throw anything but its own sentences', () => {
  // A linear congruential generator: the same bytes each time.
  let seed = 1;
  const random = (below: number): number =>
    (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const parts = [
    'HTTP/1.1 200 OK',
    '\r\n',
    '\n',
    '\r',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    ': ',
    '5',
    '0',
    'a',
    '\0',
    '\xff',
    ';',
    'HTTP/1.1 100 C\r\n\r\n',
  ];
  for (let i = 0; i < 3_000; i++) {
    const text = Array.from({ length: random(20) }, () => parts[random(parts.length)]!).join('');
    const { error } = parse([bytes(text)], random(2) === 0);
    assert.match(
      error,
      /^(sent |did not |closed |cut |framed |used |switched |$)/,
      JSON.stringify(text),
    );
  }
});

test.run();
