/** The consumer in workerd, by miniflare, whose queue it is; the network leads to the push service. */
import { buildSync } from 'esbuild';
import { Miniflare, Response } from 'miniflare';

const worker = (file, keys, receiver) => `
import { createVapid } from 'subtle-push';
import { createConsumer } from ${JSON.stringify(file)};
const vapid = createVapid({ subject: 'mailto:ops@example.com', keys: ${JSON.stringify(keys)} });
const rows = {
  get: async (id) => ({ endpoint: 'https://push.example.com/push/' + id, keys: ${JSON.stringify(receiver)} }),
  delete: async (id) => void (await fetch('https://push.example.com/delete/' + id)),
};
const consume = createConsumer({ rows, options: { vapid } });
export default { queue: (batch) => consume(batch) };
`;

export async function runCloudflare({ file, service, keys, jobs, until }) {
  const { generateReceiver, toSubscription } = await import('subtle-push/receive');
  const receiver = toSubscription(await generateReceiver(), 'https://push.example.com/1').keys;
  const { outputFiles } = buildSync({
    stdin: { contents: worker(file, keys, receiver), resolveDir: import.meta.dirname },
    bundle: true, format: 'esm', write: false, target: 'es2022',
  });
  const miniflare = new Miniflare({
    modules: true, script: outputFiles[0].text, compatibilityDate: '2026-07-01',
    queueProducers: { PUSH: 'push' },
    queueConsumers: { push: { maxBatchSize: 50, maxBatchTimeout: 0, maxRetries: 8 } },
    outboundService: async (request) => {
      const [status, headers] = service.handle(new URL(request.url).pathname);
      return new Response(null, { status, headers });
    },
  });
  try {
    const queue = await miniflare.getQueueProducer('PUSH');
    for (let id = 0; id < jobs; id++) await queue.send({ id, payload: `Hello ${id}` });
    await until(
      () => service.taken.size + service.deleted.size >= jobs,
      () => `${service.taken.size} taken, ${service.deleted.size} deleted`,
    );
  } finally {
    await miniflare.dispose();
  }
}
