/** A certificate for this machine that stays the same from one run to the next. */
import { X509Certificate } from 'node:crypto';
import {
  chmodSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createCertificate } from './certificate.ts';

export interface Kept {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** Path of the authority's certificate: what clients have to trust. */
  readonly caFile: string;
}

/** Milliseconds before its end at which a certificate is made anew. */
const MARGIN = 7 * 86_400_000;

/** Where a user's caches are, by the system's custom. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = homedir();
  const base = process.platform === 'win32' ? env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local')
    : process.platform === 'darwin' ? join(home, 'Library', 'Caches')
      : env['XDG_CACHE_HOME'] || join(home, '.cache');
  return join(base, 'subtle-push');
}

/** Key, certificate and authority, one behind the other in one file: they belong together. */
interface Bundle {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

const PEM = /-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g;

/** Reads what is there; `undefined` where it is damaged, for other names, or nearly over. */
function readBundle(file: string, names: readonly string[], now: number): Bundle | undefined {
  try {
    const [key = '', leaf = '', ca = ''] = readFileSync(file, 'utf8').match(PEM) ?? [];
    const certificate = new X509Certificate(leaf);
    const lasts = Date.parse(certificate.validTo) - now > MARGIN;
    const fits = names.every((name) =>
      certificate.checkHost(name) !== undefined || certificate.checkIP(name) !== undefined);
    const own = certificate.verify(new X509Certificate(ca).publicKey);
    return lasts && fits && own ? { key, cert: leaf + ca, ca } : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a file in its place at once and whole. `replace`: what is there counts for nothing. */
function place(file: string, text: string, mode: number, replace: boolean): void {
  const part = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(part, text, { mode });
    // The umask may have taken more than it should.
    chmodSync(part, mode);
    if (replace) renameSync(part, file);
    else linkSync(part, file);
  } catch (error) {
    // EEXIST: another process was first, and its file is as good. Else there are no hard links.
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (!isThere) renameSync(part, file);
  } finally {
    rmSync(part, { force: true });
  }
}

/** The certificate in a folder, made when there is none that is good for `names`. */
export async function keepCertificate(
  folder: string,
  names: readonly string[],
  now: number = Date.now(),
): Promise<Kept> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'server.pem');
  const caFile = join(folder, 'authority.pem');
  let bundle = readBundle(file, names, now);
  if (!bundle) {
    // Before the wait: what another process puts there meanwhile is to stay.
    const isUseless = readOr(file) !== undefined;
    const made = await createCertificate({ names });
    place(file, made.key + made.cert, 0o600, isUseless);
    bundle = readBundle(file, names, now) ?? made;
  }
  if (readOr(caFile) !== bundle.ca) place(caFile, bundle.ca, 0o644, true);
  return { key: bundle.key, cert: bundle.cert, caFile };
}

function readOr(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
