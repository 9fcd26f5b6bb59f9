/** The server's side of push: keys, rows, sending. */
import {
  createVapid, generateVapidKeys, isDead, parseSubscription, sendMany, subscriptionId,
} from 'subtle-push';
import { buildNotification, fit } from 'subtle-push/notification';

/** `transport`: options of sendMany, such as `fetch` and `endpoints`. */
export async function createPush({ store, subject, ...transport }) {
  const keys = store.setting('keys') ?? [];
  const identity = (pair) => createVapid({ subject, keys: pair });
  const vapids = new Map(keys.map((pair) => [pair.publicKey, identity(pair)]));
  const { endpoints } = transport;

  /** The new pair is for new subscriptions; the old ones are sent to with theirs. */
  const rotate = async () => {
    const pair = await generateVapidKeys();
    keys.push(pair);
    store.set('keys', keys);
    vapids.set(pair.publicKey, identity(pair));
  };
  if (!keys.length) await rotate();

  return {
    rotate,
    key: () => keys.at(-1).publicKey,

    /** What the page's `save` says. The endpoint is the page's word: the policy checks it. */
    save(user, { subscription, previous, key }) {
      if (!vapids.has(key)) throw new TypeError('The key is none of this server');
      const checked = parseSubscription(subscription, { endpoints });
      if (previous) store.delete(subscriptionId(previous));
      store.put({ id: subscriptionId(checked), user, key, subscription: checked });
    },

    remove(user, endpoint) {
      const id = subscriptionId({ endpoint });
      if (store.row(id)?.user === user) store.delete(id);
    },

    has: (user, endpoint) => store.row(subscriptionId({ endpoint }))?.user === user,

    /** To all devices of a user. A row whose subscription has ended goes. */
    async notify(user, notification) {
      const payload = buildNotification(fit(notification));
      const rows = store.rows(user).map((row) => ({
        ...row, options: { vapid: vapids.get(row.key) },
      }));
      const count = { sent: 0, gone: 0, failed: 0 };
      const vapid = vapids.get(keys.at(-1).publicKey);
      for await (const outcome of sendMany(rows, { ...transport, vapid, payload, ttl: 86_400 })) {
        if (outcome.ok) {
          count.sent++;
        } else if (isDead(outcome.error)) {
          count.gone++;
          store.delete(outcome.delivery.id);
        } else {
          count.failed++;
          console.error(outcome.error.message);
        }
      }
      return count;
    },
  };
}
