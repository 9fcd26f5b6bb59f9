/** A server that answers HTTP/1.1 with whatever it is told. */
import type { Socket } from 'node:net';
import { tcpPeer, tlsPeer, type Cleanup, type Listening } from './peers.ts';

export const OK = 'HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n';

export interface Server extends Listening {
  /** Requests as they came, with the number of the connection. */
  readonly requests: { readonly connection: number; readonly text: string }[];
}

/** A server that answers each whole request with what `answer` says; '' for nothing. */
export async function server(
  cleanup: Cleanup,
  answer: (number: number, socket: Socket, connection: number) => string,
  {
    secure = true,
    protocols = ['http/1.1'],
  }: { readonly secure?: boolean; readonly protocols?: string[] } = {},
): Promise<Server> {
  const requests: { connection: number; text: string }[] = [];
  let connections = 0;
  const onSocket = (socket: Socket): void => {
    const connection = connections++;
    let all = '';
    socket.on('data', (bytes: Buffer) => {
      all += bytes.toString('latin1');
      const [head = '', rest] = all.split('\r\n\r\n');
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (rest === undefined || rest.length < length) return;
      requests.push({ connection, text: all });
      all = '';
      const said = answer(requests.length, socket, connection);
      if (said) socket.write(said, 'latin1');
    });
  };
  const listening = await (secure
    ? tlsPeer(cleanup, onSocket, protocols)
    : tcpPeer(cleanup, onSocket));
  return { ...listening, requests };
}

export const url: (server: { port: number }) => string = ({ port }: { port: number }): string =>
  `https://localhost:${port}/push?a=b`;
