/** Imports: a name that is imported is its dotted path, and in `with read_base():` what another config has. */
import { type Frame, unknownValue } from './frame.ts';
import { libraryValue } from './library.ts';
import { STANDARD_LIBRARY } from './standard-library.ts';
import { type Node, parts, placeOf, type Source, separated, textOf } from './syntax.ts';
import { PyName, Unreadable, type Value } from './values.ts';

/** One name of an import and what it is called in the file. */
interface Imported {
  readonly name: string;
  readonly as: string;
}

export interface FromImport {
  /** With its leading dots. */
  readonly module: string;
  /** `undefined` for `*`. */
  readonly names: readonly Imported[] | undefined;
  readonly node: Node;
}

/** `import a.b`, `import a.b as c`, `from a import b as c` outside of read_base. @throws Unreadable */
export function importNames(node: Node, frame: Frame): void {
  const from = fromImport(node, frame.source);
  if (from !== undefined) {
    if (from.names === undefined) throw new Unreadable('import * is read inside of "with read_base():" only');
    const separator = from.module.endsWith('.') ? '' : '.';
    for (const { name, as } of from.names) {
      frame.names.set(as, pathValue(`${from.module}${separator}${name}`, node, frame));
    }
    return;
  }
  for (const group of separated(parts(node).slice(1))) {
    const at = group.findIndex(({ name }) => name === 'as');
    const path = group.slice(0, at === -1 ? undefined : at).map((part) => textOf(frame.source, part));
    const bound = at === -1 ? path[0]! : textOf(frame.source, group[at + 1]!);
    frame.names.set(bound, pathValue(at === -1 ? bound : path.join(''), node, frame));
  }
}

/** What comes with Python is there for real in MMEngine: numbers, functions. Anything else is its path. */
function pathValue(path: string, node: Node, frame: Frame): Value {
  if (!STANDARD_LIBRARY.has(path.split('.')[0]!)) return new PyName(path);
  const known = libraryValue(path);
  if (known !== undefined) return known;
  const place = placeOf(frame.source, node.from);
  return unknownValue(Object.assign(new Unreadable(`what is in ${path} would need running Python`), { place }));
}

/** `undefined` for `import a`. */
function fromImport(node: Node, source: Source): FromImport | undefined {
  const pieces = parts(node);
  const at = pieces.findIndex(({ name }) => name === 'import');
  if (at === 0) return undefined;
  const module = pieces
    .slice(1, at)
    .map((part) => textOf(source, part))
    .join('');
  const named = pieces.slice(at + 1).filter(({ name }) => name !== '(' && name !== ')');
  if (named[0]?.name === '*') return { module, names: undefined, node };
  const names = separated(named).map((group) => {
    const name = textOf(source, group[0]!);
    return { name, as: group[2] === undefined ? name : textOf(source, group[2]) };
  });
  return { module, names, node };
}

/** The imports of `with read_base():`, or `undefined` where the statement is none. @throws Unreadable for anything else in it. */
export function baseImports(statement: Node, source: Source): readonly FromImport[] | undefined {
  const [, call, body] = parts(statement);
  if (statement.name !== 'WithStatement' || call!.name !== 'CallExpression') return undefined;
  if (textOf(source, call!.firstChild!) !== 'read_base' || body?.name !== 'Body') return undefined;
  return parts(body)
    .slice(1)
    .filter(({ name }) => name !== 'PassStatement' && name !== ';')
    .map((node) => {
      const found = node.name === 'ImportStatement' ? fromImport(node, source) : undefined;
      if (found !== undefined && /[^.]/.test(found.module)) return found;
      throw Object.assign(new Unreadable('in "with read_base():" only "from .file import …" is read'), {
        place: placeOf(source, node.from),
      });
    });
}

/** Whether the file is of the new style: imports of other packages, `read_base`. Source: MMEngine, `Config.fromfile`. */
export function isNewStyle(source: Source): boolean {
  return source.statements.some((statement) => {
    if (statement.name === 'WithStatement') return true;
    if (statement.name !== 'ImportStatement') return false;
    const from = fromImport(statement, source);
    const module = from?.module ?? textOf(source, parts(statement)[1]!);
    return !STANDARD_LIBRARY.has(module.split('.')[0]!);
  });
}
