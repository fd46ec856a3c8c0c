/** Comprehensions: `[value for names in values if condition]`, of any kind and nesting. */
import { evaluate, evaluateList } from './evaluation.ts';
import { type Frame, innerFrame } from './frame.ts';
import { itemsOf } from './sequences.ts';
import type { Node } from './syntax.ts';
import { assignTo } from './targets.ts';
import { isTrue, Unreadable } from './values.ts';

/** What one round gives. */
export type Element<T> = (nodes: readonly Node[], frame: Frame) => T;

type Clause =
  | { readonly kind: 'for'; readonly targets: readonly Node[]; readonly over: readonly Node[] }
  | { readonly kind: 'if'; readonly condition: Node };

/** @param nodes what is between the brackets. */
export function comprehend<T>(nodes: readonly Node[], frame: Frame, element: Element<T>): T[] {
  const first = nodes.findIndex(({ name }) => name === 'for' || name === 'async');
  const clauses = clausesOf(nodes.slice(first));
  const inner = innerFrame(frame);
  const found: T[] = [];
  const round = (at: number): void => {
    const clause = clauses[at];
    if (clause === undefined) {
      frame.budget.take('items', 1);
      found.push(element(nodes.slice(0, first), inner));
    } else if (clause.kind === 'if') {
      if (isTrue(evaluate(clause.condition, inner))) round(at + 1);
    } else {
      // The first values are looked up outside.
      for (const item of [...itemsOf(evaluateList(clause.over, at === 0 ? frame : inner), frame.budget)]) {
        assignTo(clause.targets, item, inner);
        round(at + 1);
      }
    }
  };
  round(0);
  return found;
}

function clausesOf(nodes: readonly Node[]): Clause[] {
  const starts = nodes.flatMap(({ name }, index) => (['for', 'if', 'async'].includes(name) ? [index] : []));
  return starts.map((start, index) => {
    const clause = nodes.slice(start + 1, starts[index + 1]);
    const { name } = nodes[start]!;
    if (name === 'async') throw new Unreadable('async would need running Python');
    if (name === 'if') return { kind: 'if', condition: clause[0]! };
    const at = clause.findIndex((node) => node.name === 'in');
    return { kind: 'for', targets: clause.slice(0, at), over: clause.slice(at + 1) };
  });
}
