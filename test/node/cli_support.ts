/** What the tests of the command share: the command itself, built as it is now, and its processes. */
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { build } from 'esbuild';
import { runCommand } from '../../src/cli/command.ts';

/** A process that has ended. */
export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly bytes: Buffer;
  readonly err: string;
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** Resolves when standard error has such text; rejects when the process ends without it. */
  readonly says: (text: RegExp) => Promise<void>;
  readonly closeOut: () => void;
}

export interface RunOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Leaves standard input open behind the input. */
  readonly hold?: true | undefined;
  /** Arguments of Node's own. */
  readonly node?: readonly string[] | undefined;
}

export interface Command {
  readonly folder: string;
  readonly main: string;
  readonly start: (args: readonly string[], options?: RunOptions) => Running;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Ended>;
  /** Writes a file, answers its path. */
  readonly file: (name: string, data: string | Uint8Array) => string;
  readonly path: (name: string) => string;
  /** Ends what still runs and takes the folder away. */
  readonly close: () => void;
}

/**
 * The same without a process of its own, which takes a tenth of the time. What a process alone has
 * (signals, terminals, pipes, the exit status as the system sees it) needs `Command.run`.
 */
export async function call(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const out: Uint8Array[] = [];
  let err = '';
  const status = await runCommand(args, {
    stdin: Readable.from([Buffer.from(options.input ?? '')]),
    stdout: { write: (text) => out.push(Buffer.from(text)), on: () => undefined },
    stderr: { write: (text) => (err += String(text)), on: () => undefined },
    env: options.env ?? {},
  });
  const bytes = Buffer.concat(out);
  return { status, signal: null, out: bytes.toString(), bytes, err };
}

/** Milliseconds after which a process that hangs is ended. */
const LIMIT = 50_000;

/** Nothing of the user's own environment but what a process needs. */
const BASE = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent', TZ: 'UTC' };

/** Builds the command into a folder of its own, beside a copy of package.json. */
export async function buildCommand(): Promise<Command> {
  mkdirSync('.tmp', { recursive: true });
  const folder = resolve(mkdtempSync(join('.tmp', 'cli-')));
  await build({
    entryPoints: ['src/cli/main.ts'], outdir: join(folder, 'dist', 'cli'), bundle: true,
    splitting: true, format: 'esm', platform: 'node', target: 'es2022', charset: 'utf8',
    logLevel: 'silent',
  });
  copyFileSync('package.json', join(folder, 'package.json'));
  const main = join(folder, 'dist', 'cli', 'main.js');
  const alive = new Set<Running>();
  const start: Command['start'] = (args, options = {}) => {
    const running = launch([...(options.node ?? []), main, ...args], folder, options);
    alive.add(running);
    running.ended.finally(() => alive.delete(running));
    return running;
  };
  const path = (name: string): string => join(folder, name);
  return {
    folder, main, start, path,
    run: (args, options) => start(args, options).ended,
    file: (name, data) => {
      writeFileSync(path(name), data);
      return path(name);
    },
    close: () => {
      for (const running of alive) running.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function launch(args: readonly string[], cwd: string, { input, env, hold }: RunOptions): Running {
  const child = spawn(process.execPath, args, { cwd, env: { ...BASE, ...env } });
  const out: Buffer[] = [];
  let err = '';
  const waiting = new Set<() => void>();
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  child.stdout.on('data', (chunk: Buffer) => void out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
    for (const look of waiting) look();
  });
  // Who does not read its input to the end breaks the pipe.
  child.stdin.on('error', () => undefined);
  if (hold) child.stdin.write(input ?? '');
  else child.stdin.end(input ?? '');
  const ended = new Promise<Ended>((done, failed) => {
    child.once('error', failed);
    child.once('close', (status, signal) => {
      clearTimeout(timer);
      const bytes = Buffer.concat(out);
      done({ status, signal, out: bytes.toString(), bytes, err });
      for (const look of waiting) look();
    });
  });
  return {
    pid: child.pid ?? 0, ended,
    kill: (signal) => void child.kill(signal),
    closeOut: () => child.stdout.destroy(),
    says: (text) => new Promise<void>((done, failed) => {
      const look = (): void => {
        if (text.test(err)) done();
        else if (child.exitCode !== null || child.signalCode !== null) failed(new Error(`Ended: ${err}`));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    }),
  };
}
