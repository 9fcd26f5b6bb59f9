import { PushError } from './errors.ts';
import { utf8 } from './lib/bytes.ts';
import { beginning } from './lib/notification/beginning.ts';
import { decodeDeclarative } from './lib/notification/declarative.ts';
import type {
  DeclarativeAction, DeclarativeNotification,
} from './lib/notification/declarative.ts';

export type { DeclarativeAction, DeclarativeNotification };

function valid(read: DeclarativeNotification | string): DeclarativeNotification {
  if (typeof read !== 'string') return read;
  const message = `Bad notification: ${read} is missing or wrong`;
  throw new PushError('ERR_NOTIFICATION_INVALID', message, { reason: read });
}

/**
 * The JSON text of a declarative push message: the payload of `send` for a notification that Safari
 * and Firefox show by themselves, without a service worker, and others through `onPush` of
 * `subtle-push/client`. It has the one form that the specification, WebKit and Firefox all take:
 * URLs are absolute, and what they read at different places stands at each.
 *
 * Throws ERR_NOTIFICATION_INVALID, its `reason` naming the member or the rule: `title` (missing or
 * empty), `navigate`, `actions` (one that is not whole), `silent-vibrate` (exclude each other),
 * `renotify-tag` (asks for a tag), or a member that has a wrong type or that no notification has.
 * Source: Push API, "Declarative push message".
 *
 * @example
 * import { buildNotification } from 'subtle-push/notification';
 *
 * const payload = buildNotification({
 *   title: 'Ada wrote', body: 'See you at noon?', navigate: 'https://chat.example/ada', tag: 'ada',
 * });
 * console.log(JSON.parse(payload).web_push); // 8030
 */
export function buildNotification(notification: DeclarativeNotification): string {
  // One reading of the caller's objects, before anything is checked.
  const given: DeclarativeNotification = JSON.parse(JSON.stringify({ ...notification }));
  // The specification reads `mutable` at the top, Firefox and WebKit of 2025 inside; `app_badge`
  // was inside in WebKit 18.4 and is at the top since. Each stands at both.
  const { app_badge, mutable } = given;
  const message = (content: DeclarativeNotification): string =>
    JSON.stringify({ web_push: 8030, notification: content, app_badge, mutable });
  const read = valid(decodeDeclarative(message(given)));
  // What reading leaves out in a stranger's message is a mistake in one's own.
  return message(valid(!read.title ? 'title'
    : given.actions?.length !== read.actions?.length ? 'actions'
    : Object.keys(given).find((name) => !(name in read)) ?? read));
}

function sizeOf(notification: DeclarativeNotification): number {
  return utf8(buildNotification(notification)).length;
}

/**
 * The notification with its body cut, between two characters as people see them, so that
 * `buildNotification` makes at most `bytes` of it: in UTF-8; default 2,912, which every browser and
 * push service takes (`MAX_PAYLOAD_EVERYWHERE`).
 *
 * Throws ERR_PAYLOAD_TOO_LARGE when it does not fit even with an empty body, and what
 * `buildNotification` throws.
 *
 * @example
 * import { buildNotification, fit } from 'subtle-push/notification';
 *
 * const long = { title: 'News', body: 'word '.repeat(2000), navigate: 'https://news.example/' };
 * console.log(buildNotification(fit(long, 1000)).length); // 1000
 */
export function fit(
  notification: DeclarativeNotification,
  bytes: number = 2912,
): DeclarativeNotification {
  if (sizeOf(notification) <= bytes) return notification;
  const room = bytes - sizeOf({ ...notification, body: '' });
  const body = beginning(notification.body ?? '', room, Intl.Segmenter);
  if (room >= 0) return { ...notification, body };
  throw new PushError('ERR_PAYLOAD_TOO_LARGE', `Cannot fit the notification into ${bytes} bytes`);
}

/**
 * Reads a declarative push message, text or bytes that came from anyone, as the specification's
 * parser does. Optional members of a wrong type, and actions that are not whole, are left out;
 * only own properties are read. `base`: the scope of the service worker, against which URLs are
 * resolved; without it they must be absolute.
 *
 * Throws ERR_NOTIFICATION_INVALID for what a browser hands to the service worker as an ordinary
 * push, with the `reason`: `not-json`, `web_push` (not 8030), `title`, `navigate`, `actions` (the
 * URL of one is none), `silent-vibrate`, `renotify-tag`.
 *
 * @example
 * import { parseNotification } from 'subtle-push/notification';
 *
 * const text = '{"web_push":8030,"notification":{"title":"Hi","navigate":"https://a.example/"}}';
 * console.log(parseNotification(text).title); // Hi
 */
export function parseNotification(
  input: string | Uint8Array | ArrayBuffer,
  options: { readonly base?: string | undefined } = {},
): DeclarativeNotification {
  // Bad UTF-8 is replaced and a byte order mark skipped, as the specification does.
  const json = typeof input === 'string' ? input : new TextDecoder().decode(input);
  return valid(decodeDeclarative(json, options.base));
}
