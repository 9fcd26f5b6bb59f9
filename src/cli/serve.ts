/** `subtle-push serve`: a push service on this machine, and its inbox. */
import type { Handler } from '../lib/node/bridge.ts';
import { createInbox } from '../lib/node/inbox/inbox.ts';
import type { Inbox } from '../lib/node/inbox/inbox.ts';
import { denyPush } from '../lib/node/inbox/guard.ts';
import { replyDenied } from '../lib/node/inbox/reply.ts';
import { pageListener, readAssets, toJson } from '../lib/node/inbox/routes.ts';
import { addOwn } from '../lib/node/inbox/subscriptions.ts';
import { cacheFolder, keepCertificate } from '../lib/node/kept_certificate.ts';
import type { Kept } from '../lib/node/kept_certificate.ts';
import { serve as serveHandler } from '../lib/node/listen.ts';
import type { Before, Listening, ListenOptions } from '../lib/node/listen.ts';
import { property } from '../lib/bytes.ts';
import { coreOf, listenAt } from '../lib/service/core.ts';
import { createPushService } from '../service.ts';
import type { Args, Verb } from './args.ts';
import { CliError, fileError, misuse } from './failure.ts';
import { readWhole, readWord } from './input.ts';
import { explain } from './serve_detail.ts';
import { greeting } from './serve_greeting.ts';
import { listenForSignals } from './signals.ts';
import type { Terminal } from './term.ts';

const VENDORS = ['fcm', 'mozilla', 'apple', 'wns', 'ntfy'] as const;
const HTTP_PORT = 8030;
const HTTPS_PORT = 8031;
/** Pushes that are kept, unless told otherwise, and at most. */
const KEEP = 10_000;
const MAX_KEEP = 100_000;

interface Settings {
  readonly port: number;
  readonly tlsPort: number;
  readonly host: string;
  readonly keep: number;
  readonly folder: string;
}

function readPort(args: Args, name: string, usual: number): number {
  const port = readWhole(name, args.text(name)) ?? usual;
  if (port <= 65_535) return port;
  throw misuse(`--${name} must be a port, 1 to 65535, or 0 for any that is free`);
}

function readSettings(args: Args, { env }: Terminal): Settings {
  const keep = readWhole('keep', args.text('keep')) ?? KEEP;
  if (keep < 1 || keep > MAX_KEEP) throw misuse('--keep must be 1 to 100000 pushes');
  const host = args.text('host') ?? 'localhost';
  if (!/^[\w.:%-]{1,253}$/.test(host))
    throw misuse('--host must be a name or address without port, such as 0.0.0.0');
  return {
    host,
    keep,
    port: readPort(args, 'port', HTTP_PORT),
    tlsPort: readPort(args, 'tls-port', HTTPS_PORT),
    folder: args.text('dir') ?? cacheFolder(env),
  };
}

/** Addresses that mean every address of the machine, and are none to call. */
const ANY = ['0.0.0.0', '::'];

async function keep(folder: string, host: string): Promise<Kept> {
  const names = ['localhost', '127.0.0.1', '::1', ...(ANY.includes(host) ? [] : [host])];
  try {
    return await keepCertificate(folder, [...new Set(names)]);
  } catch (error) {
    throw fileError(`Cannot keep a certificate in ${folder}`, error);
  }
}

/** Listens, or says which port is taken and what to do. */
async function open(
  handler: Handler,
  before: Before,
  options: ListenOptions,
  option: string,
): Promise<Listening> {
  try {
    const listening = await serveHandler(handler, { ...options, before });
    const url = new URL(listening.url);
    if (ANY.includes(options.host ?? '')) url.hostname = 'localhost';
    return { ...listening, url: url.origin };
  } catch (error) {
    const code = property(error, 'code');
    const where = `${options.host}:${options.port}`;
    if (code === 'EADDRINUSE')
      throw new CliError(
        `${where} is in use: give another port with --${option}, or end what listens there`,
      );
    throw new CliError(
      `Cannot listen at ${where} (${String(code)}): give another --host or --${option}`,
    );
  }
}

/** What serves: both listeners, whose requests go to the inbox or else to the push service. */
interface Running {
  readonly inbox: Inbox;
  readonly close: () => Promise<void>;
}

interface Listeners {
  readonly plain: Listening;
  readonly secure: Listening;
}

