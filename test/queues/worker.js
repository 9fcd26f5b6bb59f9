/** One worker process: `worker.js bullmq|pgboss MODULE SERVICE_URL CONNECTION VAPID_KEYS`. */
import { pathToFileURL } from 'node:url';
import { createVapid } from 'subtle-push';
import { nodeEncrypt } from 'subtle-push/node';
import { generateReceiver, toSubscription } from 'subtle-push/receive';

const [kind, module, url, connection, keys] = process.argv.slice(2);
const { startWorker } = await import(pathToFileURL(module).href);
const receiver = await generateReceiver();
const rows = {
  get: async (id) => toSubscription(receiver, `${url}/push/${id}`),
  delete: async (id) => void (await fetch(`${url}/delete/${id}`)),
};
const vapid = createVapid({ subject: 'mailto:ops@example.com', keys: JSON.parse(keys) });
const options = { vapid, endpoints: 'any', encrypt: nodeEncrypt };

if (kind === 'bullmq') {
  const { host, port } = new URL(connection);
  const worker = startWorker({
    rows, options, connection: { host: host.split(':')[0], port: Number(port) }, concurrency: 4,
    lockDuration: 2_000, stalledInterval: 1_000,
  });
  worker.on('error', () => {});
} else {
  const { PgBoss } = await import('pg-boss');
  const boss = new PgBoss({
    connectionString: connection, superviseIntervalSeconds: 1, monitorIntervalSeconds: 1,
    maintenanceIntervalSeconds: 1,
  });
  boss.on('error', () => {});
  await boss.start();
  await startWorker({ boss, rows, options });
}
process.send?.('ready');
process.on('disconnect', () => process.exit());
