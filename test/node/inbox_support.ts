/** `subtle-push serve` as a process, for tests of the inbox. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { get, request as requestHttp, type IncomingHttpHeaders } from 'node:http';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Detail, LiveEvent, SubscriptionView } from '../../src/inbox/types.ts';
import { buildCommand, type Command } from './cli_support.ts';

export interface Served {
  readonly http: string;
  readonly https: string;
  readonly ca: string;
  readonly caFile: string;
  /** What it has printed: the greeting, or with --json the pushes. */
  readonly out: () => string;
  readonly act: (name: string, input?: object) => Promise<Response>;
  readonly subscribe: (input?: object) => Promise<SubscriptionView>;
  readonly detail: (id: number) => Promise<Detail>;
  /** Ends it. Answers its exit status. */
  readonly close: () => Promise<number | null>;
}

/** Builds the command with its page. */
export async function buildServe(): Promise<Command> {
  const command = await buildCommand();
  const { buildInbox } = await import(pathToFileURL(resolve('build_inbox.js')).href);
  await buildInbox(join(command.folder, 'dist', 'inbox'));
  return command;
}

/** Milliseconds after which it has hung. */
const LIMIT = 60_000;

export async function startServe(command: Command, args: readonly string[] = []): Promise<Served> {
  const words = [
    command.main,
    'serve',
    '--port',
    '0',
    '--tls-port',
    '0',
    '--dir',
    command.path('certificate'),
  ];
  const child = spawn(process.execPath, [...words, ...args], {
    env: { PATH: process.env['PATH'] ?? '' },
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LIMIT);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  void ended.then(() => clearTimeout(timer));
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => void (out += chunk));
  const greeted = new Promise<RegExpExecArray>((done, failed) => {
    const look = (): void => {
      const found = /Push service +(\S+) and (https:[^\s,]+)[^]*Authority +(.+)\n[^]*Ctrl-C/.exec(
        out + err,
      );
      if (found) done(found);
    };
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
      look();
    });
    child.stdout.on('data', look);
    void ended.then((status) => failed(new Error(`serve ended with ${status}: ${err}`)));
  });
  const [, http = '', https = '', caFile = ''] = await greeted;
  const act = (name: string, input: object = {}): Promise<Response> =>
    fetch(`${http}/inbox/api/${name}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Origin: http },
      body: JSON.stringify(input),
    });
  return {
    http,
    https,
    caFile,
    ca: readFileSync(caFile, 'utf8'),
    out: () => out,
    act,
    subscribe: async (input = { tls: false }) => (await act('subscribe', input)).json(),
    detail: async (id) => (await fetch(`${http}/inbox/api/push?id=${id}`)).json(),
    close: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

export interface Live {
  readonly events: readonly LiveEvent[];
  /** Resolves when `found` answers something. */
  readonly until: <T>(found: (events: readonly LiveEvent[]) => T | undefined) => Promise<T>;
  readonly close: () => void;
}

/** The live connection of a page. */
export function openLive(served: Pick<Served, 'http'>): Promise<Live> {
  const events: LiveEvent[] = [];
  const waiting = new Set<() => void>();
  let text = '';
  return new Promise((done, failed) => {
    const request = get(`${served.http}/inbox/api/live`, (response) => {
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        events.push(
          ...blocks
            .filter((block) => block.startsWith('data: '))
            .map((block): LiveEvent => JSON.parse(block.slice(6))),
        );
        for (const look of waiting) look();
      });
      done({
        events,
        until: (found) =>
          new Promise((resolveFound) => {
            const look = (): void => {
              const value = found(events);
              if (value === undefined) return;
              waiting.delete(look);
              resolveFound(value);
            };
            waiting.add(look);
            look();
          }),
        close: () => request.destroy(),
      });
    });
    request.on('error', failed);
  });
}

export interface Answered {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A request with any header fields, Host and Origin too, which fetch would not send. */
export function raw(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  method: string = 'GET',
  body?: string | Uint8Array,
): Promise<Answered> {
  return new Promise((done, failed) => {
    const request = requestHttp(url, { method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => void (text += chunk));
      response.on('end', () =>
        done({ status: response.statusCode, headers: response.headers, text }),
      );
    });
    request.on('error', failed).end(body);
  });
}
