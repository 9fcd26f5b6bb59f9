/** A push service that takes everything, on TLS, in a process of its own: HTTP/2 and HTTP/1.1. */
import { createSecureServer } from 'node:http2';
import { createCertificate } from '../../src/lib/node/certificate.ts';

const { key, cert, ca } = await createCertificate({ names: ['localhost', '127.0.0.1'] });
let bytes = 0;
let requests = 0;
const server = createSecureServer({
  key, cert, allowHTTP1: true, settings: { maxConcurrentStreams: 256 },
});
server.on('request', (request, response) => {
  request.on('data', (chunk) => (bytes += chunk.length));
  request.on('end', () => {
    requests++;
    response.writeHead(201, { location: 'https://localhost/m/1', ttl: '60' });
    response.end();
  });
});
server.on('session', (session) => session.on('error', () => session.destroy()));
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, ca }));
process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send({ requests, bytes, cpu: user + system });
});
process.on('disconnect', () => process.exit());
