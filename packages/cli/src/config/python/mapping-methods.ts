/** Methods of Python's dict and of MMEngine's ConfigDict, which differ. Source: MMEngine 0.10, "Config", ConfigDict. */

import { type Arguments, valuesOf } from './arguments.ts';
import { type Budget, checkExtent } from './budget.ts';
import { pairsOf } from './built-ins.ts';
import { deepCopied } from './library.ts';
import { keyText } from './sequences.ts';
import { configCopy, isTrue, PyDict, PyIterator, PyTuple, Unreadable, type Value } from './values.ts';

type Method = (of: PyDict, given: Arguments, budget: Budget) => Value;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ['get', get],
  ['pop', pop],
  ['setdefault', setDefault],
  ['update', update],
  ['merge', merge],
  ['copy', (of, given, budget) => copy(of, given, budget)],
  ['keys', (of, given) => view(of, given, ([key]) => key)],
  ['values', (of, given) => view(of, given, ([, value]) => value)],
  ['items', (of, given) => view(of, given, (entry) => new PyTuple(entry))],
  [
    'clear',
    (of, given) => {
      valuesOf(given, 0, 0);
      of.clear();
      return null;
    },
  ],
]);

export function callMappingMethod(of: PyDict, name: string, given: Arguments, budget: Budget): Value {
  const method = METHODS.get(name);
  if (method === undefined || (name === 'merge' && !of.isConfig)) {
    throw new Unreadable(`".${name}()" of a dict would need running Python`);
  }
  return method(of, given, budget);
}

function view(of: PyDict, given: Arguments, each: (entry: readonly [Value, Value]) => Value): Value {
  valuesOf(given, 0, 0);
  return new PyIterator(of.entries().map(each));
}

/** A value and what stands for it where it is missing, by place or by the name `default`. */
function keyAndDefault({ positional, named }: Arguments): readonly [Value, Value | undefined] {
  const names = [...named.keys()].filter((name) => name !== 'default');
  const [key, otherwise = named.get('default')] = positional;
  if (key === undefined || positional.length > 2 || names.length > 0) throw new Unreadable('this call is not read');
  return [key, otherwise];
}

function get(of: PyDict, given: Arguments): Value {
  const [key, otherwise] = keyAndDefault(given);
  return of.get(key) ?? otherwise ?? null;
}

function pop(of: PyDict, given: Arguments): Value {
  const [key, otherwise] = keyAndDefault(given);
  const found = of.get(key);
  of.delete(key);
  if (found !== undefined) return found;
  // A ConfigDict gives None.
  if (otherwise === undefined && !of.isConfig) throw new Unreadable(`there is no ${keyText(key)} in it`);
  return otherwise ?? null;
}

function setDefault(of: PyDict, given: Arguments, budget: Budget): Value {
  const [key, otherwise = null] = keyAndDefault(given);
  if (of.get(key) === undefined) {
    if (of.isConfig) checkExtent(otherwise, budget);
    budget.take('items', 1);
    of.set(key, otherwise);
  }
  return of.get(key)!;
}

function copy(of: PyDict, given: Arguments, budget: Budget): Value {
  valuesOf(given, 0, 0);
  budget.take('items', of.size);
  if (of.isConfig) {
    checkExtent(of, budget);
    return configCopy(of);
  }
  const made = new PyDict();
  for (const [key, value] of of.entries()) made.set(key, value);
  return made;
}

function update(of: PyDict, { positional, named }: Arguments, budget: Budget): Value {
  const [from, ...more] = positional;
  if (more.length > 0) throw new Unreadable('update() is read with one value and fields');
  if (of.isConfig && from !== undefined && !(from instanceof PyDict)) {
    throw new Unreadable('update() of a config takes a mapping');
  }
  const pairs: (readonly [Value, Value])[] = [...(from === undefined ? [] : pairsOf(from, budget)), ...named];
  budget.take('items', pairs.length);
  if (of.isConfig) deepUpdate(of, new Map(pairs), budget);
  else for (const [key, value] of pairs) of.set(key, value);
  return null;
}

/** Mappings are updated by mappings, field by field. */
function deepUpdate(of: PyDict, pairs: Iterable<readonly [Value, Value]>, budget: Budget): void {
  budget.deeper(() => {
    for (const [key, value] of [...pairs]) {
      const old = of.get(key);
      checkExtent(value, budget);
      if (!(old instanceof PyDict && value instanceof PyDict)) of.set(key, value);
      else if (old.isConfig) deepUpdate(old, value.entries(), budget);
      else for (const [inner, item] of value.entries()) old.set(inner, item);
    }
  });
}

const DELETE = '_delete_';

/** Field by field, where `_delete_` replaces. */
function merge(of: PyDict, given: Arguments, budget: Budget): Value {
  const [other] = valuesOf(given, 1, 1);
  if (!(other instanceof PyDict)) throw new Unreadable('merge() takes a mapping');
  const merged = mergeFields(deepCopied(other, budget), deepCopied(of, budget)) as PyDict;
  of.clear();
  for (const [key, value] of merged.entries()) of.set(key, value);
  return null;
}

/** Both are changed: they are copies. */
function mergeFields(own: Value, base: Value): Value {
  if (!(own instanceof PyDict)) return own;
  const mark = own.get(DELETE);
  own.delete(DELETE);
  if (!(base instanceof PyDict)) return own;
  if (mark !== undefined && isTrue(mark)) base.clear();
  base.delete(DELETE);
  const made = new PyDict();
  for (const [key, value] of base.entries()) {
    const change = own.get(key);
    made.set(key, change === undefined ? value : mergeFields(change, value));
  }
  for (const [key, value] of own.entries()) if (made.get(key) === undefined) made.set(key, mergeFields(value, null));
  return made;
}
