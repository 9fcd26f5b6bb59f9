/** workerd serves the worker on loopback; each round is one request to it. */
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { kill, start } from '../../test/runner/process.js';
import { bundle } from '../lib/bundle.js';
import { interleave } from '../lib/measure.js';

const config = (port) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "bench", worker = .worker)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "bench")],
);
const worker :Workerd.Worker = (
  modules = [(name = "workerd.mjs", esModule = embed "workerd.mjs")],
  compatibilityDate = "2026-11-01",
);
`;

/** A port that was free a moment ago. */
function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

async function answers(url) {
  for (let tries = 0; tries < 100; tries++) {
    const names = await fetch(`${url}?names`).then((response) => response.json(), () => undefined);
    if (names) return names;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('does not answer');
}

export async function runWorkerd({ binary, bench, jobs, take }) {
  const file = await bundle(bench, 'entries/workerd.js', 'workerd', { inside: true });
  const port = await freePort();
  const capnp = join(dirname(file), 'config.capnp');
  writeFileSync(capnp, config(port));
  const { child } = start(binary, ['serve', capnp]);
  const url = `http://127.0.0.1:${port}/`;
  try {
    const names = await answers(url);
    for (const job of jobs.filter(({ suite, size }) => suite === 'requests' && size === 200)) {
      take({ job, result: { rows: await measure(url, names, job) } });
    }
  } finally {
    kill(child);
  }
}

/** A "message" of interleave is a whole round here, so that the clock outside is fine enough. */
async function measure(url, names, { effort, inFlight }) {
  const each = Math.max(20, Math.round(effort.messages / 4));
  const right = names.flatMap(({ name, wrong }, of) => (wrong ? [] : [{ name, of }]));
  const contestants = right.map(({ name, of }) => ({
    name,
    run: async () => {
      const answer = await fetch(`${url}?of=${of}&messages=${each}&inFlight=${inFlight}`);
      if ((await answer.text()) !== 'done') throw new Error(`${name}: ${answer.status}`);
    },
  }));
  const clock = { now: () => performance.now() };
  const rows = await interleave(contestants, { rounds: effort.rounds, messages: 4, inFlight: 1, clock });
  const scale = (row) => ({ ...row, perSecond: row.perSecond * each });
  const timed = rows.map((row) => ({ ...scale(row), rounds: row.rounds.map(scale) }));
  return [...timed, ...names.filter(({ wrong }) => wrong)];
}
