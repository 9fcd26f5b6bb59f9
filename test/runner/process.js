/** Child processes that never outlive the run, whatever ends it. */
import { spawn } from 'node:child_process';

const children = new Set();

/** Kills a child and what it started: each child leads a process group. */
export function kill(child, signal = 'SIGKILL') {
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended already.
  }
}

process.on('exit', () => {
  for (const child of children) kill(child);
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

/** Starts a command. `lines` gets each line that it prints; `errors()` tells its complaints. */
export function start(command, args, { lines = () => {}, ...options } = {}) {
  const stdio = ['ignore', 'pipe', 'pipe', ...(options.extra ?? [])];
  const child = spawn(command, args, { detached: true, ...options, stdio });
  children.add(child);
  const log = [];
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop();
    for (const line of parts) lines(line);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log.push(text);
    // A browser may write for minutes: its last words will do.
    if (log.length > 60) log.splice(0, 30);
  });
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => {
      if (rest) lines(rest);
      resolve(signal ? `signal ${signal}` : code);
    });
  }).finally(() => children.delete(child));
  return { child, ended, errors: () => log.join('') };
}

/** Resolves to undefined after so many milliseconds; does not keep the process alive. */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
