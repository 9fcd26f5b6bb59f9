/** What an inbox keeps of the requests that came: the last ones, in bounds. */
import type { Summary } from '../../../inbox/types.ts';
import type { Exchange } from '../../service/core.ts';
import { readHeaders } from '../../headers.ts';
import type { Message } from '../../service/store.ts';
import { oneLine, pathOf, previewOf } from './preview.ts';

/** A request that came, and what the list shows of it. */
export interface Logged {
  readonly exchange: Exchange;
  readonly octets: number;
  summary: Summary;
}

export interface Log {
  /** By id, oldest first. */
  readonly records: Map<number, Logged>;
  /** Which record shows a message. */
  readonly messages: WeakMap<Message, number>;
  readonly keep: number;
  octets: number;
  /** Ids that were given out. */
  last: number;
}

/** Octets of bodies and fields that are kept, whatever their number is. */
const MAX_OCTETS = 67_108_864;

export function createLog(keep: number): Log {
  return { records: new Map(), messages: new WeakMap(), keep, octets: 0, last: 0 };
}

function octetsOf({ body, headers, message, url }: Exchange): number {
  const data = message?.opened && 'data' in message.opened ? message.opened.data?.length ?? 0 : 0;
  // Fields stand in the exchange and, as far as they are forwarded, in the message.
  return headers.reduce((sum, [name, value]) => sum + 2 * (name.length + value.length), 0)
    + body.length + data + url.length + 500;
}

function summarize(id: number, exchange: Exchange, to: string | null): Summary {
  const { time, method, url, headers, body, message, refusal, answer } = exchange;
  const header = readHeaders(headers);
  const field = (name: string): string | null => {
    const value = header(name);
    return value === undefined ? null : oneLine(value, 60);
  };
  return {
    id, time, method: oneLine(method, 12), path: oneLine(pathOf(url), 120),
    status: answer?.status ?? null, reason: refusal?.reason ?? null, to,
    ...previewOf(exchange), size: body.length, coding: field('Content-Encoding'),
    urgency: field('Urgency'), topic: field('Topic'), state: message?.status ?? null,
  };
}

/** Keeps a request. The oldest go when there are too many. */
export function addExchange(log: Log, exchange: Exchange, to: string | null): Summary {
  const id = ++log.last;
  const summary = summarize(id, exchange, to);
  const octets = octetsOf(exchange);
  log.records.set(id, { exchange, octets, summary });
  log.octets += octets;
  if (exchange.message) log.messages.set(exchange.message, id);
  for (const [oldest, record] of log.records) {
    if (log.records.size <= log.keep && log.octets <= MAX_OCTETS) break;
    log.records.delete(oldest);
    log.octets -= record.octets;
  }
  return summary;
}

/** The id of the oldest request that is kept, or the next one's. */
export function oldestOf({ records, last }: Log): number {
  const [oldest] = records.keys();
  return oldest ?? last + 1;
}

/** Notes what became of a message. Answers the record that shows it. */
export function noteState(log: Log, message: Message): number | undefined {
  const id = log.messages.get(message);
  const record = id === undefined ? undefined : log.records.get(id);
  if (!record || record.summary.state === message.status) return undefined;
  record.summary = { ...record.summary, state: message.status };
  return id;
}

export function clearLog(log: Log): void {
  log.records.clear();
  log.octets = 0;
}
