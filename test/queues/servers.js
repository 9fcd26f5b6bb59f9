/** Redis and PostgreSQL for one run: Debian's, in a folder of their own, on loopback. */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const onPath = (name) => (process.env.PATH ?? '').split(delimiter)
  .map((folder) => join(folder, name)).find((file) => existsSync(file));

function postgresFolder() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base) : [];
  return versions.map((version) => join(base, version, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
}

export const available = {
  redis: () => Boolean(onPath('redis-server')),
  postgres: () => Boolean(postgresFolder()),
};

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts a server; resolves when it prints `sign`. `stop` ends it and removes its folder. */
async function start(command, args, sign, folder, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  await new Promise((resolve, reject) => {
    let said = '';
    const read = (text) => {
      said += text;
      if (said.includes(sign)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(`${command} does not start: ${said.slice(-500)}`)));
    setTimeout(() => reject(new Error(`${command} takes too long: ${said.slice(-500)}`)), 30_000).unref();
  });
  const stop = async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    // PostgreSQL's children end with it only when it is asked to.
    child.kill('SIGINT');
    setTimeout(kill, 5_000).unref();
    await ended;
    process.off('exit', kill);
    rmSync(folder, { recursive: true, force: true });
  };
  return { stop };
}

export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const port = await freePort();
  const args = ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', ''].map(String);
  const { stop } = await start('redis-server', args, 'Ready to accept connections', folder);
  return { url: `redis://127.0.0.1:${port}`, port, stop };
}

/** PostgreSQL does not run as root; Debian's package brings a user for it. */
function postgresUser() {
  if (process.getuid?.() !== 0) return {};
  const id = (flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

export async function startPostgres() {
  const bin = postgresFolder();
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const user = postgresUser();
  const data = join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined) for (const path of [folder, data]) chownSync(path, user.uid, user.gid);
  const made = spawnSync(join(bin, 'initdb'), ['-D', data, '-U', 'push', '-A', 'trust', '--no-sync'], {
    ...user, encoding: 'utf8', env: { ...process.env, HOME: folder },
  });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const port = await freePort();
  const args = ['-D', data, '-p', port, '-h', '127.0.0.1', '-k', folder, '-F'].map(String);
  const { stop } = await start(
    join(bin, 'postgres'), args, 'ready to accept connections', folder, { ...user, cwd: folder },
  );
  return { url: `postgres://push@127.0.0.1:${port}/postgres`, stop };
}
