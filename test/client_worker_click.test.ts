/** The service worker's side: onClick. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { onClick } from '../src/client.ts';
import type { Click, NotificationContent } from '../src/client.ts';
import { createBrowser, SCOPE } from './client_support.ts';
import { clickEvent, DECLARED, HELLO } from './client_worker_support.ts';

const clicking = suite('onClick');

const CONTENT: NotificationContent = {
  ...DECLARED,
  actions: [
    { action: 'reply', title: 'Reply', navigate: 'https://app.example/reply' },
    { action: 'later', title: 'Later', navigate: 'https://app.example/later' },
  ],
};

interface Clicked { readonly opened: readonly string[]; readonly focused: readonly string[] }

async function click(
  content: unknown,
  { action = '', windows = [], open }: {
    readonly action?: string;
    readonly windows?: readonly string[];
    readonly open?: Parameters<typeof onClick>[1];
  } = {},
): Promise<Clicked> {
  const browser = createBrowser({ permission: 'granted' });
  browser.windows.push(...windows);
  const event = clickEvent(content, action);
  onClick(event, open, browser.host);
  assert.is(event.closed.length, 1, 'Android leaves it open otherwise');
  assert.is(event.waited.length, 1);
  await event.waited[0];
  return browser;
}

clicking('opens what the notification names', async () => {
  assert.equal((await click(CONTENT)).opened, ['https://app.example/ada']);
});

clicking('opens what the button names', async () => {
  assert.equal((await click(CONTENT, { action: 'reply' })).opened, ['https://app.example/reply']);
});

clicking('a button without a URL: what the notification names', async () => {
  assert.equal((await click(CONTENT, { action: 'other' })).opened, ['https://app.example/ada']);
});

clicking('focuses the tab that shows it', async () => {
  const windows = ['https://app.example/', 'https://app.example/ada'];
  const { opened, focused } = await click(CONTENT, { windows });
  assert.equal([opened, focused], [[], ['https://app.example/ada']]);
});

clicking('leaves a tab alone that shows something else', async () => {
  const { opened, focused } = await click(CONTENT, { windows: ['https://app.example/draft'] });
  assert.equal([opened, focused], [['https://app.example/ada'], []]);
});

clicking('a tab that cannot be focused: another', async () => {
  const navigate = 'https://app.example/x#gone';
  const { opened } = await click({ ...CONTENT, navigate }, { windows: [navigate] });
  assert.equal(opened, [navigate]);
});

clicking('open decides: a URL, nothing, or the notification itself', async () => {
  assert.equal((await click(CONTENT, { open: () => '/else?x' })).opened, [`${SCOPE}else?x`]);
  assert.equal((await click(CONTENT, { open: async () => 'deep/er' })).opened, [`${SCOPE}deep/er`]);
  assert.equal((await click(CONTENT, { open: () => null })).opened, []);
  const { opened } = await click(CONTENT, { open: () => undefined });
  assert.equal(opened, ['https://app.example/ada']);
});

clicking('open is told the button and what was shown', async () => {
  const open = ({ action, content }: Click): string => {
    assert.equal([action, content], ['later', CONTENT]);
    return '/';
  };
  await click(CONTENT, { action: 'later', open });
});

clicking('a notification that names nothing, or was shown by other code: the scope', async () => {
  for (const data of [undefined, null, 'text', 5, [], {}, HELLO]) {
    assert.equal((await click(data)).opened, [SCOPE]);
  }
});

clicking.run();
