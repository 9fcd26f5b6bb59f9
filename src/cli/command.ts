/** The command, for any process: its words in, its exit status out. */
import { readFileSync } from 'node:fs';
import { nearest, readArgs } from './args.ts';
import { explain, misuse } from './failure.ts';
import { commandHelp, verbHelp } from './help.ts';
import { openTerminal } from './term.ts';
import type { Host, Terminal } from './term.ts';
import { VERBS } from './verbs.ts';

function version(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  return String(Object.entries(Object(manifest)).find(([name]) => name === 'version')?.[1]);
}

function unknownVerb(word: string): Error {
  const names = VERBS.map(({ name }) => name);
  if (/^-/.test(word)) {
    const near = nearest(word.replace(/^-+/, ''), ['help', 'version', ...names]);
    return misuse(
      near === undefined
        ? `There is no option ${word}: see subtle-push --help`
        : `There is no option ${word}: did you mean ${names.includes(near) ? '' : '--'}${near}?`,
    );
  }
  const near = nearest(word, names);
  const cure =
    near === undefined ? `one of ${names.join(', ')} is wanted` : `did you mean ${near}?`;
  return misuse(`There is no verb ${JSON.stringify(word)}: ${cure}`);
}

async function run(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined) {
    terminal.note(commandHelp(VERBS, terminal));
    return 2;
  }
  if (first === '--version' || first === '-V') {
    terminal.print(version());
    return 0;
  }
  // `help send` is what `send --help` is.
  const [word, ...operands] = first === 'help' && rest.length ? [rest[0] ?? '', '--help'] : words;
  if (word === '--help' || word === '-h' || word === 'help') {
    terminal.print(commandHelp(VERBS, terminal));
    return 0;
  }
  const entry = VERBS.find(({ name }) => name === word);
  if (!entry) throw unknownVerb(word ?? '');
  const verb = await entry.load();
  const args = readArgs(verb, operands);
  if (!args.has('help')) return verb.run(args, terminal);
  terminal.print(verbHelp(verb, terminal));
  return 0;
}

/** Does what the words say. Answers the exit status; throws nothing. */
export async function runCommand(words: readonly string[], host: Host): Promise<number> {
  const terminal = openTerminal(host);
  try {
    return await run(words, terminal);
  } catch (error) {
    const { message, status, stack } = explain(error);
    terminal.note(`${terminal.paintError.red('subtle-push:')} ${message}`);
    if (stack !== undefined) terminal.note(stack);
    return status;
  }
}
