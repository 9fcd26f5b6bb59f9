/** Runs the cases of ./client in a browser that it starts. */
import { attachBrowsers } from '../../src/browsers.ts';
import { createPushService } from '../../src/service.ts';
import { createClientApp } from './client_app.js';
import { clientCases, stateCases } from './client_cases.js';
import { launch } from './launch.js';

/** Preferences of Firefox: a tab opens without a click, and notifications need no desktop. */
const PREFERENCES = { 'dom.disable_open_during_load': false, 'alerts.useSystemBackend': false };

export function withTabs({ chromium, firefox }) {
  return {
    chromium: { ...chromium, args: [...chromium.args, '--disable-popup-blocking'] },
    firefox: { ...firefox, preferences: { ...firefox.preferences, ...PREFERENCES } },
  };
}

async function openWorld(name, { browsers: change = (given) => given, url } = {}) {
  const service = createPushService();
  const browsers = await attachBrowsers(service);
  const app = await createClientApp();
  const browser = launch(name, change(withTabs(browsers)), url?.(app) ?? app.url);
  const close = async () => {
    await browser.close();
    app.close();
    await browsers.close();
  };
  return { name, service, browsers, app, browser, close };
}

/** Firefox's push client is up, and a second tab open. */
async function prepare({ name, browsers, app }) {
  if (name === 'firefox') await browsers.ready({ browser: name });
  await app.ask(1, 'open', { tab: 2 });
  await app.ask(2, 'nothing');
}

async function runCase(world, title, run, report) {
  const start = performance.now();
  const error = await run(world).then(() => undefined, (reason) => reason);
  report(`client: ${title}`, error, performance.now() - start);
  if (error) console.log(world.browser.log());
}

export async function runClient(name, matches, report) {
  const chosen = clientCases.filter(([title]) => matches(`client: ${title}`));
  if (chosen.length) {
    const world = await openWorld(name);
    try {
      await prepare(world);
      for (const [title, run] of chosen) await runCase(world, title, run, report);
    } finally {
      await world.close();
    }
  }
  for (const [title, { only = name, run, ...start }] of stateCases) {
    if (only !== name || !matches(`client: ${title}`)) continue;
    const world = await openWorld(name, start);
    try {
      await runCase(world, title, run, report);
    } finally {
      await world.close();
    }
  }
}
