/** The certificate of `subtle-push serve`: made once, and anew when it is of no more use. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cacheFolder, keepCertificate } from '../../src/lib/node/kept_certificate.ts';

const NAMES = ['localhost', '127.0.0.1', '::1'];
const DAY = 86_400_000;
let folder = '';
const test = suite('kept certificate');

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'subtle-push-kept-'));
});

test.after.each(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('the same the second time; its key for its owner alone', async () => {
  const first = await keepCertificate(folder, NAMES);
  assert.equal(await keepCertificate(folder, NAMES), first);
  assert.is(statSync(join(folder, 'server.pem')).mode & 0o777, 0o600);
  assert.not.match(readFileSync(first.caFile, 'utf8'), 'PRIVATE');
  const leaf = new X509Certificate(first.cert);
  assert.ok(leaf.verify(new X509Certificate(readFileSync(first.caFile)).publicKey));
  for (const name of NAMES) assert.ok(leaf.checkHost(name) ?? leaf.checkIP(name), name);
});

test('anew a week before its end, for another name, and when it is damaged', async () => {
  let last = await keepCertificate(folder, NAMES);
  const file = join(folder, 'server.pem');
  const isNew = async (names: readonly string[], now?: number): Promise<boolean> => {
    const { cert, caFile } = await keepCertificate(folder, names, now);
    const changed = cert !== last.cert;
    last = { ...last, cert };
    assert.ok(cert.endsWith(readFileSync(caFile, 'utf8')));
    return changed;
  };
  assert.not.ok(await isNew(NAMES, Date.now() + 389 * DAY));
  assert.ok(await isNew(NAMES, Date.now() + 391 * DAY));
  assert.ok(await isNew([...NAMES, '192.168.1.7']));
  assert.not.ok(await isNew(NAMES));
  truncateSync(file, 700);
  assert.ok(await isNew(NAMES));
  writeFileSync(file, 'nonsense');
  assert.ok(await isNew(NAMES));
  rmSync(join(folder, 'authority.pem'));
  assert.not.ok(await isNew(NAMES));
});

test('those that start at once have one and the same', async () => {
  const all = await Promise.all(Array.from({ length: 5 }, () => keepCertificate(folder, NAMES)));
  assert.is(new Set(all.map(({ cert }) => cert)).size, 1);
  assert.ok(all[0]?.cert.endsWith(readFileSync(all[0].caFile, 'utf8')));
});

test('in the folder that the system has for it', () => {
  const found = cacheFolder({ XDG_CACHE_HOME: '/elsewhere' });
  if (process.platform === 'linux') assert.is(found, '/elsewhere/subtle-push');
  assert.match(cacheFolder({}), /subtle-push$/);
});

test.run();
