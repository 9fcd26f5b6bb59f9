/** How the inbox shows a push: at once, taken apart, as a notification, at its own address. */
import assert from 'node:assert/strict';
import { buildNotification } from '../../src/notification.ts';
import { newSubscription, openRow, row, until, vapid, viewText } from './inbox_support.js';
import { push } from './samples.js';

export async function appearsAtOnce({ page, served }) {
  const subscription = await newSubscription(served);
  const times = [];
  for (let i = 0; i < 9; i++) {
    const text = `timed ${i} ${Math.random()}`;
    // The page notes when the frame with the row has been made.
    const seen = page.run(
      `(text) => new Promise((resolve) => {
      const look = () => {
        const found = [...document.querySelectorAll('.row-preview')]
          .some((one) => one.textContent === text);
        if (found) resolve(performance.timeOrigin + performance.now());
        else requestAnimationFrame(look);
      };
      look();
    })`,
      text,
    );
    await push(subscription, text, { vapid });
    const answered = performance.timeOrigin + performance.now();
    times.push((await seen) - answered);
  }
  times.sort((a, b) => a - b);
  console.log(
    `      row drawn after the answer, ms: median ${times[4].toFixed(1)}, `
      + `most ${times[8].toFixed(1)}`,
  );
  assert.ok(times[4] < 100, `${times}`);
}

export async function takesApart({ page, served }) {
  const subscription = await newSubscription(served, { name: 'Phone' });
  await push(subscription, 'Grüße', { vapid, topic: 'chat', urgency: 'high', padTo: 50 });
  await openRow(page, 'Grüße');
  const headings = await page.run(() =>
    [...document.querySelectorAll('#view h3')].map((one) => one.textContent),
  );
  assert.deepEqual(headings, [
    'Payload',
    'Push services',
    'Fields',
    'Token',
    'Body',
    'Derivation',
    'Answer',
  ]);
  const text = await viewText(page);
  for (const part of [
    'Grüße',
    'Phone · delivered',
    'FCM (Chrome and its kin)',
    'takes it',
    '1 hour',
    'Topic',
    'chat',
    'is in 11 hours',
    'made with the private key of k',
    '65 bytes, a point of P-256',
    'drawn for this message',
    'padding',
    'ecdh_secret',
    'CEK',
    'HMAC-SHA-256(auth_secret, ecdh_secret)',
    'HTTP 201 Created',
  ])
    assert.ok(text.includes(part), part);
  // The octets that are shown are those of the body, in order.
  const octets = await page.run(() =>
    [...document.querySelectorAll('.octets')].map((one) => one.textContent).join(' '),
  );
  assert.match(octets, /^([0-9a-f]{2} )+[0-9a-f]{2}$/);
  assert.equal(octets.split(' ').length, 86 + 50 + 17);
}

export async function showsNotification({ page, served }) {
  const subscription = await newSubscription(served);
  await push(
    subscription,
    buildNotification({
      title: 'Ada wrote',
      body: 'See you at noon?',
      navigate: 'https://chat.example/ada',
      icon: 'https://chat.example/icon.png',
      image: 'https://chat.example/big.png',
      actions: [{ action: 'reply', title: 'Reply', navigate: 'https://chat.example/reply' }],
    }),
    { vapid },
  );
  await openRow(page, 'Ada wrote · See you at noon?');
  const card = await page.run(() =>
    document
      .querySelector('.notification')
      .innerText.split('\n')
      .filter((line) => line),
  );
  assert.deepEqual(card, ['A', 'Ada wrote', 'See you at noon?', 'chat.example', 'Reply']);
  assert.equal(
    await page.run(() => document.querySelectorAll('img, iframe, object, video, svg').length),
    0,
  );
  const loaded = await page.run(() =>
    performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin),
  );
  assert.deepEqual([...new Set(loaded)], [served.http]);
}

export async function comesBack({ page, served }) {
  const subscription = await newSubscription(served, { name: 'Kept' });
  await push(subscription, 'before the reload', { vapid });
  const id = await openRow(page, 'before the reload');
  await page.goto(`${served.http}/?reload#/push/${id}`);
  await until(
    page,
    (title) => document.querySelector('#view h2')?.textContent === title,
    `Push ${id}`,
  );
  await row(page, 'before the reload');
  assert.equal(
    await page.run(() => document.querySelector('.row[aria-selected=true]')?.id),
    `push-${id}`,
  );
}
