/** The value of an expression, for the part of Python that config files are written in. Nothing else is ever done. */
import { callOf } from './calls.ts';
import { comprehend, type Element } from './comprehensions.ts';
import { elements, evaluate, evaluateKept, evaluateList, mappingOf } from './evaluation.ts';
import { formatStringOf } from './format-strings.ts';
import { type Evaluate, type Expressions, type Frame, lookUp } from './frame.ts';
import { libraryValue } from './library.ts';
import { numberOf, stringOf } from './literals.ts';
import { BASE, BASE_IN_TEXT } from './mentions.ts';
import { calculate } from './numbers.ts';
import { compare, operate } from './operators.ts';
import { itemOf, sliceOf } from './sequences.ts';
import { type Node, parts, separated, textOf } from './syntax.ts';
import { toText } from './text.ts';
import {
  isTrue,
  kindOf,
  numeric,
  PyDict,
  PyIterator,
  PyLibrary,
  PyList,
  PyName,
  PySet,
  PyTuple,
  Unreadable,
  type Value,
} from './values.ts';

/** How each kind of expression is evaluated, by its name in the grammar. */
export const EXPRESSIONS: Expressions = new Map<string, Evaluate>([
  ['Number', (node, frame) => numberOf(textOf(frame.source, node))],
  ['String', (node, frame) => filledText(stringOf(textOf(frame.source, node)), frame)],
  ['ContinuedString', (node, frame) => textsOf(node, frame)],
  ['FormatString', (node, frame) => formatStringOf(node, frame)],
  ['Boolean', (node, frame) => textOf(frame.source, node) === 'True'],
  ['None', () => null],
  ['VariableName', nameOf],
  ['ParenthesizedExpression', (node, frame) => evaluate(parts(node)[1]!, frame)],
  ['TupleExpression', (node, frame) => new PyTuple(elements(parts(node).slice(1, -1), frame))],
  ['ArrayExpression', (node, frame) => new PyList(elements(parts(node).slice(1, -1), frame))],
  ['DictionaryExpression', dictionary],
  ['SetExpression', setOrBase],
  ['ArrayComprehensionExpression', (node, frame) => new PyList(comprehend(parts(node).slice(1, -1), frame, item))],
  ['SetComprehensionExpression', (node, frame) => new PySet(comprehend(parts(node).slice(1, -1), frame, item))],
  ['DictionaryComprehensionExpression', dictionaryComprehension],
  ['ComprehensionExpression', (node, frame) => new PyIterator(comprehend(parts(node).slice(1, -1), frame, item))],
  ['BinaryExpression', binary],
  ['UnaryExpression', unary],
  ['ConditionalExpression', conditional],
  ['NamedExpression', named],
  ['MemberExpression', member],
  ['CallExpression', (node, frame) => callOf(node, frame)],
]);

function item([node, ...more]: readonly Node[], frame: Frame): Value {
  if (node === undefined || more.length > 0) throw new Unreadable('this comprehension is not read');
  return evaluateKept(node, frame);
}

/** A string that is `{{ _base_.name }}` is that value; in a longer one a text or number is put. */
function filledText(text: string, frame: Frame): Value {
  const base = text.includes('{{') ? lookUp(frame, BASE) : undefined;
  if (base === undefined) return text;
  const valueAt = (path: string) => path.split('.').reduce<Value>((of, field) => itemOf(of, field), base);
  const places = [...text.matchAll(BASE_IN_TEXT)];
  if (places.length === 1 && places[0]![0] === text) return valueAt(places[0]![1]!);
  return text.replace(BASE_IN_TEXT, (found, path: string) => {
    const value = valueAt(path);
    if (typeof value === 'string' || numeric(value) !== undefined) return toText(value);
    throw new Unreadable(`${found} is no text or number; let it be the whole value, without quotes`);
  });
}

function textsOf(node: Node, frame: Frame): string {
  const text = parts(node)
    .map((part) => evaluate(part, frame))
    .join('');
  frame.budget.take('characters', text.length);
  return text;
}

function nameOf(node: Node, frame: Frame): Value {
  const name = textOf(frame.source, node);
  const value = lookUp(frame, name);
  if (value === undefined) throw new Unreadable(`${name} is not assigned before; it would need running Python`);
  return value;
}

function dictionary(node: Node, frame: Frame): Value {
  const made = new PyDict();
  for (const group of separated(parts(node).slice(1, -1))) {
    if (group[0]!.name === '**') {
      for (const [key, value] of mappingOf(evaluate(group[1]!, frame)).entries()) made.set(key, value);
    } else {
      made.set(evaluate(group[0]!, frame), evaluateKept(group[2]!, frame));
    }
  }
  frame.budget.take('items', made.size);
  return made;
}

function dictionaryComprehension(node: Node, frame: Frame): Value {
  const made = new PyDict();
  const pair: Element<readonly [Value, Value]> = ([key, , value], inner) => [
    evaluate(key!, inner),
    evaluateKept(value!, inner),
  ];
  for (const [key, value] of comprehend(parts(node).slice(1, -1), frame, pair)) made.set(key, value);
  return made;
}

