import {
  announce, createHub, createState, findOnline, type Place, type State,
} from './lib/browsers/binding.ts';
import type {
  Browsers, BrowsersOptions, PlaywrightChromium, PlaywrightFirefox,
} from './lib/browsers/types.ts';
import { createAutopush } from './lib/node/browsers/autopush.ts';
import { createCertificate } from './lib/node/certificate.ts';
import { type Gateway, openGateway } from './lib/node/browsers/gateway.ts';
import { createGcm } from './lib/node/browsers/gcm.ts';
import type { BrowserName } from './lib/node/browsers/hub.ts';
import {
  type Addresses, chromiumArgs, chromiumPreferences, firefoxEnv, firefoxPreferences, initScript,
  PLAYWRIGHT_FEATURES,
} from './lib/node/browsers/launch.ts';
import { coreOf, parseUrl } from './lib/service/core.ts';
import type { PushService } from './lib/service/types.ts';

export type {
  Browsers, BrowsersOptions, PlaywrightChromium, PlaywrightFirefox, ReadyOptions,
} from './lib/browsers/types.ts';
export type { Waiting } from './lib/node/browsers/bell.ts';
export type { Acknowledgement, BrowserName } from './lib/node/browsers/hub.ts';
export type { Preference } from './lib/node/browsers/launch.ts';
export type { PushService } from './lib/service/types.ts';
export { isPushError, PushError } from './errors.ts';
export type { PushErrorCode } from './errors.ts';

/**
 * Makes unmodified Firefox and Chromium take their pushes from a push service in this process, for
 * end-to-end tests: the page's own `pushManager.subscribe()` succeeds, the server under test
 * pushes, and the service worker's `push` event fires. It needs no network and no vendor's account.
 *
 * The server under test pushes through `service.fetch`, to whatever endpoint the browser gave, or,
 * where the page runs `initScript`, to endpoints on loopback in any way (`endpoints: 'any'` here).
 * Pushes wait for a browser that is away, by their TTL and Topic, and are repeated until it has
 * acknowledged them. Everything listens on 127.0.0.1; 256 browsers may be connected.
 *
 * @throws {TypeError} when `service` was not made by `createPushService`.
 * @example
 * const browsers = await attachBrowsers(createPushService());
 * console.log(browsers.chromium.args, browsers.firefox.preferences);
 * await browsers.close();
 */
export async function attachBrowsers(
  service: PushService,
  options: BrowsersOptions = {},
): Promise<Browsers> {
  const core = coreOf(service);
  const { offline = true, origin } = options;
  if (origin !== undefined && parseUrl(origin)?.origin !== origin.replace(/\/$/, '')) {
    throw new TypeError('The origin must be scheme, host and port, such as https://localhost:8031');
  }
  const certificate = await createCertificate({ names: ['127.0.0.1', 'localhost'] });
  const state = createState(core);
  const place = { http: '', endpoints: '' };
  const hub = createHub(state, place, options);
  const gateway = await openGateway({
    autopush: createAutopush(hub),
    gcm: createGcm(hub, core.now),
    handle: service.handle,
    ready: (browser, signal) => isReady(state, browser, signal),
    script: () => initScript(place.endpoints, place.http),
    certificate,
  });
  place.http = `http://127.0.0.1:${gateway.httpPort}`;
  place.endpoints = parseUrl(origin ?? place.http)?.origin ?? place.http;
  const leave = announce(core, [place.http, place.endpoints]);
  const { httpPort, mcsPort } = gateway;
  const addresses = { httpPort, mcsPort, spki: certificate.spki, offline };
  return { ...describe(addresses, place), ...control(state, gateway, leave) };
}

/** What is told to browsers and pages. */
function describe(
  addresses: Addresses,
  place: Place,
): Pick<Browsers, 'url' | 'chromium' | 'firefox' | 'playwright' | 'initScript'> {
  const firefox = { preferences: firefoxPreferences(addresses), env: firefoxEnv(addresses) };
  function playwright(browser?: 'chromium'): PlaywrightChromium;
  function playwright(browser: 'firefox'): PlaywrightFirefox;
  function playwright(browser: BrowserName = 'chromium'): PlaywrightChromium | PlaywrightFirefox {
    if (browser === 'firefox') {
      // Playwright's `env` takes the place of the process's own.
      const env = Object.entries(process.env).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const]);
      return {
        firefoxUserPrefs: { ...firefox.preferences },
        env: { ...Object.fromEntries(env), ...firefox.env },
      };
    }
    return {
      args: chromiumArgs(addresses, PLAYWRIGHT_FEATURES),
      // Its default without a window, the headless shell, has no push client.
      channel: 'chromium',
      permissions: ['notifications'],
    };
  }
  return {
    url: place.http,
    chromium: { args: chromiumArgs(addresses), preferences: chromiumPreferences() },
    firefox,
    playwright,
    initScript: initScript(place.endpoints, place.http),
  };
}

/** What a test asks while it runs. */
function control(
  { bell, online, acknowledgements, ends }: State,
  gateway: Gateway,
  leave: () => void,
): Pick<Browsers, 'ready' | 'acknowledged' | 'disconnect' | 'close'> {
  return {
    ready: async ({ browser, ...waiting } = {}) => {
      const late = `No browser has connected${browser ? `: ${browser} was awaited` : ''}`;
      await bell.until(() => findOnline(online, browser), late, waiting);
    },
    acknowledged: (message, waiting) => {
      const id = message.slice(message.lastIndexOf('/') + 1);
      const late = 'No browser has acknowledged this push';
      return bell.until(() => acknowledgements.get(id), late, waiting);
    },
    disconnect: gateway.disconnect,
    close: async () => {
      for (const end of ends) end();
      leave();
      await gateway.close();
    },
  };
}

/** For pages, which ask over HTTP. */
async function isReady(
  { bell, online }: State,
  browser: string | undefined,
  signal: AbortSignal,
): Promise<boolean> {
  const look = (): BrowserName | undefined => findOnline(online, browser);
  return bell.until(look, 'No browser has connected', { signal }).then(() => true, () => false);
}
