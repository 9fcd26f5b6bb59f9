/** The looks of the inbox: narrow windows, names and order, light and dark. */
import assert from 'node:assert/strict';
import { newSubscription, openRow, show, until, vapid } from './inbox_support.js';
import { push } from './samples.js';

export async function narrowWindow({ page, served }) {
  const subscription = await newSubscription(served, { name: 'x'.repeat(60) });
  await push(subscription, 'y'.repeat(3000), { vapid });
  await page.resize(480, 700);
  try {
    await show(page, '');
    const fits = () =>
      page.run(() => [
        document.documentElement.scrollWidth <= innerWidth,
        [...document.querySelectorAll('#view *')]
          .filter((one) => one.getBoundingClientRect().right > innerWidth && !one.closest('.dump'))
          .map((one) => `${one.tagName}.${one.className}`)
          .join(' '),
      ]);
    await until(page, () => document.getElementById('list').clientWidth > 400);
    assert.ok(await page.run(() => document.getElementById('view').offsetParent === null));
    assert.deepEqual(await fits(), [true, '']);
    await openRow(page, 'yyy');
    await until(page, () => document.activeElement.tagName === 'H2');
    assert.ok(await page.run(() => document.getElementById('list').offsetParent === null));
    assert.deepEqual(await fits(), [true, '']);
    for (const view of ['subscriptions', 'send', 'trouble']) {
      await show(page, view);
      await until(page, () => document.activeElement.tagName === 'H2');
      assert.deepEqual(await fits(), [true, ''], view);
    }
    await page.run(() => document.querySelector('.back').click());
    await until(page, () => document.getElementById('list').offsetParent !== null);
  } finally {
    await page.resize(1240, 800);
  }
}

export async function namesAndOrder({ page, served }) {
  const subscription = await newSubscription(served);
  await push(subscription, 'named', { vapid });
  const check = () =>
    page.run(() => {
      const nameOf = (one) =>
        one.getAttribute('aria-label')
        || one.textContent.trim()
        || [...(one.labels ?? [])].map((label) => label.textContent.trim()).join('');
      const wanted = document.querySelectorAll(
        'a, button, input, select, textarea, [tabindex="0"], nav, section, article',
      );
      return {
        unnamed: [...wanted].filter((one) => !nameOf(one)).map((one) => one.outerHTML.slice(0, 80)),
        positive: document.querySelectorAll('[tabindex]:not([tabindex="0"], [tabindex="-1"])')
          .length,
        doubled:
          [...document.querySelectorAll('[id]')].length
          - new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size,
        language: document.documentElement.lang,
        headings: [...document.querySelectorAll('h1, h2, h3')]
          .map(({ tagName }) => tagName)
          .join(' '),
      };
    });
  for (const view of ['subscriptions', 'send', 'trouble']) {
    await show(page, view);
    await until(page, () => document.querySelector('#view h2'));
    const { unnamed, positive, doubled, language, headings } = await check();
    assert.deepEqual(
      { unnamed, positive, doubled, language },
      { unnamed: [], positive: 0, doubled: 0, language: 'en' },
      view,
    );
    assert.match(headings, /^H1 H2( H3)*$/);
  }
  await openRow(page, 'named');
  assert.deepEqual((await check()).unnamed, []);
  // From the list on, the order is that of the page: tools, filter, list, what is beside it.
  await page.run(() => document.querySelector('.top a').focus());
  const order = [];
  for (let i = 0; i < 9; i++) {
    order.push(
      await page.run(
        () => document.activeElement.id || document.activeElement.textContent.slice(0, 13),
      ),
    );
    await page.press('Tab');
  }
  assert.deepEqual(order, [
    'Push inbox',
    'Subscriptions',
    'Send',
    'Trouble',
    'filter',
    'clear',
    'download',
    'list',
    'Payload',
  ]);
}

export async function themes({ page }) {
  if (!page.theme) return console.log('      note: only Chromium is told to change its theme');
  const luminance = `(text) => {
    const [r, g, b] = text.match(/[\\d.]+/g).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }`;
  for (const theme of ['light', 'dark']) {
    await page.theme(theme);
    const ratios = await page.run(`() => {
      const luminance = ${luminance};
      const probe = document.createElement('span');
      document.body.append(probe);
      const resolve = (value) => {
        probe.style.color = value;
        return luminance(getComputedStyle(probe).color);
      };
      const back = ['--back', '--raised', '--chosen'].map((name) => resolve('var(' + name + ')'));
      const front = ['--text', '--muted', '--accent', '--ok', '--wrong', '--doubt']
        .map((name) => resolve('var(' + name + ')'));
      probe.remove();
      return front.flatMap((one) => back.map((other) =>
        (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)));
    }`);
    // WCAG 2.2, 1.4.3.
    assert.ok(Math.min(...ratios) >= 4.5, `${theme}: ${ratios.map((one) => one.toFixed(1))}`);
    const dark = await page.run(
      `() => (${luminance})(getComputedStyle(document.body).backgroundColor) < 0.2`,
    );
    assert.equal(dark, theme === 'dark');
  }
  await page.theme('light');
}
