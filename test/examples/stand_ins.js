/** The values of globals.d.ts, fresh for each example. `doors`: what the package's doors export. */

async function sender({ index, service: { createPushService } }) {
  const service = createPushService({ origin: 'https://push.example.com' });
  const keys = await index.generateVapidKeys();
  const subject = 'mailto:ops@example.com';
  const vapid = index.createVapid({ subject, keys });
  const subscription = await service.subscribe({ applicationServerKey: vapid.publicKey });
  const keyPair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ]);
  return { service, fetch: service.fetch, keys, keyPair, subject, vapid, subscription };
}

async function receiving({ index, receive, ...others }, file, endpoint) {
  const receiver = await receive.generateReceiver();
  const door = others[file.replace(/^src\/|\.ts$/g, '')];
  const { encrypt } = door?.encrypt && door.MAX_PAYLOAD ? door : index;
  const text = JSON.stringify(await receive.exportReceiver(receiver));
  const message = await encrypt(receive.toSubscription(receiver, endpoint), 'Hello');
  return { receiver, text, ...message };
}

function storage(subscription) {
  const stored = new Map([['1', { subscription }]]);
  return {
    save: async (id, saved) => {
      stored.set(id, { subscription: saved });
    },
    all: async function* all() {
      yield* stored.values();
    },
    delete: async () => {
      stored.clear();
    },
  };
}

/** `file`: where the example stands. */
export async function standIns(doors, file) {
  const sending = await sender(doors);
  const { subscription } = sending;
  const { endpoint } = subscription;
  const gone = await doors.index
    .send({ endpoint: 'https://permanently-removed.invalid/1' }, null, { vapid: null })
    .catch((error) => error);
  return {
    ...sending,
    ...(await receiving(doors, file, endpoint)),
    payload: 'Hello',
    rows: Object.assign([{ subscription }], { delete: () => {} }),
    job: { attempts: 1 },
    meter: { createHistogram: () => ({ record: () => {} }) },
    error: gone,
    request: new Request('https://app.example.com/subscribe', {
      method: 'POST',
      body: JSON.stringify(await sending.service.subscribe()),
    }),
    db: storage(subscription),
  };
}
