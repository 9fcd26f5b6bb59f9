/** Nothing that a stranger writes into a push does anything in the inbox. */
import assert from 'node:assert/strict';
import { buildNotification } from '../../src/notification.ts';
import { newSubscription, show, until, vapid } from './inbox_support.js';
import { push } from './samples.js';

const NASTY =
  '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>"\'><b>bold</b>';

export async function neverMarkup({ page, served }) {
  const subscription = await newSubscription(served, { name: NASTY });
  const spoil = (fields) => (request) => ({
    ...request,
    headers: { ...request.headers, ...fields },
  });
  await push(subscription, NASTY, { vapid }, spoil({ Topic: NASTY, 'X-Any': NASTY }));
  await push(subscription, JSON.stringify({ title: NASTY, [NASTY]: NASTY }), { vapid });
  await push(
    subscription,
    buildNotification({
      title: NASTY,
      body: NASTY,
      navigate: 'https://a.example/',
      tag: NASTY,
      data: NASTY,
      actions: [{ action: NASTY, title: NASTY, navigate: 'https://a.example/' }],
    }),
    { vapid },
  );
  const claims = btoa(JSON.stringify({ aud: NASTY, sub: NASTY, exp: NASTY, [NASTY]: 1 })).replace(
    /=+$/,
    '',
  );
  const head = btoa(JSON.stringify({ alg: NASTY, typ: NASTY })).replace(/=+$/, '');
  await push(
    subscription,
    'token',
    { vapid },
    spoil({ Authorization: `vapid t=${head}.${claims}.AAAA, k=${NASTY}` }),
  );
  await push(
    subscription,
    'coding',
    { vapid },
    spoil({ 'Content-Encoding': NASTY, Urgency: NASTY, TTL: NASTY }),
  );
  await fetch(`${subscription.endpoint}/${encodeURIComponent(NASTY)}`, {
    method: 'POST',
    headers: { TTL: '1' },
  });
  const last = await until(page, () => {
    const first = document.querySelector('.row');
    return first?.textContent.includes('404') && Number(first.id.replace('push-', ''));
  });
  for (let id = last; id > last - 6; id--) {
    await page.run((hash) => {
      location.hash = hash;
    }, `#/push/${id}`);
    await until(
      page,
      (title) => document.querySelector('#view h2')?.textContent === title,
      `Push ${id}`,
    );
    for (const details of [false, true]) {
      await page.run((open) => {
        for (const one of document.querySelectorAll('details')) one.open = open;
      }, details);
    }
    assert.equal(
      await page.run(
        () =>
          document.querySelectorAll('#view img, #view script, #view b, #list img, #list b').length,
      ),
      0,
    );
  }
  for (const view of ['subscriptions', 'send', 'trouble']) await show(page, view);
  const found = await page.run(() => [
    typeof window.hacked,
    document.scripts.length,
    document.querySelectorAll('img, b').length,
  ]);
  assert.deepEqual(found, ['undefined', 1, 0]);
}

export async function neverEval({ page }) {
  const blocked = await page.run(
    () =>
      new Promise((resolve) => {
        document.addEventListener(
          'securitypolicyviolation',
          ({ effectiveDirective }) => resolve(effectiveDirective),
          { once: true },
        );
        const script = document.createElement('script');
        try {
          script.textContent = 'window.hacked = 1';
        } catch {
          /* trusted types */
        }
        document.body.append(script);
        script.remove();
        const image = document.createElement('img');
        image.src = 'https://example.com/x.png';
      }),
  );
  assert.match(blocked, /script-src|trusted|img-src/);
  assert.equal(await page.run(() => typeof window.hacked), 'undefined');
}
