/**
 * `npm run fuzz`: 25,000 hostile inputs of each kind,
 and every size of payload through every coding,
 * on WebCrypto and on node:crypto. FUZZ_SEED and FUZZ_COUNT choose others. Ends with status 1 when
 * anything comes of it that is not documented, or takes longer than 50 ms.
 */
import * as assert from 'uvu/assert';
import { MAX_PAYLOAD } from '../../src/encrypt.ts';
import { nodeEncrypt } from '../../src/node.ts';
import { generator, receiver } from '../core_support.ts';
import { run } from '../hostile/campaign.ts';
import { CAMPAIGNS } from '../hostile/campaigns.ts';
import { CODINGS, damage, roundTrip } from '../hostile/properties.ts';
import type { Coding } from '../hostile/properties.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 32);
const COUNT = Number(process.env['FUZZ_COUNT'] ?? 25_000);
const NODE: Coding = {
  name: 'aes128gcm on node:crypto', encrypt: nodeEncrypt, limit: MAX_PAYLOAD,
  mostPadding: MAX_PAYLOAD,
};

type Work = () => Promise<string>;

const campaigns: readonly (readonly [string, Work])[] = CAMPAIGNS.map((campaign) => [
  campaign.name,
  async () => {
    const { tried, near, taken, slowest, codes } = await run(campaign, COUNT, SEED);
    assert.ok(near >= tried * 0.3, `only ${near} of ${tried} are one step from valid`);
    const told = Object.entries({ taken, ...codes }).map(([code, times]) => `${code} ${times}`);
    const most = `slowest ${slowest.toFixed(1)} ms`;
    return `${tried} tried, ${near} one step away, ${most}: ${told.join(', ')}`;
  },
]);

/** Every size for the full run; a sample of them for a shorter one. */
function sizes(limit: number): readonly number[] {
  const step = Math.max(1, Math.floor(25_000 / COUNT));
  const all = Array.from({ length: limit + 1 }, (_, size) => size);
  return all.filter((size) => size % step === 0 || size === limit);
}

const laws: readonly (readonly [string, Work])[] = [...CODINGS, NODE].map((coding) => [
  coding.name,
  async () => {
    const [draw, own] = [generator(SEED), await receiver()];
    const tried = sizes(coding.limit);
    for (const size of tried) await roundTrip(coding, size, draw, own);
    let changes = 0;
    for (const size of [0, 1, 100]) changes += await damage(coding, size, draw, own);
    return `${tried.length} sizes are the identity, ${changes} damaged bodies fail`;
  },
]);

let [passed, failed] = [0, 0];
console.log(`seed ${SEED}, ${COUNT} of each (FUZZ_SEED, FUZZ_COUNT)`);
for (const [name, work] of [...campaigns, ...laws]) {
  const start = Date.now();
  try {
    console.log(`ok   ${name}: ${await work()} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    passed++;
  } catch (error) {
    console.log(`FAIL ${name}: ${error instanceof Error ? error.stack : String(error)}`);
    failed++;
  }
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exitCode = failed ? 1 : 0;
