/** The modules of docs/queues.md, as files that import from this folder's packages. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
export const folder = join(here, '.tmp');

/** As a project with these packages would check them; what a handler is given is typed by them. */
const TSCONFIG = {
  compilerOptions: {
    target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', allowJs: true, checkJs: true,
    strict: true, noImplicitAny: false, useUnknownInCatchVariables: false, skipLibCheck: true,
    noEmit: true, types: ['node'], typeRoots: ['../../../node_modules/@types'],
  },
  include: ['*.mjs'],
};

/** Answers the file of each section's code, by the section's title. */
export function extract() {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
  const guide = readFileSync(join(here, '../../docs/queues.md'), 'utf8');
  const files = {};
  for (const [, title, code] of guide.matchAll(/^## (.+)\n[^]*?^```mjs\n([^]*?)^```/gm)) {
    files[title] = join(folder, `${title.toLowerCase().replace(/\W+/g, '_')}.mjs`);
    writeFileSync(files[title], code);
  }
  return files;
}
