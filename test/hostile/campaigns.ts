/** What is tried: messages, header fields, tokens, subscriptions, and answers of push services. */
import * as assert from 'uvu/assert';
import * as aesgcm from '../../src/aesgcm.ts';
import * as aesgcm128 from '../../src/aesgcm128.ts';
import { encrypt } from '../../src/encrypt.ts';
import { decrypt } from '../../src/receive.ts';
import type { Receiver } from '../../src/receive.ts';
import { send } from '../../src/send.ts';
import { parseSubscription } from '../../src/subscription.ts';
import type { Bytes, Encrypt, Encrypted } from '../../src/types.ts';
import {
  CAPABILITY, ENDPOINT, KEYS, ORIGIN, receiver, SUBSCRIPTION, unchecked,
} from '../core_support.ts';
import type { Campaign, Trial } from './campaign.ts';
import {
  below, noise, nudge, nudgeMember, nudgeText, odd, pick, shake, shakeText,
} from './mutate.ts';
import type { Draw } from './mutate.ts';
import { tokens } from './tokens.ts';

interface Valid {
  readonly message: Encrypted;
  readonly text: string;
}

const older: Encrypt = (subscription, payload) =>
  aesgcm128.encrypt(subscription, payload, { form: 'encryption-key' });

async function validMessages(): Promise<readonly Valid[]> {
  const all: Valid[] = [];
  for (const own of [encrypt, aesgcm.encrypt, aesgcm128.encrypt, older]) {
    for (const text of ['', 'Grüße 👋', 'x'.repeat(200)]) {
      all.push({ text, message: await own(SUBSCRIPTION, text) });
    }
  }
  return all;
}

/** It opens only if it still says the same: a coding leaves some things open, such as `rs`. */
async function opensOnlyTo({ text }: Valid, message: unknown, own: Receiver): Promise<void> {
  const opened = await decrypt(unchecked(message), own);
  assert.is(new TextDecoder().decode(opened), text, 'Another text came out');
}

const messages: Campaign = {
  name: 'messages',
  codes: ['ERR_DECRYPT_FAILED'],
  prepare: async () => {
    const [valid, own] = [await validMessages(), await receiver()];
    return (draw) => {
      const base = pick(draw, valid);
      const { body, headers } = base.message;
      const near = draw() < 0.6;
      const changed: Bytes = near ? nudge(draw, body) : shake(draw, body);
      const bare = headers['Encryption'] === undefined && draw() < 0.5;
      const message = bare ? changed : { body: changed, headers };
      return { near, input: changed, run: () => opensOnlyTo(base, message, own) };
    };
  },
};

/** A field's value: as text, or in the other shapes that hosts have. */
function reshape(draw: Draw, headers: Record<string, string>): unknown {
  switch (below(draw, 4)) {
    case 0:
      return new Map(Object.entries(headers));
    case 1:
      return Object.entries(headers);
    case 2:
      return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]]));
    default:
      return headers;
  }
}

const fields: Campaign = {
  name: 'header fields',
  codes: ['ERR_DECRYPT_FAILED'],
  prepare: async () => {
    const valid = (await validMessages()).filter(({ message }) => message.headers['Encryption']);
    const own = await receiver();
    return (draw) => {
      const base = pick(draw, valid);
      const { body, headers } = base.message;
      const names = Object.keys(headers);
      const name = pick(draw, names);
      const near = draw() < 0.5;
      const value = headers[name] ?? '';
      const changed: Record<string, string> = { ...headers };
      if (near) changed[name] = nudgeText(draw, value);
      else if (draw() < 0.1) delete changed[name];
      else if (draw() < 0.1) changed[name] = `${value}, ${value}`;
      else if (draw() < 0.1) changed[nudgeText(draw, name)] = shakeText(draw, value);
      else for (const each of names) changed[each] = shakeText(draw, changed[each] ?? '');
      const message = { body, headers: reshape(draw, changed) };
      return { near, input: changed, run: () => opensOnlyTo(base, message, own) };
    };
  },
};

function nudgeSubscription(draw: Draw): unknown {
  const row: Record<string, unknown> = { ...SUBSCRIPTION, keys: { ...KEYS } };
  const flat: Record<string, unknown> = { endpoint: ENDPOINT, expirationTime: null, ...KEYS };
  switch (below(draw, 4)) {
    case 0:
      return nudgeMember(draw, row);
    case 1:
      return nudgeMember(draw, flat);
    case 2:
      return { ...row, keys: nudgeMember(draw, KEYS as unknown as Record<string, unknown>) };
    default:
      return nudgeText(draw, JSON.stringify(pick(draw, [row, flat])));
  }
}

const HOSTS = [
  'push.example.com', 'localhost', '127.0.0.1', '[::1]', 'fcm.googleapis.com', 'a.b', '0x7f.1',
  'x.local',
  'permanently-removed.invalid', 'x.permanently-removed.invalid', 'permanently-removed.invalid.',
  'ⓛocalhost', '%6cocalhost', 'user@push.example.com', 'x.。com',
  '2130706433',
];

