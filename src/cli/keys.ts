/** `subtle-push keys`: VAPID keys in every format, and a receiver's keys. */
import { createPrivateKey } from 'node:crypto';
import { decodeBase64url } from '../lib/base64url.ts';
import { jwkOf } from '../lib/p256.ts';
import { exportReceiver, generateReceiver, toSubscription } from '../receive.ts';
import { parseSubscription } from '../subscription.ts';
import { generateVapidKeys } from '../vapid.ts';
import type { VapidKeys } from '../vapid.ts';
import type { Args, Verb } from './args.ts';
import { misuse } from './failure.ts';
import { readInput, readWord, writeSecret } from './input.ts';
import type { Terminal } from './term.ts';
import { readKeyFile, readSubject } from './vapid_source.ts';

const FORMATS = ['json', 'env', 'jwk', 'pem'] as const;
type Format = (typeof FORMATS)[number];

function toJwk({ publicKey, privateKey }: VapidKeys): JsonWebKey {
  return jwkOf(decodeBase64url(publicKey)!, decodeBase64url(privateKey)!);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

/** The keys as text, with a line feed at its end. */
export function formatKeys(keys: VapidKeys, subject: string | undefined, format: Format): string {
  switch (format) {
    case 'json':
      return json({ ...keys, ...(subject === undefined ? {} : { subject }) });
    case 'env': {
      const lines = [`VAPID_PUBLIC_KEY=${keys.publicKey}`, `VAPID_PRIVATE_KEY=${keys.privateKey}`];
      // A subject may hold "#", which begins a comment.
      if (subject !== undefined) lines.push(`VAPID_SUBJECT="${subject}"`);
      return `${lines.join('\n')}\n`;
    }
    case 'jwk':
      return json(toJwk(keys));
    case 'pem':
      // PKCS#8 with the public key in it, as OpenSSL writes it.
      return String(
        createPrivateKey({ key: { ...toJwk(keys) }, format: 'jwk' }).export({
          type: 'pkcs8',
          format: 'pem',
        }),
      );
  }
}

async function vapidText(
  args: Args,
  terminal: Terminal,
): Promise<{ text: string; publicKey: string }> {
  const file = args.text('import');
  const source =
    file === undefined
      ? { keys: await generateVapidKeys(), subject: undefined }
      : await readKeyFile(await readInput(file, terminal));
  const subject = readSubject(args.text('subject')) ?? source.subject;
  const format = readWord('format', args.text('format'), FORMATS) ?? 'json';
  const text = args.has('public')
    ? `${source.keys.publicKey}\n`
    : formatKeys(source.keys, subject, format);
  return { text, publicKey: source.keys.publicKey };
}

async function receiverText(args: Args): Promise<{ text: string; publicKey: string }> {
  for (const name of ['import', 'format', 'subject', 'public']) {
    if (args.has(name)) throw misuse(`--receiver makes new keys as JSON; leave --${name} out`);
  }
  const receiver = await generateReceiver();
  const keys = await exportReceiver(receiver);
  const endpoint = args.text('endpoint');
  const subscription =
    endpoint === undefined
      ? {}
      : {
          subscription: parseSubscription(toSubscription(receiver, endpoint), { endpoints: 'any' }),
        };
  return { text: json({ ...keys, ...subscription }), publicKey: keys.publicKey };
}

async function run(args: Args, terminal: Terminal): Promise<number> {
  if (args.has('endpoint') && !args.has('receiver')) {
    throw misuse('--endpoint belongs to --receiver: give both, or neither');
  }
  const { text, publicKey } = args.has('receiver')
    ? await receiverText(args)
    : await vapidText(args, terminal);
  const out = args.text('out');
  if (out === undefined || out === '-') {
    if (args.has('force')) throw misuse('--force belongs to --out: it replaces a file');
    terminal.write(text);
    return 0;
  }
  writeSecret(out, text, args.has('force'));
  terminal.print(publicKey);
  terminal.note(`Written to ${out}, readable by you alone; the public key stands above`);
  return 0;
}

export const keys: Verb = {
  name: 'keys',
  synopsis: [
    'subtle-push keys [--format FORMAT] [--subject URI] [--out FILE]',
    'subtle-push keys --import FILE [--format FORMAT] [--public] [--out FILE]',
    'subtle-push keys --receiver [--endpoint URL] [--out FILE]',
  ],
  about: [
    'Makes the pair of keys that a server signs its pushes with (VAPID, RFC 8292), or converts '
      + 'one. '
      + "Make one pair for a server's life: subscriptions are bound to it. The private key is a "
      + 'secret; the public one is the applicationServerKey of pushManager.subscribe().',
  ],
  operands: [],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'format',
          value: 'FORMAT',
          help: 'json (default), env (lines of a .env file), jwk or pem (PKCS#8)',
        },
        {
          name: 'import',
          value: 'FILE',
          help:
            'convert these keys instead of making new ones: a file, or - for standard input, with '
            + 'JSON of the pair, a JWK, PEM or DER (PKCS#8, SEC1), or .env lines',
        },
        { name: 'public', help: 'print the public key alone' },
        {
          name: 'subject',
          value: 'URI',
          help: 'store this subject too (json and env): mailto: or https:',
        },
        {
          name: 'receiver',
          help: 'make the keys of a receiver instead, for `subtle-push decrypt`',
        },
        {
          name: 'endpoint',
          value: 'URL',
          help: 'with --receiver: add the subscription for this endpoint',
        },
        { name: 'out', value: 'FILE', help: 'write to a file that only you can read (mode 0600)' },
        { name: 'force', help: 'let --out replace a file' },
      ],
    },
  ],
  examples: [
    [
      'Keys and subject for a server',
      'subtle-push keys --format env --subject mailto:ops@example.com >> .env',
    ],
    ['What the page needs', 'subtle-push keys --import .env --public'],
    [
      'From OpenSSL',
      'openssl ecparam -name prime256v1 -genkey -noout |\n  subtle-push keys --import -',
    ],
  ],
  run,
};
