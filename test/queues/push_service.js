/** A push service on loopback that says of each id what it took, refuses some and puts some off. */
import { createServer } from 'node:http';

/** `taken`: how often each id was answered 201. `deleted`: ids whose rows were deleted. */
export async function startPushService() {
  const taken = new Map();
  const tries = new Map();
  const deleted = new Set();
  const answer = (id) => {
    const before = tries.get(id) ?? 0;
    tries.set(id, before + 1);
    if (id % 50 === 0) return [410];
    if (id % 17 === 0 && before === 0) return [503, { 'Retry-After': '1' }];
    taken.set(id, (taken.get(id) ?? 0) + 1);
    return [201, { Location: `/message/${id}` }];
  };
  const handle = (path) => {
    const [, what, id] = path.split('/');
    if (what === 'push') return answer(Number(id));
    deleted.add(Number(id));
    return [200];
  };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      // Slow enough that a worker can be killed while it waits.
      setTimeout(() => {
        const [status, headers] = handle(request.url);
        response.writeHead(status, headers).end();
      }, 20);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${server.address().port}`;
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url, taken, tries, deleted, handle, close };
}
