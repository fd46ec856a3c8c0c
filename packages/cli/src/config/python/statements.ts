/**
 * Statements. Where one cannot be read, every name that it binds and everything that it may have changed is unknown from there
 * on; that is told only to who uses it.
 */
import type { Budget } from './budget.ts';
import { pairsOf } from './built-ins.ts';
import { evaluate, evaluateList } from './evaluation.ts';
import { type Frame, unknownValue } from './frame.ts';
import { importNames } from './imports.ts';
import { BASE, type Effects, effectsOf } from './mentions.ts';
import { extend } from './methods.ts';
import { operate } from './operators.ts';
import { itemsOf } from './sequences.ts';
import { type Node, parts, placeOf, textOf } from './syntax.ts';
import { assignTo, placeFor } from './targets.ts';
import { isTrue, PyDict, PyList, PySet, PyTuple, TooMuch, Unreadable, type Value } from './values.ts';

/** Runs top-level statements in order. @throws TooMuch where a bound is passed; nothing else. */
export function runStatements(statements: readonly Node[], effects: ReadonlyMap<Node, Effects>, frame: Frame): void {
  // What functions mention may be changed by any call.
  const ofFunctions = new Set<string>();
  for (const statement of statements) {
    const effect = effects.get(statement)!;
    if (effect.makesFunction) for (const name of effect.mentions) ofFunctions.add(name);
    try {
      run(statement, frame);
    } catch (error) {
      if (!(error instanceof Unreadable) || error instanceof TooMuch) throw error;
      const touched =
        effect.calls || effect.makesFunction ? [...effect.mentions, ...ofFunctions] : [...effect.mentions];
      forget(effect.isWild ? [...frame.names.keys()] : touched, frame, error);
      for (const name of effect.isWild ? [...frame.names.keys(), ...effect.binds] : effect.binds) {
        if (name !== BASE) frame.names.set(name, unknownValue(error));
      }
    }
  }
}

type Signal = 'break' | 'continue' | undefined;

/** A fault inside of a block names its own line. */
function run(node: Node, frame: Frame): Signal {
  const statement = STATEMENTS.get(node.name);
  try {
    frame.budget.take('steps', 1);
    if (statement !== undefined) return statement(node, frame);
    throw new Unreadable(`${WORDS.get(node.name) ?? 'this statement'} would need running Python`);
  } catch (error) {
    if (error instanceof Unreadable) error.place ??= placeOf(frame.source, node.from);
    throw error;
  }
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['FunctionDefinition', 'a function'],
  ['ClassDefinition', 'a class'],
  ['DecoratedStatement', 'a function or class'],
  ['WhileStatement', 'a while loop'],
  ['TryStatement', 'a try block'],
  ['WithStatement', 'a with block'],
  ['RaiseStatement', 'raise'],
  ['MatchStatement', 'a match block'],
]);

type Run = (node: Node, frame: Frame) => Signal;

const nothing: Run = () => undefined;

const STATEMENTS: ReadonlyMap<string, Run> = new Map<string, Run>([
  ['AssignStatement', assign],
  ['UpdateStatement', updateInPlace],
  [
    'ExpressionStatement',
    (node, frame) => {
      evaluateList(parts(node), frame);
      return undefined;
    },
  ],
  ['DeleteStatement', remove],
  [
    'ImportStatement',
    (node, frame) => {
      importNames(node, frame);
      return undefined;
    },
  ],
  ['IfStatement', branch],
  ['ForStatement', loop],
  ['StatementGroup', (node, frame) => block(parts(node), frame)],
  ['BreakStatement', () => 'break'],
  ['ContinueStatement', () => 'continue'],
  ['PassStatement', nothing],
  ['AssertStatement', assertion],
  ['PrintStatement', nothing],
  [';', nothing],
]);

function block(nodes: readonly Node[], frame: Frame): Signal {
  for (const node of nodes) {
    const signal = run(node, frame);
    if (signal !== undefined) return signal;
  }
  return undefined;
}

/** What stands in an indented block. */
const bodyOf = (node: Node) => parts(node).slice(1);

function assign(node: Node, frame: Frame): Signal {
  const groups: Node[][] = [[]];
  for (const part of parts(node)) {
    if (part.name === 'AssignOp') groups.push([]);
    else if (part.name !== 'TypeDef') groups.at(-1)!.push(part);
  }
  const [last, ...targets] = [groups.at(-1)!, ...groups.slice(0, -1)];
  // `name: type` alone assigns nothing.
  if (targets.length === 0) return undefined;
  const value = evaluateList(last, frame);
  for (const target of targets) assignTo(target, value, frame);
  return undefined;
}

