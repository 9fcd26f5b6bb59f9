/** Where VAPID keys come from: a file in any format, or the environment. */
import { checkSubject } from '../lib/subject.ts';
import { decodeUtf8, property } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import { createVapid, importVapidKeys } from '../vapid.ts';
import type { Vapid, VapidKeys } from '../vapid.ts';
import type { Args, Option } from './args.ts';
import { CliError, misuse } from './failure.ts';
import { readInput } from './input.ts';
import type { Terminal } from './term.ts';

export const VAPID_OPTIONS: readonly Option[] = [
  {
    name: 'keys',
    value: 'FILE',
    help:
      'VAPID keys in any format that `subtle-push keys` prints; default: '
      + 'VAPID_PUBLIC_KEY and VAPID_PRIVATE_KEY of the environment',
  },
  {
    name: 'vapid-subject',
    value: 'URI',
    help:
      'whom the push service may write to: mailto: or https:; default: VAPID_SUBJECT, or what '
      + 'the file says',
  },
  { name: 'no-vapid', help: 'send without a token, to a push service that asks for none' },
];

/** Keys, and the subject where it stood beside them. */
export interface KeySource {
  readonly keys: VapidKeys;
  readonly subject: string | undefined;
}

/** Lines of a .env file, and the two strings as web-push's command prints them. */
function readLines(text: string): { keys: VapidKeys; subject: string | undefined } | undefined {
  const find = (name: string): string | undefined =>
    new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=(.*)$`, 'm').exec(text)?.[1]?.trim();
  const print = /Public Key:\s*([\w-]+=*)\s+Private Key:\s*([\w-]+=*)/.exec(text);
  const publicKey = find('VAPID_PUBLIC_KEY') ?? print?.[1];
  const privateKey = find('VAPID_PRIVATE_KEY') ?? print?.[2];
  if (publicKey === undefined || privateKey === undefined) return undefined;
  const subject = find('VAPID_SUBJECT')?.replace(/^(["'])(.*)\1$/, '$2');
  return { keys: { publicKey, privateKey }, subject };
}

function subjectIn(text: string): string | undefined {
  try {
    const subject = property(JSON.parse(text), 'subject');
    return typeof subject === 'string' ? subject : undefined;
  } catch {
    return undefined;
  }
}

/** Keys out of a file's bytes, in any format. */
export async function readKeyFile(bytes: Bytes): Promise<KeySource> {
  const text = decodeUtf8(bytes)?.replace(/^\ufeff/, '');
  const lines = text === undefined ? undefined : readLines(text);
  if (lines) return { keys: await importVapidKeys(lines.keys), subject: lines.subject };
  const subject = text === undefined ? undefined : subjectIn(text);
  return { keys: await importVapidKeys(text ?? bytes), subject };
}

async function fromEnvironment({ env }: Terminal): Promise<KeySource | undefined> {
  const {
    VAPID_PUBLIC_KEY: publicKey,
    VAPID_PRIVATE_KEY: privateKey,
    VAPID_SUBJECT: subject,
  } = env;
  if (!privateKey) return undefined;
  // A private key alone may be PEM or a JWK, which hold both.
  const keys = await importVapidKeys(publicKey ? { publicKey, privateKey } : privateKey);
  return { keys, subject };
}

/** The identity to send with, or `null` for none. */
export async function openVapid(args: Args, terminal: Terminal): Promise<Vapid | null> {
  const file = args.text('keys');
  if (args.has('no-vapid')) {
    if (file !== undefined)
      throw misuse('--no-vapid and --keys exclude each other; give one of them');
    return null;
  }
  const source =
    file === undefined
      ? await fromEnvironment(terminal)
      : await readKeyFile(await readInput(file, terminal));
  if (!source) {
    throw misuse(
      'VAPID keys are wanted: give --keys FILE, set VAPID_PUBLIC_KEY and '
        + 'VAPID_PRIVATE_KEY, or say --no-vapid (`subtle-push keys` makes a pair)',
    );
  }
  const subject = args.text('vapid-subject') ?? source.subject ?? terminal.env['VAPID_SUBJECT'];
  if (!subject) {
    throw misuse(
      'A subject is wanted, whom the push service may write to: give --vapid-subject '
        + 'mailto:you@example.com or set VAPID_SUBJECT',
    );
  }
  return createVapid({ subject: checkSubject(subject), keys: source.keys });
}

/** A subject for the file, checked as a token's is. */
export function readSubject(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (text === '')
    throw new CliError('The VAPID subject is empty: mailto:you@example.com is wanted');
  return checkSubject(text);
}
