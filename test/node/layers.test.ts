/** DESIGN: layers, each importing only downwards; no door but the allowed ones imports another. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { skip } from '../support.ts';
import { DOORS, exists, FORBIDDEN, graph, missing, reach } from './project.ts';

const LEVELS: readonly (readonly string[])[] = [
  ['errors', 'types', 'lib/bytes', 'lib/base64url', 'lib/sha256', 'lib/p256'],
  ['lib/*', 'lib/client/*', 'lib/ece/*', 'lib/notification/*'],
  ['encrypt', 'vapid', 'subscription', 'endpoint'],
  [
    'send_many', 'send', 'request', 'answer', 'retry', 'lib/many/*', 'lib/send/*', 'lib/service/*',
    'lib/browsers/*', 'lib/node/*', 'lib/node/http/*', 'lib/node/browsers/*', 'lib/node/inbox/*',
  ],
  [...DOORS, 'cli/*', 'inbox/*'],
];

function levelOf(name: string): number {
  const exact = LEVELS.findIndex((names) => names.includes(name));
  return exact >= 0
    ? exact
    : LEVELS.findIndex((names) => names.includes(name.replace(/[^/]+$/, '*')));
}

/** Doors that a door may import. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  service: ['receive'],
  browsers: ['service', 'node'],
  'inbox/*': DOORS.filter((door) => door !== 'node' && door !== 'browsers'),
  'cli/*': DOORS,
};

const PLATFORM = /^(node|browsers|cli\/.*|lib\/node\/.*)$/;
let modules: ReadonlyMap<string, readonly string[]> = new Map();
let names: readonly string[] = [];
const kind = (name: string): string => name.replace(/^(cli|inbox)\/.*/, '$1/*');
const isDoor = (name: string): boolean => levelOf(name) === LEVELS.length - 1;

function edges(): [string, string][] {
  return names.flatMap((from) =>
    (modules.get(from) ?? []).map((to): [string, string] => [from, to]),
  );
}

const layers = suite('layers');

layers.before(async () => {
  modules = await graph();
  names = [...modules.keys()].filter((name) => !name.startsWith('node:'));
});

layers('every module has a level', () => {
  assert.equal(
    names.filter((name) => levelOf(name) < 0),
    [],
  );
});

layers('no module imports one of a higher level', () => {
  const upward = edges().filter(([from, to]) => levelOf(to) > levelOf(from));
  assert.equal(upward, []);
});

layers('no cycles', () => {
  const cyclic = names.filter((name) =>
    (modules.get(name) ?? []).some((next) => reach(modules, next).has(name)),
  );
  assert.equal(cyclic, []);
});

layers('a door imports no other door but the allowed', () => {
  const wrong = edges().filter(
    ([from, to]) =>
      isDoor(from) && isDoor(to) && kind(from) !== kind(to) && !ALLOWED[kind(from)]?.includes(to),
  );
  assert.equal(wrong, []);
});

layers('node: modules are imported by node, browsers, cli/ and lib/node/ alone', () => {
  const wrong = edges().filter(([from, to]) => to.startsWith('node:') && !PLATFORM.test(from));
  assert.equal(wrong, []);
});

layers('nothing is imported but own modules and node:', () => {
  const foreign = edges().filter(([, to]) => !to.startsWith('node:') && !modules.has(to));
  assert.equal(foreign, []);
});

for (const [door, forbidden] of Object.entries(FORBIDDEN)) {
  const title = `${door} never reaches ${forbidden.join(', ')}`;
  if (!exists(door)) skip(layers, title, missing(door));
  else
    layers(title, () => {
      const reached = reach(modules, door);
      assert.equal(
        forbidden.filter((name) => reached.has(name)),
        [],
      );
      assert.equal(
        [...reached].filter((name) => name.startsWith('node:')),
        [],
      );
    });
}

layers.run();