function shakeSubscription(draw: Draw): unknown {
  switch (below(draw, 6)) {
    case 0:
      return odd(draw);
    case 1:
      return shakeText(draw, JSON.stringify(SUBSCRIPTION));
    case 2:
      return { endpoint: shakeText(draw, ENDPOINT), keys: odd(draw) };
    case 3:
    case 4: {
      const scheme = pick(draw, ['https', 'http', 'HTTPS', 'ftp']);
      const host = pick(draw, HOSTS);
      const rest = pick(draw, ['', ':443', ':8443', ':80', '/', '/x']);
      return { endpoint: `${scheme}://${draw() < 0.5 ? host : nudgeText(draw, host)}${rest}` };
    }
    default:
      return { toJSON: () => nudgeSubscription(draw) };
  }
}

/** What was taken must be a subscription, by checks that are not the library's. */
function parses(input: unknown): void {
  const parsed = parseSubscription(input);
  assert.equal(parseSubscription(parsed), parsed);
  const { protocol, port, hostname, username, password, hash } = new URL(parsed.endpoint);
  assert.is(protocol, 'https:');
  assert.ok(port === '' || port === '8443', port);
  assert.is(username + password + hash, '');
  assert.match(hostname, /^[\w-]+(\.[\w-]+)+\.?$/);
  assert.not.match(hostname, /^[\d.]+$/);
  assert.not.match(hostname, /\.(local|localhost|internal|invalid|arpa|onion)\.?$/);
  if (!parsed.keys) return;
  assert.is(parsed.keys.p256dh, KEYS.p256dh);
  assert.match(parsed.keys.auth, /^[\w-]{22}$/);
}

const subscriptions: Campaign = {
  name: 'subscriptions',
  codes: ['ERR_SUBSCRIPTION_INVALID', 'ERR_SUBSCRIPTION_GONE'],
  prepare: async () => (draw) => {
    const near = draw() < 0.5;
    const input = near ? nudgeSubscription(draw) : shakeSubscription(draw);
    return { near, input, run: () => parses(input) };
  },
};

const STATUSES = [
  0, 100, 200, 201, 202, 204, 299, 301, 304, 307, 400, 401, 403, 404, 406, 408, 410, 413, 429, 500,
  502, 503, 507,
  599, 999, NaN, -1, 1e9,
];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'Location': ['/m/1', `${ORIGIN}/m/1`, `blob:${ORIGIN}/x`, 'https://evil.example.net/'],
  'Link': ['</r/1>; rel="urn:ietf:params:push:receipt"', `<a>${';rel='.repeat(800)}`],
  'TTL': ['60', '-1', '1e3'],
  'Retry-After': ['60', '1e400', 'Thu, 01 Jan 2026 12:00:30 GMT', 'Thu Jan  1 12:00:30 2026'],
  'X-WNS-NotificationStatus': ['dropped', 'received'],
  'X-WNS-Error-Description': [`channel ${CAPABILITY}`, 'public key of channel Url'],
  'X-WNS-Status': ['throttled'],
  'apns-id': ['EC1BF194-B3B2-424A', CAPABILITY],
};
const BODIES = [
  '', '{"reason":"BadJwtToken"}', '{"errno":109,"message":"VAPID public key mismatch"}',
  `no ${ENDPOINT}`,
  `{"reason":"${CAPABILITY}"}`, '<html>UnauthorizedRegistration', '['.repeat(3000),
  'x'.repeat(50_000),
];

/** An answer, and what may be made of it. */
function answerTrial(draw: Draw): Trial {
  const status = pick(draw, STATUSES);
  const near = draw() < 0.5;
  const change = (text: string): string =>
    (near ? nudgeText(draw, text) : pick(draw, [shakeText, nudgeText])(draw, text));
  const headers = new Map<string, unknown>();
  for (const [name, values] of Object.entries(FIELDS)) {
    if (draw() < 0.4) headers.set(name, draw() < 0.05 ? odd(draw) : change(pick(draw, values)));
  }
  const text = change(pick(draw, BODIES));
  const body = draw() < 0.1 ? noise(draw, 3000) : new TextEncoder().encode(text);
  const response = (): unknown =>
    ({ status, headers, body: draw() < 0.05 ? odd(draw) : new Response(body).body });
  const run = async (): Promise<void> => {
    const fetch = (): Promise<never> => Promise.resolve(unchecked<never>(response()));
    const sending = send(SUBSCRIPTION, null, { vapid: null, fetch, timeout: 5000 });
    const accepted = await sending.catch((error: unknown) => {
      const { message, reason = '', detail = '', stack } = Object(error);
      assert.not.match(`${message}${reason}${stack}${JSON.stringify(error)}`, CAPABILITY);
      assert.ok(detail.length <= 1024);
      throw error;
    });
    for (const url of [accepted.location, accepted.receipt]) {
      assert.ok(url === undefined || url.startsWith(`${ORIGIN}/`), url);
    }
    assert.ok(accepted.ttl === undefined || Number.isSafeInteger(accepted.ttl));
  };
  return { near, input: { status, headers: [...headers], text }, run };
}

const answers: Campaign = {
  name: 'answers',
  codes: [
    'ERR_SUBSCRIPTION_GONE', 'ERR_KEY_MISMATCH', 'ERR_UNAUTHORIZED', 'ERR_PAYLOAD_TOO_LARGE',
    'ERR_RATE_LIMITED', 'ERR_UNAVAILABLE', 'ERR_REJECTED',
  ],
  prepare: async () => answerTrial,
};

export const CAMPAIGNS: readonly Campaign[] = [messages, fields, tokens, subscriptions, answers];
