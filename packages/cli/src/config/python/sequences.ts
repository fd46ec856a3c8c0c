/** Going over values, items of them, and slices. */
import type { Budget } from './budget.ts';
import { toSource } from './text.ts';
import {
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

/** What a loop goes over, as it is now. @throws Unreadable */
export function itemsOf(value: Value, budget: Budget): readonly Value[] {
  const items = allItems(value);
  budget.take('steps', items.length);
  return items;
}

function allItems(value: Value): readonly Value[] {
  if (value instanceof PyList || value instanceof PyTuple || value instanceof PyIterator) return value.items;
  if (typeof value === 'string') return Array.from(value);
  if (value instanceof PyDict) return value.entries().map(([key]) => key);
  if (value instanceof PySet) throw new Unreadable('a set has no order that could be read; sort it');
  throw new Unreadable(`${kindOf(value)} cannot be gone over`);
}

export function lengthOf(value: Value): number {
  if (value instanceof PyDict) return value.size;
  if (typeof value === 'string') return Array.from(value).length;
  if (value instanceof PyList || value instanceof PyTuple || value instanceof PySet) return value.items.length;
  throw new Unreadable(`${kindOf(value)} has no length that is read`);
}

/** `of[key]` */
export function itemOf(of: Value, key: Value): Value {
  if (of instanceof PyDict) {
    const found = of.get(key);
    if (found === undefined) throw new Unreadable(`there is no ${keyText(key)} in it`);
    return found;
  }
  if (of instanceof PyName) throw new Unreadable(`an item of ${kindOf(of)} would need running Python`);
  const items = sequence(of);
  const found = items[indexOf(items.length, key)]!;
  return found;
}

export const keyText = (key: Value) => (typeof key === 'string' ? JSON.stringify(key) : toSource(key));

/** A place in a sequence; from the end where it is negative. @throws Unreadable */
export function indexOf(length: number, key: Value): number {
  const index = numeric(key);
  if (typeof index !== 'bigint') throw new Unreadable(`${kindOf(key)} is no place in a list`);
  const at = Number(index) < 0 ? Number(index) + length : Number(index);
  if (at < 0 || at >= length) throw new Unreadable(`there is no ${index} in it`);
  return at;
}

function sequence(of: Value): readonly Value[] {
  if (of instanceof PyList || of instanceof PyTuple) return of.items;
  if (typeof of === 'string') return Array.from(of);
  throw new Unreadable(`an item of ${kindOf(of)} is not read`);
}

/** `of[start:stop:step]`; a side that is left out is `null`. */
export function sliceOf(of: Value, sides: readonly Value[], budget: Budget): Value {
  const items = sequence(of);
  const chosen = sliceIndices(items.length, sides).map((at) => items[at]!);
  budget.take('items', chosen.length);
  if (of instanceof PyList) return new PyList(chosen);
  return typeof of === 'string' ? chosen.join('') : new PyTuple(chosen);
}

function sliceIndices(length: number, sides: readonly Value[]): number[] {
  const [start, stop, step = 1] = sides.map((side) => {
    const value = side === null ? undefined : numeric(side);
    if (typeof value === 'number') throw new Unreadable('a slice is between whole numbers');
    if (side !== null && value === undefined) throw new Unreadable(`a slice by ${kindOf(side)} is not read`);
    return value === undefined ? undefined : Number(value);
  });
  if (step === 0) throw new Unreadable('a slice goes in steps other than 0');
  const [lowest, highest] = step > 0 ? [0, length] : [-1, length - 1];
  const bound = (side: number | undefined, otherwise: number) =>
    side === undefined ? otherwise : Math.min(highest, Math.max(lowest, side < 0 ? side + length : side));
  const [from, to] = step > 0 ? [bound(start, 0), bound(stop, length)] : [bound(start, length - 1), bound(stop, -1)];
  const indices: number[] = [];
  for (let at = from; step > 0 ? at < to : at > to; at += step) indices.push(at);
  return indices;
}
