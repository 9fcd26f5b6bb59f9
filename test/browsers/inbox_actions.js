/** What a person does in the inbox: subscriptions, pushes from the page, trouble. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { newSubscription, row, show, until, vapid } from './inbox_support.js';
import { find } from './launch.js';
import { push } from './samples.js';

const shell = promisify(execFile);

export async function createsAndCopies({ page, served, runSnippet }) {
  await show(page, 'subscriptions');
  await until(page, () => document.querySelector('#view form'));
  await page.run(() => {
    const [name] = document.querySelectorAll('#view form input');
    name.value = "Ada's phone";
    name.form.requestSubmit();
  });
  const snippet = (label) =>
    until(
      page,
      async (wanted) => {
        const card = [...document.querySelectorAll('.card')].find(
          (one) => one.querySelector('h3').textContent === "Ada's phone",
        );
        const tab =
          card && [...card.querySelectorAll('.tab')].find((one) => one.textContent === wanted);
        tab?.click();
        await new Promise((resolve) => setTimeout(resolve, 50));
        return tab && card.querySelector('pre').textContent;
      },
      label,
    );
  const subscription = JSON.parse(await snippet('JSON'));
  assert.deepEqual(Object.keys(subscription), ['endpoint', 'expirationTime', 'keys']);
  assert.ok(subscription.endpoint.startsWith(`${served.https}/`));
  const curl = await snippet('curl');
  assert.match(curl, /^curl -i -X POST/);
  if (find('curl')) {
    assert.match((await shell('sh', ['-c', curl])).stdout, /201/);
    await row(page, 'No payload');
  } else console.log('      note: curl is not installed, its snippet was not run');
  assert.equal((await runSnippet(await snippet('subtle-push'), served)).trim(), '201');
  await row(page, 'Hello');
  const webPush = await runSnippet(await snippet('web-push'), served);
  if (webPush !== undefined) assert.equal(webPush.trim(), '201');
}

export async function sendsFromPage({ page, served }) {
  await newSubscription(served, { name: 'Target' });
  await show(page, 'send');
  await until(page, () =>
    [...document.querySelectorAll('#view select option')].some(
      (one) => one.textContent === 'Target',
    ),
  );
  for (const [coding, kind, text] of [
    ['aes128gcm', 'text', 'sent from the page'],
    ['aesgcm', 'text', 'sent in aesgcm'],
    ['aesgcm128', 'text', 'sent in aesgcm128'],
    ['aes128gcm', 'notification', undefined],
    ['aes128gcm', 'none', undefined],
  ]) {
    await page.run(
      (wanted, what, payload) => {
        const [target, kinds, codings] = document.querySelectorAll('#view select');
        target.value = [...target.options].find((one) => one.textContent === 'Target').value;
        kinds.value = what;
        kinds.dispatchEvent(new Event('change'));
        codings.value = wanted;
        if (payload) document.querySelector('#view textarea').value = payload;
        document.querySelector('#view .told').textContent = '';
        document.querySelector('#view form').requestSubmit();
      },
      coding,
      kind,
      text,
    );
    const told = await until(
      page,
      () =>
        /\d|must|Create/.exec(document.querySelector('#view .told').textContent)
        && document.querySelector('#view .told').textContent,
    );
    assert.match(told, /^201 Created, after \d+ ms$/);
    await row(page, text ?? (kind === 'none' ? 'No payload' : 'Ada wrote'));
  }
  // What the library refuses is said, and not sent.
  await page.run(() => {
    document.querySelectorAll('#view .form-grid input')[1].value = 'no topic!';
    document.querySelector('#view form').requestSubmit();
  });
  assert.match(
    await until(page, () => document.querySelector('#view .told.is-wrong')?.textContent),
    /topic/i,
  );
}

/** Clicks the button of some trouble. */
function orderTrouble(page, label) {
  return page.run(
    (wanted) =>
      [...document.querySelectorAll('.trouble button')]
        .find((one) => one.textContent === wanted)
        .click(),
    label,
  );
}

export async function makesTrouble({ page, served }) {
  const subscription = await newSubscription(served, { name: 'Troubled' });
  await show(page, 'trouble');
  for (const [label, status] of [
    ['429', 429],
    ['503', 503],
    ['410', 404],
    ['413', 413],
  ]) {
    await orderTrouble(page, label);
    await until(
      page,
      () =>
        document.getElementById('planned').textContent === '1'
        && !document.getElementById('planned').hidden,
    );
    const answered = await push(subscription, 'x', { vapid });
    assert.ok(answered === status || answered === Number(label), `${label}: ${answered}`);
    await until(page, () => document.getElementById('planned').hidden);
  }
  for (const label of ['Reset', 'Late reset', 'Stall']) {
    await orderTrouble(page, label);
    await until(page, () => !document.getElementById('planned').hidden);
    const controller = new AbortController();
    const sent = push(subscription, 'x', { vapid }, (request) => ({
      ...request,
      signal: controller.signal,
    }));
    if (label === 'Stall')
      await until(page, () => document.getElementById('planned').hidden).then(() =>
        controller.abort(),
      );
    await assert.rejects(sent);
  }
  await page.run(() => [...document.querySelectorAll('.trouble button')][1].click());
  await until(page, () => !document.getElementById('planned').hidden);
  await page.run(() =>
    [...document.querySelectorAll('#view button')]
      .find((one) => one.textContent === 'Cancel all')
      .click(),
  );
  await until(page, () => document.getElementById('planned').hidden);
  assert.equal(await push(subscription, 'x', { vapid }), 201);

  await show(page, 'subscriptions');
  const press = (label) =>
    until(
      page,
      (wanted) => {
        const card = [...document.querySelectorAll('.card')].find(
          (one) => one.querySelector('h3').textContent === 'Troubled',
        );
        const found = [...(card?.querySelectorAll('.actions button') ?? [])].find(
          (one) => one.textContent === wanted,
        );
        found?.click();
        return found !== undefined;
      },
      label,
    );
  await press('Rotate key');
  await until(page, () => document.getElementById('view').innerText.includes('for the key'));
  assert.equal(await push(subscription, 'x', { vapid }), 403);
  await press('Expire');
  await until(page, () => document.getElementById('view').innerText.includes('has ended'));
  assert.equal(await push(subscription, 'x', { vapid }), 404);
  await press('Remove');
  await until(
    page,
    () => ![...document.querySelectorAll('.card h3')].some((one) => one.textContent === 'Troubled'),
  );
}
