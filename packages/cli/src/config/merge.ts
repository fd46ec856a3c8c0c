/**
 * Merging of configs as MMEngine does it: mappings field by field, anything else replaced; `_delete_` replaces a mapping
 * whole. Source: MMEngine 0.10, "Config", inheritance.
 */

import { refuse } from '../refusal.ts';
import { Budget } from './python/budget.ts';
import { mappingValue, plainOf } from './python/plain.ts';
import { isTrue, PyDict, PyList, PyTuple, Unreadable, unknownAs, type Value } from './python/values.ts';
import type { ConfigMapping } from './python-values.ts';

const DELETE = '_delete_';

/** @throws Refusal where a mapping meets something else, as in MMEngine. */
export function mergeConfigs(base: ConfigMapping, own: ConfigMapping, file: string): ConfigMapping {
  try {
    return plainOf(mergeValues(mappingValue(base), mappingValue(own)), new Budget()) as ConfigMapping;
  } catch (error) {
    if (error instanceof Unreadable) return refuse(`${file}: ${error.message}`, error);
    throw error;
  }
}

/** The same with values of Python. @throws Unreadable */
export function mergeValues(base: PyDict, own: PyDict, at = ''): PyDict {
  const merged = new PyDict();
  for (const [key, value] of base.entries()) merged.set(key, value);
  for (const [key, value] of own.entries()) {
    if (key !== DELETE) merged.set(key, mergeField(base.get(key), value, `${at}${String(key)}`));
  }
  return merged;
}

function mergeField(old: Value | undefined, value: Value, at: string): Value {
  if (!(value instanceof PyDict) || old === undefined || value.unknown !== undefined) return withoutMarks(value);
  if (isSet(value.get(DELETE))) return withoutMarks(value);
  if (old instanceof PyDict) return old.unknown === undefined ? mergeValues(old, value, `${at}.`) : old;
  throw new Unreadable(
    `${at}: a mapping cannot be merged into what _base_ has there; add ${DELETE}=True to replace it`,
  );
}

const isSet = (mark: Value | undefined) => mark !== undefined && isTrue(mark);

/** The value without any `_delete_`, which is a word to the merging alone. */
function withoutMarks(value: Value): Value {
  if (value instanceof PyTuple) return new PyTuple(value.items.map(withoutMarks));
  if (value instanceof PyList)
    return unknownAs(value, ({ items }) => new PyList(items.map(withoutMarks)), new PyList([]));
  if (!(value instanceof PyDict)) return value;
  const kept = new PyDict();
  return unknownAs(
    value,
    (from) => {
      for (const [key, item] of from.entries()) if (key !== DELETE) kept.set(key, withoutMarks(item));
      return kept;
    },
    kept,
  );
}
