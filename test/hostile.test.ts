/**
 * Hostile input, some hundreds of each kind; `npm run fuzz` tries 25,000. The seed is the same for
 * every run, so that a failure is the change's and not the day's; its report names seed and input.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from './hostile/campaign.ts';
import { CAMPAIGNS } from './hostile/campaigns.ts';

const SEED = 8291;
const COUNT = 400;

const hostile = suite('hostile input');

for (const campaign of CAMPAIGNS) {
  const title = `${COUNT} ${campaign.name}, seed ${SEED}: documented errors only, within 50 ms`;
  hostile(title, async () => {
    const { near, taken, codes } = await run(campaign, COUNT, SEED);
    assert.ok(near >= COUNT * 0.3, `${near} are one step from valid`);
    assert.ok(taken < COUNT * 0.7, `${taken} were taken`);
    for (const code of campaign.codes) assert.ok(codes[code], `${code} never came`);
  });
}

hostile.run();
