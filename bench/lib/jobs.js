/** What is measured, and how much of it. */
const QUICK = { rounds: 5, messages: 120, receivers: 32, sends: 600, sendRounds: 2 };
const FULL = { rounds: 15, messages: 600, receivers: 64, sends: 4000, sendRounds: 5 };
const VALIDATE = { rounds: 1, messages: 4, receivers: 4, sends: 40, sendRounds: 1 };

const request = (effort, size = 200, inFlight = 64, origins = 1) =>
  ({ suite: 'requests', size, inFlight, origins, effort });

/** `kind`: 'quick', 'full' or 'validate'. `node`: what only Node can do is measured too. */
export function jobsFor(kind, { node, serverScript }) {
  const effort = { quick: QUICK, full: FULL, validate: VALIDATE }[kind];
  const first = [
    request(effort), { suite: 'encryption', effort }, { suite: 'tokens', effort },
    { suite: 'decryption', effort },
  ];
  const send = { suite: 'sending', script: serverScript, effort, inFlight: 100 };
  const contents = contentJobs(kind);
  if (kind !== 'full') return node ? [...first, send, ...contents] : first;
  const more = [
    request(effort, 3993), request(effort, 200, 1), request(effort, 200, 16),
    request(effort, 200, 64, 4), request(effort, 200, 64, 1000),
  ];
  return node ? [...first, ...more, send, ...contents, ...memoryJobs(), FAIRNESS] : [...first, ...more];
}

function contentJobs(kind) {
  if (kind === 'validate') return [{ suite: 'interop' }];
  // http_ece's time grows with the square of the length: more would be a matter of minutes.
  const bytes = kind === 'quick' ? 2 ** 22 : 2 ** 23;
  const rounds = kind === 'quick' ? 3 : 9;
  const jobs = [4096, 65_536].map((rs) => ({ suite: 'content', bytes, rs, rounds }));
  return kind === 'quick' ? jobs : [...jobs, { suite: 'streaming', bytes: 2 ** 30 }];
}

const FAIRNESS = { suite: 'fairness', interleaved: 4000, rows: 10_000, rounds: 5 };

function memoryJobs() {
  const marks = [100_000, 1_000_000];
  return [false, true].map((origins) => ({ suite: 'memory', count: 1_000_000, marks, origins }));
}

/** How cost grows: one thing varied, the others as in the first contest. */
export function growthJobs() {
  const effort = { ...QUICK, rounds: 5, messages: 400 };
  return [
    ...[1, 4, 16, 64, 256, 1024].map((inFlight) =>
      request({ ...effort, messages: Math.max(400, inFlight * 2) }, 200, inFlight)),
    ...[0, 100, 500, 1000, 2000, 3993].map((size) => request(effort, size)),
    ...[1, 10, 100, 1000].map((origins) => request(effort, 200, 64, origins)),
  ];
}
