/** Python source as the syntax tree of Lezer's grammar, with what the reader asks of it. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import { TooMuch, Unreadable } from './values.ts';

export type Node = SyntaxNode;

/** A config is not larger than this. */
const MAX_SOURCE = 4_000_000;

export interface Source {
  readonly path: string;
  readonly text: string;
  /** Statements at the top of the file; those after a `;` stand for themselves. */
  readonly statements: readonly Node[];
}

/** `3.` and `3.e5`, which the grammar does not know; another digit in the place of the point is a number too. */
const OPEN_FLOAT = /(?<![\w.])(\d[\d_]*)\.(?=[eE][-+]?\d|[^\w.]|$)/g;

/** @throws Unreadable with its place where this is no Python. */
export function parseSource(path: string, text: string): Source {
  if (text.length > MAX_SOURCE) {
    throw Object.assign(new TooMuch(`a Python config of more than ${MAX_SOURCE} characters is not read`), {
      place: `${path}:1`,
    });
  }
  // A mark at the start is no part of the program.
  const source = { path, text: text.startsWith('\ufeff') ? ` ${text.slice(1)}` : text, statements: [] };
  const tree = parser.parse(source.text.replace(OPEN_FLOAT, (_, digits: string) => `${digits}0`));
  const cursor = tree.cursor();
  do {
    if (cursor.type.isError) throw fault(source, cursor.from, syntaxReason(source, cursor.from));
    if (/^(?:Format)?String$/.test(cursor.name) && !isClosed(source.text.slice(cursor.from, cursor.to))) {
      throw fault(source, cursor.from, 'this is not valid Python: a string that does not end');
    }
  } while (cursor.next());
  const statements = parts(tree.topNode).flatMap((node) => (node.name === 'StatementGroup' ? parts(node) : [node]));
  const kept = statements.filter(({ name }) => name !== ';');
  for (const { from } of kept) {
    const before = source.text.slice(source.text.lastIndexOf('\n', from - 1) + 1, from);
    if (before !== '' && before.trim() === '' && !text.startsWith('\ufeff')) {
      throw fault(source, from, 'this line is indented and belongs to no block');
    }
  }
  return { ...source, statements: kept };
}

function isClosed(literal: string): boolean {
  const [opening, quote] = /^[A-Za-z]{0,2}("""|'''|"|')/.exec(literal) ?? ['', '?'];
  return literal.length >= opening.length + quote!.length && literal.endsWith(quote!);
}

function syntaxReason(source: Omit<Source, 'statements'>, at: number): string {
  const rest = source.text.slice(at).trimStart().split('\n')[0]!.slice(0, 20);
  if (rest === '') return 'this is not valid Python: the file ends too early';
  return `this is not valid Python, at or before ${JSON.stringify(rest)}`;
}

function fault(source: Omit<Source, 'statements'>, at: number, reason: string): Unreadable {
  return Object.assign(new Unreadable(reason), { place: placeOf(source, at) });
}

/** `file:line` */
export function placeOf({ path, text }: Omit<Source, 'statements'>, at: number): string {
  let line = 1;
  for (let next = text.indexOf('\n'); next !== -1 && next < at; next = text.indexOf('\n', next + 1)) line++;
  return `${path}:${line}`;
}

/** All children, words and signs among them, comments not. */
export function parts(node: Node): Node[] {
  const found: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment') found.push(child);
  }
  return found;
}

/** The nodes between commas. A part is empty where two commas meet. */
export function separated(nodes: readonly Node[]): Node[][] {
  const groups: Node[][] = [[]];
  for (const node of nodes) {
    if (node.name === ',') groups.push([]);
    else groups.at(-1)!.push(node);
  }
  if (groups.at(-1)!.length === 0) groups.pop();
  return groups;
}

export const textOf = ({ text }: Source, { from, to }: Node) => text.slice(from, to);
