/** `subtle-push send` to one subscription: every option as a push service sees it, every answer. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { optionError } from '../../src/cli/send_options.ts';
import { quoted } from '../../src/cli/send_report.ts';
import { listen } from '../../src/node.ts';
import type { Listening } from '../../src/lib/node/listen.ts';
import { createPushService } from '../../src/service.ts';
import type { TestSubscription } from '../../src/service.ts';
import { topicFrom } from '../../src/subscription.ts';
import { generateVapidKeys } from '../../src/vapid.ts';
import { buildCommand, call } from './cli_support.ts';
import type { Command, Ended } from './cli_support.ts';

const send = suite('cli send');
const TEXT = 'Grüße 👋';
const LOCAL = ['--endpoints', 'any', '--addresses', 'any'];
const service = createPushService();
let command: Command;
let server: Listening;
let keys: { readonly publicKey: string; readonly privateKey: string };
let keyFile = '';

send.before(async () => {
  command = await buildCommand();
  server = await listen(service);
  keys = await generateVapidKeys();
  keyFile = command.file('vapid.json', JSON.stringify({ ...keys, subject: 'mailto:ops@example.com' }));
});

send.after(async () => {
  command.close();
  await server.close();
});

let number = 0;

async function subscribe(): Promise<{ subscription: TestSubscription; file: string }> {
  const subscription = await service.subscribe({ applicationServerKey: keys.publicKey });
  return { subscription, file: command.file(`sub-${++number}.json`, JSON.stringify(subscription)) };
}

function sendTo(file: string, ...args: readonly string[]): Promise<Ended> {
  return call(['send', '--subscription', file, '--keys', keyFile, ...LOCAL, ...args]);
}

send('a text arrives; the answer is said in words, the capabilities in it are not', async () => {
  const { subscription, file } = await subscribe();
  const { status, out, err } = await sendTo(file, TEXT);
  assert.is(status, 0, err);
  assert.is(err, '');
  assert.is((await subscription.next()).text(), TEXT);
  assert.match(out, /^Accepted with 201 by http:\/\/localhost:\d+\n/);
  assert.match(out, /kept for +4 weeks at most/);
  assert.match(out, /no proof that a device has it/);
  assert.not.match(out, /message\//);
  assert.not.ok(out.includes(subscription.endpoint));
});

send('payload from a file and from standard input; subscription from standard input; none', async () => {
  const { subscription, file } = await subscribe();
  const payload = command.file('payload', new Uint8Array([0, 255, 10, 13]));
  assert.is((await sendTo(file, '--payload-file', payload)).status, 0);
  assert.equal([...(await subscription.next()).data!], [0, 255, 10, 13]);
  const args = ['--keys', keyFile, ...LOCAL];
  const piped = await command.run(['send', '--subscription', file, ...args], { input: TEXT });
  assert.is(piped.status, 0, piped.err);
  assert.is((await subscription.next()).text(), TEXT);
  const wrapped = JSON.stringify({ id: 7, subscription });
  const given = await command.run(['send', '--subscription', '-', ...args, TEXT], { input: wrapped });
  assert.is(given.status, 0, given.err);
  assert.is((await subscription.next()).text(), TEXT);
  assert.is((await sendTo(file, '--no-payload')).status, 0);
  assert.is((await subscription.next()).data, null);
});

send('--ttl, --urgency, --topic, --pad-to, --header, --method, --json', async () => {
  const { subscription, file } = await subscribe();
  const { status, out, err } = await sendTo(
    file, '--ttl', '5m', '--urgency', 'high', '--topic', 'abcd', '--pad-to', '100',
    '--header', 'X-Trace: 1 2', '--json', TEXT,
  );
  assert.is(status, 0, err);
  const message = await subscription.next();
  assert.is(message.ttl, 300);
  assert.is(message.urgency, 'high');
  assert.is(message.topic, 'abcd');
  assert.is(message.headers['x-trace'], '1 2');
  assert.is(message.headers['content-length'], String(86 + 100 + 17));
  const answer = JSON.parse(out) as Record<string, unknown>;
  assert.is(answer['ok'], true);
  assert.is(answer['status'], 201);
  assert.match(String(answer['location']), /\/message\//);
  assert.type(answer['milliseconds'], 'number');
});

send('--topic-from, --expires, the old codings with their forms and schemes', async () => {
  const { subscription, file } = await subscribe();
  await sendTo(file, '--topic-from', 'chat: 42', '--expires', '2999-01-01T00:00:00Z', TEXT);
  const message = await subscription.next();
  assert.is(message.topic, topicFrom('chat: 42'));
  for (const args of [
    ['--coding', 'aesgcm'], ['--coding', 'aesgcm', '--scheme', 'vapid'], ['--coding', 'aesgcm128'],
    ['--coding', 'aesgcm128', '--form', 'encryption-key'], ['--scheme', 'webpush'],
  ]) {
    const { status, err } = await sendTo(file, ...args, TEXT);
    assert.is(status, 0, err);
    assert.is((await subscription.next()).text(), TEXT);
  }
  const late = await sendTo(file, '--expires', '2001-01-01', TEXT);
  assert.is(late.status, 1);
  assert.match(late.err, /expired before it was sent; give a later --expires/);
});

send('keys and subject from the environment; --no-vapid', async () => {
  const { subscription, file } = await subscribe();
  const env = {
    VAPID_PUBLIC_KEY: keys.publicKey, VAPID_PRIVATE_KEY: keys.privateKey,
    VAPID_SUBJECT: 'mailto:env@example.com',
  };
  const args = ['send', '--subscription', file, ...LOCAL, TEXT];
  const sent = await call(args, { env });
  assert.is(sent.status, 0, sent.err);
  assert.is((await subscription.next()).vapid?.subject, 'mailto:env@example.com');
  const own = await call([...args, '--vapid-subject', 'https://example.com/push'], { env });
  assert.is(own.status, 0, own.err);
  assert.is((await subscription.next()).vapid?.subject, 'https://example.com/push');
  const without = await call([...args, '--no-vapid']);
  assert.is(without.status, 1);
  assert.match(without.err, /refuses the VAPID token|\[401/);
  const none = await call(args);
  assert.is(none.status, 2);
  assert.match(none.err, /VAPID keys are wanted: give --keys FILE/);
  const { VAPID_SUBJECT: _, ...pair } = env;
  const anonymous = await call(args, { env: pair });
  assert.is(anonymous.status, 2);
  assert.match(anonymous.err, /A subject is wanted/);
});

send('over TLS with a certificate that only --ca makes trusted', async () => {
  const other = createPushService();
  const secure = await listen(other, { tls: true });
  try {
    const subscription = await other.subscribe();
    const file = command.file('tls.json', JSON.stringify(subscription));
    const ca = command.file('ca.pem', secure.ca!);
    const args = ['send', '--subscription', file, '--no-vapid', ...LOCAL, TEXT];
    const trusted = await command.run([...args, '--ca', ca]);
    assert.is(trusted.status, 0, trusted.err);
    assert.is((await subscription.next()).text(), TEXT);
    const untrusted = await call(args);
    assert.is(untrusted.status, 1);
    assert.match(untrusted.err, /^subtle-push: Cannot reach https:\/\/localhost:\d+/);
    const wrong = await call([...args, '--ca', file]);
    assert.is(wrong.status, 2);
    assert.match(wrong.err, /--ca is one or more certificates/);
  } finally {
    await secure.close();
  }
});

/** A server that gives every request the same answer. */
async function answering(
  status: number,
  headers: Record<string, string>,
  body: string,
): Promise<{ server: Server; requests: IncomingMessage[]; url: string }> {
  const requests: IncomingMessage[] = [];
  const plain = createServer((request, response) => {
    requests.push(request);
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
  const { port } = plain.address() as AddressInfo;
  return { server: plain, requests, url: `http://127.0.0.1:${port}/push/capability` };
}

const MISMATCH = 'the VAPID credentials in the authorization header do not correspond to the credentials '
  + 'used to create the subscriptions.';

const ANSWERS = [
  [410, {}, '', 'ERR_SUBSCRIPTION_GONE', 'delete', /Delete the subscription: it is of no more use/],
  [403, {}, MISMATCH, 'ERR_KEY_MISMATCH', 'resubscribe', /let the page subscribe anew\s+with/],
  [403, {}, '{"reason":"BadJwtToken"}', 'ERR_UNAUTHORIZED', 'stop', /Keep the subscription\. Look at the VAPID keys/],
  [429, { 'Retry-After': '120' }, '', 'ERR_RATE_LIMITED', 'retry', /Try again in 2 minutes/],
  [503, {}, '', 'ERR_UNAVAILABLE', 'retry', /Try again in a moment/],
  [413, {}, '', 'ERR_PAYLOAD_TOO_LARGE', 'report', /2,912 bytes reach every device/],
  [400, {}, 'no', 'ERR_REJECTED', 'report', /Look at the request/],
] as const;

for (const [code, headers, body, name, step, words] of ANSWERS) {
  send(`what a ${code} (${name}) means, in words and as JSON; status 1`, async () => {
    const { server: plain, url } = await answering(code, headers, body);
    try {
      const { subscription } = await subscribe();
      const file = command.file(`to-${code}-${name}.json`, JSON.stringify({ ...subscription, endpoint: url }));
      const [text, json] = await Promise.all([sendTo(file, TEXT), sendTo(file, '--json', TEXT)]);
      assert.is(text.status, 1);
      assert.match(text.out, new RegExp(`^Refused with ${code} by http://127`));
      assert.match(text.out, new RegExp(`code +${name}\n`));
      assert.match(text.out.replace(/\n +/g, ' '), words);
      assert.match(text.err, /^subtle-push: [^\n]+\n$/);
      assert.not.ok((text.out + text.err).includes('capability'));
      assert.is(json.status, 1);
      const value = JSON.parse(json.out) as { ok: boolean; error: { code: string }; next: { do: string } };
      assert.is(value.ok, false);
      assert.is(value.error.code, name);
      assert.is(value.next.do, step);
      assert.not.ok(json.out.includes('capability'));
    } finally {
      plain.close();
      plain.closeAllConnections();
    }
  });
}

send('options that the library refuses are status 2, in the words of the command line', async () => {
  const { file } = await subscribe();
  const cases: [string[], RegExp][] = [
    [['--topic', 'a b'], /--topic must be 1 to 32 base64url characters; see --topic-from/],
    [['--header', 'TTL: 5'], /--header may not set TTL/],
    [['--header', 'nonsense'], /--header must be like "Name: value"/],
    [['--header', 'A: 1', '--header', 'a: 2'], /names a twice/],
    [['--ttl', '1.5'], /--ttl must be a number of seconds, or one with a unit/],
    [['--ttl', '9999999999'], /--ttl must be a whole number of seconds/],
    [['--ttl', '1', '--expires', '2999-01-01'], /exclude each other/],
    [['--expires', 'tomorrow'], /--expires must be a date and time/],
    [['--urgency', 'very high'], /--urgency must be one of/],
    [['--timeout', '0'], /--timeout must be/],
    [['--proxy', 'socks5://localhost'], /--proxy must be the URL/],
    [['--no-vapid'], /--no-vapid and --keys exclude each other/],
    [['--no-payload'], /--no-payload excludes a payload/],
    [['--results', 'x'], /--results belongs to --subscriptions/],
    [['--subscriptions', 'x'], /exclude each other/],
    [['--pad-to', '4000'], /--pad-to must be a whole number from 0 to 3993/],
  ];
  const ended = await Promise.all(cases.map(([args]) => sendTo(file, ...args, TEXT)));
  for (const [i, { status, err }] of ended.entries()) {
    assert.is(status, 2, `${cases[i]![0].join(' ')}: ${err}`);
    assert.match(err, cases[i]![1]);
    assert.match(err, /^subtle-push: [^\n]+\n$/);
  }
});

send('subscriptions that cannot be used are status 1, and nothing of them is shown', async () => {
  const { subscription } = await subscribe();
  const { keys: pair, endpoint } = subscription;
  const cases: [unknown, RegExp, string[]][] = [
    [{ endpoint, keys: pair }, /must be https \(see --endpoints\)/, []],
    [{ endpoint: 'https://permanently-removed.invalid/x', keys: pair }, /removed for good/, LOCAL],
    [{ endpoint, keys: { ...pair, auth: 'AAAA' } }, /auth must be base64 of 16 bytes/, LOCAL],
    [{ endpoint, keys: pair }, /loopback/, ['--endpoints', 'any']],
    ['{"endpoint":', /The subscription is not JSON/, LOCAL],
  ];
  const ended = await Promise.all(cases.map(([value, , args], i) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const file = command.file(`bad-${i}.json`, text);
    return call(['send', '--subscription', file, '--keys', keyFile, ...args, TEXT]);
  }));
  for (const [i, { status, out, err }] of ended.entries()) {
    assert.is(status, 1, err);
    assert.match(err, cases[i]![1]);
    assert.not.match(err, /http2Fetch/);
    for (const secret of [pair.auth, pair.p256dh, new URL(endpoint).pathname]) {
      assert.not.ok((out + err).includes(secret));
    }
  }
  const inline = await call(['send', '--subscription', JSON.stringify(subscription), '--no-vapid', TEXT]);
  assert.is(inline.status, 2);
  assert.match(inline.err, /can be read by every user of the machine/);
  assert.not.ok(inline.err.includes(pair.auth));
});

send('an answer that repeats secrets is shown without them', () => {
  const token = 'eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJo';
  assert.is(quoted(`bad token ${token}\x1b[2J at https://x.example/${'a'.repeat(40)}`), 'bad token ...\\x1b[2J at https:...');
});

send('errors that are no options stay as they are', () => {
  const error = new Error('x');
  assert.is(optionError(error), error);
});

send.run();
