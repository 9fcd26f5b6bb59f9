/**
 * ./client as pages and service workers compile it: with the DOM library alone, with the WebWorker
 * library alone, libraries checked too, and the browser's objects as they are: no cast.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { manifest } from './project.ts';

const run = promisify(execFile);

const PAGE = `
import { pushSupport, subscribe, sync, unsubscribe } from 'subtle-push/client';
import type { HostLike, PushSupport, Subscription } from 'subtle-push/client';

const save = (subscription: Subscription, previous?: Subscription): Promise<Response> =>
  fetch('/row', { method: 'PUT', body: JSON.stringify({ subscription, previous }) });

export async function page(button: HTMLButtonElement): Promise<void> {
  const registration = await navigator.serviceWorker.register('/worker.js');
  const host: HostLike = globalThis;
  const support: PushSupport = pushSupport();
  button.disabled = support === 'denied' || pushSupport(host) === 'unsupported';
  button.addEventListener('click', () => {
    void subscribe(registration, { publicKey: 'B', save, account: undefined });
  });
  const synced: Subscription | undefined = await sync(await navigator.serviceWorker.ready, {
    publicKey: async () => (await fetch('/key')).text(), save,
  });
  const remove = ({ endpoint }: Subscription): Promise<Response> =>
    fetch('/row', { method: 'DELETE', body: endpoint });
  const done: boolean = await unsubscribe(registration, { remove });
  console.log(done, synced?.keys?.auth);
}
`;

const WORKER = `
import { onClick, onPush, onSubscriptionChange, subscribe, sync } from 'subtle-push/client';
import type { HostLike, NotificationContent } from 'subtle-push/client';

declare const self: ServiceWorkerGlobalScope;
export const host: HostLike = self;
const options = {
  publicKey: 'B',
  save: (row: object) => fetch('/row', { method: 'PUT', body: JSON.stringify(row) }),
};

self.addEventListener('push', (event) => onPush(event, async (data, notification) => {
  const bytes: ArrayBuffer | undefined = data?.arrayBuffer();
  const { title } = data?.json() ?? {};
  return notification ?? { title, body: \`\${bytes?.byteLength}\`, navigate: '/x', actions: [] };
}, { title: 'Neu' }));
self.addEventListener('push', (event) => onPush(event));
self.addEventListener('pushsubscriptionchange', (event) => onSubscriptionChange(event, options));
self.addEventListener('notificationclick', (event) => onClick(event));
self.addEventListener('notificationclick', (event) => onClick(event, ({ action, content }) => {
  const shown: Partial<NotificationContent> = content;
  return action === 'later' ? null : shown.navigate;
}));
self.addEventListener('activate', (event) => event.waitUntil(sync(self.registration, options)));
self.addEventListener('message', (event) => {
  event.waitUntil(subscribe(self.registration, options, self));
});
`;

const COMPILERS = {
  'TypeScript': resolve('node_modules/typescript/bin/tsc'),
  'TypeScript 5.4': resolve('test/runtimes/node_modules/typescript-5.4/bin/tsc'),
};
const PROGRAMS = {
  'a page, with the DOM library alone': [PAGE, ['es2022', 'dom']],
  'a service worker, with the WebWorker library alone': [WORKER, ['es2022', 'webworker']],
} as const;

const FLAGS = {
  target: 'es2022', module: 'esnext', moduleResolution: 'bundler', types: [], strict: true,
  noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
};

const folder = mkdtempSync(join(tmpdir(), 'subtle-push-client-types-'));
const own = join(folder, 'node_modules', manifest.name);

const types = suite('client types');
types.before(() => {
  cpSync('dist', join(own, 'dist'), { recursive: true });
  cpSync('package.json', join(own, 'package.json'));
});
types.after(() => {
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
async function compile(tsc: string, program: string, lib: readonly string[]): Promise<string> {
  const place = join(folder, `program-${count++}`);
  mkdirSync(place);
  writeFileSync(join(place, 'program.ts'), program);
  const compilerOptions = { ...FLAGS, lib };
  writeFileSync(join(place, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const failed = await run(process.execPath, [tsc, '-p', place]).then(
    () => '', ({ stdout }) => `${stdout}`,
  );
  return failed.replaceAll(folder, '');
}

for (const [version, tsc] of Object.entries(COMPILERS)) {
  for (const [title, [program, lib]] of Object.entries(PROGRAMS)) {
    const name = `${version}: ${title}`;
    if (!existsSync(tsc)) skip(types, name, 'not installed here; npm ci --prefix test/runtimes');
    else types(name, async () => {
      assert.is(await compile(tsc, program, lib), '');
    });
  }
}

types('what does not fit is refused', async () => {
  const wrong = "import { subscribe } from 'subtle-push/client'; void subscribe({}, { save: 1 });";
  assert.match(await compile(COMPILERS.TypeScript, wrong, ['es2022', 'dom']), /TS2/);
});

types.run();
