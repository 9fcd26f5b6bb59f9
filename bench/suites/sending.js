/** Sending over TLS to a service in another process, encryption and tokens included. */
import { fork } from 'node:child_process';
import { Agent } from 'node:https';
import { createVapid, send, sendMany } from '../../src/index.ts';
import { http2Fetch, nodeEncrypt } from '../../src/node.ts';
import { createFixtures, payloadOf } from '../lib/fixtures.js';
import { median } from '../lib/measure.js';

/** Starts the service; `stop` ends its process. */
async function startServer(script) {
  const child = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const once = () => new Promise((resolve, reject) => {
    const ended = () => reject(new Error('The service has ended'));
    child.once('exit', ended);
    child.once('message', (message) => {
      child.off('exit', ended);
      resolve(message);
    });
  });
  const { port, ca } = await once();
  const count = async () => {
    const answer = once();
    child.send('count');
    return answer;
  };
  return { url: `https://localhost:${port}`, ca, count, stop: () => child.kill() };
}

/** The host's own fetch takes no authority but by an environment variable of the process. */
function trusting(run) {
  return async (rows) => {
    process.removeAllListeners('warning');
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
    await run(rows);
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  };
}

/** Each: a function that sends all of `rows`, `inFlight` at once. */
async function ways({ webPush, url, ca, keys, subject, inFlight, payload }) {
  const vapid = createVapid({ subject, keys });
  const fetch2 = http2Fetch({ addresses: 'any', ca });
  const common = { vapid, ttl: 60, endpoints: 'any' };
  const lanes = (one) => async (rows) => {
    let next = 0;
    const lane = async () => {
      while (next < rows.length) await one(rows[next++]);
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
  };
  const many = (options) => async (rows) => {
    const deliveries = rows.map((subscription) => ({ subscription }));
    const all = { ...common, payload, concurrency: inFlight, perOrigin: inFlight, ...options };
    for await (const outcome of sendMany(deliveries, all)) if (!outcome.ok) throw outcome.error;
  };
  const list = [
    { name: 'send, fetch', run: trusting(lanes((row) => send(row, payload, common))) },
    { name: 'send, http2Fetch', run: lanes((row) => send(row, payload, { ...common, fetch: fetch2 })) },
    { name: 'sendMany, http2Fetch', run: many({ fetch: fetch2 }) },
    { name: 'sendMany, http2Fetch, nodeEncrypt', run: many({ fetch: fetch2, encrypt: nodeEncrypt }) },
  ];
  if (webPush) {
    const agent = new Agent({ keepAlive: true, maxSockets: inFlight, ca });
    const vapidDetails = { subject, ...keys };
    const options = { vapidDetails, TTL: 60, contentEncoding: 'aes128gcm' };
    const text = Buffer.from(payload);
    list.unshift(
      { name: 'web-push', run: lanes((row) => webPush.sendNotification(row, text, { ...options, agent: new Agent({ ca }) })) },
      { name: 'web-push, keep-alive agent', run: lanes((row) => webPush.sendNotification(row, text, { ...options, agent })) },
    );
  }
  return { list, close: () => fetch2.close() };
}

/** CPU is the sender's own; the service has its process. */
export async function sending({ webPush, script, effort, inFlight }) {
  const server = await startServer(script);
  try {
    const { keys, subject, subscriptions } = await createFixtures({ receivers: 64 });
    const rows = Array.from({ length: effort.sends }, (_, i) => {
      const { keys: own } = subscriptions[i % 64];
      return { endpoint: `${server.url}/push/${i}`, keys: own };
    });
    const { list, close } = await ways({
      webPush, url: server.url, ca: server.ca, keys, subject, inFlight, payload: payloadOf(200),
    });
    const results = list.map(() => []);
    for (const { run } of list) await run(rows.slice(0, Math.ceil(rows.length / 4)));
    for (let i = 0; i < effort.sendRounds; i++) {
      for (const [k, { run }] of list.entries()) results[k].push(await time(() => run(rows), rows.length, server));
    }
    await close();
    const expected = list.length * (Math.ceil(rows.length / 4) + effort.sendRounds * rows.length);
    const { requests } = await server.count();
    if (requests !== expected) throw new Error(`${expected} were sent, ${requests} arrived`);
    const service = results.map((rounds) => median(rounds.map(({ service }) => service)));
    return {
      inFlight,
      // Where it needs more than a sender it would be what is measured.
      lines: list.map(({ name }, k) => `The service spent ${service[k].toFixed(0)} us on each of ${name}`),
      rows: list.map(({ name }, k) => ({
        name,
        perSecond: median(results[k].map((one) => one.perSecond)),
        cpu: median(results[k].map((one) => one.cpu)),
        rounds: results[k],
      })),
    };
  } finally {
    server.stop();
  }
}

async function time(run, messages, server) {
  const before = await server.count();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await run();
  const milliseconds = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  const after = await server.count();
  return {
    perSecond: (messages / milliseconds) * 1000,
    cpu: (user + system) / messages,
    service: (after.cpu - before.cpu) / messages,
  };
}
