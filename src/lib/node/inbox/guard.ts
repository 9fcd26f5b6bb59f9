/** Who may see the inbox: its own page, on this machine. */
import type { IncomingMessage } from 'node:http';
import { authorityOf, isLoopbackHost } from '../bridge.ts';

export interface Denied {
  readonly status: number;
  readonly message: string;
}

/** The host of an origin, or '' for what is none, such as `null`. */
function hostOf(origin: string): string {
  return URL.canParse(origin) ? new URL(origin).host : '';
}

function one(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

/**
 * Why a request for the page or its data is refused. A page elsewhere whose name is made to resolve
 * here (DNS rebinding) is known by its Host; any other page by its Origin, and where a browser
 * sends none, by Sec-Fetch-Site. `document`: the page itself, to which links may lead.
 */
export function denyPage(
  request: IncomingMessage,
  protocol: 'http' | 'https',
  document: boolean,
): Denied | undefined {
  const host = authorityOf(request);
  if (!isLoopbackHost(host)) {
    return NOT_HERE;
  }
  const { headers } = request;
  const origin = one(headers.origin);
  if (origin !== undefined && origin !== `${protocol}://${host}`) return FOREIGN;
  const site = one(headers['sec-fetch-site']);
  if (site === undefined || site === 'same-origin' || site === 'none') return undefined;
  const isLink = document && headers['sec-fetch-mode'] === 'navigate'
    && headers['sec-fetch-dest'] === 'document';
  return isLink ? undefined : FOREIGN;
}

const NOT_HERE: Denied = {
  status: 421, message: 'The inbox is shown under names of this machine alone, such as localhost',
};

const FOREIGN: Denied = { status: 403, message: 'Another site may not see the inbox' };

/** Why a request that changes something is refused. */
export function denyChange({ method, headers }: IncomingMessage): Denied | undefined {
  if (method !== 'POST') return { status: 405, message: 'POST is wanted' };
  // Forms cannot send it, and other origins only after asking, which is refused.
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') return { status: 415, message: 'application/json is wanted' };
  if (headers.origin !== undefined) return undefined;
  return { status: 403, message: 'An Origin header is wanted: the address of this inbox' };
}

/**
 * Why a request to the push service is refused before it gets there. Any program may push, and
 * pages of this machine may try; what another site's page sends is not wanted.
 */
export function denyPush({ headers }: IncomingMessage): Denied | undefined {
  const origin = one(headers.origin);
  if (origin === undefined || isLoopbackHost(hostOf(origin))) return undefined;
  return { status: 403, message: 'A page of another site may not push' };
}
