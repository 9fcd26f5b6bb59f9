/** The help of the command and of its verbs. */
import { HELP } from './args.ts';
import type { Group, Verb } from './args.ts';
import { table, wrap } from './layout.ts';
import type { Terminal } from './term.ts';

const GENERAL: Group = { title: 'General', options: [HELP] };

function groupLines({ title, options }: Group, { paint, columns }: Terminal): string[] {
  const rows = options.map(({ name, value, multiple, help }) => [
    `--${name}${value === undefined ? '' : ` ${value}`}`,
    multiple ? `${help} (may be repeated)` : help,
  ]);
  return [paint.bold(title), ...table(rows, { columns, indent: 2, widest: 26 }), ''];
}

function exampleLines({ examples }: Verb, { paint, columns }: Terminal): string[] {
  return examples.flatMap(([what, command]) => [
    ...wrap(what, columns - 2).map((line) => `  ${paint.dim(line)}`),
    ...command.split('\n').map((line) => `    ${line}`),
  ]);
}

export function verbHelp(verb: Verb, terminal: Terminal): string {
  const { paint, columns } = terminal;
  const title = (text: string): string => paint.bold(text);
  return [
    title('Usage'),
    ...verb.synopsis.map((line) => `  ${line}`),
    '',
    ...verb.about.flatMap((text) => [...wrap(text, columns), '']),
    ...[...verb.groups, GENERAL].flatMap((group) => groupLines(group, terminal)),
    title('Examples'),
    ...exampleLines(verb, terminal),
  ].join('\n');
}

export function commandHelp(
  verbs: readonly { readonly name: string; readonly summary: string }[],
  { paint, columns }: Terminal,
): string {
  return [
    paint.bold('Usage'),
    '  subtle-push <verb> [options]',
    '',
    'Web Push from the command line.',
    '',
    paint.bold('Verbs'),
    ...table(
      verbs.map(({ name, summary }) => [name, summary]),
      { columns, indent: 2 },
    ),
    '',
    paint.bold('Options'),
    ...table(
      [
        ['--help', 'show this help; behind a verb, the help of that verb'],
        ['--version', 'show the version'],
      ],
      { columns, indent: 2 },
    ),
    '',
    paint.bold('Exit status'),
    ...table(
      [
        ['0', 'success, and only then'],
        ['1', 'it failed: one sentence on standard error says why and what to do'],
        ['2', 'the command line cannot be read'],
        ['130', 'interrupted'],
      ],
      { columns, indent: 2 },
    ),
    '',
    paint.bold('Begin with'),
    '  subtle-push demo "Hello"',
  ].join('\n');
}
