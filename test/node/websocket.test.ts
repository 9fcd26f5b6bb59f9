import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  acceptWebSocket, type WebSocketConnection, type WebSocketOptions,
} from '../../src/lib/node/browsers/websocket.ts';

const test = suite('websocket');
const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const HEAD = {
  Host: 'localhost', Upgrade: 'websocket', Connection: 'keep-alive, Upgrade',
  'Sec-WebSocket-Key': KEY, 'Sec-WebSocket-Version': '13',
};

/** A server that keeps what it is told, and a raw client of it. */
interface Pair {
  readonly socket: Socket;
  readonly texts: string[];
  readonly connection: () => WebSocketConnection | undefined;
  /** Everything that the server has sent once `enough` says so, or once it has ended. */
  readonly received: (enough?: (bytes: Buffer) => boolean) => Promise<Buffer>;
  readonly closed: Promise<void>;
}

async function withPair(
  use: (pair: Pair) => Promise<void>,
  options: Partial<WebSocketOptions> = {},
  headers: Record<string, string> = HEAD,
  method = 'GET',
): Promise<void> {
  const texts: string[] = [];
  let connection: WebSocketConnection | undefined;
  let onClose = (): void => undefined;
  const closed = new Promise<void>((resolve) => (onClose = resolve));
  const server = createServer();
  server.on('upgrade', (request, socket, head) => {
    connection = acceptWebSocket(request, socket, head, {
      onText: (text) => texts.push(text), onClose, ...options,
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${method} / HTTP/1.1\r\n${fields.join('')}\r\n`);
  try {
    const received = collect(socket);
    await use({ socket, texts, received, connection: () => connection, closed });
  } finally {
    socket.destroy();
    server.close();
    server.closeAllConnections();
  }
}

function collect(socket: Socket): Pair['received'] {
  let bytes = Buffer.alloc(0);
  let ended = false;
  let check = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    check();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
    check();
  });
  return (enough = () => false) => new Promise((resolve) => {
    check = () => {
      if (ended || enough(bytes)) resolve(bytes);
    };
    check();
  });
}

/** A client's frame. `length` and `mask` break rules where they are given. */
function frame(
  first: number,
  data: Uint8Array | string = '',
  { length, mask = true }: { length?: number[] | undefined; mask?: boolean } = {},
): Buffer {
  const payload = Buffer.from(data);
  const n = payload.length;
  const size = Buffer.from(length ?? (n < 126 ? [n]
    : n < 65536 ? [126, n >> 8, n & 255]
      : [127, 0, 0, 0, 0, 0, n >> 16, (n >> 8) & 255, n & 255]));
  if (!mask) return Buffer.concat([Buffer.from([first]), size, payload]);
  size[0]! |= 0x80;
  const key = randomBytes(4);
  const masked = payload.map((byte, i) => byte ^ key[i & 3]!);
  return Buffer.concat([Buffer.from([first]), size, key, masked]);
}

const body = (bytes: Buffer): Buffer => bytes.subarray(bytes.indexOf('\r\n\r\n') + 4);
const endsWith = (end: string | Buffer) => (bytes: Buffer): boolean => bytes.includes(end);
/** The code of the close frame at the end of what the server sent. */
const code = (bytes: Buffer): number | string => {
  const last = body(bytes).subarray(-4);
  return last[0] === 0x88 && last[1] === 2 ? last.readUInt16BE(2) : `none: ${last.toString('hex')}`;
};

test('RFC 6455 §1.3: the handshake, with the subprotocol where it is offered', async () => {
  const headers = { ...HEAD, 'Sec-WebSocket-Protocol': 'other, push-notification' };
  await withPair(async ({ received }) => {
    const answer = (await received(endsWith('\r\n\r\n'))).toString();
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.match(answer, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/);
    assert.match(answer, /\r\nSec-WebSocket-Protocol: push-notification\r\n/);
  }, { protocol: 'push-notification' }, headers);
  await withPair(async ({ received }) => {
    const answer = (await received(endsWith('\r\n\r\n'))).toString();
    assert.not.match(answer, /Protocol:/);
  }, { protocol: 'push-notification' });
});

test('§4.2.1, §4.4: refuses what is no WebSocket of version 13', async () => {
  const cases: [string, Record<string, string>, string?][] = [
    ['426', { ...HEAD, 'Sec-WebSocket-Version': '8' }],
    ['400', { ...HEAD, 'Sec-WebSocket-Key': 'c2hvcnQ=' }],
    ['400', { ...HEAD, Upgrade: 'h2c' }],
    ['400', HEAD, 'POST'],
  ];
  for (const [status, headers, method] of cases) {
    await withPair(async ({ received, connection }) => {
      assert.match((await received()).toString(), new RegExp(`^HTTP/1.1 ${status} `));
      assert.is(connection(), undefined);
    }, {}, headers, method);
  }
});

test('texts of every length form, whole and byte by byte', async () => {
  for (const length of [0, 1, 125, 126, 65535, 65536]) {
    await withPair(async ({ socket, texts, received }) => {
      const text = 'é'.repeat(length / 2) + 'x'.repeat(length % 2);
      socket.write(Buffer.concat([frame(0x81, text), frame(0x89)]));
      await received((bytes) => body(bytes).includes(Buffer.from([0x8a, 0])));
      assert.is(Buffer.byteLength(texts[0] ?? 'none'), length);
    });
  }
  await withPair(async ({ socket, texts, received }) => {
    socket.setNoDelay(true);
    for (const byte of Buffer.concat([frame(0x81, 'x'.repeat(200)), frame(0x89)])) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    await received((bytes) => body(bytes).includes(Buffer.from([0x8a, 0])));
    assert.equal(texts, ['x'.repeat(200)]);
  });
});

test('§5.1, §5.2: the server\'s frames are unmasked, in the shortest length form', async () => {
  const heads = { 5: '8105', 126: '817e007e', 65536: '817f0000000000010000' };
  for (const [key, head] of Object.entries(heads)) {
    const length = Number(key);
    await withPair(async ({ connection, received }) => {
      await received(endsWith('\r\n\r\n'));
      connection()?.send('y'.repeat(length));
      const bytes = body(await received((all) => body(all).length >= head.length / 2 + length));
      assert.is(bytes.subarray(0, -length).toString('hex'), head);
      assert.is(bytes.subarray(-length).toString(), 'y'.repeat(length));
    });
  }
});

test('§5.4: parts become one message, with control frames between them', async () => {
  await withPair(async ({ socket, texts, received }) => {
    const snow = Buffer.from('☃');
    socket.write(Buffer.concat([
      frame(0x01, snow.subarray(0, 1)), frame(0x89, 'between'), frame(0x00, snow.subarray(1, 2)),
      frame(0x00, ''), frame(0x80, snow.subarray(2)), frame(0x81, 'next'), frame(0x89, 'end'),
    ]));
    const bytes = body(await received(endsWith('end')));
    assert.equal(texts, ['☃', 'next']);
    assert.is(bytes.toString('latin1'), '\x8a\x07between\x8a\x03end');
  });
});

test('§5.5.1, §7.1.5: answers a close with its code and ends', async () => {
  for (const [sent, answered] of [['', 1000], ['\x03\xe8', 1000], ['\x0b\xb8bye', 3000]] as const) {
    await withPair(async ({ socket, received, closed }) => {
      socket.write(frame(0x88, Buffer.from(sent, 'latin1')));
      assert.is(code(await received()), answered);
      await closed;
    });
  }
});

test('a close from the server waits for the client\'s, and for nothing else', async () => {
  await withPair(async ({ socket, received, connection, texts }) => {
    await received(endsWith('\r\n\r\n'));
    connection()?.close(1001);
    connection()?.close(1002);
    const bye = frame(0x88, Buffer.from([3, 0xe9]));
    socket.write(Buffer.concat([frame(0x81, 'late'), frame(0x89, 'late'), bye]));
    assert.is(body(await received()).toString('hex'), '880203e9');
    assert.equal(texts, []);
  });
});

const both = (...frames: Buffer[]): Buffer => Buffer.concat(frames);
const VIOLATIONS: Record<string, [code: number, bytes: Buffer]> = {
  'not masked (§5.1)': [1002, frame(0x81, 'a', { mask: false })],
  'reserved bit (§5.2)': [1002, frame(0xc1, 'a')],
  'opcode 3 (§5.2)': [1002, frame(0x83, 'a')],
  'opcode 11 (§5.2)': [1002, frame(0x8b, 'a')],
  '16 bits for 5 (§5.2)': [1002, frame(0x81, 'aaaaa', { length: [126, 0, 5] })],
  '64 bits for 5 (§5.2)': [1002, frame(0x81, 'aaaaa', { length: [127, 0, 0, 0, 0, 0, 0, 0, 5] })],
  '2^64 - 1 bytes': [1009, frame(0x81, '', { length: [127, ...Array<number>(8).fill(255)] })],
  'one byte over the limit': [1009, frame(0x81, 'x'.repeat(65537))],
  'over the limit in parts':
    [1009, both(frame(0x01, 'x'.repeat(65e3)), frame(0x80, 'x'.repeat(537)))],
  'a ping of 126 bytes (§5.5)': [1002, frame(0x89, 'x'.repeat(126))],
  'a ping in parts (§5.5)': [1002, frame(0x09, 'x')],
  'a continuation of nothing (§5.4)': [1002, frame(0x80, 'x')],
  'a text within a text (§5.4)': [1002, both(frame(0x01, 'x'), frame(0x81, 'y'))],
  'binary (§7.4.1)': [1003, frame(0x82, 'x')],
  'not UTF-8 (§8.1)': [1007, frame(0x81, Buffer.from([0xff]))],
  'a surrogate (§8.1)': [1007, frame(0x81, Buffer.from([0xed, 0xa0, 0x80]))],
  'half a character (§8.1)': [1007, both(frame(0x01, Buffer.from([0xe2, 0x98])), frame(0x80))],
  'a close of one byte (§5.5.1)': [1002, frame(0x88, 'x')],
  'a close with 1005 (§7.4.1)': [1002, frame(0x88, Buffer.from([3, 0xed]))],
  'a close with 999 (§7.4.2)': [1002, frame(0x88, Buffer.from([3, 0xe7]))],
  'a close with 5000 (§7.4.2)': [1002, frame(0x88, Buffer.from([0x13, 0x88]))],
  'a close for no text (§5.5.1)': [1007, frame(0x88, Buffer.from([3, 0xe8, 0xff]))],
};

for (const [name, [expected, bytes]] of Object.entries(VIOLATIONS)) {
  test(`ends the connection for: ${name}`, async () => {
    await withPair(async ({ socket, received, texts }) => {
      socket.write(Buffer.concat([bytes, frame(0x81, 'after')]));
      assert.is(code(await received()), expected);
      assert.equal(texts, []);
    });
  });
}

test('a message of single bytes is put together once', async () => {
  await withPair(async ({ socket, texts, received }) => {
    const parts = Array.from({ length: 60_000 }, (_, i) => frame(i ? 0x00 : 0x01, 'x'));
    socket.write(Buffer.concat([...parts, frame(0x80, 'y'), frame(0x89, 'end')]));
    await received(endsWith('end'));
    assert.is(texts[0], `${'x'.repeat(60_000)}y`);
  });
});

test('a peer that does not read is cut off, one that says nothing too', async () => {
  await withPair(async ({ socket, received, connection, closed }) => {
    await received(endsWith('\r\n\r\n'));
    socket.pause();
    for (let i = 0; i < 500; i++) connection()?.send('x'.repeat(60_000));
    await closed;
  }, { maxWaiting: 100_000 });
  await withPair(async ({ received, closed }) => {
    assert.is(body(await received()).toString('hex'), '8900');
    await closed;
  }, { idle: 20 });
});

test('a handler that throws loses its connection and nothing else', async () => {
  await withPair(async ({ socket, received }) => {
    socket.write(frame(0x81, 'x'));
    assert.is(body(await received()).length, 0);
  }, { onText: () => { throw new Error('a bug'); } });
});

test('any bytes end in a close frame or wait for more', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const noise = createHash('sha512').update(`noise ${seed}`).digest();
    await withPair(async ({ socket, received }) => {
      socket.end(noise);
      const bytes = body(await received());
      assert.ok([undefined, 0x88, 0x8a].includes(bytes[0]), bytes.toString('hex'));
    });
  }
});

test.run();
