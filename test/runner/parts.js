/** Parts: what a runtime, or the checks that need Node, gave. */

export const nothing = { passed: 0, failed: 0, skipped: 0, failures: [], skips: [] };

/** A part that gave no result: it did not start, crashed or hung. */
export function failedPart({ message }) {
  const failure = { suite: '', test: '', message, operator: '', details: '', stack: '' };
  return { ...nothing, failed: 1, failures: [failure] };
}

/** Several parts as one. */
export function merged(parts) {
  const sum = (key) => parts.reduce((total, part) => total + part[key], 0);
  return {
    passed: sum('passed'),
    failed: sum('failed'),
    skipped: sum('skipped'),
    failures: parts.flatMap(({ failures }) => failures),
    skips: parts.flatMap(({ skips }) => skips),
    times: Object.assign({}, ...parts.map(({ times }) => times)),
    codes: parts.reduce((all, { codes }) => joined(all, codes), {}),
  };
}

function joined(all, codes = {}) {
  const names = new Set([...Object.keys(all), ...Object.keys(codes)]);
  return Object.fromEntries(
    [...names].map((name) => [name, [...(all[name] ?? []), ...(codes[name] ?? [])]]),
  );
}

/** A part whose stacks name lines of the sources; `map`: what `bundle` gave. */
export function mapped(part, map) {
  const codes = Object.entries(part.codes ?? {});
  return {
    ...part,
    failures: part.failures.map((failure) => ({
      ...failure,
      message: map(failure.message),
      stack: map(failure.stack),
    })),
    codes: Object.fromEntries(codes.map(([code, stacks]) => [code, stacks.map(map)])),
  };
}
