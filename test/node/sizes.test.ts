/** What a user's bundle grows by: esbuild's minifier, then gzip -9; kB is 1,000 bytes. */
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { bundled, exists, missing } from './project.ts';

interface Size {
  readonly what: string;
  readonly door: string;
  /** What is imported, or everything. */
  readonly names?: string;
  /** Further modules that the names come from. */
  readonly needs?: readonly string[];
  /** What it has: less is better, more fails. */
  readonly bytes: number;
  /** What it was designed to have, where that is missed. */
  readonly target?: number;
  /** Counted on top of these names. */
  readonly above?: string;
}

const SENDER = 'send, createVapid, parseSubscription';
const SIZES: readonly Size[] = [
  { what: 'encrypt', door: 'index', names: 'encrypt', bytes: 3_450, target: 2_500 },
  { what: 'send', door: 'index', names: 'send', needs: ['send'], bytes: 9_100, target: 6_000 },
  {
    what: SENDER,
    door: 'index',
    names: SENDER,
    needs: ['send', 'vapid'],
    bytes: 11_100,
    target: 7_500,
  },
  {
    what: 'sendMany added',
    door: 'index',
    names: `${SENDER}, sendMany`,
    needs: ['send_many'],
    bytes: 3_500,
    target: 2_000,
    above: SENDER,
  },
  { what: './receive', door: 'receive', bytes: 4_830, target: 3_000 },
  { what: './aesgcm', door: 'aesgcm', bytes: 5_170, target: 3_000 },
  { what: './client', door: 'client', bytes: 2_000 },
  { what: './ece', door: 'ece', bytes: 6_220, target: 3_000 },
  { what: './notification', door: 'notification', bytes: 1_500 },
];

async function gzipped(door: string, names?: string): Promise<number> {
  const code = `export ${names ? `{ ${names} }` : '*'} from './src/${door}.ts';`;
  return gzipSync(await bundled(code), { level: 9 }).length;
}

const sizes = suite('sizes');

for (const { what, door, names, needs = [], bytes, target, above } of SIZES) {
  const title = `${what}: at most ${bytes} bytes`;
  const lacking = [door, ...needs].find((name) => !exists(name));
  if (lacking) skip(sizes, title, missing(lacking));
  else
    sizes(title, async () => {
      const size = (await gzipped(door, names)) - (above ? await gzipped(door, above) : 0);
      const missed = target === undefined ? '' : `; the target of ${target} is missed`;
      console.log(`  ${what}: ${size} of ${bytes} bytes gzipped${missed}`);
      assert.ok(size <= bytes, `${size} bytes`);
    });
}

sizes.run();
