/** What a person reads. */
import { ratio } from './measure.js';
import { contest, number, table } from './table.js';

const TITLES = {
  requests: ({ size, inFlight, origins }) =>
    `A whole request: ${number(size)} bytes, ${number(inFlight)} in flight, `
    + `${number(origins)} push service${origins === 1 ? '' : 's'}`,
  encryption: () => 'Encryption alone, 200 bytes, 64 in flight',
  tokens: () => 'VAPID tokens',
  decryption: () => 'Decryption, 200 bytes, 64 in flight',
  sending: ({ inFlight }) => `Sent over TLS to a service in another process, ${inFlight} in flight`,
  interop: () => 'http_ece and subtle-push/ece open each other\'s content',
  content: ({ bytes, rs }) => `Content coding, ${number(bytes / 2 ** 20)} MiB, records of ${number(rs)} bytes`,
  streaming: () => 'Memory of encrypting and decrypting as streams',
  fairness: () => 'Fairness of sendMany: what others\' stalls cost the rows that can be sent',
  memory: ({ origins }) => `Heap of sendMany, ${origins ? 'every row another origin' : 'one origin'}`,
};

function printContest(suite, rows, say) {
  const floor = rows.find(({ name }) => /bare/.test(name));
  const peers = { requests: /^web-push$/, sending: /keep-alive/, content: /http_ece/ };
  const peer = rows.find(({ name, rounds }) => rounds && peers[suite]?.test(name));
  const unit = suite === 'content' ? 'MiB/s' : 'messages/s';
  say(contest(rows, { floor, peer, ratio, unit }));
}

/** `event`: what a runtime says of itself, or a job's result. */
export function print(runtime, event, say) {
  if (event.version) say(`\n${'='.repeat(8)} ${event.version}`);
  for (const missing of event.missing ?? []) {
    say(`left out: ${missing} (npm ci --prefix bench installs the peers)`);
  }
  if (!event.job) return;
  const { job, result } = event;
  say(`\n${TITLES[job.suite](job)}`);
  if (result.rows) printContest(job.suite, result.rows, say);
  for (const line of result.lines ?? []) say(line);
  for (const { rows, bytes } of result.heaps ?? []) {
    say(`${number(rows).padStart(12)} rows  ${number(bytes / 2 ** 20, 1)} MiB`);
  }
}

export function printSizes({ rows }, say) {
  say('\nWhat an import costs a bundle, bytes');
  say(table([
    { title: '', left: true, of: ({ name }) => name },
    ...['min', 'gzip', 'brotli'].map((key) => ({ title: key, of: (row) => number(row[key]) })),
  ], rows));
}

export function printStartup({ rows }, say) {
  say('\nImport in a new process, milliseconds');
  say(table([
    { title: '', left: true, of: ({ name }) => name },
    { title: 'ms', of: ({ milliseconds }) => number(milliseconds, 1) },
  ], rows));
}
