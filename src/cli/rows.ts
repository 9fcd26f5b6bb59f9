/** The rows of a file of subscriptions. */
import { PushError } from '../errors.ts';
import { decodeUtf8, property } from '../lib/bytes.ts';
import type { MessageOptions } from '../request.ts';
import type { Delivery } from '../send_many.ts';
import { subscriptionId } from '../subscription.ts';
import type { Subscription } from '../types.ts';
import type { Line } from './lines.ts';

/** What the caller calls a row. */
export type RowId = string | number;

/** A row to send to. */
export interface Row extends Delivery {
  readonly number: number;
  readonly id: RowId | undefined;
}

/** A row that cannot be sent to. */
export interface BadRow {
  readonly number: number;
  readonly id: RowId | undefined;
  readonly error: PushError;
}

/** The error of a row; it repeats nothing of the row, which may hold secrets. */
export function bad(what: string): PushError {
  return new PushError('ERR_DELIVERY_INVALID', `Cannot use this row: ${what}`);
}

const OPTIONS = ['ttl', 'expires', 'urgency', 'topic', 'padTo', 'headers'];

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The message's options; what they hold is checked by what sends. */
function isOptions(value: unknown): value is MessageOptions {
  return isPlain(value) && Object.keys(value).every((name) => OPTIONS.includes(name));
}

function readOptions(value: unknown): MessageOptions | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isOptions(value)) throw bad(`options is an object with some of ${OPTIONS.join(', ')}`);
  const expires: unknown = value.expires;
  if (typeof expires !== 'string') return value;
  const time = /^\d{4}-\d\d-\d\dT/.test(expires) ? Date.parse(expires) : NaN;
  if (Number.isNaN(time))
    throw bad('expires is a date such as 2030-01-31T12:00:00Z, or milliseconds');
  return { ...value, expires: time };
}

/** JSON where it is no text: what a page reads with event.data.json(). */
function readPayload(value: unknown): string | null | undefined {
  if (value === undefined || value === null || typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** Whether it has the one member without which it is none; what sends checks it all. */
function isSubscription(value: unknown): value is Subscription {
  return isPlain(value) && typeof value['endpoint'] === 'string';
}

export function readId(value: unknown): RowId | undefined {
  const id = property(value, 'id');
  return typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id)) ? id : undefined;
}

function parse({ bytes }: Line): Record<string, unknown> {
  if (!bytes) throw bad('it is too long');
  const text = decodeUtf8(bytes)?.replace(/^\ufeff/, '');
  if (text === undefined) throw bad('it is not text in UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw bad('it is not JSON; every line must hold one whole object');
  }
  if (isPlain(value)) return value;
  throw bad('it is JSON, but no object');
}

function toRow(number: number, id: RowId | undefined, value: Record<string, unknown>): Row {
  const wrapped = Object.hasOwn(value, 'subscription');
  const subscription = wrapped ? value['subscription'] : value;
  if (!isSubscription(subscription)) {
    const where = wrapped ? 'its subscription' : 'it';
    throw new PushError(
      'ERR_SUBSCRIPTION_INVALID',
      `Cannot use this row: ${where} has no endpoint`,
    );
  }
  if (!wrapped) return { number, id, subscription };
  const payload = readPayload(value['payload']);
  const options = readOptions(value['options']);
  return { number, id, subscription, payload, options };
}

/** A line as a row, or why it is none. */
export function readRow(line: Line): Row | BadRow {
  const { number } = line;
  let id: RowId | undefined;
  try {
    const value = parse(line);
    id = readId(value);
    return toRow(number, id, value);
  } catch (error) {
    return { number, id, error: error instanceof PushError ? error : bad('it cannot be read') };
  }
}

export function isBad(row: Row | BadRow): row is BadRow {
  return 'error' in row;
}

/** The name of a row's subscription, which is no secret; `undefined` where it has no endpoint. */
export function nameOf(row: Row | BadRow): string | undefined {
  if (isBad(row)) return undefined;
  try {
    return subscriptionId(row.subscription);
  } catch {
    return undefined;
  }
}
