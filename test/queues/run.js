/**
 * The guides' queue workers against real servers: two workers, one killed halfway, no row lost.
 * node test/queues/run.js; needs Node 22.12 or newer, which pg-boss and miniflare do.
 */
import { fork, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateVapidKeys } from 'subtle-push';
import { runCloudflare } from './cloudflare.js';
import { extract, folder } from './extract.js';
import { startPushService } from './push_service.js';
import { available, startPostgres, startRedis } from './servers.js';

const here = dirname(fileURLToPath(import.meta.url));
const JOBS = 400;
const PATIENCE = 90_000;
const keys = await generateVapidKeys();
const files = extract();

async function until(done, what) {
  const end = Date.now() + PATIENCE;
  while (!done()) {
    if (Date.now() > end) throw new Error(`Not in ${PATIENCE / 1000} s: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function startWorker(kind, file, serviceUrl, connection) {
  const child = fork(join(here, 'worker.js'), [kind, file, serviceUrl, connection, JSON.stringify(keys)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    child.once('message', resolve);
    child.once('exit', (code) => reject(new Error(`The worker ended with ${code}`)));
  });
  return child;
}

/** Every id is taken, or deleted because the push service said that it is gone. */
function report(name, { taken, deleted }) {
  const gone = Array.from({ length: JOBS }, (_, id) => id).filter((id) => id % 50 === 0);
  for (let id = 0; id < JOBS; id++) {
    const right = gone.includes(id) ? deleted.has(id) && !taken.has(id) : taken.has(id) && !deleted.has(id);
    if (!right) throw new Error(`${name}: row ${id} was lost, or deleted for nothing`);
  }
  const twice = [...taken.values()].filter((times) => times > 1).length;
  console.log(`${name}: ${taken.size} taken, ${deleted.size} deleted, 0 lost, ${twice} twice`);
}

async function killHalfway(kind, file, connection, enqueue) {
  const service = await startPushService();
  const start = () => startWorker(kind, file, service.url, connection);
  const workers = [];
  try {
    await enqueue(Array.from({ length: JOBS }, (_, id) => ({ id, payload: `Hello ${id}` })));
    workers.push(...(await Promise.all([start(), start()])));
    await until(() => service.taken.size > JOBS / 3, () => `${service.taken.size} taken`);
    workers[0].kill('SIGKILL');
    await until(
      () => service.taken.size + service.deleted.size >= JOBS,
      () => `${service.taken.size} taken, ${service.deleted.size} deleted of ${JOBS}`,
    );
    report(kind, service);
  } finally {
    for (const worker of workers) worker.kill('SIGKILL');
    service.close();
  }
}

async function bullmq() {
  const { Queue } = await import('bullmq');
  const redis = await startRedis();
  const queue = new Queue('push', { connection: { host: '127.0.0.1', port: redis.port } });
  try {
    await killHalfway('bullmq', files['BullMQ'], redis.url, (jobs) =>
      queue.addBulk(jobs.map((data) => ({ name: 'push', data }))));
  } finally {
    await queue.close();
    await redis.stop();
  }
}

async function pgboss() {
  const { PgBoss } = await import('pg-boss');
  const postgres = await startPostgres();
  const boss = new PgBoss({ connectionString: postgres.url, supervise: false });
  boss.on('error', () => {});
  try {
    await boss.start();
    await boss.createQueue('push', { expireInSeconds: 15, retryLimit: 5 });
    await killHalfway('pgboss', files['pg-boss'], postgres.url, (jobs) =>
      boss.insert('push', jobs.map((data) => ({ data }))));
  } finally {
    await boss.stop({ graceful: false });
    await postgres.stop();
  }
}

async function cloudflare() {
  const service = await startPushService();
  try {
    await runCloudflare({ file: files['Cloudflare Queues'], service, keys, jobs: JOBS, until });
    report('cloudflare', service);
  } finally {
    service.close();
  }
}

/** Against the declarations of the published packages. */
async function types() {
  const tsc = join(here, '../../node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const CASES = [
  ['types', types, () => true, ''],
  ['BullMQ', bullmq, available.redis, 'apt-get install redis-server'],
  ['pg-boss', pgboss, available.postgres, 'apt-get install postgresql'],
  ['Cloudflare Queues', cloudflare, () => true, ''],
];
for (const [name, run, here_, install] of CASES) {
  if (!here_() && !process.env.CI) {
    console.log(`skip ${name}: the server is not here; ${install}`);
    counts.skipped++;
    continue;
  }
  try {
    await run();
    counts.passed++;
  } catch (error) {
    console.error(`FAIL ${name}\n${error.stack}`);
    counts.failed++;
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed ? 1 : 0);
