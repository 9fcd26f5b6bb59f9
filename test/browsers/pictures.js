/** What `npm run screenshots` takes pictures of. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { binaries } from './launch.js';
import { sendSamples } from './samples.js';
import { startServe } from './serve.js';

const WIDE = { width: 1160, height: 720 };
/** Octets do not compress. */
const LOW = { width: 1160, height: 540 };
const NARROW = { width: 390, height: 780 };

/** Those that documents show. */
const SHOWN = [
  { name: 'inbox-light', size: WIDE, theme: 'light', hash: '#/push/9' },
  { name: 'inbox-dark', size: LOW, theme: 'dark', hash: '#/push/9', section: 'Body', below: 210 },
  { name: 'inbox-narrow-light', size: NARROW, theme: 'light', hash: '#/' },
  { name: 'inbox-narrow-dark', size: NARROW, theme: 'dark', hash: '#/push/9' },
];

/** Every other view, to look at. */
const OTHERS = ['light', 'dark'].flatMap((theme) =>
  [WIDE, NARROW].flatMap((size) => {
    const kind = `${size === WIDE ? 'wide' : 'narrow'}-${theme}`;
    return [
      ...[2, 3, 4, 6, 7, 8].map((id) => ({ name: `push-${id}-${kind}`, hash: `#/push/${id}` })),
      ...['Push services', 'Fields', 'Token', 'Body', 'Derivation', 'Answer'].map((section) => ({
        name: `${section}-${kind}`,
        hash: '#/push/9',
        section,
      })),
      ...['subscriptions', 'send', 'trouble'].map((view) => ({
        name: `${view}-${kind}`,
        hash: `#/${view}`,
      })),
    ].map((picture) => ({ ...picture, size, theme }));
  }),
);

async function take(page, { size, theme, hash, section, below = 0 }, base, path) {
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.goto('about:blank');
  await page.goto(`${base}/${hash}`);
  await page.locator('#connection[data-connected=true]').waitFor({ state: 'attached' });
  if (hash.includes('push')) await page.locator('.section').first().waitFor();
  else await page.waitForTimeout(200);
  if (section) await page.locator('.contents').getByText(section, { exact: true }).click();
  await page.evaluate((by) => document.getElementById('view').scrollBy(0, by), below);
  // A line of the text cursor would differ from one picture to the next.
  await page.screenshot({ path, caret: 'hide', animations: 'disabled' });
}

export async function takePictures(chromium, root, all) {
  const served = await startServe();
  const browser = await chromium.launch({
    executablePath: binaries.chromium(),
    args: ['--no-sandbox'],
  });
  const files = [];
  try {
    await sendSamples(served);
    const page = await browser.newPage();
    const sets = [['docs/images', SHOWN], ...(all ? [['.tmp/screenshots', OTHERS]] : [])];
    for (const [folder, pictures] of sets) {
      mkdirSync(join(root, folder), { recursive: true });
      for (const picture of pictures) {
        const file = `${folder}/${picture.name.replace(' ', '-').toLowerCase()}.png`;
        await take(page, picture, served.http, join(root, file));
        files.push(file);
      }
    }
  } finally {
    await browser.close();
    await served.close();
  }
  return files;
}
