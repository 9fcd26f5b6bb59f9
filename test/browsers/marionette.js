/** Firefox's own remote protocol, over TCP: `length:JSON`, commands [0, id, name, parameters]. */
import { createServer, connect } from 'node:net';

/** A port that was free a moment ago. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Firefox listens some time after it has started. */
async function dial(port, crashed, attempts = 300) {
  for (let i = 0; ; i++) {
    const socket = await new Promise((resolve) => {
      const one = connect(port, '127.0.0.1', () => resolve(one));
      one.on('error', () => resolve(undefined));
    });
    if (socket) return socket;
    if (i === attempts) throw new Error('Firefox does not listen');
    await Promise.race([crashed, new Promise((resolve) => setTimeout(resolve, 100))]);
  }
}

export async function connectMarionette(port, crashed = new Promise(() => {})) {
  const socket = await dial(port, crashed);
  const pending = new Map();
  let ids = 0;
  let bytes = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('close', () => {
    for (const { reject } of pending.values())
      reject(new Error('Firefox has closed the connection'));
  });
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const colon = bytes.indexOf(':');
      const length = Number(bytes.subarray(0, Math.max(colon, 0)).toString());
      if (colon < 0 || bytes.length < colon + 1 + length) return;
      const message = JSON.parse(bytes.subarray(colon + 1, colon + 1 + length).toString());
      bytes = bytes.subarray(colon + 1 + length);
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      const settle = pending.get(id);
      pending.delete(id);
      if (error) settle?.reject(new Error(`${error.error}: ${error.message}`));
      else settle?.resolve(result);
    }
  });
  const send = (name, parameters = {}) =>
    new Promise((resolve, reject) => {
      const id = ++ids;
      pending.set(id, { resolve, reject });
      const text = JSON.stringify([0, id, name, parameters]);
      socket.write(`${Buffer.byteLength(text)}:${text}`);
    });
  await send('WebDriver:NewSession', {});
  return { send, close: () => socket.destroy() };
}
