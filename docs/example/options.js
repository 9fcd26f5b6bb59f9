/** How page and service worker get the server's key and tell it of subscriptions. */
let key = '';

export async function request(method, path, body) {
  // In time, since other tabs wait for it.
  const response = await fetch(path, { method, body, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  return response;
}

export const options = {
  publicKey: async () => (key = await (await request('GET', '/push/key')).text()),
  save: (subscription, previous) =>
    request('PUT', '/push/subscription', JSON.stringify({ subscription, previous, key })),
};

export function remove({ endpoint }) {
  return request('DELETE', '/push/subscription', endpoint);
}

/** Whether the server has the row: it deletes those whose subscription has ended. */
export async function isKnown({ endpoint }) {
  const { known } = await (await request('POST', '/push/known', endpoint)).json();
  return known;
}