/** Both, or none. */
async function listenTwice(
  handler: Handler,
  before: Before,
  { host, port, tlsPort }: Settings,
  tls: Kept,
): Promise<Listeners> {
  const plain = await open(handler, before, { host, port }, 'port');
  try {
    const secure = await open(handler, before, { host, port: tlsPort, tls }, 'tls-port');
    return { plain, secure };
  } catch (error) {
    await plain.close();
    throw error;
  }
}

/** What comes before the push service: the page, and what another site's page sends. */
function gate(page: () => Before | undefined): Before {
  return (request, response, protocol) => {
    if (page()?.(request, response, protocol)) return true;
    const denied = denyPush(request);
    if (denied) replyDenied(response, denied);
    return denied !== undefined;
  };
}

async function start(settings: Settings, args: Args, terminal: Terminal): Promise<Running> {
  const imitate = readWord('imitate', args.text('imitate'), VENDORS);
  const vapid = readWord('vapid', args.text('vapid'), ['required', 'optional'] as const);
  const service = createPushService({ imitate, vapid });
  const kept = await keep(settings.folder, settings.host);
  let [page, handle]: [Before | undefined, Handler] = [undefined, service.handle];
  // Its addresses are known when it listens, and requests may come from then on.
  const before = gate(() => page);
  const handler: Handler = (request) => handle(request);
  const { plain, secure } = await listenTwice(handler, before, settings, kept);
  for (const { url } of [plain, secure]) listenAt(coreOf(service), url);
  const [http, https] = [plain.url, secure.url];
  const inbox = await createInbox(service, {
    about: { service: imitate ?? 'rfc8030', http, https, ca: kept.caFile, keep: settings.keep },
    explain,
    told: args.has('json') ? (record) => terminal.print(JSON.stringify(toJson(record))) : undefined,
  });
  await addOwn(inbox.subscriptions, { origin: https, name: '', key: undefined });
  handle = inbox.handle;
  page = pageListener(inbox, readAssets(new URL('../inbox/', import.meta.url)));
  const close = async (): Promise<void> => {
    inbox.close();
    await Promise.all([plain.close(), secure.close()]);
  };
  return { inbox, close };
}

async function run(args: Args, terminal: Terminal): Promise<number> {
  const stop = listenForSignals();
  const settings = readSettings(args, terminal);
  const { inbox, close } = await start(settings, args, terminal);
  // With --json standard output is for machines alone.
  const say = args.has('json') ? terminal.note : terminal.print;
  for (const line of greeting(inbox, settings.host, terminal)) say(line);
  await new Promise<void>((resolve) => {
    stop.onAsked(resolve);
    if (stop.asked()) resolve();
  });
  await close();
  stop.close();
  return 0;
}

export const serve: Verb = {
  name: 'serve',
  synopsis: ['subtle-push serve [options]'],
  about: [
    'Runs a push service on this machine and shows what comes: decrypted, with every field, the '
      + 'token and the body taken apart, and what each vendor would say. Any server, in any '
      + 'language, can push to it. Subscriptions are made on its page; all is in memory and gone '
      + 'when it ends.',
  ],
  operands: [],
  groups: [
    {
      title: 'Options',
      options: [
        { name: 'port', value: 'PORT', help: 'for http, default 8030; 0 is any that is free' },
        { name: 'tls-port', value: 'PORT', help: 'for https, default 8031' },
        {
          name: 'host',
          value: 'HOST',
          help:
            'where to listen, default this machine alone; 0.0.0.0 is everywhere, and whoever '
            + 'reaches it can read the inbox',
        },
        {
          name: 'imitate',
          value: 'VENDOR',
          help: 'be as strict as, and answer like: fcm, mozilla, apple, wns or ntfy',
        },
        {
          name: 'vapid',
          value: 'WHEN',
          help:
            'required: every push needs a token; optional: only one to a subscription made with '
            + 'a key',
        },
        { name: 'keep', value: 'N', help: 'pushes that are kept, default 10000' },
        {
          name: 'dir',
          value: 'DIR',
          help: "where the certificate is kept, default a folder in the user's cache",
        },
        { name: 'json', help: 'print every push as a line of JSON' },
      ],
    },
  ],
  examples: [
    ['See your own pushes', 'subtle-push serve'],
    ['As strict as Apple', 'subtle-push serve --imitate apple'],
    ['Wait for a push in a script', 'subtle-push serve --json | head -n 1'],
  ],
  run,
};
