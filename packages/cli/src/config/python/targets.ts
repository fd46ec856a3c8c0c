/** What stands to the left of `=`: names, items, fields, and several of them with commas. */
import { checkExtent } from './budget.ts';
import { evaluate, evaluateList, kept } from './evaluation.ts';
import type { Frame } from './frame.ts';
import { indexOf, itemOf, itemsOf } from './sequences.ts';
import { type Node, parts, placeOf, separated, textOf } from './syntax.ts';
import { kindOf, PyDict, PyList, Unreadable, type Value } from './values.ts';

/** @param nodes one target, or several with commas between them. */
export function assignTo(nodes: readonly Node[], value: Value, frame: Frame): void {
  const [first] = nodes;
  const isGroup = /^(Tuple|Array|Parenthesized)Expression$/.test(first!.name);
  if (nodes.length === 1 && !isGroup) assignOne(first!, value, frame);
  else if (first!.name === 'ParenthesizedExpression' && nodes.length === 1) assignTo([parts(first!)[1]!], value, frame);
  else unpack(nodes.length > 1 ? nodes : parts(first!).slice(1, -1), value, frame);
}

function assignOne(target: Node, value: Value, frame: Frame): void {
  try {
    if (target.name === 'VariableName') frame.names.set(textOf(frame.source, target), kept(value));
    else placeFor(target, frame).set(kept(value));
  } catch (error) {
    if (error instanceof Unreadable) error.place ??= placeOf(frame.source, target.from);
    throw error;
  }
}

function unpack(nodes: readonly Node[], value: Value, frame: Frame): void {
  const targets = separated(nodes);
  const items = itemsOf(value, frame.budget);
  const star = targets.findIndex(([first]) => first!.name === '*');
  const isFit = star === -1 ? items.length === targets.length : items.length >= targets.length - 1;
  if (!isFit) throw new Unreadable(`${items.length} values for ${targets.length} names`);
  const extra = items.length - targets.length;
  for (const [index, target] of targets.entries()) {
    if (index === star) assignTo(target.slice(1), new PyList(items.slice(index, index + extra + 1)), frame);
    else assignTo(target, items[star !== -1 && index > star ? index + extra : index]!, frame);
  }
}

interface Place {
  set(value: Value): void;
  delete(): void;
}

/** `of[key]` or `of.name` as something to be set. @throws Unreadable */
export function placeFor(node: Node, frame: Frame): Place {
  if (node.name !== 'MemberExpression') throw new Unreadable('an assignment to this is not read');
  const [ofNode, sign, ...rest] = parts(node);
  const of = evaluate(ofNode!, frame);
  const isField = sign!.name === '.';
  if (isField && !(of instanceof PyDict && of.isConfig)) {
    throw new Unreadable(`".${textOf(frame.source, rest[0]!)} =" on ${kindOf(of)} would need running Python`);
  }
  if (rest.some(({ name }) => name === ':')) throw new Unreadable('an assignment to a slice is not read');
  const key = isField ? textOf(frame.source, rest[0]!) : evaluateList(rest.slice(0, -1), frame);
  if (of instanceof PyDict) {
    return {
      set: (value) => {
        if (of.isConfig) checkExtent(value, frame.budget);
        frame.budget.take('items', 1);
        of.set(key, value);
      },
      delete: () => {
        itemOf(of, key);
        of.delete(key);
      },
    };
  }
  if (!(of instanceof PyList)) throw new Unreadable(`an assignment into ${kindOf(of)} is not read`);
  const at = indexOf(of.items.length, key);
  return {
    set: (value) => {
      of.items[at] = value;
    },
    delete: () => of.items.splice(at, 1),
  };
}
