/** What is timed everywhere: whole requests, encryption, tokens, decryption. No runtime's own names. */
import { encrypt as encryptAesgcm } from '../../src/aesgcm.ts';
import { encrypt as encryptAesgcm128 } from '../../src/aesgcm128.ts';
import { createVapid, encrypt } from '../../src/index.ts';
import { decrypt } from '../../src/receive.ts';
import { bare, bareHkdf } from '../contestants/bare.js';
import { createFixtures, payloadOf } from '../lib/fixtures.js';
import { interleave } from '../lib/measure.js';
import { whyWrong } from '../lib/validate.js';

/** Contestants ready to run; those whose output is wrong say why and are not timed. */
async function prepare(contestants, fixtures, payload, second) {
  const ready = [];
  const wrong = [];
  for (const { name, create, quotes } of contestants) {
    const build = await create(fixtures);
    const why = await whyWrong({ build, quotes }, fixtures, payload, second);
    if (why) wrong.push({ name, wrong: why });
    else ready.push({ name, build });
  }
  return { ready, wrong };
}

/** Whole requests: `floor` beside the contestants, each message for another receiver. */
export async function requests({ contestants, second, size, inFlight, origins, clock, effort }) {
  const fixtures = await createFixtures({ receivers: effort.receivers, origins });
  const payload = payloadOf(size);
  const { ready, wrong } = await prepare(contestants, fixtures, payload, second);
  const { subscriptions } = fixtures;
  const floor = bare.create(fixtures);
  const run = (build) => (i) => build(subscriptions[i % subscriptions.length], payload);
  const rows = await interleave(
    [{ name: bare.name, run: run(floor) }, ...ready.map(({ name, build }) => ({ name, run: run(build) }))],
    { ...effort, inFlight, clock },
  );
  return { size, inFlight, origins, rows: [...rows, ...wrong] };
}

/** Encryption alone in each coding, and what the platform's calls cost without us. */
export async function encryption({ clock, effort, nodeEncrypt }) {
  const fixtures = await createFixtures({ receivers: effort.receivers });
  const { subscriptions } = fixtures;
  const payload = payloadOf(200);
  const codings = {
    'aes128gcm': encrypt, 'aesgcm': encryptAesgcm, 'aesgcm128': encryptAesgcm128,
    ...(nodeEncrypt && { 'aes128gcm, nodeEncrypt': nodeEncrypt }),
  };
  const pick = (i) => subscriptions[i % subscriptions.length];
  const contestants = [bare, bareHkdf].map(({ name, create }) => {
    const build = create(fixtures);
    return { name, run: (i) => build(pick(i), payload) };
  });
  for (const [name, one] of Object.entries(codings)) {
    contestants.push({ name, run: (i) => one(pick(i), payload) });
  }
  return { rows: await interleave(contestants, { ...effort, inFlight: 64, clock }) };
}

/** Tokens: one that is kept, and one for a new origin each time. */
export async function tokens({ clock, effort }) {
  const { keys, subject } = await createFixtures({ receivers: 1 });
  const vapid = createVapid({ subject, keys });
  let origin = 0;
  return {
    rows: await interleave([
      { name: 'a token that is kept', run: () => vapid.token('https://push.example.com/1') },
      { name: 'a token for a new origin', run: () => vapid.token(`https://p${origin++}.example.com/1`) },
    ], { ...effort, inFlight: 64, clock }),
  };
}

/** Decryption of 200 bytes in each coding. */
export async function decryption({ clock, effort }) {
  const { subscriptions, receivers } = await createFixtures({ receivers: 16 });
  const contestants = [];
  for (const [name, one] of Object.entries({ aes128gcm: encrypt, aesgcm: encryptAesgcm })) {
    const messages = await Promise.all(subscriptions.map((to) => one(to, payloadOf(200))));
    contestants.push({ name, run: (i) => decrypt(messages[i % 16], receivers[i % 16]) });
  }
  return { rows: await interleave(contestants, { ...effort, inFlight: 64, clock }) };
}
