/** How long an import takes in a new process, less an empty one; medians. */
import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { median } from '../lib/measure.js';

function once(specifier) {
  const code = `const t = performance.now(); ${specifier ? `await import(${JSON.stringify(specifier)});` : ''}`
    + 'console.log(performance.now() - t)';
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
  return Number(stdout);
}

/** Where a peer is, if it is installed. */
function located(peer) {
  try {
    return import.meta.resolve(peer);
  } catch {
    return undefined;
  }
}

/** A peer that is missing has no time. */
export function startup({ dist, peers, rounds }) {
  const candidates = [
    ['subtle-push', pathToFileURL(`${dist}/index.js`).href],
    ['subtle-push/node', pathToFileURL(`${dist}/node.js`).href],
    ...peers.map((peer) => [peer, located(peer)]),
  ];
  const times = candidates.map(() => []);
  for (let i = 0; i < rounds; i++) {
    for (const [k, [, specifier]] of candidates.entries()) {
      if (specifier) times[k].push(once(specifier));
    }
  }
  return { rows: candidates.map(([name], k) => ({ name, milliseconds: median(times[k]) })) };
}
