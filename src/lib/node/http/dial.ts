/** The making of a line: connection, protocol, the peer's settings, all within one time. */
import type { Socket } from 'node:net';
import { PushError } from '../../../errors.ts';
import { property } from '../../bytes.ts';
import { connect, unreachable, type Dial, type Network, type Target } from './connect.ts';
import { openHttp1 } from './http1.ts';
import type { Line, LineEvents } from './line.ts';
import { openSession } from './session.ts';

export interface DialOptions {
  readonly network: Network;
  readonly connectTimeout: number;
}

/** Rejects with ERR_NETWORK or ERR_ADDRESS_REFUSED; abort `controller` to give it up. */
export async function dialLine(
  options: DialOptions, target: Target, events: LineEvents, controller: AbortController,
): Promise<Line> {
  const { network, connectTimeout } = options;
  const dial: Dial = { signal: controller.signal, stage: '' };
  const timer = setTimeout(() => {
    controller.abort(new Error(`no end of the ${dial.stage} in ${connectTimeout} ms`));
  }, connectTimeout);
  let socket: Socket | undefined;
  try {
    socket = await connect(network, target, dial);
    // RFC 7301: without an agreement it is HTTP/1.1.
    if (property(socket, 'alpnProtocol') !== 'h2') return openHttp1(socket, events);
    dial.stage = 'HTTP/2 preface';
    return await openSession(socket, target.origin, events, dial.signal);
  } catch (error) {
    socket?.destroy();
    throw error instanceof PushError ? error : unreachable(target, error);
  } finally {
    clearTimeout(timer);
  }
}
