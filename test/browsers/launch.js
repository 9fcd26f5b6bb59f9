/** Starts the system's browsers, each with a home and profile of its own, and ends them. */
import { spawn } from 'node:child_process';
import {
  accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connectCdp } from './cdp.js';

const running = new Map();

/** The first of these commands that there is. */
export function find(...names) {
  for (const name of names) {
    for (const folder of (process.env.PATH ?? '').split(delimiter)) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch { /* not here */ }
    }
  }
  return undefined;
}

export const binaries = {
  firefox: () => find('firefox-esr', 'firefox'),
  chromium: () => find('chromium', 'chromium-browser', 'google-chrome'),
};

/** Ends a process with its children, at once: the profile is thrown away. */
function end(child) {
  running.delete(child);
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch { /* gone */ }
}

function endAll() {
  for (const [child, folder] of running) {
    end(child);
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch { /* a dying child still writes there */ }
  }
}
process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}

function start(command, args, { folder, env, fds = [] }) {
  const child = spawn(command, args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...fds],
    env: {
      PATH: process.env.PATH, LANG: 'C.UTF-8', HOME: folder, TMPDIR: folder,
      XDG_RUNTIME_DIR: folder, DBUS_SESSION_BUS_ADDRESS: 'disabled:', ...env,
    },
  });
  running.set(child, folder);
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      // Chromium's complaints of the missing D-Bus would push the rest out.
      log = `${log}${chunk.replace(/^.*dbus.*$\n?/gm, '')}`.slice(-8192);
    });
  }
  child.on('error', () => running.delete(child));
  let isQuitting = false;
  const gone = new Promise((resolve) => child.once('close', resolve));
  /** Rejects when it ends by itself. */
  const crashed = gone.then(() => isQuitting
    ? new Promise(() => {})
    : Promise.reject(new Error(`The browser has ended: ${child.exitCode ?? child.signalCode}`)));
  crashed.catch(() => {});
  const close = async () => {
    const alive = child.exitCode === null && child.signalCode === null;
    end(child);
    if (alive) await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  };
  /** Lets it close as if its user had closed it; the profile stays for another start. */
  const quit = async () => {
    isQuitting = true;
    child.kill('SIGTERM');
    await gone;
    end(child);
    return folder;
  };
  return { child, crashed, close, quit, log: () => `${log}${crashReason(folder)}` };
}

/** What Firefox says of its own crash. */
function crashReason(folder) {
  const dumps = join(folder, 'minidumps');
  if (!existsSync(dumps)) return '';
  const extras = readdirSync(dumps).filter((name) => name.endsWith('.extra'));
  return extras.map((name) => {
    const { MozCrashReason, ProcessType = 'parent' } = JSON.parse(readFileSync(join(dumps, name)));
    return `crashed (${ProcessType}): ${MozCrashReason}\n`;
  }).join('');
}

const makeFolder = () => mkdtempSync(join(tmpdir(), 'subtle-push-browser-'));

function startFirefox({ firefox }, url, folder) {
  const lines = Object.entries({ ...QUIET_FIREFOX, ...firefox.preferences })
    .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  writeFileSync(join(folder, 'user.js'), lines.join(''));
  const args = ['--headless', '--no-remote', '--profile', folder, url];
  return start(binaries.firefox(), args, { folder, env: firefox.env });
}

/** No first-run pages, updates or reports: speed, and nothing to contact. */
const QUIET_FIREFOX = {
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'browser.aboutwelcome.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'app.update.enabled': false,
  'extensions.update.enabled': false,
  'browser.safebrowsing.downloads.remote.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};

function startChromium({ chromium }, url, folder) {
  if (!existsSync(join(folder, 'Default'))) {
    mkdirSync(join(folder, 'Default'));
    writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(chromium.preferences));
  }
  const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [
    '--headless', ...sandbox, `--user-data-dir=${folder}`, '--disable-gpu',
    '--remote-debugging-pipe', ...chromium.args, url,
  ];
  const started = start(binaries.chromium(), args, { folder, fds: ['pipe', 'pipe'] });
  const [, , , input, output] = started.child.stdio;
  return { ...started, cdp: connectCdp(input, output) };
}

/** `browsers`: what attachBrowsers answered. `folder`: a profile that is there already. */
export function launch(name, browsers, url, folder = makeFolder()) {
  const start = name === 'firefox' ? startFirefox : startChromium;
  return start(browsers, url, folder);
}
