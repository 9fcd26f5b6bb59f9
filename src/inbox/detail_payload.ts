/** What a push says: as a notification, as JSON, as text, or as bytes. */
import { isPushError } from '../errors.ts';
import { parseNotification } from '../notification.ts';
import type { DeclarativeNotification } from '../notification.ts';
import { el, section } from './dom.ts';
import type { Child } from './dom.ts';
import { fromBase64, hexByte, octets, prettyJson, readText } from './format.ts';
import type { Detail, Summary } from './types.ts';

/** Octets that are shown in hexadecimal. */
const MOST = 2048;

function hexOf(bytes: Uint8Array): string {
  return [...bytes.subarray(0, MOST)].map(hexByte).join(' ');
}

/** The notification of a declarative message, why it is none, or `undefined` for any other text. */
function readDeclarative(text: string): DeclarativeNotification | string | undefined {
  try {
    return parseNotification(text);
  } catch (error) {
    const reason = isPushError(error) ? error.reason : undefined;
    // Any other JSON is no failed attempt at one.
    return reason === undefined || reason === 'not-json' || reason === 'web_push'
      ? undefined
      : reason;
  }
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : '';
}

/** Its pictures are named and not loaded: the page asks nobody but its own server. */
function settings(notification: DeclarativeNotification): Child {
  const { title, body, actions, data, ...others } = notification;
  const rows = [
    ...Object.entries(others),
    ...(data === undefined ? [] : ([['data', data]] as const)),
  ]
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      el(
        'div',
        'finding',
        el('dt', {}, el('span', 'finding-name', name)),
        el(
          'dd',
          {},
          el('span', 'mono value-text', typeof value === 'string' ? value : JSON.stringify(value)),
        ),
      ),
    );
  const buttons = (actions ?? []).map(({ title: label, action, navigate }) =>
    el(
      'div',
      'finding',
      el('dt', {}, el('span', 'finding-name', `action ${action}`)),
      el('dd', {}, el('span', 'mono value-text', `${label} → ${navigate}`)),
    ),
  );
  return el('dl', 'findings', ...rows, ...buttons);
}

function card(notification: DeclarativeNotification): HTMLElement {
  const { title, body, actions, navigate, dir, lang } = notification;
  const words = { dir: dir ?? 'auto', ...(lang ? { lang } : {}) };
  const letter = [...title.trim()][0] ?? '·';
  return el(
    'figure',
    {
      class: 'notification',
      attributes: { 'aria-label': 'The notification as a device would show it' },
    },
    el(
      'div',
      'notification-main',
      el('span', { class: 'notification-icon', attributes: { 'aria-hidden': 'true' } }, letter),
      el(
        'div',
        'notification-words',
        el('p', { class: 'notification-title', attributes: words }, title),
        body ? el('p', { class: 'notification-body', attributes: words }, body) : null,
        el('p', 'notification-from', hostOf(navigate)),
      ),
    ),
    actions?.length
      ? el('div', 'notification-actions', ...actions.map((one) => el('span', {}, one.title)))
      : null,
  );
}

function textParts(bytes: Uint8Array, text: string): readonly Child[] {
  const declarative = readDeclarative(text);
  const json = prettyJson(text);
  const shown = el('pre', { class: 'code', attributes: { dir: 'auto' } }, json ?? text);
  if (typeof declarative === 'object') {
    return [
      card(declarative),
      settings(declarative),
      el('details', {}, el('summary', {}, `Message as JSON, ${octets(bytes.length)}`), shown),
    ];
  }
  const why =
    declarative === undefined
      ? null
      : el(
          'p',
          'muted',
          'Looks like a declarative notification, but browsers hand it to the service worker '
            + `as an ordinary push: ${declarative}`,
        );
  return [
    why,
    shown,
    el('p', 'muted', `${json === undefined ? 'Text' : 'JSON'}, ${octets(bytes.length)}`),
  ];
}

/** Why there is nothing to show. */
function nothing({ kind, status, size }: Summary): string {
  if (kind === 'refused' && status === null) return 'Nothing of it was read.';
  return size === 0 ? 'None: the push says only that there is something.' : 'Not known.';
}

function parts({ data, unopened, summary }: Detail): readonly Child[] {
  const note =
    unopened === null
      ? null
      : el(
          'p',
          { class: 'callout quiet', attributes: { role: 'note' } },
          data === null ? `Cannot be read: ${unopened}` : `A browser drops it: ${unopened}`,
        );
  if (data === null) {
    return [
      note
        ?? el('p', 'muted', nothing(summary)),
    ];
  }
  const bytes = fromBase64(data);
  if (bytes.length === 0) return [note, el('p', 'muted', 'An empty payload.')];
  const text = readText(bytes);
  if (text !== undefined) return [note, ...textParts(bytes, text)];
  return [
    note,
    el('pre', 'code hexdump', hexOf(bytes)),
    el(
      'p',
      'muted',
      `${octets(bytes.length)}, no valid UTF-8`
        + (bytes.length > MOST ? `; the first ${octets(MOST)} are shown` : ''),
    ),
  ];
}

export function payloadSection(detail: Detail): HTMLElement {
  return section('Payload', ...parts(detail));
}
