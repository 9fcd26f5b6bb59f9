/** A service that imitates a vendor, and pushes to it with good tokens or with one rule broken. */
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import type {
  Imitation, PushService, PushServiceOptions, TestSubscription,
} from '../src/service.ts';
import { claims, createServer, NOW, push } from './service_support.ts';
import type { Server } from './service_support.ts';

export const now = (): number => NOW;
export const server: Server = await createServer();
export const stranger: Server = await createServer();

export interface Setting {
  readonly service: PushService;
  readonly subscription: TestSubscription;
  /** Pushes with a good token; `changes` to its claims. */
  readonly send: (
    data: string | null,
    headers?: Readonly<Record<string, string>>,
    changes?: { readonly [name: string]: unknown },
  ) => Promise<Response>;
}

export async function set(imitate: Imitation, options: PushServiceOptions = {}): Promise<Setting> {
  const service = createPushService({ imitate, now, ...options });
  const subscription = await service.subscribe({ applicationServerKey: server.publicKey });
  const aud = new URL(subscription.endpoint).origin;
  return {
    service,
    subscription,
    send: async (data, headers = {}, changes = {}) => push(service, subscription, data, {
      Authorization: await server.authorization(claims({ aud, ...changes })), ...headers,
    }),
  };
}

/** Statuses and texts of pushes that break one rule each. */
export async function each(
  { send }: Setting,
  say: (response: Response) => Promise<string> | string,
  cases: readonly (readonly [
    expected: string, headers: Readonly<Record<string, string>>, changes?: { readonly [name: string]: unknown },
  ])[],
): Promise<void> {
  for (const [expected, headers, changes] of cases) {
    assert.is(await say(await send(null, headers, changes)), expected, JSON.stringify([headers, changes]));
  }
}

export async function json(response: Response): Promise<{ readonly [name: string]: unknown }> {
  const value: unknown = await response.json();
  assert.ok(typeof value === 'object' && value !== null);
  return Object.fromEntries(Object.entries(value ?? {}));
}
