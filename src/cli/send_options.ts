/** The options of `subtle-push send`, read into those of the library. */
import { readFile } from 'node:fs/promises';
import { encrypt as encryptAes128gcm } from '../encrypt.ts';
import { http2Fetch, nodeEncrypt } from '../node.ts';
import type { Http2Fetch } from '../node.ts';
import type { MessageOptions, RequestOptions } from '../request.ts';
import { topicFrom } from '../subscription.ts';
import type { EndpointPolicy, Urgency } from '../types.ts';
import type { Args, Group } from './args.ts';
import { CODING_OPTIONS, readCoding } from './codings.ts';
import type { Coding } from './codings.ts';
import { fileError, misuse } from './failure.ts';
import { readFieldOptions, readInstant, readSpan, readWhole, readWord } from './input.ts';
import { VAPID_OPTIONS } from './vapid_source.ts';

const URGENCIES: readonly Urgency[] = ['very-low', 'low', 'normal', 'high'];
const POLICIES = ['public', 'known', 'any'] as const;

export const SEND_GROUPS: readonly Group[] = [
  {
    title: 'The message',
    options: [
      {
        name: 'payload-file',
        value: 'FILE',
        help: 'the payload: the bytes of a file, or - for standard input',
      },
      { name: 'no-payload', help: 'a push without payload' },
      {
        name: 'ttl',
        value: 'SPAN',
        help: 'how long it is kept for a device that is away, in seconds or as 30s, 5m, 2h, 7d; '
          + 'default 28d',
      },
      {
        name: 'expires',
        value: 'TIME',
        help: 'an instant instead of --ttl, such as 2030-01-31T12:00:00Z',
      },
      { name: 'urgency', value: 'WORD', help: 'very-low, low, normal or high' },
      {
        name: 'topic',
        value: 'NAME',
        help: 'replaces a message of this topic that waits: 1 to 32 base64url characters',
      },
      { name: 'topic-from', value: 'TEXT', help: 'a topic made of any text' },
      {
        name: 'pad-to',
        value: 'BYTES',
        help: 'pad the payload to this length, which hides its own',
      },
      {
        name: 'header',
        value: 'FIELD',
        multiple: true,
        help: 'a further header field, such as "Name: value"',
      },
      ...CODING_OPTIONS,
    ],
  },
  {
    title: 'Who sends it',
    options: [
      ...VAPID_OPTIONS,
      {
        name: 'scheme',
        value: 'NAME',
        help: 'vapid (RFC 8292) or webpush (its draft); default: what suits the coding',
      },
    ],
  },
  {
    title: 'The request',
    options: [
      {
        name: 'endpoints',
        value: 'POLICY',
        help: "public (default): https to public names; known: the vendors' hosts; any",
      },
      { name: 'receipt', help: 'ask for a delivery receipt (RFC 8030 section 5.1)' },
      {
        name: 'receipt-subscription',
        value: 'URL',
        help: 'the same, at the receipt subscription of an earlier answer',
      },
      {
        name: 'method',
        value: 'METHOD',
        help: 'POST (default), or PUT for services older than RFC 8030',
      },
      {
        name: 'timeout',
        value: 'SPAN',
        help: 'for one attempt, in milliseconds or as 10s; default 30s',
      },
      {
        name: 'proxy',
        value: 'URL',
        help: 'an HTTP proxy, or env for what HTTPS_PROXY and NO_PROXY say',
      },
      {
        name: 'ca',
        value: 'FILE',
        help: 'PEM of the authorities to trust instead of the well-known ones',
      },
      {
        name: 'addresses',
        value: 'WHICH',
        help: 'public (default), or any: also loopback and private ones, for services of your own',
      },
    ],
  },
];

/** Everything but keys and network. */
export interface Sending {
  readonly coding: Coding;
  readonly request: Omit<RequestOptions, 'vapid'>;
  /** Milliseconds. */
  readonly timeout: number | undefined;
}

function readHeaderFields(fields: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of readFieldOptions(fields)) {
    if (Object.keys(headers).some((other) => other.toLowerCase() === name.toLowerCase())) {
      throw misuse(`--header names ${name} twice; give it once`);
    }
    headers[name] = value;
  }
  return headers;
}

function readTopic(args: Args): string | undefined {
  const [topic, text] = [args.text('topic'), args.text('topic-from')];
  if (topic !== undefined && text !== undefined) {
    throw misuse('--topic and --topic-from exclude each other; give one of them');
  }
  return text === undefined ? topic : topicFrom(text);
}

function readMessage(args: Args): MessageOptions {
  const ttl = readSpan('ttl', args.text('ttl'), 's');
  const expires = readInstant('expires', args.text('expires'));
  if (ttl !== undefined && expires !== undefined) {
    throw misuse('--ttl and --expires exclude each other; give one of them');
  }
  return {
    ttl,
    expires,
    urgency: readWord('urgency', args.text('urgency'), URGENCIES),
    topic: readTopic(args),
    padTo: readWhole('pad-to', args.text('pad-to')),
    headers: readHeaderFields(args.all('header')),
  };
}

export function readEndpoints(args: Args): EndpointPolicy {
  return readWord('endpoints', args.text('endpoints'), POLICIES) ?? 'public';
}

export function readSending(args: Args): Sending {
  const coding = readCoding(args);
  const encrypt = coding.encrypt === encryptAes128gcm ? nodeEncrypt : coding.encrypt;
  const receipt = args.text('receipt-subscription') ?? (args.has('receipt') ? true : undefined);
  return {
    coding,
    request: {
      ...readMessage(args),
      encrypt,
      receipt,
      scheme: readWord('scheme', args.text('scheme'), ['vapid', 'webpush'] as const),
      method: readWord('method', args.text('method'), ['POST', 'PUT'] as const),
      endpoints: readEndpoints(args),
    },
    timeout: readSpan('timeout', args.text('timeout'), 'ms'),
  };
}

/** The network as the options have it. */
export async function openNetwork(args: Args): Promise<Http2Fetch> {
  const file = args.text('ca');
  const addresses = readWord('addresses', args.text('addresses'), ['public', 'any'] as const);
  const ca =
    file === undefined
      ? undefined
      : await readFile(file, 'utf8').catch((error: unknown) => {
          throw fileError(`Cannot read ${file}`, error);
        });
  try {
    return http2Fetch({ addresses, ca, proxy: args.text('proxy') });
  } catch (error) {
    throw optionError(error);
  }
}

/** What the library says of wrong options, in the words of the command line. */
export function optionError(error: unknown): unknown {
  if (!(error instanceof TypeError || error instanceof RangeError)) return error;
  return misuse(
    error.message
      .replace(/^(ttl|expires|topic|scheme|method|urgency|receipt|timeout)\b/, '--$1')
      .replace(/^padTo\b/, '--pad-to')
      .replace(/^The (\w+) option\b/, '--$1')
      .replaceAll('topicFrom()', '--topic-from')
      .replace(/^headers\b/, '--header')
      .replace(
        /^The header (\S+) is the library's own$/,
        '--header may not set $1: other options do, see --help',
      ),
  );
}
