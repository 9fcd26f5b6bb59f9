/** `subtle-push inspect`: what is right and wrong with a subscription, a token or a request. */
import { statSync } from 'node:fs';
import { property, utf8 } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import type { Args, Verb } from './args.ts';
import { jsonIn, parseCapture } from './capture.ts';
import { asText } from './encoded.ts';
import { CliError, misuse } from './failure.ts';
import { printReport, tally } from './findings.ts';
import type { Report } from './findings.ts';
import { called, readInput, readInstant } from './input.ts';
import { inspectRequest } from './inspect_request.ts';
import { inspectSubscription } from './inspect_subscription.ts';
import type { Judge } from './inspect_subscription.ts';
import { inspectToken, isToken } from './inspect_token.ts';
import { many } from './layout.ts';
import { readEndpoints } from './send_options.ts';
import type { Terminal } from './term.ts';

function isFile(name: string): boolean {
  try {
    return statSync(name).isFile();
  } catch {
    return false;
  }
}

/** What the operand stands for: a file, standard input, or the thing itself. */
async function readThing(operand: string, terminal: Terminal): Promise<Bytes> {
  const itself = /^\s*\{/.test(operand) || isToken(operand);
  if (operand !== '-' && itself && !isFile(operand)) return utf8(operand);
  return readInput(operand, terminal);
}

function readAudience(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url.origin;
  throw misuse('--audience must be an origin, such as https://fcm.googleapis.com');
}

/** The token in a text that has nothing else. */
function tokenIn(text: string): string | undefined {
  const line = text.trim();
  return !line.includes('\n') && isToken(line) ? line : undefined;
}

/** A subscription stands alone, or in a row beside other things. */
function subscriptionIn(value: unknown): unknown {
  const inner =
    property(value, 'endpoint') === undefined ? property(value, 'subscription') : undefined;
  const shape = inner ?? value;
  return ['endpoint', 'keys', 'p256dh', 'auth'].some((name) => property(shape, name) !== undefined)
    ? shape
    : undefined;
}

export async function examine(bytes: Bytes, name: string, judge: Judge): Promise<Report> {
  const text = asText(bytes) ?? '';
  const token = tokenIn(text);
  if (token !== undefined) return inspectToken(token, judge);
  const capture = parseCapture(bytes);
  if (capture) return inspectRequest(capture, judge);
  const json = jsonIn(text);
  const subscription = subscriptionIn(json);
  if (subscription !== undefined) return inspectSubscription(subscription, judge);
  const why =
    text.trim() === ''
      ? 'is empty'
      : json === undefined && /^\s*[{[]/.test(text)
        ? 'looks like JSON, but is not whole'
        : 'is none of what can be inspected';
  throw new CliError(
    `${name} ${why}: JSON of a subscription, a token or Authorization field, or a `
      + 'captured request (HTTP text, or JSON with url, headers and body) is wanted',
  );
}

async function run(args: Args, terminal: Terminal): Promise<number> {
  const [operand = '-'] = args.operands;
  const judge: Judge = {
    now: readInstant('at', args.text('at')) ?? Date.now(),
    endpoints: readEndpoints(args),
    audience: readAudience(args.text('audience')),
  };
  const bytes = await readThing(operand, terminal);
  const name = operand === '-' || isFile(operand) ? called(operand) : 'The operand';
  const report = await examine(bytes, name, judge);
  const found = tally(report);
  if (args.has('json')) {
    const { kind, sections } = report;
    terminal.print(
      JSON.stringify({ kind, ok: found.wrong === 0, ...found, sections }, undefined, 2),
    );
  } else printReport(report, terminal);
  if (found.wrong > 0)
    throw new CliError(`${many(found.wrong, 'thing')} wrong with this ${report.kind}: see above`);
  if (!args.has('json')) {
    terminal.print(
      found.doubt ? `Nothing is wrong; ${many(found.doubt, 'doubt')}.` : 'Nothing is wrong.',
    );
  }
  return 0;
}

export const inspect: Verb = {
  name: 'inspect',
  synopsis: ['subtle-push inspect [options] [THING]'],
  about: [
    'Explains, field by field, what is right and what is wrong with a subscription, a VAPID '
      + 'token or '
      + 'Authorization field, or a captured request (HTTP text, or JSON with url, headers and '
      + 'body), '
      + 'and which push services would refuse it. THING is a file or the thing itself; without it, '
      + 'standard input. No secret of it is shown. The exit status is 1 when something is wrong.',
  ],
  operands: ['the thing or a file with it'],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'endpoints',
          value: 'POLICY',
          help: 'the policy that the endpoint must keep: public (default), known or any',
        },
        {
          name: 'audience',
          value: 'ORIGIN',
          help: 'the origin that the token must be for; default: that of the request',
        },
        {
          name: 'at',
          value: 'TIME',
          help: 'judge times as if it were then, such as 2030-01-31T12:00:00Z',
        },
        { name: 'json', help: 'the same as JSON' },
      ],
    },
  ],
  examples: [
    [
      'A subscription from a database',
      'psql -Atc "select subscription from ..." | subtle-push inspect',
    ],
    [
      'A token, for a service',
      'subtle-push inspect --audience https://web.push.apple.com \\\n  "vapid t=..., k=..."',
    ],
    [
      'What went over the wire, as it was then',
      'subtle-push inspect --at 2030-01-31T12:00:00Z request.http',
    ],
  ],
  run,
};
