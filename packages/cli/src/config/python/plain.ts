/** Python's values as plain data, and back. */
import { type ConfigMapping, type ConfigValue, isConfigMapping } from '../python-values.ts';
import { type Budget, checkExtent } from './budget.ts';
import { kindOf, PyDict, PyList, PyName, PyTuple, Unreadable, type Value } from './values.ts';

/** @throws Unreadable for what is no plain data, TooMuch for a value without end. */
export function plainOf(value: Value, budget: Budget): ConfigValue {
  checkExtent(value, budget);
  return plain(value);
}

function plain(value: Value): ConfigValue {
  if (value instanceof PyDict) return plainMapping(value.entries());
  if (value instanceof PyList || value instanceof PyTuple) return value.items.map(plain);
  if (value instanceof PyName) return value.path;
  if (typeof value === 'bigint') return finite(Number(value));
  if (value === null || typeof value !== 'object') return value;
  throw new Unreadable(`${kindOf(value)} is no value of a config that is read`);
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new Unreadable('a whole number that no float can hold');
}

/** @throws Unreadable for a key that is no text or number. */
function plainMapping(entries: Iterable<readonly [Value, Value]>): ConfigMapping {
  const pairs: [string, ConfigValue][] = [];
  for (const [key, value] of entries) {
    if (typeof key !== 'string' && typeof key !== 'bigint' && typeof key !== 'number') {
      throw new Unreadable(`${kindOf(key)} as a key is not read; a key is a string`);
    }
    refuseUnsafe(String(key));
    pairs.push([String(key), plain(value)]);
  }
  return Object.fromEntries(pairs);
}

/** @throws Unreadable for a name that means something to JavaScript's objects. */
function refuseUnsafe(name: string): void {
  if (name === '__proto__') throw new Unreadable('a field named __proto__ would change the prototype of an object');
}

/** Whole numbers become ints, lists stay lists. */
function fromPlain(value: ConfigValue): Value {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return new PyList(value.map(fromPlain));
  return isConfigMapping(value) ? mappingValue(value) : (value as null | boolean | string);
}

export function mappingValue(mapping: ConfigMapping): PyDict {
  const made = new PyDict();
  for (const [key, value] of Object.entries(mapping)) made.set(key, fromPlain(value));
  return made;
}
