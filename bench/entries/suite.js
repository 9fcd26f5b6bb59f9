/** Browsers: the page does the jobs, shows the tables, and posts the results. */
import { block65 } from '../contestants/block65.js';
import { ours } from '../contestants/ours.js';
import { pushforge } from '../contestants/pushforge.js';
import { webpushWebcrypto } from '../contestants/webpush_webcrypto.js';
import { print } from '../lib/print.js';
import { decryption, encryption, requests, tokens } from '../suites/contests.js';

const contestants = [ours('subtle-push'), pushforge, block65, webpushWebcrypto];
// A page has no CPU time, and its clock is coarse: rounds are long enough for it.
const clock = { now: () => performance.now() };
const SUITES = {
  requests: (job) => requests({ ...job, contestants, clock }),
  encryption: (job) => encryption({ ...job, clock }),
  tokens: (job) => tokens({ ...job, clock }),
  decryption: (job) => decryption({ ...job, clock }),
};

export async function run(progress) {
  const shown = document.body.appendChild(document.createElement('pre'));
  const say = (text) => shown.append(`${text}\n`);
  const results = [];
  for (const job of JOBS) {
    progress(job.suite);
    const event = { job, result: await SUITES[job.suite](job) };
    print('browser', event, say);
    results.push(event);
  }
  return { results };
}
