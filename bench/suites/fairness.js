/** What push services that never answer cost the rows of the others; messages are encrypted. */
import { createVapid, generateVapidKeys, sendMany } from '../../src/index.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import { median } from '../lib/measure.js';

/** Milliseconds that a service takes to answer. */
const ANSWER = 5;

function service(isDead) {
  return (url, { signal }) => new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    if (!isDead(new URL(url).hostname)) {
      setTimeout(() => resolve(new Response(null, { status: 201 })), ANSWER);
    }
  });
}

/** Milliseconds until the last row that can be sent is. */
async function goodRows(hosts, isDead, { keys, vapid }) {
  const rows = hosts.map((host, i) => ({ subscription: { endpoint: `https://${host}/${i}`, keys } }));
  let left = hosts.filter((host) => !isDead(host)).length;
  const options = { vapid, fetch: service(isDead), payload: 'Hello', ttl: 60 };
  const started = performance.now();
  for await (const { ok } of sendMany(rows, options)) if (ok && --left === 0) break;
  if (left) throw new Error(`${left} rows were not sent`);
  return performance.now() - started;
}

/** The same good rows alone and among those of services that never answer, in turns. */
async function compare(title, hosts, isDead, rounds, world) {
  const alone = hosts.filter((host) => !isDead(host));
  const pairs = [];
  for (let i = 0; i <= rounds; i++) {
    const before = await goodRows(alone, isDead, world);
    const among = await goodRows(hosts, isDead, world);
    if (i) pairs.push({ before, among });
  }
  const ratio = median(pairs.map(({ before, among }) => among / before));
  const [before, among] = ['before', 'among'].map((key) => median(pairs.map((pair) => pair[key])));
  return `${title}: ${Math.round(among)} ms, ${Math.round(before)} ms alone, ${ratio.toFixed(2)}x`;
}

/** `interleaved`: a fourth of them must fit into `lookahead`; rows that are not held are not seen. */
export async function fairness({ interleaved, rows, rounds }) {
  const { keys } = toSubscription(await generateReceiver(), 'https://push.example.com/1');
  const subject = 'mailto:bench@example.com';
  const world = { keys, vapid: createVapid({ subject, keys: await generateVapidKeys() }) };
  const four = Array.from({ length: interleaved }, (_, i) => `p${i % 4}.example.com`);
  const stalled = (host) => host === 'p0.example.com';
  // Every tenth row is of a service of its own that never answers.
  const many = Array.from({ length: rows }, (_, i) => (i % 10 ? `p${i % 4}.example.com` : `dead${i}.example.com`));
  const dead = (host) => host.startsWith('dead');
  return { lines: [
    await compare('One of four push services stalls; the others\' rows', four, stalled, rounds, world),
    await compare(`${rows / 10} push services never answer; the other ${rows * 0.9} rows`, many, dead, rounds, world),
  ] };
}
