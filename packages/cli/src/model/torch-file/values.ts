/** What a pickle holds, as far as it is data. */

/** A function or class that a pickle names, such as `collections.OrderedDict`. It is a name and nothing else. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Something of the outside that a pickle refers to. */
export class Persistent {
  readonly id: Pickled;

  constructor(id: Pickled) {
    this.id = id;
  }
}

/** Something that only code could make, or that nothing here reads. It stands in the place of what it would be. */
export class Unknown {
  /** What would have made it, such as `argparse.Namespace`. */
  readonly name: string;
  /** What was put into it as into a `dict`. */
  entries: Map<Pickled, Pickled> | undefined;
  /** Its attributes, mostly a `dict`. */
  state: Pickled | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

/** Python's `dict` is a `Map`, list and tuple are arrays; `object` is one of the classes here, or what a call gave. */
export type Pickled = null | boolean | number | string | object | Pickled[] | Map<Pickled, Pickled>;

/** A `dict`, or an object of a class made from it; `undefined` for anything else. */
export function mappingOf(value: Pickled | undefined): ReadonlyMap<Pickled, Pickled> | undefined {
  if (value instanceof Map) return value;
  return value instanceof Unknown ? value.entries : undefined;
}
