/** Node, Deno and Bun: does the jobs it is given, and prints each result as a line of JSON. */
import { nodeEncrypt } from '../../src/node.ts';
import { ours } from '../contestants/ours.js';
import { decryption, encryption, requests, tokens } from '../suites/contests.js';

const { jobs } = JSON.parse(process.argv[2]);
const clock = {
  now: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
};

/** A peer whose package is not installed, or does not load here, is left out and named. */
const PEERS = {
  'web-push': () => import('../contestants/web_push.js'),
  '@pushforge/builder': () => import('../contestants/pushforge.js'),
  '@block65/webcrypto-web-push': () => import('../contestants/block65.js'),
  'webpush-webcrypto': () => import('../contestants/webpush_webcrypto.js'),
};

const loaded = await Promise.all(Object.entries(PEERS).map(async ([name, load]) => {
  try {
    return Object.values(await load())[0];
  } catch (error) {
    return { missing: `${name}: ${error.code ?? error.message}` };
  }
}));
const peers = loaded.filter(({ missing }) => !missing);
const ece = await import('../contestants/http_ece.js').catch(() => undefined);
const second = ece?.openWithHttpEce;
const contestants = [ours('subtle-push'), ours('subtle-push, nodeEncrypt', nodeEncrypt), ...peers];

const SUITES = {
  requests: (job) => requests({ ...job, contestants, second, clock }),
  encryption: (job) => encryption({ ...job, clock, nodeEncrypt }),
  tokens: (job) => tokens({ ...job, clock }),
  decryption: (job) => decryption({ ...job, clock }),
  sending: async (job) => {
    const { sending } = await import('../suites/sending.js');
    const webPush = (await import('web-push').catch(() => undefined))?.default;
    return sending({ ...job, webPush });
  },
  interop: async (job) => (await import('../suites/interop.js')).interop(job),
  content: async (job) => (await import('../suites/content.js')).content(job),
  streaming: async (job) => (await import('../suites/content.js')).streaming(job),
  fairness: async (job) => (await import('../suites/fairness.js')).fairness(job),
  memory: async (job) => (await import('../suites/memory.js')).memory(job),
};

const print = (value) => console.log(JSON.stringify(value));
print({ missing: loaded.flatMap(({ missing }) => missing ?? []), second: Boolean(second) });
for (const job of jobs) {
  const result = await SUITES[job.suite](job);
  print({ job, result });
}
process.exit();
