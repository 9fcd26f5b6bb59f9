/** Laws of the codings at sampled sizes; `npm run fuzz` tries every size. */
import { suite } from 'uvu';
import { generator, receiver } from './core_support.ts';
import { CODINGS, damage, roundTrip } from './hostile/properties.ts';
import { below } from './hostile/mutate.ts';

const SEED = 8188;
/** Where blocks of AES and SHA-256, lengths of one and two octets, and the limits begin and end. */
const EDGES = [
  0, 1, 2, 15, 16, 17, 31, 32, 33, 55, 56, 63, 64, 65, 127, 128, 255, 256, 257, 1023, 1024,
];

const properties = suite(`properties, seed ${SEED}`);

for (const coding of CODINGS) {
  properties(`${coding.name}: decrypt of encrypt is the identity, whatever the size`, async () => {
    const draw = generator(SEED);
    const drawn = Array.from({ length: 40 }, () => below(draw, coding.limit));
    const own = await receiver();
    const sizes = [...EDGES, ...drawn, coding.limit - 1, coding.limit];
    await Promise.all(sizes.map((size) => roundTrip(coding, size, draw, own)));
  });

  properties(`${coding.name}: any flipped bit, missing or added byte fails`, async () => {
    const own = await receiver();
    await damage(coding, 0, generator(SEED), own);
    await damage(coding, 20, generator(SEED + 1), own);
  });
}

properties.run();
