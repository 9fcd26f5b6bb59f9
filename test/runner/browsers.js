/** Browsers without a driver: the page runs the bundle and posts what it gave to a local server. */
import { createServer } from 'node:http';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { kill, pause, start } from './process.js';

const onPath = (name) =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find((file) => existsSync(file));
const first = (...names) => names.map(onPath).find((file) => file);

function miniBrowser() {
  const places = ['x86_64', 'aarch64'].map(
    (cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1/MiniBrowser`,
  );
  return onPath('Xvfb') && places.find((file) => existsSync(file));
}

export const browsers = {
  chromium: {
    binary: () => first('chromium', 'chromium-browser', 'google-chrome'),
    install: 'apt-get install chromium',
    launch: chromium,
  },
  firefox: {
    binary: () => first('firefox-esr', 'firefox'),
    install: 'apt-get install firefox-esr',
    launch: firefox,
  },
  webkit: {
    binary: miniBrowser,
    install: 'apt-get install libwebkit2gtk-4.1-0 xvfb',
    launch: webkit,
  },
};

const PAGE = `<!doctype html><meta charset="utf-8"><title>subtle-push</title>
<script>
  const post = (path, body) => fetch(path, { method: 'POST', body });
  const crash = (error, text) => post('/crash', text + '\\n' + (error && error.stack || ''));
  addEventListener('error', (event) => crash(event.error, event.message));
  addEventListener('unhandledrejection', ({ reason }) => {
    crash(reason, 'Unhandled rejection: ' + reason);
  });
</script>
<script type="module">
  let told = '';
  const progress = (name) => {
    // One message at a time, and the last one counts.
    if (!told) setTimeout(() => { post('/progress', told).catch(() => {}); told = ''; }, 200);
    told = name;
  };
  try {
    // Not a static import: when one fails, WebKit tells the page nothing.
    const { run } = await import('./suite.mjs');
    await post('/result', JSON.stringify(await run(progress)));
  } catch (error) {
    await crash(error, error);
  }
</script>`;

/** Serves the page and the bundle on loopback; `outcome` settles with what the page posts. */
async function serve(directory) {
  const state = { last: '', outcome: undefined, server: undefined };
  let settle;
  state.outcome = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  const take = {
    '/progress': (text) => {
      state.last = text;
    },
    '/result': (text) => settle.resolve(JSON.parse(text)),
    '/crash': (text) => settle.reject(new Error(text)),
  };
  state.server = createServer((request, response) => {
    if (request.method === 'POST') {
      const parts = [];
      request
        .on('data', (part) => parts.push(part))
        .on('end', () => {
          take[request.url]?.(Buffer.concat(parts).toString());
          response.end();
        });
    } else if (request.url === '/') {
      response.setHeader('content-type', 'text/html; charset=utf-8').end(PAGE);
    } else if (request.url === '/suite.mjs') {
      response
        .setHeader('content-type', 'text/javascript; charset=utf-8')
        .end(readFileSync(join(directory, 'suite.mjs')));
    } else response.writeHead(404).end();
  });
  await new Promise((resolve) => state.server.listen(0, '127.0.0.1', resolve));
  return state;
}

/** Nothing but loopback is reached: no update check, no settings service. */
const LOCAL_ONLY = 'MAP * ~NOTFOUND , EXCLUDE localhost , EXCLUDE 127.0.0.1';

function chromium(binary, url, { profile, env }) {
  return [
    start(
      binary,
      [
        '--headless',
        '--no-sandbox',
        `--user-data-dir=${profile}`,
        '--no-first-run',
        '--disable-dev-shm-usage',
        `--host-resolver-rules=${LOCAL_ONLY}`,
        url,
      ],
      { env },
    ),
  ];
}

const PREFS = {
  'services.settings.server': 'data:,#remote-settings-dummy/v1',
  'network.proxy.type': 1,
  'network.proxy.http': '127.0.0.1',
  'network.proxy.http_port': 9,
  'network.proxy.ssl': '127.0.0.1',
  'network.proxy.ssl_port': 9,
  'network.proxy.no_proxies_on': 'localhost, 127.0.0.1',
  // A long test must not be interrupted by a question whether to stop it.
  'dom.max_script_run_time': 0,
  'browser.shell.checkDefaultBrowser': false,
};

function firefox(binary, url, { profile, env }) {
  const lines = Object.entries(PREFS).map(
    ([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});`,
  );
  writeFileSync(join(profile, 'user.js'), lines.join('\n'));
  const local = {
    MOZ_DISABLE_NONLOCAL_CONNECTIONS: '1',
    MOZ_REMOTE_SETTINGS_DEVTOOLS: '1',
    MOZ_CRASHREPORTER_DISABLE: '1',
  };
  return [
    start(binary, ['--headless', '--no-remote', '--profile', profile, url], {
      env: { ...env, ...local },
    }),
  ];
}

/** MiniBrowser has no headless mode. Xvfb picks a free display and writes its number to 3. */
async function webkit(binary, url, { profile, env }) {
  const screen = start(
    onPath('Xvfb'),
    ['-displayfd', '3', '-screen', '0', '800x600x24', '-nolisten', 'tcp'],
    { env, extra: ['pipe'] },
  );
  const display = await Promise.race([
    new Promise((resolve) =>
      screen.child.stdio[3].once('data', (data) => resolve(String(data).trim())),
    ),
    screen.ended.then(() => undefined),
    pause(30_000),
  ]);
  if (!display) {
    kill(screen.child);
    throw new Error(`Xvfb does not start\n${screen.errors()}`);
  }
  return [
    start(binary, ['--private', url], {
      env: {
        ...env,
        DISPLAY: `:${display}`,
        GDK_BACKEND: 'x11',
        XDG_RUNTIME_DIR: profile,
        DBUS_SESSION_BUS_ADDRESS: 'disabled:',
        GSETTINGS_BACKEND: 'memory',
        // The web process sits in a sandbox of its own that needs privileges which containers lack.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      },
    }),
    screen,
  ];
}

/** Ends politely first, so that nothing is left in shared memory or lock files. */
async function stop(started) {
  for (const { child } of started) kill(child, 'SIGTERM');
  await Promise.race([Promise.all(started.map(({ ended }) => ended)), pause(3_000)]);
  for (const { child } of started) kill(child);
}

/** Runs the bundle in `directory` in a browser with a HOME and profile of its own. */
export async function runBrowser(name, binary, directory, timeout) {
  const home = mkdtempSync(join(tmpdir(), 'subtle-push-'));
  const profile = join(home, 'profile');
  mkdirSync(profile, { mode: 0o700 });
  const env = {
    ...process.env,
    HOME: home,
    XDG_CONFIG_HOME: home,
    XDG_CACHE_HOME: home,
    TMPDIR: home,
  };
  const state = await serve(directory);
  let started = [];
  try {
    const url = `http://localhost:${state.server.address().port}/`;
    started = await browsers[name].launch(binary, url, { profile, env });
    const [browser] = started;
    const why = () =>
      `${state.last ? `in: ${state.last}` : 'before the first test'}\n${browser.errors()}`;
    return await Promise.race([
      state.outcome,
      browser.ended.then((code) => {
        throw new Error(`${name} ended (${code}) ${why()}`);
      }),
      pause(timeout).then(() => {
        throw new Error(`${name} gave no result in ${timeout / 1000} s, ${why()}`);
      }),
    ]);
  } finally {
    await stop(started);
    state.outcome.catch(() => {});
    state.server.closeAllConnections();
    state.server.close();
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
}
