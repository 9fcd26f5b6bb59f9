/** The one line that a list shows of a push. */
import type { Kind } from '../../../inbox/types.ts';
import type { Bytes } from '../../../types.ts';
import { decodeUtf8, property } from '../../bytes.ts';
import { decodeDeclarative } from '../../notification/declarative.ts';
import type { Exchange } from '../../service/core.ts';

export interface Preview {
  readonly kind: Kind;
  readonly preview: string;
}

/** Characters of a preview. */
const LENGTH = 160;
/** Octets of JSON that is read for it: more than any push service takes is not worth the time. */
const MOST = 8192;

/** Control characters, line breaks, and what turns the direction of the text around it. */
const UNSEEN = /[\s\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+/g;

/** Path and query. */
export function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

/** A stranger's text on one line. */
export function oneLine(text: string, length: number = LENGTH): string {
  const line = text.slice(0, 4 * length).replace(UNSEEN, ' ').trim();
  const characters = [...line];
  return characters.length > length ? `${characters.slice(0, length - 1).join('')}…` : line;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What people call the title and the body of a notification, at the top or one level down. */
function wordsOf(value: unknown): string | undefined {
  const inner = property(value, 'notification');
  const words = [inner, value].flatMap((one) => ['title', 'body']
    .map((name) => property(one, name)).filter((text) => typeof text === 'string'));
  return words.length ? words.slice(0, 2).join(' · ') : undefined;
}

/** Octets of a preview of what is no text. */
const OCTETS = 24;

function hexBegin(data: Bytes): string {
  const begin = [...data.subarray(0, OCTETS)].map((byte) => byte.toString(16).padStart(2, '0'));
  return begin.join(' ') + (data.length > OCTETS ? ' …' : '');
}

function ofData(data: Bytes): Preview {
  const text = decodeUtf8(data);
  if (text === undefined) return { kind: 'binary', preview: hexBegin(data) };
  const json = data.length <= MOST && /^\s*[[{]/.test(text) ? parse(text) : undefined;
  if (json === undefined) return { kind: 'text', preview: oneLine(text) };
  const read = decodeDeclarative(text);
  if (typeof read === 'string') return { kind: 'json', preview: oneLine(wordsOf(json) ?? text) };
  const words = [read.title, read.body ?? ''].filter((part) => part !== '').join(' · ');
  return { kind: 'notification', preview: oneLine(words) };
}

export function previewOf({ method, url, message, refusal }: Exchange): Preview {
  if (refusal) return { kind: 'refused', preview: oneLine(refusal.message) };
  const isPush = method === 'POST' || method === 'PUT';
  // DELETE takes a message back or acknowledges it, POST to /subscribe makes a subscription.
  if (!message || !isPush) return { kind: 'other', preview: oneLine(`${method} ${pathOf(url)}`) };
  const { opened, body } = message;
  if (!opened) return { kind: body.length ? 'sealed' : 'none', preview: '' };
  if ('error' in opened) return { kind: 'broken', preview: '' };
  return opened.data ? ofData(opened.data) : { kind: 'none', preview: '' };
}
