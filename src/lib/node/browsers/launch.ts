/** What browsers are told at their start, so that their pushes come from a service on loopback. */

export interface Addresses {
  /** Of the HTTP server: Firefox's WebSocket, Chromium's check-in and registration. */
  readonly httpPort: number;
  /** Of the TLS server that Chromium's pushes come from, and the hash of its key. */
  readonly mcsPort: number;
  readonly spki: string;
  /** Nothing but loopback is reached. */
  readonly offline: boolean;
}

export type Preference = string | number | boolean;

/**
 * Chromium's store of subscriptions else opens three seconds after the first page. The name is an
 * internal one: where a version does not know it, subscribing is slower and works all the same.
 */
const AT_ONCE = 'ImprovedStartupBestEffortDelay:StartupDelayVisibleTabTimeout/0s';

/** Command line switches. `features`: what else to enable; the last such switch alone counts. */
export function chromiumArgs(
  { httpPort, mcsPort, spki, offline }: Addresses,
  features: readonly string[] = [],
): string[] {
  const http = `http://127.0.0.1:${httpPort}`;
  return [
    `--gcm-checkin-url=${http}/checkin`,
    `--gcm-registration-url=${http}/c2dm/register3`,
    `--gcm-mcs-endpoint=https://127.0.0.1:${mcsPort}/`,
    // This one key, and no other certificate of the machine.
    `--ignore-certificate-errors-spki-list=${spki}`,
    `--enable-features=${[...features, AT_ONCE].join(',')}`,
    '--no-first-run',
    ...(offline
      ? ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1']
      : []),
  ];
}

/** The file `Default/Preferences` of a profile: every site may notify, else subscribing fails. */
export function chromiumPreferences(): Readonly<Record<string, unknown>> {
  return { profile: { default_content_setting_values: { notifications: 1 } } };
}

/** For `user.js` of a profile, or a driver's preferences. */
export function firefoxPreferences({ httpPort, offline }: Addresses): Record<string, Preference> {
  return {
    'dom.push.serverURL': `ws://127.0.0.1:${httpPort}/`,
    // Without it Firefox ignores a ws: address in silence and subscribing hangs.
    'dom.push.testing.allowInsecureServerURL': true,
    'permissions.default.desktop-notification': 1,
    // Pushes that show no notification, after which Firefox drops a subscription; 16 by default.
    'dom.push.maxQuotaPerSubscription': 100_000,
    // Milliseconds before it connects again; 5,000 by default.
    'dom.push.retryBaseInterval': 500,
    ...(offline ? OFFLINE_PREFERENCES : {}),
  };
}

/** A proxy that nobody serves for every host but this one, and no settings from Mozilla. */
const OFFLINE_PREFERENCES: Readonly<Record<string, Preference>> = {
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
};

/** Preferences alone leave name look-ups for Mozilla's settings (measured). */
export function firefoxEnv({ offline }: Addresses): Record<string, string> {
  return offline
    ? { MOZ_DISABLE_NONLOCAL_CONNECTIONS: '1', MOZ_REMOTE_SETTINGS_DEVTOOLS: '1' }
    : {};
}

/**
 * Runs in a page, before its own scripts. It gives Chromium's subscriptions, which name Google's
 * hosts, endpoints at `origin`, so that a server under test reaches the service without a proxy.
 * And it makes Firefox's subscribe() wait until the browser is connected: one that comes before
 * Firefox has started its push client is never answered.
 */
export function initScript(origin: string, http: string): string {
  return `(${IN_PAGE})(${JSON.stringify(origin)}, ${JSON.stringify(http)});\n`;
}

/** A text and not a function's `toString()`: bundlers and test runners change functions. */
const IN_PAGE = `(origin, http) => {
  const subscription = globalThis.PushSubscription?.prototype;
  const endpoint = subscription && Object.getOwnPropertyDescriptor(subscription, 'endpoint')?.get;
  if (!endpoint) return;
  const local = (text) => {
    const path = new URL(text).pathname.replace(/^(\\/preprod)?\\/wp\\//, '/fcm/send/');
    return new URL(path, origin).href;
  };
  Object.defineProperty(subscription, 'endpoint', {
    configurable: true,
    enumerable: true,
    get() { return local(endpoint.call(this)); },
  });
  const { toJSON } = subscription;
  subscription.toJSON = function () {
    const json = toJSON.call(this);
    return { ...json, endpoint: local(json.endpoint) };
  };
  if (!navigator.userAgent.includes(' Firefox/')) return;
  const { subscribe } = PushManager.prototype;
  PushManager.prototype.subscribe = async function (...options) {
    await fetch(http + '/ready?browser=firefox').catch(() => undefined);
    return subscribe.apply(this, options);
  };
}`;

/**
 * Playwright's own `--enable-features`, which one given to it takes the place of. Chromium leaves
 * names alone that it does not know.
 */
export const PLAYWRIGHT_FEATURES: readonly string[] = [
  'CDPScreenshotNewSurface', 'SkipListAccountsWithoutGaiaCookies',
];
