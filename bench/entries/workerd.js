/** workerd's clock stands still while code runs: a request does one round, and is timed outside. */
import { block65 } from '../contestants/block65.js';
import { bare, bareHkdf } from '../contestants/bare.js';
import { ours } from '../contestants/ours.js';
import { pushforge } from '../contestants/pushforge.js';
import { webpushWebcrypto } from '../contestants/webpush_webcrypto.js';
import { createFixtures, payloadOf } from '../lib/fixtures.js';
import { whyWrong } from '../lib/validate.js';

const peers = [ours('subtle-push'), pushforge, block65, webpushWebcrypto];
const contestants = [bare, bareHkdf, ...peers];
let ready;

async function prepare(size) {
  const fixtures = await createFixtures({ receivers: 32 });
  const payload = payloadOf(size);
  const runs = [];
  for (const { name, create, quotes } of contestants) {
    const build = await create(fixtures);
    const wrong = create === bare.create || create === bareHkdf.create
      ? undefined : await whyWrong({ build, quotes }, fixtures, payload);
    runs.push({ name, wrong, run: (i) => build(fixtures.subscriptions[i % 32], payload) });
  }
  return runs;
}

export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    ready ??= await prepare(200);
    if (query.has('names')) return Response.json(ready.map(({ name, wrong }) => ({ name, wrong })));
    const { run } = ready[Number(query.get('of'))];
    const messages = Number(query.get('messages'));
    let next = 0;
    const lane = async () => {
      while (next < messages) await run(next++);
    };
    await Promise.all(Array.from({ length: Number(query.get('inFlight')) }, lane));
    return new Response('done');
  },
};
