/**
 * Content coding of long bodies: ours as streams and whole, http_ece, and the bare AES-GCM calls.
 *
 * The bare calls take one and the same record, sixteen at once as the streams do, and drop
 * what comes of them: no stream, no copy, no reading of 8 MiB. What decrypts is held against calls
 * that decrypt. Both bodies come from streams of chunks in memory: a Blob's takes as long as AES.
 */
import { decrypt, decryptStream, encrypt, encryptStream } from '../../src/ece.ts';
import { median, ratio } from '../lib/measure.js';

const CHUNK = 65_536;
const KEY = new Uint8Array(16).fill(3);
/** As many as the streams have under way. */
const LANES = 16;

function source(bytes) {
  const chunk = new Uint8Array(CHUNK).fill(97);
  let left = bytes / CHUNK;
  return new ReadableStream({
    pull: (controller) => (left-- > 0 ? controller.enqueue(chunk) : controller.close()),
  });
}

function streamOf(body) {
  let at = 0;
  return new ReadableStream({
    pull: (controller) => (at < body.length
      ? controller.enqueue(body.subarray(at, (at += CHUNK)))
      : controller.close()),
  });
}

async function drain(stream) {
  let length = 0;
  for await (const chunk of stream) length += chunk.length;
  return length;
}

/** A call a record; `encrypt` or `decrypt`. */
async function bareCalls(way, key, bytes, rs, record) {
  let left = Math.ceil(bytes / (rs - 17));
  const lane = async () => {
    while (left-- > 0) {
      const iv = new Uint8Array(12);
      await crypto.subtle[way]({ name: 'AES-GCM', iv }, key, record);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

async function contestants(bytes, rs) {
  const whole = new Uint8Array(bytes).fill(97);
  const ece = (await import('http_ece').catch(() => undefined))?.default;
  const sealed = await encrypt(whole, { key: KEY, rs });
  const key = await crypto.subtle.importKey('raw', KEY, 'AES-GCM', false, ['encrypt', 'decrypt']);
  const record = new Uint8Array(rs - 16);
  const algorithm = { name: 'AES-GCM', iv: new Uint8Array(12) };
  const closed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key, record));
  return [
    ['bare AES-GCM calls', () => bareCalls('encrypt', key, bytes, rs, record)],
    ['encryptStream', () => drain(source(bytes).pipeThrough(encryptStream({ key: KEY, rs })))],
    ['encrypt', () => encrypt(whole, { key: KEY, rs })],
    ['bare AES-GCM calls, decrypting', () => bareCalls('decrypt', key, bytes, rs, closed)],
    ['decryptStream', () => drain(streamOf(sealed).pipeThrough(decryptStream({ key: KEY })))],
    ['decrypt', () => decrypt(sealed, { key: KEY })],
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
    for (const [k, [name, run]] of list.entries()) {
      // Once untimed, so that each collects its own garbage and not that of the one before.
      if (name !== 'http_ece') await run();
      const started = performance.now();
      await run();
      const seconds = (performance.now() - started) / 1000;
      if (i) results[k].push({ perSecond: bytes / 2 ** 20 / seconds });
    }
  }
  const rows = list.map(([name], k) =>
    ({ name, perSecond: median(results[k].map((one) => one.perSecond)), rounds: results[k] }));
  const named = (name) => rows.find((row) => row.name === name);
  const floor = named('bare AES-GCM calls, decrypting');
  const lines = ['decryptStream', 'decrypt'].map((name) =>
    `${name}: ${ratio(named(name), floor).toFixed(2)}x of the bare calls that decrypt`);
  return { rows, lines };
}

/**
 * A gibibyte through both streams: what it adds to the process. V8 lets some 32 MiB of buffers pile
 * up before it collects any, so what is held is looked at after a forced collection each 64 MiB.
 */
export async function streaming({ bytes }) {
  const both = (length) => source(length).pipeThrough(encryptStream({ key: KEY, rs: CHUNK }))
    .pipeThrough(decryptStream({ key: KEY }));
  const held = () => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  await drain(both(2 ** 26));
  const before = { held: held(), rss: process.memoryUsage().rss };
  const most = { ...before };
  let length = 0;
  for await (const chunk of both(bytes)) {
    const mark = Math.floor(length / 2 ** 26);
    length += chunk.length;
    most.rss = Math.max(most.rss, process.memoryUsage.rss());
    if (Math.floor(length / 2 ** 26) > mark) most.held = Math.max(most.held, held());
  }
  if (length !== bytes) throw new Error(`${length} of ${bytes} bytes came back`);
  const more = (of) => `${((most[of] - before[of]) / 2 ** 20).toFixed(1)} MiB`;
  return {
    lines: [`${bytes / 2 ** 20} MiB: ${more('held')} more held after collections, `
      + `${more('rss')} more resident at the most`],
  };
}
