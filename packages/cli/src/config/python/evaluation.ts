/** Evaluation of any expression, by what the frame says of its kind. */
import type { Frame } from './frame.ts';
import { itemsOf } from './sequences.ts';
import { type Node, placeOf, separated } from './syntax.ts';
import { kindOf, PyDict, PyIterator, PyList, PySet, PyTuple, Unreadable, type Value } from './values.ts';

/** What is not read, by its name in the grammar. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['LambdaExpression', 'a function'],
  ['AwaitExpression', 'await'],
  ['YieldExpression', 'yield'],
  ['Ellipsis', '...'],
]);

/** @throws Unreadable with the place of what cannot be read. */
export function evaluate(node: Node, frame: Frame): Value {
  const kind = frame.expressions.get(node.name);
  try {
    frame.budget.take('steps', 1);
    if (kind === undefined) throw new Unreadable(`${WORDS.get(node.name) ?? 'this'} would need running Python`);
    const value = frame.budget.deeper(() => kind(node, frame));
    if (value instanceof PyDict || value instanceof PyList || value instanceof PySet) {
      if (value.unknown !== undefined) throw value.unknown;
    }
    return value;
  } catch (error) {
    if (error instanceof Unreadable) error.place ??= placeOf(frame.source, node.from);
    throw error;
  }
}

/** One expression, or several with commas between them, which are a tuple. */
export function evaluateList(nodes: readonly Node[], frame: Frame): Value {
  if (nodes.length === 1) return evaluate(nodes[0]!, frame);
  return new PyTuple(elements(nodes, frame));
}

/** The value as something that has a name or a place. @throws Unreadable for what can be gone over once only. */
export function evaluateKept(node: Node, frame: Frame): Value {
  return kept(evaluate(node, frame));
}

export function kept(value: Value): Value {
  if (value instanceof PyIterator) throw new Unreadable('what is gone over once is read only where it is used at once');
  return value;
}

/** Values between commas; `*values` are all of them. */
export function elements(nodes: readonly Node[], frame: Frame): Value[] {
  const found = separated(nodes).flatMap(([first, second]) => {
    if (first!.name !== '*') return [evaluateKept(first!, frame)];
    return [...itemsOf(evaluate(second!, frame), frame.budget)];
  });
  frame.budget.take('items', found.length);
  return found;
}

export function mappingOf(value: Value): PyDict {
  if (value instanceof PyDict) return value;
  throw new Unreadable(`"**" is read before a mapping only, not before ${kindOf(value)}`);
}
