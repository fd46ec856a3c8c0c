/**
 * What Python's values are here. An int is a `bigint` and a float a `number`, so that the two stay apart; lists and
 * mappings are objects that several names may share, as there.
 */

export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | PyList
  | PyTuple
  | PyDict
  | PySet
  | PyIterator
  | PyName
  | PyLibrary;

/** Why something cannot be read. `place` is `file:line` and is added where it becomes known. */
export class Unreadable extends Error {
  place?: string;
}

/** A bound on work or memory is passed: the file is refused whole. */
export class TooMuch extends Unreadable {}

/** What can be changed in place. Where something that was not read may have changed it, its content is not known. */
abstract class Changeable {
  /** Why the content is not known. */
  unknown: Unreadable | undefined = undefined;

  protected known(): void {
    if (this.unknown !== undefined) throw this.unknown;
  }
}

export class PyList extends Changeable {
  readonly #items: Value[];

  constructor(items: Value[]) {
    super();
    this.#items = items;
  }

  /** The items, to read and to change. @throws Unreadable */
  get items(): Value[] {
    this.known();
    return this.#items;
  }
}

export class PyTuple {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

type Entry = readonly [key: Value, value: Value];

export class PyDict extends Changeable {
  readonly #entries = new Map<string, Entry>();
  /** Whether it is MMEngine's ConfigDict, as all of a base is: fields are attributes, and `update` goes deep. */
  readonly isConfig: boolean;

  constructor(isConfig = false) {
    super();
    this.isConfig = isConfig;
  }

  get size(): number {
    this.known();
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    this.known();
    return this.#entries.get(keyOf(key))?.[1];
  }

  set(key: Value, value: Value): void {
    this.known();
    const id = keyOf(key);
    // As in Python, the key that was there first stays.
    this.#entries.set(id, [this.#entries.get(id)?.[0] ?? key, this.isConfig ? asConfig(value) : value]);
  }

  delete(key: Value): void {
    this.known();
    this.#entries.delete(keyOf(key));
  }

  clear(): void {
    this.known();
    this.#entries.clear();
  }

  /** In the order in which the keys were set. */
  entries(): Entry[] {
    this.known();
    return [...this.#entries.values()];
  }
}

export class PySet extends Changeable {
  readonly #items = new Map<string, Value>();

  constructor(items: Iterable<Value>) {
    super();
    for (const item of items) this.#items.set(keyOf(item), item);
  }

  /** In no order that Python's set would have. */
  get items(): Value[] {
    this.known();
    return [...this.#items.values()];
  }
}

/** What Python would go over once, or what follows later changes: to be used at once, under no name. */
export class PyIterator {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** Something imported, which is its dotted path. */
export class PyName {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** One of Python's own modules, or a function in it, of which something is read. */
export class PyLibrary {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** A ConfigDict takes mappings as its own kind, and lists and tuples as copies. */
function asConfig(value: Value): Value {
  if (value instanceof PyDict && !value.isConfig) return configCopy(value);
  if (value instanceof PyList) return unknownAs(value, (from) => new PyList(from.items.map(asConfig)), new PyList([]));
  if (value instanceof PyTuple) return new PyTuple(value.items.map(asConfig));
  return value;
}

/** A ConfigDict of its own with the same fields. */
export function configCopy(dict: PyDict): PyDict {
  const copy = new PyDict(true);
  return unknownAs(
    dict,
    (from) => {
      for (const [key, value] of from.entries()) copy.set(key, value);
      return copy;
    },
    copy,
  );
}

/** What is made of something that can be changed, or where its content is not known, a thing that is not known either. */
export function unknownAs<T extends Changeable>(from: T, make: (from: T) => T, without: T): T {
  if (from.unknown === undefined) return make(from);
  without.unknown = from.unknown;
  return without;
}

/** Equal keys of a mapping have equal texts. @throws Unreadable for what cannot be a key. */
export function keyOf(key: Value): string {
  if (typeof key === 'string') return `s${key}`;
  if (key === null) return 'none';
  if (typeof key === 'boolean') return `n${Number(key)}`;
  if (typeof key === 'bigint' || typeof key === 'number') return `n${key}`;
  if (key instanceof PyTuple) return `t${JSON.stringify(key.items.map(keyOf))}`;
  if (key instanceof PyName) return `c${key.path}`;
  throw new Unreadable(`${kindOf(key)} cannot be a key`);
}

/** The kind of a value in words. */
export function kindOf(value: Value): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return 'a bool';
  if (typeof value === 'bigint') return 'an int';
  if (typeof value === 'number') return 'a float';
  if (typeof value === 'string') return 'a string';
  if (value instanceof PyList) return 'a list';
  if (value instanceof PyTuple) return 'a tuple';
  if (value instanceof PyDict) return 'a dict';
  if (value instanceof PySet) return 'a set';
  if (value instanceof PyName || value instanceof PyLibrary) return `the imported ${value.path}`;
  return 'an iterator';
}

/** Python's truth. */
export function isTrue(value: Value): boolean {
  if (value instanceof PyDict) return value.size > 0;
  if (value instanceof PyName || value instanceof PyLibrary) return true;
  if (value !== null && typeof value === 'object') return value.items.length > 0;
  return Boolean(value);
}

/** `==` */
export function isEqual(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== undefined && y !== undefined) return !(x < y) && !(x > y) && !Number.isNaN(Number(x));
  if (a instanceof PyList && b instanceof PyList) return sameItems(a.items, b.items);
  if (a instanceof PyTuple && b instanceof PyTuple) return sameItems(a.items, b.items);
  if (a instanceof PyName && b instanceof PyName) return a.path === b.path;
  if (a instanceof PyDict && b instanceof PyDict) {
    if (a.size !== b.size) return false;
    return a.entries().every(([key, value]) => {
      const other = b.get(key);
      return other !== undefined && isEqual(value, other);
    });
  }
  return a instanceof PySet && b instanceof PySet && isSame(a, b);
}

function isSame(a: PySet, b: PySet): boolean {
  const keys = new Set(a.items.map(keyOf));
  return a.items.length === b.items.length && b.items.every((item) => keys.has(keyOf(item)));
}

const sameItems = (a: readonly Value[], b: readonly Value[]) =>
  a.length === b.length && a.every((item, index) => isEqual(item, b[index]!));

/** A bool counts as 0 or 1. `undefined` for what is no number. */
export function numeric(value: Value): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined;
}
