/** Firefox and Chromium by their protocols alone, for tests of attachBrowsers. */
import { randomBytes } from 'node:crypto';
import { connect as connectTcp, type Socket } from 'node:net';
import { attachBrowsers, type Browsers } from '../../src/browsers.ts';
import { property } from '../../src/lib/bytes.ts';
import * as p from '../../src/lib/node/browsers/protobuf.ts';
import { createPushService, type PushService } from '../../src/service.ts';
import { KEY } from './gcm_support.ts';

export const CHANNEL = '6e1a2c1c-3b6d-4a5e-9d5f-0123456789ab';

export interface World {
  readonly service: PushService;
  readonly browsers: Browsers;
  readonly clock: { now: number };
}

export async function withBrowsers(
  use: (world: World) => Promise<void>,
  options: Parameters<typeof attachBrowsers>[1] = {},
): Promise<void> {
  const clock = { now: Date.now() };
  const service = createPushService({ now: () => clock.now });
  const browsers = await attachBrowsers(service, options);
  try {
    await use({ service, browsers, clock });
  } finally {
    await browsers.close();
  }
}

export interface Collected {
  /** What has come, once it is enough or the socket has closed. */
  readonly until: (enough: (bytes: Buffer) => boolean) => Promise<Buffer>;
  readonly ended: () => Promise<Buffer>;
}

/** Everything a socket brings, and how to wait for more of it. */
export function collect(socket: Socket): Collected {
  let bytes = Buffer.alloc(0);
  let closed = false;
  let wake = (): void => undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    wake();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
    wake();
  });
  const until = async (enough: (bytes: Buffer) => boolean): Promise<Buffer> => {
    while (!closed && !enough(bytes)) await new Promise<void>((resolve) => (wake = resolve));
    return bytes;
  };
  return { until, ended: () => until(() => false) };
}

export interface FakeFirefox {
  readonly say: (message: unknown) => void;
  /** The next message from the service. */
  readonly next: () => Promise<unknown>;
  readonly ended: () => Promise<Buffer>;
  readonly socket: Socket;
  readonly status: string;
}

/** A WebSocket to the service, before hello. */
export async function openFirefox(
  browsers: Browsers,
  headers: string[] = [],
): Promise<FakeFirefox> {
  const { port, host } = new URL(browsers.url);
  const socket = connectTcp(Number(port), '127.0.0.1');
  const { until, ended } = collect(socket);
  const key = randomBytes(16).toString('base64');
  socket.write(['GET / HTTP/1.1', `Host: ${host}`, 'Upgrade: websocket', 'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`, 'Sec-WebSocket-Version: 13', ...headers, '', ''].join('\r\n'));
  const answer = await until((bytes) => bytes.includes('\r\n\r\n'));
  let at = answer.indexOf('\r\n\r\n') + 4;
  const next = async (): Promise<unknown> => {
    const length = (bytes: Buffer): number => (bytes[at + 1] === 126 ? 4 : 2);
    const size = (bytes: Buffer): number =>
      length(bytes) === 4 ? bytes.readUInt16BE(at + 2) : bytes[at + 1]!;
    const bytes = await until((all) =>
      all.length >= at + 4 && all.length >= at + length(all) + size(all));
    if (bytes[at] !== 0x81) return `no text: ${bytes.subarray(at).toString('hex')}`;
    const start = at + length(bytes);
    at = start + size(bytes);
    return JSON.parse(bytes.subarray(start, at).toString());
  };
  const say = (message: unknown): void => {
    const data = Buffer.from(JSON.stringify(message));
    socket.write(Buffer.concat([Buffer.from([0x81, 0xfe, data.length >> 8, data.length & 255]),
      Buffer.alloc(4), data]));
  };
  return { say, next, ended, socket, status: answer.subarray(9, 12).toString() };
}

export interface SubscribedFirefox extends FakeFirefox {
  readonly uaid: string;
  readonly endpoint: string;
}

/** A browser with a subscription. */
export async function subscribeFirefox(
  browsers: Browsers,
  key: string | undefined = undefined,
): Promise<SubscribedFirefox> {
  const firefox = await openFirefox(browsers);
  firefox.say({ messageType: 'hello', use_webpush: true, broadcasts: {}, pad: 'x'.repeat(100) });
  const uaid = String(property(await firefox.next(), 'uaid'));
  firefox.say({ messageType: 'register', channelID: CHANNEL, key, pad: 'x'.repeat(100) });
  const endpoint = String(property(await firefox.next(), 'pushEndpoint'));
  return { ...firefox, uaid, endpoint };
}

export const empty = { method: 'POST', headers: { TTL: '60' } };

/** What a device is told at its first check-in. */
export async function checkIn(browsers: Browsers): Promise<readonly [string, string]> {
  const body = p.varintField(14, 3);
  const response = await fetch(`${browsers.url}/checkin`, { method: 'POST', body });
  const fields = p.decodeFields(new Uint8Array(await response.arrayBuffer()))!;
  return [String(p.numberOf(fields, 7)), String(p.numberOf(fields, 8))];
}

export async function register(
  browsers: Browsers,
  [id, secret]: readonly [string, string],
): Promise<string> {
  const response = await fetch(`${browsers.url}/c2dm/register3`, {
    method: 'POST',
    headers: { Authorization: `AidLogin ${id}:${secret}` },
    body: new URLSearchParams({
      app: 'org.chromium.linux', 'X-subtype': 'wp:http://localhost/#1-V2', device: id, sender: KEY,
    }),
  });
  return (await response.text()).replace('token=', '');
}
