/** The demonstration as a person reads it, and as JSON. */
import { encodeBase64url } from '../lib/base64url.ts';
import { decodeUtf8, property } from '../lib/bytes.ts';
import { range, short } from './body_layout.ts';
import type { Demo } from './demo_run.ts';
import { count, dump, hex, instant, many, span, table, wrap } from './layout.ts';
import { harmless } from './term.ts';
import type { Terminal } from './term.ts';

const INDENT = 3;

/** Where the lines of a step go. */
interface Page {
  readonly terminal: Terminal;
  readonly verbose: boolean;
}

function step({ terminal }: Page, number: number, title: string): void {
  const { paint, columns, print } = terminal;
  const [first = '', ...more] = wrap(title, columns - INDENT);
  print(`${paint.cyan(paint.bold(String(number)))}  ${paint.bold(first)}`);
  for (const line of more) print(`   ${paint.bold(line)}`);
}

function rows(
  { terminal }: Page,
  cells: readonly (readonly string[])[],
  right?: readonly number[],
): void {
  for (const line of table(cells, { columns: terminal.columns, indent: INDENT, right })) {
    terminal.print(line);
  }
}

/** A header field; a long value goes on below, indented as if it were folded. */
function field({ terminal: { paint, columns, print } }: Page, name: string, value: string): void {
  const [first = '', ...more] = wrap(`${name}: ${value}`, columns - INDENT - 2);
  const colon = first.indexOf(':') + 1;
  print(`   ${paint.green(first.slice(0, colon))}${first.slice(colon)}`);
  for (const line of more) print(`     ${line}`);
}

function printKeys(page: Page, { vapid }: Demo): void {
  step(page, 1, 'The server makes its VAPID keys, to sign what it sends (P-256, RFC 8292)');
  rows(page, [
    ['public key', '65 bytes', vapid.publicKey],
    [
      'private key',
      '32 bytes',
      page.verbose ? vapid.privateKey : 'stays with the server (--verbose shows it)',
    ],
    ['subject', '', vapid.subject],
  ]);
}

function printSubscription(page: Page, { subscription, receiver }: Demo): void {
  step(page, 2, 'A browser subscribes at the push service, here one in this process');
  rows(page, [
    ['endpoint', many(subscription.endpoint.length, 'character'), subscription.endpoint],
    ['p256dh', '65 bytes', subscription.keys.p256dh],
    ['auth', '16 bytes', subscription.keys.auth],
    ...(page.verbose ? [['private key', '32 bytes', receiver.privateKey]] : []),
  ]);
}

const DOCUMENTS = {
  aes128gcm: 'RFC 8291 and RFC 8188',
  aesgcm: 'draft-ietf-webpush-encryption-04, the coding before RFC 8291',
  aesgcm128: 'the coding of the first browsers that took payloads',
} as const;

function printBody(page: Page, { coding, payload, request, parts }: Demo): void {
  const { print, paint } = page.terminal;
  step(page, 3, `The server encrypts ${many(payload.length, 'byte')} for this browser alone`);
  const { length } = request.body;
  rows(page, [
    ['coding', `${coding} (${DOCUMENTS[coding]})`],
    [
      'body',
      `${many(length, 'byte')}: ${count(payload.length)} of payload and `
        + `${length - payload.length} more`,
    ],
  ]);
  print();
  const lines = parts.map((part) => {
    const value = part.value ? short(part.value, 8) : '';
    return [
      range(part),
      count(part.length),
      part.name,
      value === '' ? part.what : `${part.what}: ${value}`,
    ];
  });
  rows(page, [['octets', 'length', 'part', 'what it is'].map(paint.dim), ...lines], [1]);
}

function printValues(page: Page, { values, receiver }: Demo): void {
  if (!page.verbose) return;
  const { print, paint, columns } = page.terminal;
  print();
  print(
    `   ${paint.bold('Every derived value')} (the sender's private key is gone: one for each `
      + `message)`,
  );
  for (const { name, bytes, how } of values) {
    const [first = '', ...more] = wrap(`${name.padEnd(11)}  ${how}`, columns - INDENT);
    print(`   ${paint.green(first.slice(0, 11))}${first.slice(11)}`);
    for (const line of more) print(`                ${line}`);
    const digits = wrap(hex(bytes) || '(empty)', Math.min(64, columns - 16));
    for (const line of digits) print(`                ${paint.dim(line)}`);
  }
  print(
    `   ${paint.green('ua_private ')}  `
      + `${"the receiver's private key, with which it comes to the same"}`,
  );
  print(`                ${paint.dim(receiver.privateKey)} (base64url)`);
}

