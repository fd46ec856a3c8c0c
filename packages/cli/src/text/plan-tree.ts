/** The rows of a plan as a tree of modules, modules whose parameters are all treated alike folded into one line. */
import type { ParamRow } from '../plan-view.ts';
import { printable } from './paint.ts';
import { type Column, shortNumber, tableLines, thousands } from './table.ts';

interface Node {
  readonly name: string;
  readonly depth: number;
  readonly rows: ParamRow[];
  readonly children: Map<string, Node>;
  /** Whether one parameter below has other settings than the first. */
  mixed: boolean;
}

const COLUMNS: readonly Column[] = [
  { title: 'module' },
  { title: 'params', align: 'right' },
  { title: 'shape' },
  { title: 'elements', align: 'right' },
  { title: 'lr', align: 'right' },
  { title: 'weight_decay', align: 'right' },
  { title: 'rule' },
];

/** @param isFull shows every parameter, and folds nothing. */
export function planTree(rows: readonly ParamRow[], isFull: boolean): string[] {
  const root = makeNode('', -1);
  for (const row of rows) insert(root, row);
  const cells: string[][] = [];
  // A stack of its own, so that nesting is not bounded by the call stack.
  const stack = [...root.children.values()].reverse();
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    const isFolded = !isFull && !node.mixed;
    cells.push(cellsOf(node, isFolded));
    if (!isFolded) stack.push(...[...node.children.values()].reverse());
  }
  return tableLines(COLUMNS, cells);
}

function makeNode(name: string, depth: number): Node {
  return { name, depth, rows: [], children: new Map(), mixed: false };
}

function insert(root: Node, row: ParamRow): void {
  let node = root;
  for (const name of row.path.split('.')) {
    const child = node.children.get(name) ?? makeNode(name, node.depth + 1);
    node.children.set(name, child);
    child.mixed ||= child.rows.length > 0 && !isAlike(child.rows[0]!, row);
    child.rows.push(row);
    node = child;
  }
}

const isAlike = (a: ParamRow, b: ParamRow) => a.lr === b.lr && a.decay === b.decay && a.rule === b.rule;

function cellsOf({ name, depth, rows, children }: Node, isFolded: boolean): string[] {
  const label = `${'  '.repeat(depth)}${printable(name)}`;
  const elements = thousands(rows.reduce((sum, row) => sum + row.elements, 0));
  const [first] = rows;
  if (children.size === 0) {
    return [label, '', shapeText(first!.shape), elements, first!.lr, first!.decay, printable(first!.rule)];
  }
  if (!isFolded) return [label];
  const settings = [elements, first!.lr, first!.decay, printable(first!.rule)];
  if (rows.length > 1) return [`${label}.*`, String(rows.length), '', ...settings];
  const below = first!.path.split('.').slice(depth + 1);
  return [[label, ...below.map(printable)].join('.'), '', shapeText(first!.shape), ...settings];
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.map(shortNumber).join(', ')}]`;
}
