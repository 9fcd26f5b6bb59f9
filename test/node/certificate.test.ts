import { execFile, spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Certificate, type CertificateOptions, createCertificate,
} from '../../src/lib/node/certificate.ts';
import { skip } from '../support.ts';

const run = promisify(execFile);
const NAMES = ['localhost', '127.0.0.1', '::1', 'push.example.com'];
const test = suite('certificate');
const make = (): Promise<Certificate> => createCertificate({ names: NAMES });

function failure(options: CertificateOptions): Promise<unknown> {
  return createCertificate(options).then(() => undefined, (error: unknown) => error);
}

/** A test that needs a command of the system. */
function withCommand(command: string, name: string, body: () => Promise<void>): void {
  if (spawnSync(command, ['version']).error) skip(test, name, `there is no ${command} here`);
  else test(name, body);
}

/** What the thing did with a folder that holds ca.pem and cert.pem. */
async function withFiles<T>(made: Certificate, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'subtle-push-'));
  try {
    await writeFile(join(folder, 'ca.pem'), made.ca);
    await writeFile(join(folder, 'cert.pem'), made.cert);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Serves one certificate on loopback while `use` runs. */
async function withServer<T>(made: Certificate, use: (port: number) => Promise<T>): Promise<T> {
  const server = createServer({ key: made.key, cert: made.cert }, (_, answer) => answer.end('yes'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await use((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The status of a GET over TLS with this authority alone trusted, or the error's code. */
function get(port: number, host: string, ca: string): Promise<string> {
  return new Promise((resolve) => {
    const to = { port, host: '127.0.0.1', servername: host, ca, headers: { host } };
    request({ ...to, agent: false }, (answer) => {
      answer.resume();
      resolve(String(answer.statusCode));
    }).on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

test('says what RFC 5280 wants of an authority and of a server', async () => {
  const made = await make();
  const leaf = new X509Certificate(made.cert);
  const ca = new X509Certificate(made.ca);
  assert.is(made.cert.split('BEGIN CERTIFICATE').length, 3);
  assert.ok(made.cert.endsWith(made.ca));
  assert.is(ca.ca, true);
  assert.is(leaf.ca, false);
  assert.ok(ca.verify(ca.publicKey) && leaf.verify(ca.publicKey) && leaf.checkIssued(ca));
  assert.equal(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1']);
  assert.equal(leaf.subjectAltName?.split(', '), [
    'DNS:localhost', 'IP Address:127.0.0.1', 'IP Address:0:0:0:0:0:0:0:1', 'DNS:push.example.com',
  ]);
  assert.is(leaf.checkHost('localhost'), 'localhost');
  assert.is(leaf.checkIP('::1'), '::1');
  assert.is(leaf.checkIP('127.0.0.2'), undefined);
});

test('serials, keys and the names of authorities are new each time', async () => {
  const made = [await make(), await make()];
  const read = made.flatMap(({ ca, cert }) => [new X509Certificate(ca), new X509Certificate(cert)]);
  assert.is(new Set(read.map((each) => each.serialNumber)).size, 4);
  const keys = read.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }));
  assert.is(new Set(keys).size, 4);
  assert.is(new Set(read.map((each) => each.issuer)).size, 2);
  for (const { serialNumber } of read) assert.match(serialNumber, /^[4-7][0-9A-F]{31}$/);
});

test('the validity starts a day back and lasts as long as asked', async () => {
  const now = (): number => Date.UTC(2049, 11, 31, 12);
  const { cert } = await createCertificate({ names: ['localhost'], now, days: 2 });
  const leaf = new X509Certificate(cert);
  assert.is(Date.parse(leaf.validFrom), now() - 86_400_000);
  assert.is(Date.parse(leaf.validTo), now() + 2 * 86_400_000);
});

test('every spelling of an IPv6 address is its sixteen bytes', async () => {
  const names = ['::', '1:2:3:4:5:6:7:8', 'fe80::1%lo', '::ffff:10.0.0.1', '2001:db8::'];
  const { cert } = await createCertificate({ names });
  const listed = new X509Certificate(cert).subjectAltName?.split(', ') ?? [];
  assert.equal(listed.map((each) => each.slice('IP Address:'.length)), [
    '0:0:0:0:0:0:0:0', '1:2:3:4:5:6:7:8', 'FE80:0:0:0:0:0:0:1', '0:0:0:0:0:FFFF:A00:1',
    '2001:DB8:0:0:0:0:0:0',
  ]);
});

test('refuses names that no certificate may hold, and odd lengths of time', async () => {
  const bad = ['', 'a..b', '.a', 'a.', '-a', 'a-', '[::1]', 'bücher.example', 'a b', 'a\0b'];
  for (const name of [...bad, 'x'.repeat(64), `${'a.'.repeat(127)}a`]) {
    assert.instance(await failure({ names: [name] }), TypeError, name);
  }
  assert.instance(await failure({ names: [] }), TypeError);
  for (const days of [0, -1, 1.5, 825, Number.NaN]) {
    assert.instance(await failure({ names: NAMES, days }), RangeError, String(days));
  }
});

test('Node trusts it by its authority, for its names alone', async () => {
  const [made, other] = [await make(), await make()];
  await withServer(made, async (port) => {
    assert.is(await get(port, 'localhost', made.ca), '200');
    assert.is(await get(port, 'push.example.com', made.ca), '200');
    assert.is(await get(port, 'example.net', made.ca), 'ERR_TLS_CERT_ALTNAME_INVALID');
    assert.is(await get(port, 'localhost', other.ca), 'SELF_SIGNED_CERT_IN_CHAIN');
  });
});

withCommand('openssl', 'OpenSSL takes it in strict mode and agrees on the hash', async () => {
  const made = await make();
  await withFiles(made, async (folder) => {
    const file = (name: string): string => join(folder, name);
    const { stdout } = await run('openssl', [
      'verify', '-x509_strict', '-check_ss_sig', '-purpose', 'sslserver',
      '-verify_hostname', 'localhost', '-CAfile', file('ca.pem'), file('cert.pem'),
    ]);
    assert.match(stdout, /: OK/);
    const text = await run('openssl', ['x509', '-in', file('cert.pem'), '-noout', '-text']);
    assert.match(text.stdout, /Signature Algorithm: ecdsa-with-SHA256/);
    const { publicKey } = new X509Certificate(made.cert);
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const hash = await crypto.subtle.digest('SHA-256', spki);
    assert.is(made.spki, Buffer.from(hash).toString('base64'));
  });
});

withCommand('curl', 'curl trusts it', async () => {
  const made = await make();
  await withFiles(made, (folder) => withServer(made, async (port) => {
    const { stdout } = await run('curl', [
      '--silent', '--show-error', '--noproxy', '*', '--cacert', join(folder, 'ca.pem'),
      `https://localhost:${port}/`,
    ]);
    assert.is(stdout, 'yes');
  }));
});

test.run();
