/** Keeps two processes from sending by the same results file. */
import { openSync, closeSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { CliError, fileError } from './failure.ts';

/**
 * What tells a process from a later one with the same number: since which tick it runs, and since
 * which start of the machine. Linux says so; elsewhere the number has to do.
 */
function identify(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, in brackets, may hold spaces; the start is the 20th field behind it (proc(5)).
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${start} ${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}`;
  } catch {
    return '';
  }
}

function isRunning(holder: string): boolean {
  const [, number, identity = ''] = /^(\d{1,10}) ?(.*)\n?$/.exec(holder) ?? [];
  const pid = Number(number);
  // A lock that was torn when the power went is nobody's.
  if (number === undefined || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: another user's, and running.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  const now = identify(pid);
  return identity === '' || now === '' || identity === now;
}

function holderOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}

function create(file: string): boolean {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    writeSync(descriptor, `${process.pid} ${identify(process.pid)}\n`);
    closeSync(descriptor);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw fileError(`Cannot write ${file}`, error);
  }
}

/** Takes the lock of a results file, also a killed process's; answers how to give it back. */
export function lock(results: string): () => void {
  const file = `${results}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    if (create(file)) return () => rmSync(file, { force: true });
    const holder = holderOf(file);
    if (isRunning(holder)) {
      throw new CliError(
        `${results} is in use by process ${Number.parseInt(holder, 10)}: wait for it, `
          + `or, if that is no subtle-push, delete ${file}`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new CliError(`${results} is in use by a process that has just begun: wait for it`);
}
