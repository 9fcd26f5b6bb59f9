/** What `./browsers` shows to its users. */
import type { Waiting } from '../node/browsers/bell.ts';
import type { Acknowledgement, BrowserName } from '../node/browsers/hub.ts';
import type { Preference } from '../node/browsers/launch.ts';

export interface BrowsersOptions {
  /**
   * Where pages see their endpoints; default an http origin on loopback that is opened for it. Give
   * the `url` of `listen(service, { tls: true })` for senders that speak TLS alone.
   */
  readonly origin?: string | undefined;
  /** Whether browsers are to reach nothing but this machine; default true. */
  readonly offline?: boolean | undefined;
  /** Called for every push that a browser has taken or refused. */
  readonly onAcknowledge?: ((acknowledgement: Acknowledgement) => void) | undefined;
}

/** `browser`: one of that kind; default any. */
export interface ReadyOptions extends Waiting {
  readonly browser?: BrowserName | undefined;
}

export interface PlaywrightChromium {
  readonly args: string[];
  readonly channel: string;
  readonly permissions: string[];
}

export interface PlaywrightFirefox {
  readonly firefoxUserPrefs: Record<string, Preference>;
  readonly env: Record<string, string>;
}

/** What browsers need to take their pushes from a push service here. */
export interface Browsers {
  /** The http origin on loopback; pages find `initScript` at `/browsers.js` below it. */
  readonly url: string;
  /** Switches, and what `Default/Preferences` in the profile must hold, as JSON. */
  readonly chromium: {
    readonly args: readonly string[];
    readonly preferences: Readonly<Record<string, unknown>>;
  };
  /** What `user.js` in the profile must set, and the environment to start with. */
  readonly firefox: {
    readonly preferences: Readonly<Record<string, Preference>>;
    readonly env: Readonly<Record<string, string>>;
  };
  /**
   * Options for Playwright's `launchPersistentContext`. Only a persistent context can subscribe:
   * others are off the record. Playwright's Firefox is a patched build, not tried with these
   * preferences yet: what is tested is Debian's Firefox without Playwright.
   */
  readonly playwright: {
    (browser?: 'chromium'): PlaywrightChromium;
    (browser: 'firefox'): PlaywrightFirefox;
  };
  /**
   * JavaScript for the page, before its own: endpoints become ones on this machine, and Firefox's
   * subscribe() waits until the browser is connected.
   */
  readonly initScript: string;
  /**
   * Resolves when a browser is connected. Firefox is soon after its start, and a subscribe() before
   * would never settle; Chromium connects when a page first subscribes. ERR_TIMEOUT after a minute.
   */
  readonly ready: (options?: ReadyOptions) => Promise<void>;
  /**
   * Resolves with what the browser said of a push. `message`: its `Location`, or its id. Firefox
   * tells whether it could decrypt it. ERR_TIMEOUT after a minute.
   */
  readonly acknowledged: (message: string, options?: Waiting) => Promise<Acknowledgement>;
  /**
   * Cuts browsers off until the function that it answers is called: pushes wait meanwhile, by their
   * TTL and Topic. Firefox really loses its connection and comes back within a second or two;
   * Chromium's is only left unused, since it would take half a minute.
   */
  readonly disconnect: () => () => void;
  /** Ends the browsers' subscriptions and connections, and stops listening. */
  readonly close: () => Promise<void>;
}
