/** http_ece and ./ece open each other's content: seeded combinations of size, record size, padding. */
import { decrypt, encrypt } from '../../src/ece.ts';

/** mulberry32: the same combinations for the same seed. */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const same = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;

/** http_ece's message; padding that outlasts its data makes records that it cannot open itself. */
function sealWithHttpEce(ece, data, key, rs, pad) {
  const params = { version: 'aes128gcm', key: Buffer.from(key), rs, pad };
  const sealed = ece.encrypt(Buffer.from(data), params);
  try {
    ece.decrypt(sealed, params);
    return { sealed, own: false };
  } catch {
    return { sealed: ece.encrypt(Buffer.from(data), { ...params, pad: 0 }), own: true };
  }
}

/** On CI a peer that is left out would look like a pass. */
async function loadHttpEce() {
  try {
    return (await import('http_ece')).default;
  } catch (error) {
    if (process.env.CI) throw error;
    return undefined;
  }
}

export async function interop({ seed = 8188, count = 200 }) {
  const ece = await loadHttpEce();
  if (!ece) return { lines: ['left out: http_ece (npm ci --prefix bench installs the peers)'] };
  const draw = generator(seed);
  let unreadable = 0;
  for (let i = 0; i < count; i++) {
    const key = Uint8Array.from({ length: 16 }, () => draw(256));
    const data = Uint8Array.from({ length: draw(4) ? draw(2000) : draw(4) }, () => draw(256));
    const rs = 18 + (draw(3) ? draw(100) : draw(5000));
    const pad = draw(2) ? draw(300) : 0;
    const what = `combination ${i} of seed ${seed}: ${data.length} bytes, rs ${rs}, pad ${pad}`;
    const padding = pad ? { multiple: pad } : undefined;
    const ours = await encrypt(data, { key, rs, padding });
    const read = ece.decrypt(Buffer.from(ours), { version: 'aes128gcm', key: Buffer.from(key) });
    if (!same(read, data)) throw new Error(`http_ece reads something else: ${what}`);
    const { sealed, own } = sealWithHttpEce(ece, data, key, rs, pad);
    if (own) unreadable++;
    if (!same(await decrypt(sealed, { key }), data)) throw new Error(`We read something else: ${what}`);
  }
  return { lines: [`${count} combinations of size, record size and padding, both ways (seed ${seed});`,
    `${unreadable} of http_ece's own it cannot open itself; those were made again without padding`] };
}
