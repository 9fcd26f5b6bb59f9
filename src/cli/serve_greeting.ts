/** What `subtle-push serve` says at its start. */
import type { Inbox } from '../lib/node/inbox/inbox.ts';
import type { Terminal } from './term.ts';

/** A word of a shell, in quotes where it needs them. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** How runtimes and libraries are told of an authority. */
const TRUST = [
  ['NODE_EXTRA_CA_CERTS', 'Node, Bun'],
  ['DENO_CERT', 'Deno'],
  ['SSL_CERT_FILE', 'OpenSSL: Ruby, PHP, Python, Go, Rust'],
  ['REQUESTS_CA_BUNDLE', 'Python requests'],
  ['CURL_CA_BUNDLE', 'curl'],
] as const;

export function greeting({ about }: Inbox, host: string, { paint }: Terminal): readonly string[] {
  const { http, https, ca, service } = about;
  const as = service === 'rfc8030' ? '' : `, as ${service}`;
  const width = Math.max(...TRUST.map(([name]) => name.length)) + quote(ca).length + 10;
  const open =
    host === 'localhost' || host === '::1' || /^127\./.test(host)
      ? []
      : [
          '',
          paint.yellow(
            `It listens at ${host}: whoever can reach that can push, and read the inbox.`,
          ),
        ];
  return [
    `${paint.bold('Inbox')}         ${paint.cyan(http)}`,
    `${paint.bold('Push service')}  ${http} and ${https}${as}`,
    `${paint.bold('Authority')}     ${ca}`,
    ...open,
    '',
    'For a server that pushes to https, before it starts, one of',
    ...TRUST.map(
      ([name, what]) =>
        `  ${`export ${name}=${quote(ca)}`.padEnd(width)}  ${paint.dim(`# ${what}`)}`,
    ),
    '',
    paint.dim('Ctrl-C ends it.'),
  ];
}
