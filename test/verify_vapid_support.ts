/** A server whose tokens are made by hand, and what verifyVapid says of them. */
import * as assert from 'uvu/assert';
import { PushError, verifyVapid } from '../src/service.ts';
import { AUDIENCE, createServer, NOW } from './service_support.ts';
import type { Server } from './service_support.ts';

export const now = (): number => NOW;
export const server: Server = await createServer();

/** The reason that a field is refused for; 'valid' when it is not. */
export async function verdict(
  authorization: string,
  headers?: Readonly<Record<string, string>>,
  audience: string = AUDIENCE,
): Promise<unknown> {
  try {
    await verifyVapid(authorization, { audience, now, headers });
    return 'valid';
  } catch (error) {
    if (!(error instanceof PushError)) throw error;
    assert.is(error.code, 'ERR_TOKEN_INVALID');
    // No message may hold a token, or a part of one.
    for (const part of authorization.split(/[\s.,="]+/)) {
      if (part.length > 15) assert.not.ok(error.message.includes(part), error.message);
    }
    assert.match(error.message, /^[A-Z].*[^.]$/);
    return error.reason;
  }
}

export const withToken = (t: string): Promise<unknown> =>
  verdict(`vapid t=${t}, k=${server.publicKey}`);
