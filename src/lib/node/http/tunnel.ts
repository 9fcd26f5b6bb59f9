/** A way through an HTTP proxy (RFC 9110 §9.3.6). */
import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import { MAX_HEAD } from './http1_parser.ts';

/**
 * Asks the proxy that `socket` is connected to for a connection to an address, and gives the socket
 * back for use with it. Rejects, and destroys the socket, when the proxy says no or nothing
 * sensible.
 */
export async function tunnel(
  socket: Socket, address: string, port: number, authorization: string | undefined,
  signal: AbortSignal,
): Promise<Socket> {
  const authority = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const credentials = authorization === undefined
    ? '' : `Proxy-Authorization: ${authorization}\r\n`;
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${credentials}\r\n`);
  try {
    check(await readHead(socket, signal));
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** With read() and not with 'data' events: the socket must stand still for whom it is handed to. */
function readHead(socket: Socket, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const settle = (then: () => void): void => {
      socket.off('readable', read).off('error', fail).off('close', ended).off('end', ended);
      signal.removeEventListener('abort', stop);
      then();
    };
    const fail = (error: unknown): void => settle(() => reject(error));
    const read = (): void => {
      for (let part: unknown; (part = socket.read()) !== null;) text += latin1(part);
      const whole = text.includes('\r\n\r\n');
      if (whole || text.length > MAX_HEAD) settle(() => resolve(text));
    };
    const ended = (): void => fail(new Error('its proxy closed the connection'));
    const stop = (): void => fail(signal.reason);
    socket.on('readable', read).on('error', fail).on('close', ended).on('end', ended);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}

function latin1(part: unknown): string {
  return part instanceof Uint8Array ? Buffer.from(part).toString('latin1') : '';
}

/** Any 2xx opens the tunnel; the head is all that precedes it, length fields or not. */
function check(text: string): void {
  const status = /^HTTP\/1\.[01] ([1-5][0-9]{2})[ \r]/.exec(text)?.[1];
  const at = text.indexOf('\r\n\r\n');
  if (!status || at < 0) throw new Error('its proxy did not answer in HTTP/1.1');
  if (status === '407') {
    throw new Error('its proxy answered 407; user and password go into the URL of the proxy');
  }
  if (!status.startsWith('2')) throw new Error(`its proxy answered ${status} to CONNECT`);
  // With TLS, and with HTTP, it is for us to speak first.
  if (at + 4 < text.length) throw new Error('its proxy sent something ahead of the connection');
}
