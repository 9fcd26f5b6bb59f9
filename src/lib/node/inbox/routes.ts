/** The inbox over HTTP: its page, its data, and what the page can do. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeBase64url } from '../../base64url.ts';
import { ACTIONS } from './actions.ts';
import { denyChange, denyPage } from './guard.ts';
import type { Inbox } from './inbox.ts';
import type { Logged } from './log.ts';
import { readJson, reply, replyDenied, replyJson, SECURITY } from './reply.ts';

/** A file of the page, in memory. */
export interface Asset {
  readonly type: string;
  readonly body: Uint8Array;
}

const ASSETS = [
  ['/', 'index.html', 'text/html; charset=utf-8'],
  ['/inbox/app.js', 'app.js', 'text/javascript; charset=utf-8'],
  ['/inbox/style.css', 'style.css', 'text/css; charset=utf-8'],
  ['/inbox/icon.svg', 'icon.svg', 'image/svg+xml'],
  ['/favicon.ico', 'icon.svg', 'image/svg+xml'],
] as const;

/** Reads the page from the folder that it was built into. */
export function readAssets(folder: URL): ReadonlyMap<string, Asset> {
  return new Map(ASSETS.map(([path, file, type]) =>
    [path, { type, body: readFileSync(new URL(file, folder)) }]));
}

const API = '/inbox/api/';

/** Answers requests for the inbox; `false`: it is none, the push service has to answer. */
export type PageListener = (
  request: IncomingMessage,
  response: ServerResponse,
  protocol: 'http' | 'https',
) => boolean;

export function pageListener(inbox: Inbox, assets: ReadonlyMap<string, Asset>): PageListener {
  return (request, response, protocol) => {
    const path = (request.url ?? '/').replace(/[?#].*$/s, '');
    const asset = assets.get(path);
    if (!asset && !path.startsWith('/inbox/')) return false;
    const denied = denyPage(request, protocol, path === '/' || path === `${API}download`);
    if (denied) replyDenied(response, denied);
    else if (asset) replyAsset(request, response, asset);
    else if (!path.startsWith(API)) replyDenied(response, NOTHING);
    else answerApi(inbox, path.slice(API.length), request, response)
      .catch(() => response.destroy());
    return true;
  };
}

const GONE = { status: 404, message: 'This push is no longer kept' };
const NOTHING = { status: 404, message: 'Nothing is here' };

function replyAsset(
  { method }: IncomingMessage,
  response: ServerResponse,
  { type, body }: Asset,
): void {
  if (method === 'GET' || method === 'HEAD') reply(response, 200, type, body);
  else replyDenied(response, { status: 405, message: 'GET is wanted' });
}

async function answerApi(
  inbox: Inbox,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const action = ACTIONS.get(name);
  if (action) {
    const denied = denyChange(request);
    if (denied) return replyDenied(response, denied);
    const input = await readJson(request);
    if (typeof input !== 'object' || input === null) {
      return replyDenied(response, { status: 400, message: 'A JSON object is wanted' });
    }
    const result = await action(inbox, input);
    if ('value' in result) return replyJson(response, 200, result.value);
    return replyDenied(response, { status: result.status, message: result.why });
  }
  if (request.method !== 'GET') return replyDenied(response, NOTHING);
  if (name === 'live') return live(inbox, response);
  if (name === 'download') return download(inbox, response);
  if (name === 'push') return push(inbox, request, response);
  replyDenied(response, NOTHING);
}

function live({ live: { connect } }: Inbox, response: ServerResponse): void {
  response.writeHead(200, { ...SECURITY, 'Content-Type': 'text/event-stream; charset=utf-8' });
  // The status is out; a page that finds no room tries again later.
  if (!connect(response)) response.end('retry: 10000\n\n');
}

async function push(
  { log, subscriptions, explain }: Inbox,
  { url = '' }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const id = Number(/[?&]id=(\d{1,15})$/.exec(url)?.[1]);
  const record = log.records.get(id);
  if (!record) return replyDenied(response, GONE);
  replyJson(response, 200, await explain(record, subscriptions));
}

/** A request as a file keeps it: `subtle-push inspect` reads one back. */
export function toJson({ summary, exchange }: Logged): Readonly<Record<string, unknown>> {
  const { method, url, headers, body, message, refusal, answer } = exchange;
  const data = message?.opened && 'data' in message.opened ? message.opened.data : undefined;
  return {
    id: summary.id, time: new Date(exchange.time).toISOString(), to: summary.to,
    method, url, headers: Object.fromEntries(headers), body: encodeBase64url(body),
    ...(data ? { text: new TextDecoder().decode(data), data: encodeBase64url(data) } : {}),
    status: answer?.status ?? null, ...(refusal ? { reason: refusal.reason } : {}),
    state: summary.state,
  };
}

/** Written as it is read off, so that no second copy of all pushes is in memory. */
async function download({ log }: Inbox, response: ServerResponse): Promise<void> {
  response.writeHead(200, {
    ...SECURITY, 'Content-Type': 'application/json',
    'Content-Disposition': 'attachment; filename="pushes.json"',
  });
  // One listener for all the waits.
  const closed = once(response, 'close');
  let before = '[\n';
  for (const id of [...log.records.keys()]) {
    const record = log.records.get(id);
    if (!record) continue;
    if (response.destroyed) return;
    const room = response.write(before + JSON.stringify(toJson(record)));
    before = ',\n';
    if (!room) await Promise.race([once(response, 'drain'), closed]);
  }
  response.end(before === '[\n' ? '[]\n' : '\n]\n');
}
