/** Runs every case in a browser that it starts, and tells what came of each. */
import { attachBrowsers } from '../../src/browsers.ts';
import { createVapid, generateVapidKeys } from '../../src/index.ts';
import { listen } from '../../src/node.ts';
import { createPushService } from '../../src/service.ts';
import { createApp, PATIENCE } from './app.js';
import { cases } from './cases.js';
import { launch } from './launch.js';
import { testWithPlaywright } from './playwright.js';

export { runInbox } from './inbox.js';
export { binaries } from './launch.js';

/** Rejects when the work takes longer than anything may. */
function inTime(work, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Took over ${PATIENCE} ms: ${what}`)), PATIENCE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Starts a browser; once in hundreds of starts Firefox crashes before it shows a page. */
async function startAnyway(start, app, attempts = 3) {
  const browser = start();
  try {
    await inTime(Promise.race([app.opened, browser.crashed]), 'the start');
    return browser;
  } catch (error) {
    console.log(`note  ${error.message}\n${browser.log()}`);
    await browser.close();
    if (attempts < 2) throw error;
    return startAnyway(start, app, attempts - 1);
  }
}

async function openWorld(name) {
  const clock = { offset: 0 };
  const now = () => Date.now() + clock.offset;
  const service = createPushService({ now });
  const vapid = createVapid({
    subject: 'mailto:ops@example.com', keys: await generateVapidKeys(), now,
  });
  const secure = await listen(service, { tls: true });
  const browsers = await attachBrowsers(service, { origin: secure.url });
  const app = await createApp(`${browsers.url}/browsers.js`);
  const start = (folder) => launch(name, browsers, app.url, folder);
  const world = {
    name, clock, service, vapid, secure, browsers, app, launch: start, browser: undefined,
    async close() {
      await world.browser?.close();
      app.close();
      await browsers.close();
      await secure.close();
    },
  };
  try {
    world.browser = await startAnyway(start, app);
    return world;
  } catch (error) {
    await world.close();
    throw error;
  }
}

/** `report(title, error | undefined, milliseconds)`. `matches`: which cases to run. */
export async function runBrowser(name, matches, report) {
  const world = await openWorld(name);
  try {
    for (const [title, run, only = name] of cases) {
      if (only !== name || !matches(title)) continue;
      const start = performance.now();
      const work = Promise.race([run(world), world.browser.crashed]);
      const error = await inTime(work, title).then(() => undefined, (reason) => reason);
      report(title, error, performance.now() - start);
      if (error) console.log(world.browser.log());
    }
  } finally {
    await world.close();
  }
}

export async function runPlaywright(matches, report) {
  const title = 'an app\'s own test, as the README shows it';
  if (!matches(title)) return;
  const start = performance.now();
  const error = await inTime(testWithPlaywright(), title).then(() => undefined, (reason) => reason);
  report(title, error, performance.now() - start);
}
