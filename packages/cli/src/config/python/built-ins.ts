/** The built-in functions that are read. Each is pure. */

import type { Arguments } from './arguments.ts';
import { type Budget, checkExtent } from './budget.ts';
import { roundTo } from './numbers.ts';
import { operate, orderOf } from './operators.ts';
import { itemsOf, lengthOf } from './sequences.ts';
import { toText } from './text.ts';
import {
  isTrue,
  kindOf,
  numeric,
  PyDict,
  PyIterator,
  PyList,
  PySet,
  PyTuple,
  Unreadable,
  type Value,
} from './values.ts';

type BuiltIn = (given: Arguments, budget: Budget) => Value;

export const BUILT_INS: ReadonlyMap<string, BuiltIn> = new Map<string, BuiltIn>([
  ['dict', dict],
  ['list', (given, budget) => new PyList([...charged(optional(given, 'list'), budget)])],
  ['tuple', (given, budget) => new PyTuple([...charged(optional(given, 'tuple'), budget)])],
  ['set', (given, budget) => new PySet(unordered(optional(given, 'set') ?? new PyList([]), budget))],
  ['range', range],
  ['enumerate', enumerate],
  ['zip', zip],
  ['len', (given) => BigInt(lengthOf(only(given, 'len')))],
  ['sum', sum],
  ['min', (given, budget) => extreme(given, budget, 'min')],
  ['max', (given, budget) => extreme(given, budget, 'max')],
  ['sorted', sorted],
  ['reversed', (given, budget) => new PyIterator([...ordered(only(given, 'reversed'), budget)].reverse())],
  ['any', (given, budget) => itemsOf(only(given, 'any'), budget).some(isTrue)],
  ['all', (given, budget) => itemsOf(only(given, 'all'), budget).every(isTrue)],
  ['int', int],
  ['float', float],
  ['str', text],
  ['bool', (given) => isTrue(optional(given, 'bool') ?? false)],
  ['abs', (given) => absolute(only(given, 'abs'))],
  ['round', round],
  // Only prints.
  ['print', () => null],
]);

function only({ positional, named }: Arguments, name: string): Value {
  if (positional.length === 1 && named.size === 0) return positional[0]!;
  throw new Unreadable(`${name}() is read with one value`);
}

/** `undefined` for none. */
function optional(given: Arguments, name: string): Value | undefined {
  return given.positional.length + given.named.size === 0 ? undefined : only(given, name);
}

function charged(value: Value | undefined, budget: Budget): readonly Value[] {
  const items = value === undefined ? [] : itemsOf(value, budget);
  budget.take('items', items.length);
  return items;
}

function unordered(value: Value, budget: Budget): readonly Value[] {
  return value instanceof PySet ? value.items : itemsOf(value, budget);
}

function ordered(value: Value, budget: Budget): readonly Value[] {
  if (!(value instanceof PyIterator)) return itemsOf(value, budget);
  throw new Unreadable('reversed() is read of lists and tuples');
}

function dict({ positional, named }: Arguments, budget: Budget): Value {
  const [from, ...more] = positional;
  if (more.length > 0) throw new Unreadable('dict() is read with one value and fields');
  const made = new PyDict();
  if (from !== undefined) for (const [key, value] of pairsOf(from, budget)) made.set(key, value);
  for (const [key, value] of named) made.set(key, value);
  budget.take('items', made.size);
  return made;
}

/** Keys and values of a mapping, or of a list of pairs. */
export function pairsOf(from: Value, budget: Budget): (readonly [Value, Value])[] {
  if (from instanceof PyDict) return from.entries();
  return itemsOf(from, budget).map((pair) => {
    const [key, value, ...more] = itemsOf(pair, budget);
    if (key !== undefined && value !== undefined && more.length === 0) return [key, value];
    throw new Unreadable('dict() is read of a mapping or of pairs');
  });
}

const wholeOf = (value: Value | undefined, name: string): bigint => {
  const number = value === undefined ? undefined : numeric(value);
  if (typeof number === 'bigint') return number;
  throw new Unreadable(`${name}() takes whole numbers`);
};

function range({ positional, named }: Arguments, budget: Budget): Value {
  if (positional.length < 1 || positional.length > 3 || named.size > 0)
    throw new Unreadable('range() takes 1 to 3 numbers');
  const numbers = positional.map((value) => wholeOf(value, 'range'));
  const [start, stop] = numbers.length === 1 ? [0n, numbers[0]!] : [numbers[0]!, numbers[1]!];
  const step = numbers[2] ?? 1n;
  if (step === 0n) throw new Unreadable('range() goes in steps other than 0');
  const distance = step > 0n ? stop - start : start - stop;
  const size = step > 0n ? step : -step;
  const count = distance <= 0n ? 0 : Number((distance + size - 1n) / size);
  budget.take('items', count);
  return new PyTuple(Array.from({ length: count }, (_, index) => start + BigInt(index) * step));
}

