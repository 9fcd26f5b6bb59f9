/** The push service over TLS, with HTTP/2: what http2Fetch is made for. */
import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import { createCertificate } from '../../src/lib/node/certificate.ts';

async function answer(service, origin, request, response) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const fields = Object.entries(request.headers).filter(([name]) => !name.startsWith(':'));
  const answered = await service.handle(new Request(new URL(request.url, origin), {
    method: request.method, headers: fields, body: body.length ? body : null,
  }));
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(Buffer.from(await answered.arrayBuffer()));
}

export async function serveSecurely(service) {
  const { key, cert, ca } = await createCertificate({ names: ['localhost'] });
  const sessions = new Set();
  const server = createSecureServer({ key, cert }, (request, response) => {
    answer(service, origin, request, response).catch(() => response.stream.destroy());
  });
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `https://localhost:${server.address().port}`;
  const close = () => {
    for (const session of sessions) session.destroy();
    server.close();
  };
  return { origin, ca, close };
}
