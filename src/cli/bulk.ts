/** `subtle-push send --subscriptions`: one push to each of many, and a result for every row. */
import { sendMany } from '../send_many.ts';
import type { Progress, SendManyOptions } from '../send_many.ts';
import type { Bytes } from '../types.ts';
import type { Args } from './args.ts';
import { closeAll, openFiles } from './bulk_files.ts';
import { createRun, noteOutcome, rowsToSend, viewOf } from './bulk_run.ts';
import type { Run } from './bulk_run.ts';
import { printSummary } from './bulk_summary.ts';
import { misuse } from './failure.ts';
import { readSpan, readWhole } from './input.ts';
import { readPayload } from './payload_source.ts';
import { showProgress } from './progress.ts';
import type { Row } from './rows.ts';
import { openNetwork, optionError, readSending } from './send_options.ts';
import { listenForSignals } from './signals.ts';
import type { Terminal } from './term.ts';
import { openVapid } from './vapid_source.ts';

function readLimits(args: Args): Partial<SendManyOptions<Row>> {
  const whole = (name: string): number | undefined => {
    const value = readWhole(name, args.text(name));
    if (value === 0) throw misuse(`--${name} must be 1 or more`);
    return value;
  };
  return {
    concurrency: whole('concurrency'),
    perOrigin: whole('per-origin'),
    attempts: whole('attempts'),
    lookahead: whole('lookahead'),
    patience: readSpan('patience', args.text('patience'), 'ms'),
  };
}

/** The payload for all rows, where the command line has one. */
async function sharedPayload(
  args: Args,
  terminal: Terminal,
  most: number,
): Promise<Bytes | null | undefined> {
  const [text] = args.operands;
  const file = args.text('payload-file');
  if (text === undefined && file === undefined) return args.has('no-payload') ? null : undefined;
  if (args.has('no-payload'))
    throw misuse('--no-payload excludes a payload; leave one of them out');
  if (file === '-' && args.text('subscriptions') === '-') {
    throw misuse('Standard input is the --subscriptions: give the payload in a file');
  }
  return readPayload({ text, file, option: 'payload-file' }, terminal, most);
}

async function sendAll(
  run: Run,
  source: AsyncIterable<Row>,
  options: SendManyOptions<Row>,
): Promise<void> {
  const onProgress = (progress: Progress): void => void (run.progress = progress);
  const { signal } = run.stop;
  try {
    for await (const outcome of sendMany(source, { ...options, signal, onProgress })) {
      const full = noteOutcome(run, outcome);
      if (full) await full;
    }
  } catch (error) {
    if (!(signal.aborted && error === signal.reason && run.stop.asked())) throw optionError(error);
  }
}

/** Answers the exit status. */
export async function runBulk(args: Args, terminal: Terminal): Promise<number> {
  const { coding, request, timeout } = readSending(args);
  const limits = readLimits(args);
  const payload = await sharedPayload(args, terminal, coding.maxPayload);
  const vapid = await openVapid(args, terminal);
  const fetch = await openNetwork(args);
  const stop = listenForSignals();
  const closeNetwork = (): Promise<void> => fetch.close({ timeout: 1000 });
  const files = await openFiles(args, terminal, stop.abort).catch(async (error: unknown) => {
    await closeAll([closeNetwork, stop.close]);
    throw error;
  });
  const run = createRun(files, stop, payload !== undefined);
  const display = showProgress(terminal, () => viewOf(run));
  stop.onAsked(() =>
    display.say('Stopping when what is in flight has its answer; once more to stop at once'),
  );
  try {
    await sendAll(run, rowsToSend(run), {
      ...request,
      ...limits,
      vapid,
      timeout,
      fetch,
      payload,
    });
  } finally {
    await closeAll([closeNetwork, stop.close, display.end, files.close]);
  }
  return printSummary(run, args, terminal);
}
