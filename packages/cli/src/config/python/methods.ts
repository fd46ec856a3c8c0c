/** Methods of lists, tuples, strings and names; those of mappings are in `mapping-methods.ts`. */

import { type Arguments, valuesOf } from './arguments.ts';
import { type Budget, checkExtent } from './budget.ts';
import { sortedList } from './built-ins.ts';
import { callMappingMethod } from './mapping-methods.ts';
import { indexOf, itemsOf } from './sequences.ts';
import { templateFormatted } from './text.ts';
import { isEqual, kindOf, numeric, PyDict, PyList, PyTuple, Unreadable, type Value } from './values.ts';

/** `of.name(…)`. @throws Unreadable for a method that is not read. */
export function callMethod(of: Value, name: string, given: Arguments, budget: Budget): Value {
  if (of instanceof PyDict) return callMappingMethod(of, name, given, budget);
  if (of instanceof PyList) {
    const method = LIST.get(name);
    if (method !== undefined) return method(of, given, budget);
  }
  if (of instanceof PyList || of instanceof PyTuple) {
    const method = SEQUENCE.get(name);
    if (method !== undefined) return method(of.items, given, budget);
  }
  const method = typeof of === 'string' ? TEXT.get(name) : undefined;
  if (method !== undefined && typeof of === 'string') return method(of, given, budget);
  throw new Unreadable(`".${name}()" of ${kindOf(of)} would need running Python`);
}

type Method<T> = (of: T, given: Arguments, budget: Budget) => Value;

const LIST: ReadonlyMap<string, Method<PyList>> = new Map<string, Method<PyList>>([
  [
    'append',
    (of, given, budget) => {
      budget.take('items', 1);
      of.items.push(valuesOf(given, 1, 1)[0]!);
      return null;
    },
  ],
  ['extend', (of, given, budget) => extend(of, valuesOf(given, 1, 1)[0]!, budget)],
  [
    'insert',
    (of, given, budget) => {
      const [at, value] = valuesOf(given, 2, 2);
      if (typeof at !== 'bigint') throw new Unreadable('insert() takes a whole number and a value');
      budget.take('items', 1);
      of.items.splice(Number(at), 0, value!);
      return null;
    },
  ],
  [
    'pop',
    (of, given) => {
      const at = indexOf(of.items.length, valuesOf(given, 0, 1)[0] ?? -1n);
      return of.items.splice(at, 1)[0]!;
    },
  ],
  [
    'remove',
    (of, given, budget) => {
      of.items.splice(firstPlace(of.items, valuesOf(given, 1, 1)[0]!, budget), 1);
      return null;
    },
  ],
  [
    'clear',
    (of, given) => {
      valuesOf(given, 0, 0);
      of.items.length = 0;
      return null;
    },
  ],
  [
    'reverse',
    (of, given) => {
      valuesOf(given, 0, 0);
      of.items.reverse();
      return null;
    },
  ],
  [
    'sort',
    (of, { positional, named }, budget) => {
      if (positional.length > 0 || [...named.keys()].some((name) => name !== 'reverse'))
        throw new Unreadable('sort() is read with reverse only');
      of.items.splice(0, of.items.length, ...sortedList(of.items, named.get('reverse'), budget).items);
      return null;
    },
  ],
  [
    'copy',
    (of, given, budget) => {
      valuesOf(given, 0, 0);
      budget.take('items', of.items.length);
      return new PyList([...of.items]);
    },
  ],
]);

/** `list += values`. @throws TooMuch */
export function extend(list: PyList, values: Value, budget: Budget): null {
  const added = [...itemsOf(values, budget)];
  budget.take('items', added.length);
  for (const value of added) list.items.push(value);
  return null;
}

const SEQUENCE: ReadonlyMap<string, Method<readonly Value[]>> = new Map<string, Method<readonly Value[]>>([
  ['index', (of, given, budget) => BigInt(firstPlace(of, valuesOf(given, 1, 1)[0]!, budget))],
  [
    'count',
    (of, given, budget) => {
      for (const value of of) checkExtent(value, budget);
      const [wanted] = valuesOf(given, 1, 1);
      return BigInt(of.filter((value) => isEqual(value, wanted!)).length);
    },
  ],
]);

function firstPlace(items: readonly Value[], wanted: Value, budget: Budget): number {
  for (const value of items) checkExtent(value, budget);
  const at = items.findIndex((value) => isEqual(value, wanted));
  if (at === -1) throw new Unreadable('the value is not in the list');
  return at;
}

const TEXT: ReadonlyMap<string, Method<string>> = new Map<string, Method<string>>([
  [
    'format',
    (of, { positional, named }, budget) => {
      for (const value of [...positional, ...named.values()]) checkExtent(value, budget);
      return charged(templateFormatted(of, positional, named), budget);
    },
  ],
  ['join', (of, given, budget) => join(of, itemsOf(valuesOf(given, 1, 1)[0]!, budget), budget)],
  ['split', (of, given, budget) => split(of, valuesOf(given, 0, 1)[0], budget)],
  ['replace', (of, given, budget) => replace(of, valuesOf(given, 2, 2).map(textOnly), budget)],
  ['startswith', (of, given) => of.startsWith(textOnly(valuesOf(given, 1, 1)[0]!))],
  ['endswith', (of, given) => of.endsWith(textOnly(valuesOf(given, 1, 1)[0]!))],
  ['lower', (of, given) => plain(of, given).toLowerCase()],
  ['upper', (of, given) => plain(of, given).toUpperCase()],
  ['strip', (of, given) => plain(of, given).trim()],
]);

function charged(text: string, budget: Budget): string {
  budget.take('characters', text.length);
  return text;
}

function textOnly(value: Value): string {
  if (typeof value === 'string') return value;
  throw new Unreadable(`a string is needed here, not ${kindOf(value)}`);
}

/** Where JavaScript's letters and spaces are Python's. */
function plain(text: string, given: Arguments): string {
  valuesOf(given, 0, 0);
  if (/^[\t\n\v\f\r -~]*$/.test(text)) return text;
  throw new Unreadable('this method is read of plain ASCII text only');
}

function join(between: string, values: readonly Value[], budget: Budget): string {
  const texts = values.map(textOnly);
  budget.take(
    'characters',
    texts.reduce((sum, text) => sum + text.length + between.length, 0),
  );
  return texts.join(between);
}

function replace(of: string, [from, to]: readonly string[], budget: Budget): string {
  if (from === '') throw new Unreadable('replace() of nothing is not read');
  budget.take('characters', of.length + (of.split(from!).length - 1) * to!.length);
  return of.replaceAll(from!, () => to!);
}

function split(of: string, by: Value | undefined, budget: Budget): Value {
  if (by === '' || (by !== undefined && by !== null && numeric(by) !== undefined))
    throw new Unreadable('split() by this is not read');
  const isBySpace = by === undefined || by === null;
  if (isBySpace) plain(of, { positional: [], named: new Map() });
  const found = isBySpace ? of.split(/[\t\n\v\f\r ]+/).filter((text) => text !== '') : of.split(textOnly(by));
  budget.take('items', found.length);
  return new PyList(found);
}
