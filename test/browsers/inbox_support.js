/** What the cases of the inbox share: subscriptions, and what stands in the page. */
import { createVapid, generateVapidKeys } from '../../src/index.ts';
import { reachable } from './samples.js';

export const vapid = createVapid({
  subject: 'mailto:ops@example.com',
  keys: await generateVapidKeys(),
});

/** Runs in the page: waits for what a condition answers. */
export const POLL = `async (condition, ...args) => {
  for (let i = 0; i < 1000; i++) {
    const value = await condition(...args);
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('Did not come: ' + condition);
}`;

export const until = (page, condition, ...args) =>
  page.run(`(...args) => (${POLL})(${condition}, ...args)`, ...args);

export const newSubscription = async (served, input = {}) =>
  reachable(await served.act('subscribe', { tls: false, ...input }), served.http);

export const row = (page, text) =>
  until(
    page,
    (wanted) => {
      const rows = [...document.querySelectorAll('.row')];
      return rows.find((one) => one.textContent.includes(wanted))?.id;
    },
    text,
  );

export const openRow = async (page, text) => {
  const id = await row(page, text);
  await page.run((wanted) => document.getElementById(wanted).click(), id);
  await until(
    page,
    (hash) =>
      location.hash === hash
      && document.querySelector('#view h2')?.textContent === `Push ${hash.replace('#/push/', '')}`,
    `#/push/${id.replace('push-', '')}`,
  );
  return Number(id.replace('push-', ''));
};

export const viewText = (page) => page.run(() => document.getElementById('view').innerText);
export const show = (page, view) =>
  page.run((hash) => {
    location.hash = hash;
  }, `#/${view}`);
