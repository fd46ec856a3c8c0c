/** What of Python's own modules is read: copies, and those parts of `math` whose results are the same everywhere. */
import { type Arguments, valuesOf } from './arguments.ts';
import { type Budget, checkExtent } from './budget.ts';
import {
  kindOf,
  numeric,
  PyDict,
  PyLibrary,
  PyList,
  PySet,
  PyTuple,
  Unreadable,
  unknownAs,
  type Value,
} from './values.ts';

type Function = (given: Arguments, budget: Budget) => Value;

const FUNCTIONS: ReadonlyMap<string, Function> = new Map<string, Function>([
  ['copy.copy', (given, budget) => copied(valuesOf(given, 1, 1)[0]!, budget, (item) => item)],
  ['copy.deepcopy', (given, budget) => deepCopied(valuesOf(given, 1, 1)[0]!, budget)],
  ['math.sqrt', root],
  ['math.fabs', (given) => Math.abs(floatOf(given))],
  ['math.ceil', (given) => whole(given, Math.ceil)],
  ['math.floor', (given) => whole(given, Math.floor)],
  ['math.trunc', (given) => whole(given, Math.trunc)],
]);

const CONSTANTS: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['math.pi', Math.PI],
  ['math.tau', 2 * Math.PI],
  ['math.e', Math.E],
  ['math.inf', Number.POSITIVE_INFINITY],
]);

const MODULES: ReadonlySet<string> = new Set(['copy', 'math']);

/** What stands at a path such as `math` or `math.pi`; `undefined` for what is not read. */
export function libraryValue(path: string): Value | undefined {
  return CONSTANTS.get(path) ?? (MODULES.has(path) || FUNCTIONS.has(path) ? new PyLibrary(path) : undefined);
}

/** @throws Unreadable for a function that is not read. */
export function callLibrary(path: string, given: Arguments, budget: Budget): Value {
  const found = FUNCTIONS.get(path);
  if (found === undefined) throw new Unreadable(`calling ${path}() would need running Python`);
  return found(given, budget);
}

/** As `copy.deepcopy`. @throws TooMuch for a value that holds itself, or too many. */
export function deepCopied(value: Value, budget: Budget): Value {
  checkExtent(value, budget);
  // What stands in several places is one thing in the copy as well.
  const made = new Map<Value, Value>();
  const copy = (item: Value): Value => {
    const known = made.get(item) ?? copied(item, budget, copy);
    made.set(item, known);
    return known;
  };
  return copy(value);
}

/** A copy of a list or mapping, or the value itself where it cannot be changed. */
function copied(value: Value, budget: Budget, each: (item: Value) => Value): Value {
  if (value instanceof PyList) {
    return unknownAs(value, ({ items }) => new PyList(charged(items, budget).map(each)), new PyList([]));
  }
  if (value instanceof PySet) return unknownAs(value, ({ items }) => new PySet(charged(items, budget)), new PySet([]));
  if (value instanceof PyTuple) return new PyTuple(charged(value.items, budget).map(each));
  if (!(value instanceof PyDict)) return value;
  const copy = new PyDict(value.isConfig);
  return unknownAs(
    value,
    (from) => {
      for (const [key, item] of charged(from.entries(), budget)) copy.set(key, each(item));
      return copy;
    },
    copy,
  );
}

function charged<T>(items: readonly T[], budget: Budget): readonly T[] {
  budget.take('items', items.length);
  return items;
}

function numberOf(given: Arguments): bigint | number {
  const [value] = valuesOf(given, 1, 1);
  const number = numeric(value!);
  if (number === undefined) throw new Unreadable(`a number is needed here, not ${kindOf(value!)}`);
  return number;
}

const floatOf = (given: Arguments) => Number(numberOf(given));

function root(given: Arguments): Value {
  const number = floatOf(given);
  if (number >= 0) return Math.sqrt(number);
  throw new Unreadable('sqrt() takes a number from 0');
}

function whole(given: Arguments, round: (value: number) => number): Value {
  const number = numberOf(given);
  if (typeof number === 'bigint') return number;
  if (!Number.isFinite(number)) throw new Unreadable('a finite number is needed here');
  return BigInt(round(number));
}
