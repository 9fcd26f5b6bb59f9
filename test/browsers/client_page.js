/** Runs in every tab of the app: takes commands from the server and posts what came of them. */
import { pushSupport, subscribe, sync, unsubscribe } from '../../src/client.ts';

const tab = new URLSearchParams(location.search).get('tab') ?? '1';
const api = (path, init) => fetch(`/api/${path}`, init).then(async (response) => {
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
});
const registrationOf = ({ scope }) => navigator.serviceWorker.register('/worker.js', { scope });

/** As the guide has it: key and row come from the server. */
const optionsOf = ({ scope, account, renew }) => ({
  account,
  renew,
  publicKey: async () => (await api(`key?scope=${scope}`)).text(),
  save: (subscription, previous) => api(`row?scope=${scope}`, {
    method: 'PUT', body: JSON.stringify({ subscription, previous }),
  }),
});

const operations = {
  async nothing() {},
  async support() {
    return pushSupport();
  },
  async subscribe(options) {
    return subscribe(await registrationOf(options), optionsOf(options));
  },
  async sync(options) {
    return await sync(await registrationOf(options), optionsOf(options)) ?? null;
  },
  async unsubscribe(options) {
    const remove = ({ endpoint }) => api('row', { method: 'DELETE', body: endpoint });
    return unsubscribe(await registrationOf(options), { remove });
  },
  /** What the browser itself says, past the library. */
  async live(options) {
    const { pushManager } = await registrationOf(options);
    const subscription = await pushManager.getSubscription();
    return subscription?.toJSON() ?? null;
  },
  /** As a browser does that clears up, or a user who resets permissions. */
  async lose(options) {
    const { pushManager } = await registrationOf(options);
    await (await pushManager.getSubscription()).unsubscribe();
  },
  /** The worker's `onSubscriptionChange`, in the worker. */
  async change(options) {
    const { active } = await registrationOf(options);
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => (port1.onmessage = ({ data }) => resolve(data)));
    active.postMessage(options, [port2]);
    const { error, value } = await answer;
    if (error) throw new Error(error);
    return value;
  },
  async notifications(options) {
    const registration = await registrationOf(options);
    const shown = await registration.getNotifications();
    return shown.map(({ title, body, data, tag }) => ({ title, body, data, tag }));
  },
  async open({ tab: other }) {
    window.open(`/?tab=${other}`);
  },
  async reload() {},
};

async function obey() {
  while (true) {
    const { id, operation, ...options } = await (await fetch(`/command?tab=${tab}`)).json();
    const outcome = await operations[operation](options)
      .then((value) => ({ value }), (error) => ({ error: `${error}` }));
    await fetch('/outcome', { method: 'POST', body: JSON.stringify({ id, ...outcome }) });
    // Not while it waits for a command, which would be lost.
    if (operation === 'reload') return location.reload();
  }
}

obey();
