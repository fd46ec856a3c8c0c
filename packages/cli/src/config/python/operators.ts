/** Python's operators between values. */
import { type Budget, checkExtent } from './budget.ts';
import { calculate } from './numbers.ts';
import { percentFormatted } from './text.ts';
import {
  isEqual,
  keyOf,
  kindOf,
  numeric,
  PyDict,
  PyIterator,
  PyList,
  PyName,
  PySet,
  PyTuple,
  Unreadable,
  type Value,
} from './values.ts';

/** `a operator b`. @throws Unreadable, TooMuch */
export function operate(operator: string, a: Value, b: Value, budget: Budget): Value {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) {
    const result = calculate(operator, x, y);
    const isBits = typeof a === 'boolean' && typeof b === 'boolean' && ['&', '|', '^'].includes(operator);
    return isBits ? Boolean(result) : result;
  }
  if (operator === '+' && typeof a === 'string' && typeof b === 'string') return charged(a + b, budget);
  if (operator === '+') return joined(a, b, budget);
  if (operator === '*') return repeated(a, b, budget);
  if (operator === '%' && typeof a === 'string') {
    checkExtent(b, budget);
    return charged(percentFormatted(a, b), budget);
  }
  if (operator === '|' && a instanceof PyDict && b instanceof PyDict && !a.isConfig && !b.isConfig) {
    const both = new PyDict();
    for (const [key, value] of [...a.entries(), ...b.entries()]) both.set(key, value);
    budget.take('items', both.size);
    return both;
  }
  throw new Unreadable(`"${operator}" between ${kindOf(a)} and ${kindOf(b)} is not read`);
}

function charged(text: string, budget: Budget): string {
  budget.take('characters', text.length);
  return text;
}

function joined(a: Value, b: Value, budget: Budget): Value {
  const isAlike = (a instanceof PyList && b instanceof PyList) || (a instanceof PyTuple && b instanceof PyTuple);
  if (!isAlike) throw new Unreadable(`"+" between ${kindOf(a)} and ${kindOf(b)} is not read`);
  budget.take('items', a.items.length + b.items.length);
  const items = [...a.items, ...b.items];
  return a instanceof PyList ? new PyList(items) : new PyTuple(items);
}

function repeated(a: Value, b: Value, budget: Budget): Value {
  const [of, count] = typeof numeric(a) === 'bigint' ? [b, numeric(a)] : [a, numeric(b)];
  const times = typeof count === 'bigint' ? Math.max(0, Number(count)) : undefined;
  if (times !== undefined && typeof of === 'string') {
    budget.take('characters', of.length * times);
    return of === '' ? '' : of.repeat(times);
  }
  if (times !== undefined && (of instanceof PyList || of instanceof PyTuple)) {
    budget.take('items', of.items.length * times);
    const items = of.items.length === 0 ? [] : Array.from({ length: times }, () => of.items).flat();
    return of instanceof PyList ? new PyList(items) : new PyTuple(items);
  }
  throw new Unreadable(`"*" between ${kindOf(a)} and ${kindOf(b)} is not read`);
}

/** `a operator b` for `< <= > >= == != in`, `not in`, `is`, `is not`. @throws Unreadable */
export function compare(operator: string, a: Value, b: Value, budget: Budget): boolean {
  if (!operator.startsWith('is')) {
    checkExtent(a, budget);
    checkExtent(b, budget);
  }
  switch (operator) {
    case '==':
      return isEqual(a, b);
    case '!=':
    case '<>':
      return !isEqual(a, b);
    case 'in':
      return isIn(a, b);
    case 'not in':
      return !isIn(a, b);
    case 'is':
      return isSame(a, b);
    case 'is not':
      return !isSame(a, b);
    default: {
      const order = orderOf(a, b);
      // NaN is in no order.
      if (operator === '<') return order < 0;
      if (operator === '<=') return order <= 0;
      return operator === '>' ? order > 0 : order >= 0;
    }
  }
}

/** Below 0 where `a` comes first; NaN where one of them is. @throws Unreadable where Python has no order either. */
export function orderOf(a: Value, b: Value): number {
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined)
    return x < y ? -1 : x > y ? 1 : Number.isNaN(Number(x) + Number(y)) ? Number.NaN : 0;
  if (typeof a === 'string' && typeof b === 'string') return orderOfTexts(a, b);
  const isAlike = (a instanceof PyList && b instanceof PyList) || (a instanceof PyTuple && b instanceof PyTuple);
  if (!isAlike) throw new Unreadable(`an order between ${kindOf(a)} and ${kindOf(b)} is not read`);
  for (let at = 0; at < Math.min(a.items.length, b.items.length); at++) {
    if (!isEqual(a.items[at]!, b.items[at]!)) return orderOf(a.items[at]!, b.items[at]!);
  }
  return a.items.length - b.items.length;
}

/** By code points, as Python; JavaScript goes by halves of them. */
function orderOfTexts(a: string, b: string): number {
  const [x, y] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(x.length, y.length); at++) {
    const difference = x[at]!.codePointAt(0)! - y[at]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}

function isIn(item: Value, of: Value): boolean {
  if (typeof of === 'string' && typeof item === 'string') return of.includes(item);
  if (of instanceof PyDict) return of.get(item) !== undefined;
  if (of instanceof PySet) return of.items.some((one) => keyOf(one) === keyOf(item));
  if (of instanceof PyList || of instanceof PyTuple || of instanceof PyIterator) {
    return of.items.some((one) => isEqual(one, item));
  }
  throw new Unreadable(`"in" ${kindOf(of)} is not read`);
}

/** Identity, where Python's answer does not hang on how it keeps small values. */
function isSame(a: Value, b: Value): boolean {
  const isPlain = (value: Value) => value === null || typeof value === 'boolean';
  if (isPlain(a) || isPlain(b)) return a === b;
  const isObject = (value: Value) => typeof value === 'object' && !(value instanceof PyTuple);
  if (isObject(a) && isObject(b) && !(a instanceof PyName)) return a === b;
  throw new Unreadable(`"is" between ${kindOf(a)} and ${kindOf(b)} is not read; write "=="`);
}
