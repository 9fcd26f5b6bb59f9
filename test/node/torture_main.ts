/** `npm run torture [rows] [seed]`: prints what happened; exit status 1 when something must not have. */
import { torture } from './torture.ts';

const [rows = 100_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
console.log(`${rows} rows, seed ${seed}`);
const { wrong, doubled, requests, seconds, outcomes, kinds } = await torture({ rows, seed });
console.log('The service:', kinds);
console.log('Outcomes:', outcomes);
console.log(`${requests} requests in ${seconds.toFixed(1)} s, ${Math.round(requests / seconds)} a second`);
console.log(`Taken twice, each after an attempt that ended with sent 'maybe': ${doubled}`);
for (const what of wrong.slice(0, 20)) console.error(`WRONG: ${what}`);
if (wrong.length) console.error(`${wrong.length} wrong`);
process.exitCode = wrong.length ? 1 : 0;