/** `{{_base_.name}}` looks like a set in a set, and is a value of the base. */
function setOrBase(node: Node, frame: Frame): Value {
  const inner = parts(node)[1];
  const isDouble = inner?.name === 'SetExpression' && inner.from === node.from + 1;
  if (!isDouble) return new PySet(elements(parts(node).slice(1, -1), frame));
  const text = textOf(frame.source, inner).slice(1, -1).trim();
  if (!text.startsWith('_base_'))
    throw new Unreadable(`{{ ${text} }} is filled in by MMEngine; write the value itself`);
  return evaluate(parts(inner)[1]!, frame);
}

const COMPARISONS = new Set(['<', '>', '<=', '>=', '==', '!=', '<>', 'in', 'not in', 'is', 'is not']);

/** A chain of operators, from the left: `a + b + c`, `a < b < c`, `a and b and c`. */
function binary(node: Node, frame: Frame): Value {
  const chain: { readonly operator: string; readonly right: Node }[] = [];
  let first = node;
  while (first.name === 'BinaryExpression') {
    const [left, ...rest] = parts(first);
    const words = rest.slice(0, -1).map((word) => textOf(frame.source, word));
    chain.unshift({ operator: words.join(' '), right: rest.at(-1)! });
    first = left!;
  }
  let value = evaluate(first, frame);
  let previous: Value | undefined;
  for (const { operator, right } of chain) {
    frame.budget.take('steps', 1);
    const isComparison = COMPARISONS.has(operator);
    if (operator === 'and' || operator === 'or') {
      if (isTrue(value) === (operator === 'and')) value = evaluate(right, frame);
      previous = undefined;
    } else if (isComparison && previous !== undefined) {
      // `a < b < c` is `a < b and b < c`.
      const next = isTrue(value) ? evaluate(right, frame) : null;
      value = isTrue(value) && compare(operator, previous, next, frame.budget);
      previous = next;
    } else {
      const next = evaluate(right, frame);
      value = isComparison
        ? compare(operator, value, next, frame.budget)
        : operate(operator, value, next, frame.budget);
      previous = isComparison ? next : undefined;
    }
  }
  return value;
}

function unary(node: Node, frame: Frame): Value {
  const [sign, operand] = parts(node);
  const operator = textOf(frame.source, sign!);
  const value = evaluate(operand!, frame);
  if (operator === 'not') return !isTrue(value);
  const number = numeric(value);
  if (number === undefined) throw new Unreadable(`"${operator}" before ${kindOf(value)} is not read`);
  if (operator === '+') return number;
  if (operator === '-') return -number;
  if (typeof number === 'bigint') return calculate('-', -number, 1n);
  throw new Unreadable(`"${operator}" before a float is not read`);
}

function conditional(node: Node, frame: Frame): Value {
  const [then, , condition, , otherwise] = parts(node);
  return evaluate(isTrue(evaluate(condition!, frame)) ? then! : otherwise!, frame);
}

/** `name := value`, which inside of a comprehension is a name outside of it. */
function named(node: Node, frame: Frame): Value {
  const [name, , ...rest] = parts(node);
  const value = evaluateKept(rest[0]!, frame);
  let at = frame;
  while (at.outer !== undefined) at = at.outer;
  at.names.set(textOf(frame.source, name!), value);
  return value;
}

/** `of.name`, `of[key]`, `of[a:b:c]` */
function member(node: Node, frame: Frame): Value {
  const [of, sign, ...rest] = parts(node);
  const value = evaluate(of!, frame);
  if (sign!.name === '.') return attributeOf(value, textOf(frame.source, rest[0]!));
  const inside = rest.slice(0, -1);
  if (!inside.some(({ name }) => name === ':')) return itemOf(value, evaluateList(inside, frame));
  return sliceOf(value, slicesSides(inside, frame), frame.budget);
}

function slicesSides(nodes: readonly Node[], frame: Frame): Value[] {
  if (nodes.some(({ name }) => name === ',')) throw new Unreadable('a slice with "," is not read');
  const sides: Value[] = [null];
  for (const node of nodes) {
    if (node.name === ':') sides.push(null);
    else sides[sides.length - 1] = evaluate(node, frame);
  }
  return sides;
}

/** A field of MMEngine's ConfigDict, or what is in an imported name. */
function attributeOf(of: Value, name: string): Value {
  if (of instanceof PyName) return new PyName(`${of.path}.${name}`);
  if (of instanceof PyLibrary) {
    const found = libraryValue(`${of.path}.${name}`);
    if (found !== undefined) return found;
    throw new Unreadable(`what is in ${of.path}.${name} would need running Python`);
  }
  if (!(of instanceof PyDict)) throw new Unreadable(`".${name}" of ${kindOf(of)} would need running Python`);
  if (!of.isConfig) throw new Unreadable(`a dict of this file has no ".${name}" in Python; write ["${name}"]`);
  const found = of.get(name);
  if (found === undefined) throw new Unreadable(`there is no "${name}" in it`);
  return found;
}