function enumerate({ positional, named }: Arguments, budget: Budget): Value {
  const [over, second] = positional;
  const start = wholeOf(second ?? named.get('start') ?? 0n, 'enumerate');
  if (over === undefined) throw new Unreadable('enumerate() goes over something');
  const items = charged(over, budget);
  return new PyIterator(items.map((item, index) => new PyTuple([start + BigInt(index), item])));
}

function zip({ positional, named }: Arguments, budget: Budget): Value {
  if (named.size > 0) throw new Unreadable('zip() is read without options');
  const columns = positional.map((values) => charged(values, budget));
  const count = columns.length === 0 ? 0 : Math.min(...columns.map(({ length }) => length));
  return new PyIterator(Array.from({ length: count }, (_, at) => new PyTuple(columns.map((column) => column[at]!))));
}

function sum({ positional, named }: Arguments, budget: Budget): Value {
  const [over, second] = positional;
  if (over === undefined) throw new Unreadable('sum() goes over something');
  let total: Value = second ?? named.get('start') ?? 0n;
  for (const item of itemsOf(over, budget)) total = operate('+', total, item, budget);
  return total;
}

function extreme({ positional, named }: Arguments, budget: Budget, name: 'min' | 'max'): Value {
  if (named.size > 0) throw new Unreadable(`${name}() is read without options`);
  const values = positional.length === 1 ? unordered(positional[0]!, budget) : positional;
  const [first, ...rest] = values;
  if (first === undefined) throw new Unreadable(`${name}() of nothing`);
  for (const value of values) checkExtent(value, budget);
  const isBetter = (a: Value, b: Value) => (name === 'min' ? orderOf(a, b) < 0 : orderOf(a, b) > 0);
  return rest.reduce((best, value) => (isBetter(value, best) ? value : best), first);
}

function sorted({ positional, named }: Arguments, budget: Budget): Value {
  const [over] = positional;
  const options = [...named.keys()].filter((name) => name !== 'reverse');
  if (over === undefined || options.length > 0) throw new Unreadable('sorted() is read with values and reverse');
  return sortedList(unordered(over, budget), named.get('reverse'), budget);
}

/** Stable, from low to high, or the other way round. */
export function sortedList(values: readonly Value[], reverse: Value | undefined, budget: Budget): PyList {
  for (const value of values) checkExtent(value, budget);
  budget.take('items', values.length);
  const isReverse = reverse !== undefined && isTrue(reverse);
  return new PyList([...values].sort((a, b) => (isReverse ? orderOf(b, a) : orderOf(a, b))));
}

const INTEGER = /^\s*[+-]?\d+(?:_\d+)*\s*$/;
const FLOAT = /^\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*$/;

function int(given: Arguments): Value {
  const value = optional(given, 'int') ?? 0n;
  const number = numeric(value);
  if (typeof number === 'bigint') return number;
  if (typeof number === 'number' && Number.isFinite(number)) return BigInt(Math.trunc(number));
  if (typeof value === 'string' && INTEGER.test(value) && value.length < 1000) {
    return BigInt(value.trim().replaceAll('_', '').replace(/^\+/, ''));
  }
  throw new Unreadable(`int() of ${kindOf(value)} like this is not read`);
}

function float(given: Arguments): Value {
  const value = optional(given, 'float') ?? 0;
  const number = numeric(value);
  if (number !== undefined) return Number(number);
  if (typeof value === 'string' && FLOAT.test(value)) return Number(value);
  const special = typeof value === 'string' ? /^([+-]?)inf(?:inity)?$/i.exec(value.trim()) : null;
  if (special !== null) return special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  throw new Unreadable(`float() of ${kindOf(value)} like this is not read`);
}

function text(given: Arguments, budget: Budget): Value {
  const value = optional(given, 'str') ?? '';
  checkExtent(value, budget);
  const made = toText(value);
  budget.take('characters', made.length);
  return made;
}

function absolute(value: Value): Value {
  const number = numeric(value);
  if (number === undefined) throw new Unreadable(`abs() of ${kindOf(value)} is not read`);
  return number < 0 ? -number : typeof number === 'number' ? Math.abs(number) : number;
}

function round({ positional, named }: Arguments): Value {
  const [value, second] = positional;
  const number = value === undefined ? undefined : numeric(value);
  const digits = second ?? named.get('ndigits') ?? null;
  if (number === undefined) throw new Unreadable('round() takes a number');
  if (typeof number === 'bigint') {
    if (digits === null || wholeOf(digits, 'round') >= 0n) return number;
    throw new Unreadable('round() of a whole number to tens is not read');
  }
  if (digits !== null) return roundTo(number, Number(wholeOf(digits, 'round')));
  if (!Number.isFinite(number)) throw new Unreadable('round() takes a finite number');
  return BigInt(roundTo(number, 0));
}
