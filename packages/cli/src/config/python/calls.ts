/** Calls: of a few built-in functions, and of methods. Anything else that is called would need running Python. */
import type { Arguments } from './arguments.ts';
import { BUILT_INS } from './built-ins.ts';
import { comprehend } from './comprehensions.ts';
import { evaluate, evaluateKept, mappingOf } from './evaluation.ts';
import { type Frame, lookUp } from './frame.ts';
import { callLibrary } from './library.ts';
import { callMethod } from './methods.ts';
import { itemsOf } from './sequences.ts';
import { type Node, parts, separated, textOf } from './syntax.ts';
import { PyIterator, PyLibrary, Unreadable, type Value } from './values.ts';

/** `function(…)` or `value.method(…)`. @throws Unreadable */
export function callOf(node: Node, frame: Frame): Value {
  const [callee, list] = parts(node);
  const [of, sign, property] = parts(callee!);
  if (callee!.name === 'MemberExpression' && sign!.name === '.') {
    const receiver = evaluate(of!, frame);
    const method = textOf(frame.source, property!);
    if (receiver instanceof PyLibrary)
      return callLibrary(`${receiver.path}.${method}`, argumentsOf(list!, frame), frame.budget);
    return callMethod(receiver, method, argumentsOf(list!, frame), frame.budget);
  }
  const name = textOf(frame.source, callee!);
  const own = callee!.name === 'VariableName' ? lookUp(frame, name) : null;
  if (own instanceof PyLibrary) return callLibrary(own.path, argumentsOf(list!, frame), frame.budget);
  const builtIn = own === undefined ? BUILT_INS.get(name) : undefined;
  if (builtIn === undefined) {
    const shown = name.length > 60 || name.includes('\n') ? 'this' : `${name}()`;
    throw new Unreadable(`calling ${shown} would need running Python`);
  }
  return builtIn(argumentsOf(list!, frame), frame.budget);
}

function argumentsOf(list: Node, frame: Frame): Arguments {
  const inside = parts(list).slice(1, -1);
  if (inside.some(({ name }) => name === 'for')) {
    const values = comprehend(inside, frame, ([value], inner) => evaluateKept(value!, inner));
    return { positional: [new PyIterator(values)], named: new Map() };
  }
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  const add = (name: string, value: Value) => {
    if (named.has(name)) throw new Unreadable(`${name} is given twice`);
    named.set(name, value);
  };
  for (const [first, sign, value] of separated(inside)) {
    if (first!.name === '*') positional.push(...itemsOf(evaluate(sign!, frame), frame.budget));
    else if (first!.name === '**') {
      for (const [key, item] of mappingOf(evaluate(sign!, frame)).entries()) add(nameOf(key), item);
    } else if (sign?.name === 'AssignOp') add(textOf(frame.source, first!), evaluateKept(value!, frame));
    else positional.push(evaluate(first!, frame));
  }
  frame.budget.take('items', positional.length + named.size);
  return { positional, named };
}

function nameOf(key: Value): string {
  if (typeof key === 'string') return key;
  throw new Unreadable('"**" in a call is read before a mapping with names only');
}
