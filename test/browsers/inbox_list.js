/** The list of the inbox: keys, filter, clear, download, and rows that stay where they are. */
import assert from 'node:assert/strict';
import { newSubscription, row, show, until, vapid } from './inbox_support.js';
import { push } from './samples.js';

export async function keyboard({ page, served }) {
  await served.act('clear');
  const subscription = await newSubscription(served);
  for (const text of ['one', 'two', 'three']) await push(subscription, text, { vapid });
  await row(page, 'three');
  await page.run(() => {
    location.hash = '#/';
    document.activeElement.blur();
  });
  const selected = (text) =>
    until(
      page,
      (wanted) => {
        const one = document.querySelector('.row[aria-selected=true]');
        const list = document.getElementById('list');
        return (
          one?.textContent.includes(wanted)
          && list.getAttribute('aria-activedescendant') === one.id
          && document.querySelector('#view h2').textContent
            === `Push ${one.id.replace('push-', '')}`
        );
      },
      text,
    );
  for (const [key, text] of [
    ['j', 'three'],
    ['j', 'two'],
    ['j', 'one'],
    ['j', 'one'],
    ['k', 'two'],
  ]) {
    await page.press(key);
    await selected(text);
  }
  await page.run(() => document.getElementById('list').focus());
  for (const [key, text] of [
    ['ArrowUp', 'three'],
    ['ArrowDown', 'two'],
    ['End', 'one'],
    ['Home', 'three'],
  ]) {
    await page.press(key);
    await selected(text);
  }
  await page.press('Escape');
  await until(page, () => location.hash === '#/' && document.activeElement.id === 'list');
  await page.press('/');
  await until(page, () => document.activeElement.id === 'filter');
  for (const key of 'two') await page.press(key);
  await until(
    page,
    () =>
      document.querySelectorAll('.row').length === 1
      && document.getElementById('filter').value === 'two',
  );
  assert.equal(await page.run(() => document.getElementById('count').textContent), '1 of 3 pushes');
  await page.press('ArrowDown');
  await selected('two');
  await page.press('Escape');
  await until(
    page,
    () =>
      document.querySelectorAll('.row').length === 3
      && document.getElementById('filter').value === '',
  );
}

export async function filtersClearsDownloads({ page, served }) {
  await served.act('clear');
  const subscription = await newSubscription(served, { name: 'Kitchen' });
  await push(subscription, 'alpha', { vapid, topic: 'bread' });
  await push(subscription, 'beta', { vapid });
  await push(subscription, 'gamma', { vapid }, ({ headers: { TTL, ...headers }, ...request }) => ({
    ...request,
    headers,
  }));
  await row(page, 'TTL');
  const filtered = async (text) => {
    await page.run((value) => {
      const filter = document.getElementById('filter');
      filter.value = value;
      filter.dispatchEvent(new Event('input'));
    }, text);
    await page.run(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
    return page.run(() => document.querySelectorAll('.row').length);
  };
  assert.equal(await filtered('kitchen'), 3);
  assert.equal(await filtered('kitchen bread'), 1);
  assert.equal(await filtered('missing-ttl'), 1);
  assert.equal(await filtered('nothing such'), 0);
  assert.match(await page.run(() => document.getElementById('empty').innerText), /No push matches/);
  await filtered('');
  const file = await page.run(async () => {
    const link = document.getElementById('download');
    return { name: link.download, pushes: await (await fetch(link.href)).json() };
  });
  assert.equal(file.name, 'pushes.json');
  assert.deepEqual(
    file.pushes.map(({ text }) => text),
    ['alpha', 'beta', undefined],
  );
  await page.run(() => document.getElementById('clear').click());
  await until(
    page,
    () =>
      document.querySelectorAll('.row').length === 0
      && document.getElementById('count').textContent === '0 pushes',
  );
  assert.match(
    await page.run(() => document.getElementById('empty').innerText),
    /No push has come yet/,
  );
}

export async function nothingShifts({ page, served }) {
  await served.act('clear');
  const subscription = await newSubscription(served, { name: 'Still' });
  await show(page, 'subscriptions');
  await until(page, () =>
    [...document.querySelectorAll('.card h3')].some((one) => one.textContent === 'Still'));
  const isSupported = await page.run(() => {
    window.shifts = [];
    if (!PerformanceObserver.supportedEntryTypes.includes('layout-shift')) return false;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        const what = entry.sources.map(({ node }) => node?.className ?? node?.nodeName);
        window.shifts.push(`${entry.value.toFixed(4)} ${what}`);
      }
    }).observe({ type: 'layout-shift' });
    return true;
  });
  const top = () => page.run(() => document.querySelector('.card').getBoundingClientRect().top);
  const before = await top();
  for (let i = 0; i < 20; i++) await push(subscription, `shift ${i}`, { vapid });
  await row(page, 'shift 19');
  assert.equal(await top(), before);
  if (isSupported) assert.deepEqual(await page.run(() => window.shifts), []);
  // Who has scrolled down goes on seeing the same rows.
  await page.run(() => {
    document.getElementById('list').scrollTop = 300;
  });
  const firstSeen = () =>
    page.run(
      () =>
        new Promise((resolve) =>
          requestAnimationFrame(() =>
            requestAnimationFrame(() => {
              const list = document.getElementById('list').getBoundingClientRect();
              resolve(
                [...document.querySelectorAll('.row')].find(
                  (one) => one.getBoundingClientRect().top >= list.top,
                )?.id,
              );
            }),
          ),
        ),
    );
  const seen = await firstSeen();
  for (let i = 0; i < 3; i++) await push(subscription, `later ${i}`, { vapid });
  await until(page, () => document.getElementById('count').textContent === '23 pushes');
  assert.equal(await firstSeen(), seen);
  await page.run(() => {
    document.getElementById('list').scrollTop = 0;
  });
}
