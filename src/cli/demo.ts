/** `subtle-push demo`: the whole way of a message, shown. */
import type { Args, Verb } from './args.ts';
import { CODING_OPTIONS, readCoding } from './codings.ts';
import { demoJson, printDemo } from './demo_print.ts';
import { runDemo } from './demo_run.ts';
import { CliError, misuse } from './failure.ts';
import { readWhole } from './input.ts';
import { readPayload } from './payload_source.ts';
import type { Terminal } from './term.ts';

/** What is sent when somebody just wants to see it. */
const GREETING = 'Hello, world';

async function run(args: Args, terminal: Terminal): Promise<number> {
  const coding = readCoding(args);
  const padTo = readWhole('pad-to', args.text('pad-to'));
  const file = args.text('file');
  const [operand] = args.operands;
  const text = operand ?? (file === undefined && terminal.isInput ? GREETING : undefined);
  const payload = await readPayload({ text, file, option: 'file' }, terminal, coding.maxPayload);
  const demo = await runDemo(payload, coding, padTo).catch((error: unknown) => {
    throw error instanceof RangeError ? misuse(error.message.replace('padTo', '--pad-to')) : error;
  });
  const verbose = args.has('verbose');
  if (args.has('json')) terminal.print(JSON.stringify(demoJson(demo, verbose), undefined, 2));
  else printDemo(demo, terminal, verbose);
  if (demo.identical) return 0;
  throw new CliError('What was received is not what was sent; please report it');
}

export const demo: Verb = {
  name: 'demo',
  synopsis: ['subtle-push demo [options] [TEXT]'],
  about: [
    'Makes VAPID keys, subscribes a receiver at a push service inside this process, encrypts the '
      + 'text, sends it, receives and decrypts it, and shows each step. Nothing leaves this '
      + 'process, '
      + 'and all keys are thrown away. Without TEXT the payload is read from standard input.',
  ],
  operands: ['the text'],
  groups: [
    {
      title: 'Options',
      options: [
        {
          name: 'file',
          value: 'FILE',
          help: 'the payload: the bytes of a file, or - for standard input',
        },
        ...CODING_OPTIONS,
        {
          name: 'pad-to',
          value: 'BYTES',
          help: 'pad the payload to this length, which hides its own',
        },
        { name: 'verbose', help: 'show every derived value, and the private keys' },
        { name: 'json', help: 'the same as JSON' },
      ],
    },
  ],
  examples: [
    ['A text', 'subtle-push demo "Grüße 👋"'],
    [
      'Every value between the keys and the body, in the old coding',
      'subtle-push demo --coding aesgcm --verbose Hello',
    ],
    ['The longest payload there is', 'head -c 3993 /dev/urandom | subtle-push demo'],
  ],
  run,
};
