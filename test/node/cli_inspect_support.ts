/** What the tests of `subtle-push inspect` share: good things, and how a report is read. */
import * as assert from 'uvu/assert';
import type { Capture } from '../../src/cli/capture.ts';
import type { Finding, Report } from '../../src/cli/findings.ts';
import type { Judge } from '../../src/cli/inspect_subscription.ts';
import { generateReceiver, toSubscription } from '../../src/receive.ts';
import { createRequest } from '../../src/request.ts';
import type { RequestOptions } from '../../src/request.ts';
import type { Subscription } from '../../src/types.ts';
import { createVapid, generateVapidKeys } from '../../src/vapid.ts';
import type { Vapid, VapidKeys } from '../../src/vapid.ts';

export const NOW: number = Date.UTC(2026, 10, 21, 12);
export const JUDGE: Judge = { now: NOW, endpoints: 'public', audience: undefined };
export const PATH: string = `fcm/send/${'c'.repeat(11)}:APA91b${'x'.repeat(134)}`;
export const FCM: string = `https://fcm.googleapis.com/${PATH}`;
export const keys: VapidKeys = await generateVapidKeys();
export const vapid: Vapid = createVapid({
  subject: 'mailto:ops@example.com', keys, now: () => NOW,
});
export const good: Subscription = toSubscription(await generateReceiver(), FCM);

function all({ sections }: Report): readonly Finding[] {
  return sections.flatMap(({ findings }) => findings);
}

export function wrongs(report: Report): string[] {
  return all(report).filter(({ verdict }) => verdict === 'wrong')
    .map(({ field, text }) => `${field} ${text}`);
}

export function doubts(report: Report): string[] {
  return all(report).filter(({ verdict }) => verdict === 'doubt')
    .map(({ field, text }) => `${field} ${text}`);
}

/** Exactly these, each matched by one expression. */
export function assertAll(found: readonly string[], wanted: readonly RegExp[]): void {
  assert.is(found.length, wanted.length, found.join('\n'));
  for (const [i, text] of found.entries()) assert.match(text, wanted[i]!);
}

/** A request as this library makes it, and then changed. */
export async function capture(
  options: Partial<RequestOptions> = {},
  change: (headers: Record<string, string>) => void = () => undefined,
  endpoint: string = FCM,
): Promise<Capture> {
  const made = await createRequest({ ...good, endpoint }, 'Grüße 👋', { vapid, ...options });
  const headers = { ...made.headers };
  change(headers);
  return {
    method: made.method,
    url: made.url,
    headers: Object.entries(headers),
    body: made.body ?? undefined,
  };
}

export function httpText(made: Capture, eol: string): Buffer {
  const url = new URL(made.url!);
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    ...made.headers.map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${lines.join(eol)}${eol}${eol}`), made.body!]);
}
