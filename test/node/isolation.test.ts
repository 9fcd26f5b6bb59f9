/**
 * Bundles each door as a user's bundler does and looks for texts that only modules of the others
 * hold. The second proof of isolation: layers.test.ts reads the imports.
 */
import { SyntaxKind } from 'typescript/unstable/ast';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { bundled, exists, FORBIDDEN, missing, parse, sources } from './project.ts';

const TEXTS = [
  SyntaxKind.StringLiteral,
  SyntaxKind.NoSubstitutionTemplateLiteral,
  SyntaxKind.TemplateHead,
  SyntaxKind.TemplateMiddle,
  SyntaxKind.TemplateTail,
];

const parsed = parse();
const nameOf = (file: string): string => file.replace(/^src\/|\.ts$/g, '');

/** The texts of a module's code that a minifier prints as they stand, by module. */
const texts = new Map(
  parsed.map(({ file, source, nodes }) => {
    const found = nodes
      .filter(({ kind }) => TEXTS.includes(kind))
      .map((node) => node.getText(source).replace(/^['`}]|['`]$|\$\{$/g, ''))
      .filter((text) => /^[\w .,:;=/-]{6,}$/.test(text) && !/\.ts$/.test(text))
      // A bare word may as well be a property's name.
      .filter((text) => /\W/.test(text) || text.startsWith('ERR_'));
    return [nameOf(file), new Set(found)] as const;
  }),
);

const whole = new Map(parsed.map(({ file, source }) => [nameOf(file), source.text] as const));

/** Texts of these modules that no other module holds, not even as a part of a longer one. */
function markers(modules: readonly string[]): string[] {
  const others = [...whole].filter(([name]) => !modules.includes(name)).map(([, text]) => text);
  return modules
    .flatMap((name) => [...(texts.get(name) ?? [])])
    .filter((text) => !others.some((other) => other.includes(text)));
}

const isolation = suite('isolation');

function check(title: string, door: string, code: string, forbidden: readonly string[]): void {
  const present = forbidden.filter(exists);
  if (!exists(door)) skip(isolation, title, missing(door));
  else if (!present.length) skip(isolation, title, `none of ${forbidden.join(', ')} exists yet`);
  else
    isolation(title, async () => {
      const marks = markers(present);
      assert.ok(marks.length > 0, 'no text belongs to these modules alone');
      const text = await bundled(code);
      assert.equal(
        marks.filter((mark) => text.includes(mark)),
        [],
      );
    });
}

for (const [door, forbidden] of Object.entries(FORBIDDEN)) {
  check(`the bundle of ${door}`, door, `export * from './src/${door}.ts';`, forbidden);
}

/** What comes along with one name of the sender's door. */
const MANY = ['send_many', ...sources().filter((name) => name.startsWith('lib/many/'))];
const ALONE: Readonly<Record<string, readonly string[]>> = {
  encrypt: ['vapid', 'request', 'send', 'answer', 'retry', 'send_many'],
  parseSubscription: ['encrypt', 'lib/records', 'vapid', 'request', 'send', 'answer', 'retry'],
  createVapid: ['encrypt', 'lib/records', 'request', 'send', 'answer', 'retry', 'send_many'],
  createRequest: ['send', 'answer', 'retry', 'send_many'],
  send: MANY,
  nextStep: ['encrypt', 'lib/records', 'vapid', 'request', 'send', 'send_many'],
};

for (const [name, forbidden] of Object.entries(ALONE)) {
  check(`${name} alone`, 'index', `export { ${name} } from './src/index.ts';`, forbidden);
}

isolation('markers are found where they belong', async () => {
  for (const name of ['lib/legacy', 'lib/records', 'vapid', 'send', 'service', 'receive'].filter(
    exists,
  )) {
    const text = await bundled(`export * from './src/${name}.ts';`);
    const marks = markers([name]);
    assert.ok(!marks.length || marks.some((mark) => text.includes(mark)), name);
  }
});

isolation.run();