/** One that does something beside asking is evaluated. */
function assertion(node: Node, frame: Frame): Signal {
  const { mayChange, binds } = effectsOf(node, frame.source, new Set(frame.names.keys()));
  if (!mayChange && binds.size === 0) return undefined;
  if (!isTrue(evaluate(parts(node)[1]!, frame))) throw new Unreadable('what this asserts is not so');
  return undefined;
}

/** `target += value`: a list or dict is changed in place, anything else is replaced. */
function updateInPlace(node: Node, frame: Frame): Signal {
  const [target, sign, ...rest] = parts(node);
  const operator = textOf(frame.source, sign!).slice(0, -1);
  const old = evaluate(target!, frame);
  const value = evaluateList(rest, frame);
  let result: Value = old;
  if (old instanceof PyList && operator === '+') extend(old, value, frame.budget);
  else if (old instanceof PyDict && !old.isConfig && operator === '|') join(old, value, frame.budget);
  else if (old instanceof PyDict || old instanceof PySet || (old instanceof PyList && operator === '*')) {
    throw new Unreadable(`"${operator}=" on this is not read`);
  } else result = operate(operator, old, value, frame.budget);
  if (target!.name === 'VariableName') assignTo([target!], result, frame);
  else placeFor(target!, frame).set(result);
  return undefined;
}

/** `mapping |= values` */
function join(mapping: PyDict, values: Value, budget: Budget): void {
  const pairs = pairsOf(values, budget);
  budget.take('items', pairs.length);
  for (const [key, value] of pairs) mapping.set(key, value);
}

function remove(node: Node, frame: Frame): Signal {
  for (const part of parts(node).slice(1)) {
    if (part.name === ',') continue;
    if (part.name === 'VariableName') {
      evaluate(part, frame);
      frame.names.delete(textOf(frame.source, part));
    } else placeFor(part, frame).delete();
  }
  return undefined;
}

function branch(node: Node, frame: Frame): Signal {
  const pieces = parts(node);
  for (let at = 0; at < pieces.length; ) {
    const isElse = pieces[at]!.name === 'else';
    if (isElse || isTrue(evaluate(pieces[at + 1]!, frame)))
      return block(bodyOf(pieces[isElse ? at + 1 : at + 2]!), frame);
    at += 3;
  }
  return undefined;
}

function loop(node: Node, frame: Frame): Signal {
  const pieces = parts(node);
  const at = pieces.findIndex(({ name }) => name === 'in');
  const body = pieces.findIndex(({ name }) => name === 'Body');
  if (pieces[0]!.name === 'async') throw new Unreadable('async would need running Python');
  const over = evaluateList(pieces.slice(at + 1, body), frame);
  const items = itemsOf(over, frame.budget);
  // A list that the loop itself makes longer is gone over in its new length, as in Python.
  for (let index = 0; index < items.length; index++) {
    if (over instanceof PyDict && over.size !== items.length)
      throw new Unreadable('a dict changes while it is gone over');
    assignTo(pieces.slice(1, at), items[index]!, frame);
    if (block(bodyOf(pieces[body]!), frame) === 'break') return undefined;
  }
  const otherwise = pieces[body + 2];
  return otherwise === undefined ? undefined : block(bodyOf(otherwise), frame);
}

/** From here on nobody knows what these names hold, nor what is in it. */
function forget(names: Iterable<string>, frame: Frame, reason: Unreadable): void {
  const seen = new Set<Value>();
  const stack: Value[] = [];
  for (const name of names) {
    const value = name.startsWith(`${BASE}.`) ? fieldOf(frame, name.slice(BASE.length + 1)) : frame.names.get(name);
    if (value !== undefined) stack.push(value);
  }
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (value === null || typeof value !== 'object' || seen.has(value)) continue;
    seen.add(value);
    if (value instanceof PyTuple) stack.push(...value.items);
    if (!(value instanceof PyDict || value instanceof PyList || value instanceof PySet)) continue;
    if (value.unknown !== undefined) continue;
    stack.push(...(value instanceof PyDict ? value.entries().map(([, item]) => item) : value.items));
    value.unknown = reason;
  }
}

function fieldOf(frame: Frame, field: string): Value | undefined {
  const base = frame.names.get(BASE);
  return base instanceof PyDict && base.unknown === undefined ? base.get(field) : undefined;
}
