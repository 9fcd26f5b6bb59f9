/** `subtle-push send`: one push, or one to each of many. */
import type { Accepted } from '../answer.ts';
import { isPushError } from '../errors.ts';
import type { PushError } from '../errors.ts';
import { property } from '../lib/bytes.ts';
import { nextStep } from '../retry.ts';
import { send as sendOne } from '../send.ts';
import type { Attempt } from '../send.ts';
import { parseSubscription } from '../subscription.ts';
import type { EndpointPolicy, Subscription } from '../types.ts';
import type { Args, Verb } from './args.ts';
import { BULK_GROUP } from './bulk_options.ts';
import { explain, misuse } from './failure.ts';
import { parseJson, readText } from './input.ts';
import { readPayload } from './payload_source.ts';
import type { PayloadSource } from './payload_source.ts';
import { openNetwork, optionError, readSending, SEND_GROUPS } from './send_options.ts';
import { printFailure, printSuccess } from './send_report.ts';
import type { Terminal } from './term.ts';
import { openVapid } from './vapid_source.ts';

/** A subscription as JSON, also inside `{ "subscription": ... }`. */
export async function readSubscription(
  name: string,
  terminal: Terminal,
  endpoints: EndpointPolicy,
): Promise<Subscription> {
  if (/^\s*\{/.test(name)) {
    throw misuse(
      '--subscription must name a file, or - for standard input: what stands on a command '
        + 'line can be read by every user of the machine',
    );
  }
  const value = parseJson(await readText(name, terminal), 'The subscription');
  const inner =
    property(value, 'endpoint') === undefined ? property(value, 'subscription') : undefined;
  return parseSubscription(inner ?? value, { endpoints });
}

/** Where the payload comes from, checked before anything is read; `null`: no payload. */
function planPayload(args: Args, { isInput }: Terminal): PayloadSource | null {
  const [text] = args.operands;
  const file = args.text('payload-file');
  if (args.has('no-payload')) {
    if (text === undefined && file === undefined) return null;
    throw misuse('--no-payload excludes a payload; leave one of them out');
  }
  const fromInput = text === undefined && (file === undefined || file === '-');
  const taken = ['subscription', 'keys'].find((name) => args.text(name) === '-');
  const ways = 'give the payload as text, by --payload-file, or say --no-payload';
  if (fromInput && taken !== undefined) throw misuse(`Standard input is the --${taken}: ${ways}`);
  if (fromInput && file === undefined && isInput) throw misuse(`A payload is wanted: ${ways}`);
  return { text, file, option: 'payload-file' };
}

async function runOne(args: Args, terminal: Terminal, name: string): Promise<number> {
  const { coding, request, timeout } = readSending(args);
  const source = planPayload(args, terminal);
  const vapid = await openVapid(args, terminal);
  const subscription = await readSubscription(name, terminal, request.endpoints ?? 'public');
  const payload = source && (await readPayload(source, terminal, coding.maxPayload));
  const fetch = await openNetwork(args);
  let attempt: Attempt | undefined;
  const onAttempt = (made: Attempt): void => void (attempt = made);
  try {
    const accepted: Accepted = await sendOne(subscription, payload, {
      ...request,
      vapid,
      timeout,
      fetch,
      onAttempt,
    });
    report(args, terminal, { accepted, attempt, vapid: vapid?.publicKey });
    return 0;
  } catch (error) {
    if (!isPushError(error)) throw optionError(error);
    report(args, terminal, { error, attempt, vapid: vapid?.publicKey });
    throw error;
  } finally {
    await fetch.close({ timeout: 1000 });
  }
}

/** What came of it. */
type Result = { readonly attempt: Attempt | undefined; readonly vapid: string | undefined } & (
  { readonly accepted: Accepted; readonly error?: undefined } | { readonly error: PushError }
);

function report(args: Args, terminal: Terminal, result: Result): void {
  const { error, attempt, vapid } = result;
  if (!args.has('json')) {
    if (error) printFailure(error, attempt, vapid, terminal);
    else printSuccess(result.accepted, attempt, terminal);
    return;
  }
  const value = error
    ? {
        ok: false,
        error: error.toJSON(),
        next: nextStep(error, 1),
        message: explain(error).message,
      }
    : { ok: true, ...result.accepted };
  const milliseconds = attempt && Math.round(attempt.milliseconds);
  terminal.print(JSON.stringify({ ...value, milliseconds }, undefined, 2));
}

async function run(args: Args, terminal: Terminal): Promise<number> {
  const [one, many] = [args.text('subscription'), args.text('subscriptions')];
  if (one !== undefined && many !== undefined) {
    throw misuse('--subscription and --subscriptions exclude each other; give one of them');
  }
  if (many !== undefined) return (await import('./bulk.ts')).runBulk(args, terminal);
  if (one === undefined) {
    throw misuse(
      'A subscription is wanted: --subscription FILE, or - for standard input; '
        + '--subscriptions FILE for many',
    );
  }
  const bulk = BULK_GROUP.options.find(({ name }) => name !== 'subscriptions' && args.has(name));
  if (bulk) throw misuse(`--${bulk.name} belongs to --subscriptions: it is about sending to many`);
  return runOne(args, terminal, one);
}

export const send: Verb = {
  name: 'send',
  synopsis: [
    'subtle-push send --subscription FILE [options] [TEXT]',
    'subtle-push send --subscriptions FILE --results FILE [options] [TEXT]',
  ],
  about: [
    'Encrypts a payload, signs the request and sends it; says what the push service answered and '
      + 'what to do about it. The payload is TEXT, a file, or standard input. A 201 says that the '
      + 'push service has taken the message, not that a device has it.',
    'To many: every line of the file of subscriptions is the JSON of one, or of { "id", '
      + '"subscription", "payload", "options" }, where payload and options are optional and go '
      + 'before those of the command line. Every line gets a result, with its number; after an '
      + 'interruption --resume sends to those that have none.',
  ],
  operands: ['the payload'],
  groups: [
    {
      title: 'To whom',
      options: [
        {
          name: 'subscription',
          value: 'FILE',
          help: 'JSON of one subscription: a file, or - for standard input',
        },
      ],
    },
    BULK_GROUP,
    ...SEND_GROUPS,
    {
      title: 'Output',
      options: [{ name: 'json', help: 'the answer, or the sum of many, as JSON' }],
    },
  ],
  examples: [
    [
      'One',
      'subtle-push send --subscription sub.json --keys vapid.json \\\n  --vapid-subject '
        + 'mailto:ops@example.com "Hello"',
    ],
    [
      'Many, and go on where it stopped',
      'subtle-push send --subscriptions rows.ndjson --payload-file p.json \\\n'
        + '  --results out.ndjson --prune-file gone.ndjson --resume',
    ],
    [
      'A push service of your own on this machine',
      'subtle-push send --subscription sub.json --no-vapid --endpoints any \\\n'
        + '  --addresses any --ca ca.pem "Hello"',
    ],
  ],
  run,
};
