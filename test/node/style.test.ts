/** What the style rules say that a machine can see, on the syntax tree of every source. */
import { readFileSync } from 'node:fs';
import { type Node, type SourceFile, SyntaxKind } from 'typescript/unstable/ast';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parse, sources } from './project.ts';

const LINES = 300;
const FUNCTION_LINES = 40;
const WIDTH = 100;

const files = sources().map((name) => `src/${name}.ts`);

const FUNCTIONS = [
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.FunctionExpression,
  SyntaxKind.ArrowFunction,
  SyntaxKind.MethodDeclaration,
  SyntaxKind.Constructor,
  SyntaxKind.GetAccessor,
];

const parsed = parse();

function lineOf(source: SourceFile, position: number): number {
  return source.text.slice(0, position).split('\n').length;
}

/** `src/x.ts:12 text` for every node that `wrong` finds. */
function found(wrong: (node: Node, source: SourceFile, file: string) => boolean): string[] {
  return parsed.flatMap(({ file, source, nodes }) =>
    nodes
      .filter((node) => wrong(node, source, file))
      .map(
        (node) =>
          `${file}:${lineOf(source, node.getStart(source))} ${node.getText(source).slice(0, 60)}`,
      ),
  );
}

function ofKind(...kinds: readonly SyntaxKind[]): string[] {
  return found((node) => kinds.includes(node.kind));
}

function linesWhere(wrong: (line: string) => boolean): string[] {
  return files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, i) => (wrong(line) ? [`${file}:${i + 1} ${line.trim().slice(0, 60)}`] : [])),
  );
}

const style = suite('style');

style('every source was parsed', () => {
  assert.ok(files.length > 10);
  assert.equal(
    parsed.filter(({ nodes }) => nodes.length === 0),
    [],
  );
});

style('no enum, namespace, decorator, any or default export', () => {
  assert.equal(
    ofKind(
      SyntaxKind.EnumDeclaration,
      SyntaxKind.ModuleDeclaration,
      SyntaxKind.Decorator,
      SyntaxKind.AnyKeyword,
      SyntaxKind.ExportAssignment,
      SyntaxKind.DefaultKeyword,
    ).filter((text) => !/ default:?$/.test(text)),
    [],
  );
});

style('a cast only in lib/bytes.ts', () => {
  assert.equal(
    found(
      (node, source, file) =>
        file !== 'src/lib/bytes.ts'
        && (node.kind === SyntaxKind.TypeAssertionExpression
          || node.kind === SyntaxKind.AsExpression)
        && !/\bas const$/.test(node.getText(source)),
    ),
    [],
  );
});

style('a class only for errors', () => {
  const classes = [SyntaxKind.ClassDeclaration, SyntaxKind.ClassExpression];
  assert.equal(
    found(
      (node, source) =>
        classes.includes(node.kind)
        && !/^(export )?class \w+ extends \w*Error\b/.test(node.getText(source)),
    ),
    [],
  );
});

/** The parts of a node that run when its module is evaluated: not what stands inside functions. */
function evaluated(node: Node): Node[] {
  if (FUNCTIONS.includes(node.kind)) return [];
  const parts: Node[] = [node];
  node.forEachChild((child) => {
    parts.push(...evaluated(child));
  });
  return parts;
}

function isPure(node: Node, source: SourceFile): boolean {
  return source.text.slice(0, node.getStart(source)).trimEnd().endsWith('@__PURE__ */');
}

style('a module does nothing when it is evaluated; what it computes is marked as pure', () => {
  const runs = [
    SyntaxKind.CallExpression,
    SyntaxKind.NewExpression,
    SyntaxKind.AwaitExpression,
    SyntaxKind.TaggedTemplateExpression,
  ];
  const statements = [
    SyntaxKind.ImportDeclaration,
    SyntaxKind.ExportDeclaration,
    SyntaxKind.InterfaceDeclaration,
    SyntaxKind.TypeAliasDeclaration,
    SyntaxKind.FunctionDeclaration,
    SyntaxKind.ClassDeclaration,
    SyntaxKind.VariableStatement,
  ];
  assert.equal(
    found(
      (node, source, file) =>
        node.parent?.kind === SyntaxKind.SourceFile
        && !/^src\/(cli|inbox)\//.test(file)
        && node.kind !== SyntaxKind.EndOfFile
        && (!statements.includes(node.kind)
          || evaluated(node).some((part) => runs.includes(part.kind) && !isPure(part, source))),
    ),
    [],
  );
});

style('no directive that silences the compiler', () => {
  assert.equal(
    linesWhere((line) => /@ts-(ignore|nocheck|expect-error)/.test(line)),
    [],
  );
});

style(`a file has at most ${LINES} lines`, () => {
  const long = files.map(
    (file) => `${file}: ${readFileSync(file, 'utf8').trimEnd().split('\n').length}`,
  );
  assert.equal(
    long.filter((text) => Number(text.split(': ')[1]) > LINES),
    [],
  );
});

style(`a line has at most ${WIDTH} columns, no tab and no space at its end`, () => {
  assert.equal(
    linesWhere((line) => [...line].length > WIDTH || /\t| $/.test(line)),
    [],
  );
});

style(`a function has at most ${FUNCTION_LINES} lines`, () => {
  assert.equal(
    found(
      (node, source) =>
        FUNCTIONS.includes(node.kind) && node.getText(source).split('\n').length > FUNCTION_LINES,
    ),
    [],
  );
});

style('file names are in lower case, words parted by _', () => {
  assert.equal(
    files.filter((file) => !/^src\/([a-z0-9]+\/)*[a-z][a-z0-9]*(_[a-z0-9]+)*\.ts$/.test(file)),
    [],
  );
});

style('no variable of a module can be set again', () => {
  assert.equal(
    found(
      (node, source) =>
        node.kind === SyntaxKind.VariableStatement
        && node.parent?.kind === SyntaxKind.SourceFile
        && !/^(export )?(declare )?const /.test(node.getText(source)),
    ),
    [],
  );
});

/** Names that only one runtime has, or that tell runtimes apart. */
const PLATFORM =
  /^(process|Deno|Bun|Buffer|userAgent|WebSocketPair|EdgeRuntime|require|__dirname)$/;
const MAY = /^src\/(node|browsers|cli\/.*|lib\/node\/.*|inbox\/.*)\.?t?s?$/;

function sniffing(): string[] {
  return found((node, source, file) => {
    if (MAY.test(file)) return false;
    const named = node.kind === SyntaxKind.Identifier || node.kind === SyntaxKind.StringLiteral;
    return named && PLATFORM.test(node.getText(source).replace(/^'|'$/g, ''));
  });
}

style('no platform sniffing outside node, browsers, cli/, lib/node/; one exception', () => {
  // Deno exports a fresh public key ten times faster inside the private one, Node 20 the other way
  // round: measurement forces lib/p256.ts, and it alone, to look.
  const all = sniffing();
  const forced = /^src\/lib\/p256\.ts:\d+ 'Deno'$/;
  assert.is(all.filter((place) => forced.test(place)).length, 1);
  assert.equal(
    all.filter((place) => !forced.test(place)),
    [],
  );
});

style.run();
