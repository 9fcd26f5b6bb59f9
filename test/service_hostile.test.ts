/** Requests that nobody would make, to every imitated vendor: answered, whatever they are. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createPushService } from '../src/service.ts';
import type { Imitation } from '../src/service.ts';
import { claims, createServer, NOW, seal } from './service_support.ts';

const SEED = 8030;
const ROUNDS = 300;

function seeded(seed: number): () => number {
  const state = { value: seed };
  return () => {
    state.value = (Math.imul(state.value, 1664525) + 1013904223) >>> 0;
    return state.value / 2 ** 32;
  };
}

const hostile = suite(`service: hostile requests (seed ${SEED})`);
const STATUSES = [200, 201, 202, 204, 400, 401, 403, 404, 405, 410, 413, 431, 507];
const server = await createServer();

/** Header values one step from good ones. */
function variants(good: Readonly<Record<string, string>>): readonly (readonly [string, readonly string[]])[] {
  return Object.entries(good).map(([name, value]) => [name, [
    value, value, value, '', ' ', `${value}, ${value}`, `${value};`, `"${value}"`, value.toUpperCase(),
    value.slice(1), value.slice(0, -1), `${value}\xff`, `${value}=`, '\\"', '"', ',;=', '%00', '__proto__',
    'constructor', '-1', '1e999', '9'.repeat(500), '<'.repeat(200), '{"a":'.repeat(50),
  ]] as const);
}

for (const imitate of [undefined, 'fcm', 'mozilla', 'apple', 'wns', 'ntfy'] as readonly (Imitation | undefined)[]) {
  hostile(imitate ?? 'rfc8030', async () => {
    const random = seeded(SEED);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
    const service = createPushService({ imitate, now: () => NOW });
    const subscription = await service.subscribe({ applicationServerKey: server.publicKey });
    const { origin } = new URL(subscription.endpoint);
    const sealed = await seal(subscription.keys, 'hi');
    const fields = variants({
      ...sealed.headers, 'TTL': '60', 'Urgency': 'low', 'Topic': 'abcd', 'Prefer': 'respond-async',
      'Link': '</receipt/x>; rel="urn:ietf:params:push:receipt"', 'Encryption': 'salt=AAAAAAAAAAAAAAAAAAAAAA',
      'Crypto-Key': `dh=${subscription.keys.p256dh};p256ecdsa=${server.publicKey}`,
      'Authorization': await server.authorization(claims({ aud: origin })),
      'X-WNS-Cache-Policy': 'no-cache', 'Encryption-Key': 'dh=AAAA',
    });
    const bodies = [
      sealed.body, sealed.body.slice(0, 86), sealed.body.slice(0, 20), new Uint8Array(0), new Uint8Array(6000),
      new Uint8Array([0xff]),
    ];
    const seen = new Set<number>();
    for (let i = 0; i < ROUNDS; i++) {
      const headers = fields.flatMap(([name, values]): [string, string][] =>
        random() < 0.6 ? [[name, pick(values)]] : []);
      const method = pick(['POST', 'POST', 'POST', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']);
      const url = random() < 0.9 ? subscription.endpoint : `${origin}${pick(['/subscribe', '/', '//', '/%', '/push/%00', '/receipt/x'])}`;
      const began = Date.now();
      const response = await service.fetch(url, { method, body: pick(bodies), headers });
      await response.text();
      assert.ok(STATUSES.includes(response.status), `${response.status} ${method} ${JSON.stringify(headers)}`);
      assert.ok(Date.now() - began < 1000);
      seen.add(response.status);
    }
    assert.ok(seen.size >= 4, [...seen].join());
    // It still works.
    const [authorization = ''] = fields.find(([name]) => name === 'Authorization')?.[1] ?? [];
    for (const message of subscription.messages) assert.type(message.text(), 'string');
    const last = await service.fetch(subscription.endpoint, {
      method: 'POST', headers: { TTL: '1', Authorization: authorization },
    });
    assert.ok(last.ok);
  });
}

hostile.run();
