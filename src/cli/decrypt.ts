/** `subtle-push decrypt`: a captured message, with the receiver's keys. */
import { encodeBase64url } from '../lib/base64url.ts';
import { decodeUtf8 } from '../lib/bytes.ts';
import type { Bytes } from '../types.ts';
import type { Args, Verb } from './args.ts';
import { parseCapture } from './capture.ts';
import type { Capture, Field } from './capture.ts';
import { asText, decodeEither, decodeHex, decodeWrapped } from './encoded.ts';
import { CliError, misuse } from './failure.ts';
import { called, readFieldOptions, readInput, readWord, writeSecret } from './input.ts';
import { many } from './layout.ts';
import { openCaptured } from './open_message.ts';
import { readReceiverFile } from './receiver_keys.ts';
import { REFUSALS } from './refusals.ts';
import { harmless } from './term.ts';
import type { Terminal } from './term.ts';

const FORMATS = ['auto', 'request', 'raw', 'base64', 'hex'] as const;
type Format = (typeof FORMATS)[number];

function bodyOnly(body: Bytes): Capture {
  return { method: undefined, url: undefined, headers: [], body };
}

function asEncoded(bytes: Bytes, name: string, format: 'base64' | 'hex'): Capture {
  const decode = format === 'hex' ? decodeHex : decodeWrapped;
  const body = decode(asText(bytes)?.trim() ?? '?');
  if (body) return bodyOnly(body);
  throw new CliError(`${name} is not ${format}: give the right --input, or leave it out`);
}

/** What a file holds: a request, the body as text, or its very bytes. */
export function readMessage(bytes: Bytes, name: string, format: Format): Capture {
  if (format === 'raw') return bodyOnly(bytes);
  if (format === 'base64' || format === 'hex') return asEncoded(bytes, name, format);
  const capture = parseCapture(bytes);
  if (capture) return capture;
  if (format === 'request') {
    throw new CliError(
      `${name} is no request: HTTP text with a request line, or JSON with headers and body is `
        + `wanted`,
    );
  }
  return bodyOnly(decodeEither(asText(bytes) ?? '') ?? bytes);
}

/** Fields of the command line go before those of the capture. */
function withFields({ headers }: Capture, given: readonly Field[]): readonly Field[] {
  const names = given.map(([name]) => name.toLowerCase());
  return [...given, ...headers.filter(([name]) => !names.includes(name.toLowerCase()))];
}

function printText(data: Bytes, { write, isOut, note }: Terminal): void {
  const text = decodeUtf8(data);
  if (!isOut) write(data);
  else if (text !== undefined) write(`${harmless(text)}\n`);
  else note(`${many(data.length, 'byte')} that are not text: write them to a file with --out FILE`);
}

function print(data: Bytes, coding: string, args: Args, terminal: Terminal): void {
  const out = args.text('out');
  if (out !== undefined && out !== '-') {
    writeSecret(out, data, args.has('force'));
    terminal.note(`${many(data.length, 'byte')} written to ${out}`);
  } else if (out === '-') terminal.write(data);
  else if (!args.has('json')) printText(data, terminal);
  if (!args.has('json')) return;
  const text = decodeUtf8(data) ?? null;
  terminal.print(
    JSON.stringify(
      { coding, bytes: data.length, text, base64url: encodeBase64url(data) },
      undefined,
      2,
    ),
  );
}

async function run(args: Args, terminal: Terminal): Promise<number> {
  const [file = '-'] = args.operands;
  const keys = args.text('keys');
  const format = readWord('input', args.text('input'), FORMATS) ?? 'auto';
  if (keys === undefined) {
    throw misuse(
      "The receiver's keys are wanted: --keys FILE (`subtle-push keys --receiver` makes such a "
        + "file)",
    );
  }
  if (keys === '-' && file === '-')
    throw misuse('Standard input cannot be both keys and message: name a file');
  if (args.has('json') && args.text('out') === '-')
    throw misuse('--json and --out - exclude each other');
  const given = readFieldOptions(args.all('header'));
  const receiver = await readReceiverFile(keys, terminal);
  const capture = readMessage(await readInput(file, terminal), called(file), format);
  if (!capture.body)
    throw new CliError(
      'The message has no body, so there is nothing to decrypt: was it captured too?',
    );
  const opened = await openCaptured(receiver, withFields(capture, given), capture.body);
  if ('refusal' in opened)
    throw new CliError(`Cannot decrypt this message: ${REFUSALS[opened.refusal]}`);
  print(opened.data, opened.coding, args, terminal);
  return 0;
}

export const decrypt: Verb = {
  name: 'decrypt',
  synopsis: ['subtle-push decrypt --keys FILE [options] [MESSAGE]'],
  about: [
    'Decrypts a push message: a captured request (HTTP text, or JSON with headers and body), or '
      + 'its '
      + 'body alone as bytes, base64 or hexadecimal. MESSAGE is a file; without it, standard '
      + 'input. '
      + 'The coding goes by Content-Encoding, and is aes128gcm without.',
  ],
  operands: ['the file with the message'],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'keys',
          value: 'FILE',
          help: "the receiver's keys: JSON with publicKey, privateKey and auth; privateKey may "
            + "be a JWK",
        },
        {
          name: 'header',
          value: 'FIELD',
          multiple: true,
          help: 'a header field of the message, such as "Content-Encoding: aesgcm"',
        },
        { name: 'input', value: 'FORMAT', help: 'auto (default), request, raw, base64 or hex' },
        {
          name: 'out',
          value: 'FILE',
          help: 'write the bytes to a file that only you can read; - for standard output',
        },
        { name: 'force', help: 'let --out replace a file' },
        { name: 'json', help: 'coding, text and bytes as JSON' },
      ],
    },
  ],
  examples: [
    ['A request that was captured', 'subtle-push decrypt --keys receiver.json request.http'],
    [
      'A body in the old coding',
      'subtle-push decrypt --keys receiver.json \\\n  --header "Content-Encoding: aesgcm" \\\n'
        + '  --header "Encryption: salt=..." --header "Crypto-Key: dh=..." body.bin',
    ],
  ],
  run,
};
