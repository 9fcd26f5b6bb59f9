/** 10,000 pushes at 64 in flight, with the page open. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request as requestHttp } from 'node:http';
import { createRequest } from '../../src/index.ts';
import { until } from './inbox_support.js';
import { reachable } from './samples.js';

const PUSHES = 10_000;
const AT_ONCE = 64;

/** Bytes that the process holds, where the system tells. */
function memoryOf(pid) {
  try {
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    return undefined;
  }
}

function post(agent, { url, method, headers, body }) {
  return new Promise((resolve, reject) => {
    const request = requestHttp(url, { method, headers, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    request.on('error', reject).end(body);
  });
}

async function flood(requests, count) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const statuses = new Map();
  let next = 0;
  const work = async () => {
    while (next < count) {
      const status = await post(agent, requests[next++ % requests.length]);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  agent.destroy();
  return statuses;
}

/** The page notes how long its frames take, and how long a key takes to show. */
const WATCH = `() => {
  const watch = window.watch = { gaps: [], keys: [], rows: 0, on: true };
  let last = performance.now();
  const frame = (now) => {
    watch.gaps.push(now - last);
    last = now;
    watch.rows = Math.max(watch.rows, document.querySelectorAll('.row').length);
    if (watch.on) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const press = () => {
    if (!watch.on) return;
    const start = performance.now();
    document.getElementById('list').dispatchEvent(new KeyboardEvent('keydown', { key: 'j', bubbles: true }));
    requestAnimationFrame(() => setTimeout(() => watch.keys.push(performance.now() - start)));
    setTimeout(press, 100);
  };
  press();
}`;

const quantile = (values, part) =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * part)];

export async function load({ page, served }) {
  await served.act('clear');
  const subscription = reachable(
    await served.act('subscribe', { tls: false, name: 'Flooded' }),
    served.http,
  );
  const requests = await Promise.all(
    Array.from({ length: 100 }, (_, i) =>
      createRequest(subscription, `push ${i} ${'x'.repeat(150)}`, {
        vapid: null,
        endpoints: 'any',
      }),
    ),
  );
  await page.run(() => {
    location.hash = '#/';
  });
  await page.run(WATCH);
  const start = performance.now();
  const statuses = await flood(requests, PUSHES);
  const seconds = (performance.now() - start) / 1000;
  assert.deepEqual([...statuses], [[201, PUSHES]]);
  const heard = await until(
    page,
    (wanted) =>
      document.getElementById('count').textContent.startsWith(wanted)
      && document.getElementById('count').textContent,
    '10,000 pushes',
  );
  const late = (performance.now() - start) / 1000 - seconds;
  const { gaps, keys, rows } = await page.run(() => {
    window.watch.on = false;
    return window.watch;
  });
  const first = memoryOf(served.pid);
  await flood(requests, PUSHES);
  const second = memoryOf(served.pid);
  const pushes = await (await fetch(`${served.http}/inbox/api/download`)).json();
  assert.equal(pushes.length, PUSHES);
  assert.equal(new Set(pushes.map(({ id }) => id)).size, PUSHES);
  const mib = (bytes) => (bytes === undefined ? '?' : Math.round(bytes / 1_048_576));
  console.log(
    `      ${PUSHES} in ${seconds.toFixed(1)} s, all shown ${late.toFixed(2)} s later (${heard}); `
      + `frames ms: median ${quantile(gaps, 0.5).toFixed(0)}, 99 of 100 under ${quantile(gaps, 0.99).toFixed(0)}; `
      + `a key shows after ${quantile(keys, 0.5).toFixed(0)} (95 of 100 under ${quantile(keys, 0.95).toFixed(0)}); `
      + `${rows} rows at most; server ${mib(first)}, then ${mib(second)} MiB`,
  );
  assert.ok(rows < 60, `${rows} rows`);
  assert.ok(quantile(gaps, 0.5) < 34, 'frames');
  assert.ok(quantile(keys, 0.5) < 50, 'keys');
  if (first !== undefined)
    assert.ok(second < 500 * 1_048_576 && second - first < 100 * 1_048_576, `${first} ${second}`);
  await served.act('clear');
}
