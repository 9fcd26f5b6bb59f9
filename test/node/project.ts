/** What the checks know of the project: its files, its import graph, its doors. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import type { Node, SourceFile } from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

interface Entry {
  readonly import: { readonly types: string; readonly default: string };
}
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Entry & { readonly require: Entry['import'] }>>;
}

export function readJson<T>(file: string): T {
  return JSON.parse(readFileSync(file, 'utf8')) as T;
}

export const manifest: Manifest = readJson('package.json');

/** The doors that DESIGN.md names; those whose source exists must be listed in package.json. */
export const DOORS = [
  'index',
  'receive',
  'client',
  'service',
  'aesgcm',
  'aesgcm128',
  'ece',
  'notification',
  'node',
  'browsers',
] as const;
export type Door = (typeof DOORS)[number];

/** What a door must never reach, however far away. */
const SENDING = ['vapid', 'request', 'send', 'send_many'];
export const FORBIDDEN: Readonly<Record<string, readonly string[]>> = {
  index: [
    'receive',
    'lib/legacy',
    'aesgcm',
    'aesgcm128',
    'service',
    'node',
    'ece',
    'notification',
    'client',
  ],
  receive: SENDING,
  client: [...SENDING, 'receive', 'encrypt', 'service'],
  service: ['encrypt', ...SENDING],
  aesgcm: [...SENDING, 'service'],
  aesgcm128: [...SENDING, 'service'],
  ece: [...SENDING, 'service', 'receive', 'encrypt'],
  notification: [...SENDING, 'service', 'receive', 'encrypt'],
};

export function exists(door: string): boolean {
  return existsSync(`src/${door}.ts`);
}

export function missing(door: string): string {
  return `src/${door}.ts does not exist yet`;
}

/** `src/lib/records.ts` and so on, in the notation of DESIGN.md: `lib/records`. */
export function sources(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.replaceAll('\\', '/').replace(/\.ts$/, ''))
    .sort();
}

/** What each module imports at run time, so no types. `node:` modules keep their name. */
export async function graph(): Promise<Map<string, readonly string[]>> {
  const entryPoints = sources().map((name) => `src/${name}.ts`);
  const { metafile } = await build({
    entryPoints,
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    outdir: 'unused',
    logLevel: 'silent',
  });
  const plain = (path: string): string => path.replace(/^src\//, '').replace(/\.ts$/, '');
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      plain(file),
      imports.map(({ path }) => plain(path)),
    ]),
  );
}

/** Everything that a module reaches, itself included. */
export function reach(modules: ReadonlyMap<string, readonly string[]>, from: string): Set<string> {
  const reached = new Set([from]);
  for (const name of reached) for (const next of modules.get(name) ?? []) reached.add(next);
  return reached;
}

/** A bundle as a user's bundler makes it. `code` imports from './src/...'. */
export async function bundled(code: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: '.', loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    minify: true,
    target: 'es2022',
    logLevel: 'silent',
    ...options,
  });
  return outputFiles![0]!.text;
}

export interface Parsed {
  readonly file: string;
  readonly source: SourceFile;
  readonly nodes: readonly Node[];
}

/** Every node of every source. */
export function parse(): readonly Parsed[] {
  const api = new API({ cwd: process.cwd() });
  try {
    const [project] = api.updateSnapshot({ openProject: resolve('tsconfig.json') }).getProjects();
    return sources().map((name) => {
      const file = `src/${name}.ts`;
      const source = project!.program.getSourceFile(resolve(file))!;
      const nodes: Node[] = [];
      const visit = (node: Node): void => {
        nodes.push(node);
        node.forEachChild(visit);
      };
      source.forEachChild(visit);
      return { file, source, nodes };
    });
  } finally {
    api.close();
  }
}
