/** Content coding of long bodies: ours as streams and whole, http_ece, and the bare AES-GCM calls. */
import { decryptStream, encrypt, encryptStream } from '../../src/ece.ts';
import { median } from '../lib/measure.js';

const CHUNK = 65_536;
const KEY = new Uint8Array(16).fill(3);

function source(bytes) {
  const chunk = new Uint8Array(CHUNK).fill(97);
  let left = bytes / CHUNK;
  return new ReadableStream({
    pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
  });
}

async function drain(stream) {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

/** A call a record, eight at once, as much as the streams have under way. */
async function bareCalls(bytes, rs) {
  const key = await crypto.subtle.importKey('raw', KEY, 'AES-GCM', false, ['encrypt']);
  const record = new Uint8Array(rs - 16);
  let left = Math.ceil(bytes / (rs - 17));
  const lane = async () => {
    while (left-- > 0) {
      const iv = new Uint8Array(12);
      iv[0] = left;
      await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, record);
    }
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

async function contestants(bytes, rs) {
  const whole = new Uint8Array(bytes).fill(97);
  const ece = (await import('http_ece').catch(() => undefined))?.default;
  const sealed = await encrypt(whole, { key: KEY, rs });
  const stream = () => new Blob([sealed]).stream();
  return [
    ['bare AES-GCM calls', () => bareCalls(bytes, rs)],
    ['encryptStream', () => drain(source(bytes).pipeThrough(encryptStream({ key: KEY, rs })))],
    ['decryptStream', () => drain(stream().pipeThrough(decryptStream({ key: KEY })))],
    ['encrypt', () => encrypt(whole, { key: KEY, rs })],
    ...(ece ? [['http_ece', () => {
      ece.encrypt(Buffer.from(whole), { version: 'aes128gcm', key: Buffer.from(KEY), rs });
    }]] : []),
  ];
}

/** `perSecond`: MiB. */
export async function content({ bytes, rs, rounds }) {
  const list = await contestants(bytes, rs);
  const results = list.map(() => []);
  for (let i = 0; i <= rounds; i++) {
    for (const [k, [, run]] of list.entries()) {
      const started = performance.now();
      await run();
      const seconds = (performance.now() - started) / 1000;
      if (i) results[k].push({ perSecond: bytes / 2 ** 20 / seconds });
    }
  }
  const rows = list.map(([name], k) =>
    ({ name, perSecond: median(results[k].map((one) => one.perSecond)), rounds: results[k] }));
  return { rows };
}

/** A gibibyte through both streams: what it adds to the process. */
export async function streaming({ bytes }) {
  const rss = () => process.memoryUsage().rss;
  await drain(source(2 ** 26).pipeThrough(encryptStream({ key: KEY })).pipeThrough(decryptStream({ key: KEY })));
  globalThis.gc?.();
  const before = rss();
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, rss())), 100);
  const both = source(bytes).pipeThrough(encryptStream({ key: KEY, rs: CHUNK }))
    .pipeThrough(decryptStream({ key: KEY }));
  const length = await drain(both);
  clearInterval(watch);
  if (length !== bytes) throw new Error(`${length} of ${bytes} bytes came back`);
  return { lines: [`${bytes / 2 ** 20} MiB, ${((most - before) / 2 ** 20).toFixed(1)} MiB more at the most`] };
}
