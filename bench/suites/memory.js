/** The heap after forced collection while sendMany goes through a million rows; --expose-gc. */
import { createVapid, generateVapidKeys, sendMany } from '../../src/index.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';

async function* rowsOf(count, keys, origins) {
  for (let i = 0; i < count; i++) {
    const host = origins ? `p${i}.example.com` : 'push.example.com';
    yield { subscription: { endpoint: `https://${host}/send/${i}`, keys } };
  }
}

/** `marks`: rows after which the heap is measured. */
export async function memory({ count, marks, origins }) {
  const { keys } = toSubscription(await generateReceiver(), 'https://push.example.com/1');
  const vapid = createVapid({ subject: 'mailto:b@example.com', keys: await generateVapidKeys() });
  const fetch = async () => new Response(null, { status: 201 });
  // Encryption would take most of the time and keeps nothing.
  const encrypt = async () => ({ body: new Uint8Array(300), headers: { 'Content-Encoding': 'aes128gcm' } });
  const heaps = [];
  let done = 0;
  const options = { vapid: origins ? null : vapid, fetch, encrypt, payload: 'Hello' };
  for await (const { ok } of sendMany(rowsOf(count, keys, origins), options)) {
    if (!ok) throw new Error('A row failed');
    if (marks.includes(++done)) {
      globalThis.gc();
      await new Promise((resolve) => setTimeout(resolve, 50));
      globalThis.gc();
      heaps.push({ rows: done, bytes: process.memoryUsage().heapUsed });
    }
  }
  return { origins, heaps };
}
