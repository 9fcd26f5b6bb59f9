/** Starts a browser of the system with a profile of its own, and waits until it is closed. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const NAMES = {
  firefox: ['firefox', 'firefox-esr'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
};

function find(names) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What each must be told to take its pushes from here: see the guide on testing. */
const PREPARE = {
  firefox({ preferences, env }, folder, url) {
    const lines = Object.entries(preferences).map(([name, value]) =>
      `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
    writeFileSync(join(folder, 'user.js'), lines.join(''));
    return { args: ['--no-remote', '--profile', folder, url], env };
  },
  chromium({ args, preferences }, folder, url) {
    mkdirSync(join(folder, 'Default'));
    writeFileSync(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    return { args: [...args, ...sandbox, `--user-data-dir=${folder}`, url], env: {} };
  },
};

export async function openBrowser(browsers, url, wanted) {
  const kind = wanted ?? Object.keys(NAMES).find((name) => find(NAMES[name]));
  const binary = kind && find(NAMES[kind] ?? []);
  if (!binary) {
    throw new Error('No Firefox or Chromium was found: install one, or use --online and your own');
  }
  const folder = mkdtempSync(join(tmpdir(), 'subtle-push-example-'));
  const { args, env } = PREPARE[kind](browsers[kind], folder, url);
  // A group of its own, to be ended with all its children.
  const child = spawn(binary, args, {
    env: { ...process.env, ...env }, stdio: 'ignore', detached: true,
  });
  process.on('exit', () => {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch { /* it is closed */ }
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit());
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  if (code) throw new Error(`${binary} ended with ${code}: without a display, use --online`);
}
