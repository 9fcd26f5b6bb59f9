/** Interleaved rounds: each contestant has its turn in each, so that noise falls on all alike. */

/** `clock`: { now: ms, cpu: microseconds or undefined }. */
async function round(run, messages, inFlight, clock) {
  let next = 0;
  const lane = async () => {
    while (next < messages) await run(next++);
  };
  // What those before have left is not for this one to collect.
  globalThis.gc?.();
  const cpu = clock.cpu?.();
  const started = clock.now();
  await Promise.all(Array.from({ length: Math.min(inFlight, messages) }, lane));
  const milliseconds = clock.now() - started;
  const spent = cpu === undefined ? undefined : (clock.cpu() - cpu) / messages;
  return { perSecond: (messages / milliseconds) * 1000, cpu: spent };
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Half the distance between the quartiles, as a part of the median. */
function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part) => sorted[Math.round((sorted.length - 1) * part)];
  return (at(0.75) - at(0.25)) / 2 / median(values);
}

/**
 * `contestants`: { name, run(i) }. Answers a row for each: messages a second and CPU microseconds a
 * message, medians over the rounds, with their spread, and each round for ratios taken pairwise.
 */
export async function interleave(contestants, { rounds, messages, inFlight, clock }) {
  const results = contestants.map(() => []);
  for (const { run } of contestants) await round(run, Math.ceil(messages / 2), inFlight, clock);
  for (let i = 0; i < rounds; i++) {
    for (const [k, { run }] of contestants.entries()) {
      results[k].push(await round(run, messages, inFlight, clock));
    }
  }
  return contestants.map(({ name }, k) => summary(name, results[k]));
}

function summary(name, rounds) {
  const perSecond = rounds.map((one) => one.perSecond);
  const cpu = rounds.map((one) => one.cpu).filter((one) => one !== undefined);
  return {
    name,
    perSecond: median(perSecond),
    spread: spread(perSecond),
    ...(cpu.length ? { cpu: median(cpu), cpuSpread: spread(cpu) } : {}),
    rounds,
  };
}

/** Median of the ratios round by round: how much more `a` does than `b`. */
export function ratio(a, b, of = 'perSecond') {
  const pairs = a.rounds.map((one, i) => one[of] / b.rounds[i][of]);
  return median(pairs);
}
