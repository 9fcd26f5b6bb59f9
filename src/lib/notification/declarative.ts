/** A button of a notification. */
export interface DeclarativeAction {
  /** A name of your own for the button. */
  readonly action: string;
  /** What the button says. */
  readonly title: string;
  /** What a press of it opens: an absolute URL. */
  readonly navigate: string;
  readonly icon?: string | undefined;
}

/**
 * A notification as declarative Web Push describes it; the names are the message's own. URLs are
 * absolute. Members without a comment are those of the Notifications API.
 */
export interface DeclarativeNotification {
  readonly title: string;
  /** What a click opens. */
  readonly navigate: string;
  readonly dir?: 'auto' | 'ltr' | 'rtl' | undefined;
  /** A language tag (BCP 47). */
  readonly lang?: string | undefined;
  readonly body?: string | undefined;
  /** A newer notification of the same tag takes the place of this one. */
  readonly tag?: string | undefined;
  readonly image?: string | undefined;
  readonly icon?: string | undefined;
  readonly badge?: string | undefined;
  /** Milliseconds on, off, on ...; not together with `silent`. */
  readonly vibrate?: readonly number[] | undefined;
  /** Milliseconds since the epoch. */
  readonly timestamp?: number | undefined;
  /** Alert again when it takes another's place; asks for a `tag`. */
  readonly renotify?: boolean | undefined;
  readonly silent?: boolean | undefined;
  readonly requireInteraction?: boolean | undefined;
  /** Any JSON value, for the service worker. */
  readonly data?: unknown;
  readonly actions?: readonly DeclarativeAction[] | undefined;
  /** The number on the app's icon; 0 clears it. Not in the specification yet; Safari has it. */
  readonly app_badge?: number | undefined;
  /** Let the service worker see the message, and change it, before it is shown. */
  readonly mutable?: boolean | undefined;
}

/** Why a message is no declarative push message: the member, or the rule, that fails. */
export type Defect =
  | 'not-json' | 'web_push' | 'title' | 'navigate' | 'actions' | 'silent-vibrate' | 'renotify-tag';

type Members = Readonly<Record<string, unknown>>;
/** What a reader makes of a value; `undefined`: not of the member's type, so not there. */
type Reader = (value: unknown, base?: string) => unknown;

/** The own members of parsed JSON: never one that somebody put on Object.prototype. */
function own(map: unknown): Members {
  return { __proto__: null, ...Object(map) };
}

const text: Reader = (value) => (typeof value === 'string' ? value : undefined);

const flag: Reader = (value) => (typeof value === 'boolean' ? value : undefined);

/** A URL, resolved; '' for text that is none. */
const link: Reader = (value, base) => {
  try {
    return typeof value === 'string' ? new URL(value, base).href : undefined;
  } catch {
    return '';
  }
};

const address: Reader = (value, base) => link(value, base) || undefined;

/** The specification's 64-bit unsigned integers, as far as JavaScript's numbers are exact. */
const count = (value: unknown): unknown =>
  (Number.isSafeInteger(value) && Number(value) >= 0 ? value : undefined);

const DIRECTIONS: readonly unknown[] = ['auto', 'ltr', 'rtl'];

/** The members of a notification and of its actions. */
const MEMBERS: Readonly<Record<string, Reader | null>> = {
  __proto__: null,
  title: text, lang: text, body: text, tag: text, action: text,
  navigate: link, image: address, icon: address, badge: address,
  renotify: flag, silent: flag, requireInteraction: flag, mutable: flag,
  timestamp: count, app_badge: count,
  dir: (value) => (DIRECTIONS.includes(value) ? value : undefined),
  vibrate: (value) => (Array.isArray(value)
    && value.every((item) => Number(count(item)) < 2 ** 32) ? value : undefined),
  // Those that lack a member are left out.
  actions: (value) => (Array.isArray(value) ? value.filter((item) => {
    const { action, title, navigate } = own(item);
    return ![action, title, navigate].includes(undefined);
  }) : undefined),
};

/**
 * The notification of the text of a declarative push message, or why it is none. Push API (working
 * draft of September 2025), "declarative push message parser": optional members of a wrong type are
 * not there; `base`: the scope of the service worker, against which URLs are resolved.
 */
export function decodeDeclarative(json: string, base?: string): DeclarativeNotification | Defect {
  try {
    const message = own(JSON.parse(json));
    if (message.web_push !== 8030) return 'web_push';
    const { data, ...map } = own(message.notification);
    // Not in the specification: its pull request 402 and WebKit since May 2025 have the number at
    // the top, WebKit 18.4 inside.
    const app_badge = message.app_badge ?? map.app_badge;
    const read = JSON.parse(
      JSON.stringify({ ...map, app_badge, mutable: message.mutable }),
      (name, value) => (name ? +name >= 0 ? value : MEMBERS[name]?.(value, base) : own(value)),
    );
    if (data !== undefined) read.data = data;
    return read.title === undefined ? 'title'
      // A URL that is none, unlike a member that lacks, gives the whole message up.
      : !read.navigate ? 'navigate'
      : read.actions?.some((action: DeclarativeAction) => !action.navigate) ? 'actions'
      // The two pairs that the Notifications API refuses to show.
      : read.silent && read.vibrate ? 'silent-vibrate'
      : read.renotify && !read.tag ? 'renotify-tag'
      : read;
  } catch {
    return 'not-json';
  }
}