function printRequest(page: Page, { request, token }: Demo): void {
  const { print, paint, columns } = page.terminal;
  step(page, 4, 'The server sends it (RFC 8030)');
  for (const [i, line] of wrap(
    `${request.method} ${request.url}`,
    columns - INDENT - 2,
  ).entries()) {
    print(`   ${i ? '  ' : ''}${paint.bold(line)}`);
  }
  for (const [name, value] of Object.entries(request.headers)) field(page, name, value);
  field(page, 'Content-Length', `${request.body.length}`);
  print();
  const claims: unknown = JSON.parse(token[1] ?? 'null');
  const exp = Number(property(claims, 'exp'));
  print('   The token in Authorization, signed with the VAPID key, says');
  rows(page, [
    ['alg', String(property(JSON.parse(token[0] ?? 'null'), 'alg'))],
    ['aud', String(property(claims, 'aud'))],
    ['exp', `${exp}, in ${span(exp - Date.now() / 1000)} (${instant(exp)})`],
    ['sub', String(property(claims, 'sub'))],
  ]);
}

function printAnswer(page: Page, { answer, accepted }: Demo): void {
  step(page, 5, `The push service answers ${answer.status}: it has taken the message`);
  for (const [name, value] of answer.headers) field(page, name, value);
  if (accepted.ttl !== undefined) {
    page.terminal.print(
      `   It keeps the message for ${span(accepted.ttl)}, should the browser be away.`,
    );
  }
}

function printMessage(page: Page, { message, verified, data, identical }: Demo): void {
  step(page, 6, 'The browser receives and decrypts it');
  rows(page, [
    ['token', verified ? 'its signature, audience and time were found right' : 'none'],
    ['coding', message.coding ?? 'none'],
    ['urgency', message.urgency],
    [
      'payload',
      `${many(data.length, 'byte')}, ${identical ? 'exactly what was sent' : 'NOT what was sent'}`,
    ],
  ]);
}

/** The text, or what can be shown of bytes that are none. */
function printReceived(page: Page, { data }: Demo): void {
  const { print, paint, isOut } = page.terminal;
  const text = decodeUtf8(data);
  if (text === undefined) {
    print(`${paint.bold('Received:')} ${many(data.length, 'byte')} that are not text`);
    for (const line of dump(data, 256)) print(line);
    return;
  }
  if (text === '') print(`${paint.bold('Received:')} (an empty text)`);
  else print(`${paint.bold('Received:')} ${isOut ? harmless(text) : text}`);
}

export function printDemo(demo: Demo, terminal: Terminal, verbose: boolean): void {
  const page: Page = { terminal, verbose };
  printKeys(page, demo);
  terminal.print();
  printSubscription(page, demo);
  terminal.print();
  printBody(page, demo);
  printValues(page, demo);
  terminal.print();
  printRequest(page, demo);
  terminal.print();
  printAnswer(page, demo);
  terminal.print();
  printMessage(page, demo);
  terminal.print();
  printReceived(page, demo);
}

/** The same as data; private keys and derived values with `verbose` only. */
export function demoJson(demo: Demo, verbose: boolean): unknown {
  const { coding, payload, vapid, subscription, receiver, request, parts, answer, data } = demo;
  const { message, verified, identical, values, token } = demo;
  const { publicKey, subject } = vapid;
  return {
    coding,
    vapid: verbose ? vapid : { publicKey, subject },
    subscription: { endpoint: subscription.endpoint, keys: { ...subscription.keys } },
    ...(verbose ? { receiver } : {}),
    payload: { bytes: payload.length },
    request: {
      method: request.method,
      url: request.url,
      headers: request.headers,
      body: encodeBase64url(request.body),
    },
    token: token.map((text): unknown => JSON.parse(text)),
    layout: parts.map(({ value, ...part }) => ({ ...part, ...(value ? { hex: hex(value) } : {}) })),
    answer: { status: answer.status, headers: Object.fromEntries(answer.headers) },
    received: {
      bytes: data.length,
      identical,
      text: decodeUtf8(data) ?? null,
      base64url: encodeBase64url(data),
      ttl: message.ttl,
      urgency: message.urgency,
      vapid: verified ?? null,
    },
    ...(verbose
      ? { values: Object.fromEntries(values.map(({ name, bytes }) => [name, hex(bytes)])) }
      : {}),
  };
}
