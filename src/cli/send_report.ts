/** What a push service answered and what to do about it, for a person. */
import type { Accepted } from '../answer.ts';
import type { PushError } from '../errors.ts';
import { nextStep } from '../retry.ts';
import type { Attempt } from '../send.ts';
import { count, span, table } from './layout.ts';
import { harmless } from './term.ts';
import type { Terminal } from './term.ts';

/** Words that could be tokens, keys or endpoints: a push service may repeat what it was sent. */
const SECRET = /[\w.~%+/=-]{28,}/g;

/** A stranger's words, for a terminal and for logs. */
export function quoted(detail: string): string {
  return harmless(detail).replace(SECRET, '...').slice(0, 400);
}

export function printSuccess(
  { status, ttl, location, receipt, id }: Accepted,
  attempt: Attempt | undefined,
  { paint, print, columns }: Terminal,
): void {
  print(
    `${paint.green(paint.bold('Accepted'))} with ${status} by `
      + `${attempt?.origin ?? 'the push service'}`,
  );
  const rows = [
    ...(ttl === undefined ? [] : [['kept for', `${span(ttl)} at most`]]),
    ...(id === undefined ? [] : [['id', `${id} (for support tickets)`]]),
    ...(location === undefined
      ? []
      : [['location', 'given, to take the message back; --json shows it']]),
    ...(receipt === undefined
      ? []
      : [['receipt', 'given, for --receipt-subscription; --json shows it']]),
    ...(attempt
      ? [['sent', `${count(attempt.bytes)} bytes in ${count(attempt.milliseconds)} ms`]]
      : []),
  ];
  for (const line of table(rows, { columns, indent: 2 })) print(line);
  print('The push service has taken the message; that is no proof that a device has it.');
}

/** Advice by code, where `nextStep` says no more than that a person should look. */
const REPORTS: ReadonlyMap<string, string> = new Map([
  ['ERR_PAYLOAD_TOO_LARGE', 'Send less: 2,912 bytes reach every device.'],
  ['ERR_REJECTED', 'Look at the request: the same one will get the same answer.'],
  [
    'ERR_ADDRESS_REFUSED',
    'Keep the subscription and look at its name: it resolves to an address that a '
      + 'server must not call. For a service of your own use --addresses any.',
  ],
  ['ERR_EXPIRED', 'Let it go, or give a later --expires.'],
]);

function advice(error: PushError, publicKey: string | undefined): string {
  const step = nextStep(error, 1);
  switch (step.do) {
    case 'retry': {
      const when =
        error.retryAfter === undefined
          ? 'Try again in a moment'
          : `Try again in ${span(Math.max(1, Math.ceil(step.delay / 1000)))}`;
      const twice = error.sent === 'maybe' ? '; the message may have been taken all the same' : '';
      return `${when}${twice}. Keep the subscription.`;
    }
    case 'delete':
      return 'Delete the subscription: it is of no more use.';
    case 'resubscribe':
      return `Delete the subscription, and let the page subscribe anew with `
        + `${publicKey ?? 'this key'}.`;
    case 'stop':
      return "Keep the subscription. Look at the VAPID keys, the subject and this machine's clock.";
    case 'report':
      return REPORTS.get(error.code) ?? 'Look into it.';
  }
}

export function printFailure(
  error: PushError,
  attempt: Attempt | undefined,
  publicKey: string | undefined,
  { paint, print, columns }: Terminal,
): void {
  const { status, reason, detail, retryAfter, code } = error;
  const by = error.origin ?? attempt?.origin;
  const unsent = error.sent === 'maybe' ? 'Sent without an answer' : 'Not sent';
  const head = status === undefined ? unsent : `Refused with ${status}`;
  const whom = by === undefined ? '' : ` ${status === undefined ? 'to' : 'by'} ${by}`;
  print(`${paint.red(paint.bold(head))}${whom}`);
  const words = detail === undefined ? undefined : quoted(detail);
  const rows = [
    ['code', code],
    ...(reason === undefined ? [] : [['reason', reason]]),
    ...(words === undefined || words === reason ? [] : [['answer', words]]),
    ...(retryAfter === undefined ? [] : [['wait', `${span(retryAfter / 1000)}, it says`]]),
    ['to do', advice(error, publicKey)],
  ];
  for (const line of table(rows, { columns, indent: 2 })) print(line);
}
