/** Modules that hold others in an order of their own: JavaScript would put integer-like property names first. */
import type { Tensor } from '../tensor.ts';
import { Module } from './module.ts';
import type { Parameter } from './parameter.ts';

/** A module from one tensor to one tensor. */
export type Layer = Module & { forward(input: Tensor): Tensor };

/** What all containers share: items by name, in order. */
abstract class Container<T> extends Module {
  protected readonly items = new Map<string, T>();

  /** Number of items. */
  get length(): number {
    return this.items.size;
  }

  protected override members(): Iterable<readonly [string, unknown]> {
    return [...super.members(), ...this.items];
  }
}

/** Items named `0`, `1`, … */
abstract class List<T> extends Container<T> {
  /** The item at a position; a negative one counts from the end. Throws when there is none. */
  at(index: number): T {
    const item = [...this.items.values()].at(index);
    if (item === undefined)
      throw new RangeError(`${this.constructor.name}.at(${index}): there are ${this.items.size} items`);
    return item;
  }

  /** Adds an item at the end. Returns this. */
  append(item: T): this {
    this.items.set(String(this.items.size), item);
    return this;
  }

  [Symbol.iterator](): Iterator<T> {
    return this.items.values();
  }
}

/** Items under names of the caller's. */
abstract class Dict<T> extends Container<T> {
  /** The item called `name`. Throws with the names there are. */
  get(name: string): T {
    const item = this.items.get(name);
    if (item === undefined)
      throw new RangeError(`${this.constructor.name}.get("${name}"): there are ${[...this.items.keys()].join(', ')}`);
    return item;
  }

  has(name: string): boolean {
    return this.items.has(name);
  }

  /** Adds or replaces an item. Returns this. */
  set(name: string, item: T): this {
    if (name === '' || name.includes('.'))
      throw new RangeError(`${this.constructor.name}.set("${name}"): a name is not empty and has no dot`);
    this.items.set(name, item);
    return this;
  }

  [Symbol.iterator](): Iterator<[string, T]> {
    return this.items.entries();
  }
}

/**
 * Layers one after the other (torch.nn.Sequential): `new Sequential(a, b)`, or `new Sequential({ conv: a, act: b })` to
 * name them. A Map keeps its order even for names that look like numbers.
 */
export class Sequential extends List<Layer> {
  constructor(...layers: Layer[] | [Readonly<Record<string, Layer>> | ReadonlyMap<string, Layer>]) {
    super();
    const [first] = layers;
    if (first === undefined) return;
    if (first instanceof Module) for (const layer of layers as Layer[]) this.append(layer);
    else for (const [name, layer] of first instanceof Map ? first : Object.entries(first)) this.items.set(name, layer);
  }

  forward(input: Tensor): Tensor {
    let output = input;
    for (const layer of this) output = layer.forward(output);
    return output;
  }
}

/** Modules in a list (torch.nn.ModuleList), to be called by their owner. */
export class ModuleList<T extends Module = Module> extends List<T> {
  constructor(modules: Iterable<T> = [], ...surplus: never[]) {
    super(...surplus);
    for (const module of modules) this.append(module);
  }

  forward(): never {
    return noForward(this);
  }
}

/** Modules by name (torch.nn.ModuleDict), to be called by their owner. */
export class ModuleDict<T extends Module = Module> extends Dict<T> {
  constructor(modules: Readonly<Record<string, T>> | ReadonlyMap<string, T> = {}, ...surplus: never[]) {
    super(...surplus);
    for (const [name, module] of modules instanceof Map ? modules : Object.entries(modules)) this.set(name, module);
  }

  forward(): never {
    return noForward(this);
  }
}

/** Parameters in a list (torch.nn.ParameterList). */
export class ParameterList extends List<Parameter> {
  constructor(parameters: Iterable<Parameter> = [], ...surplus: never[]) {
    super(...surplus);
    for (const parameter of parameters) this.append(parameter);
  }

  override extraRepr(): string {
    return describe(this.items);
  }

  forward(): never {
    return noForward(this);
  }
}

/** Parameters by name (torch.nn.ParameterDict). */
export class ParameterDict extends Dict<Parameter> {
  constructor(
    parameters: Readonly<Record<string, Parameter>> | ReadonlyMap<string, Parameter> = {},
    ...surplus: never[]
  ) {
    super(...surplus);
    for (const [name, each] of parameters instanceof Map ? parameters : Object.entries(parameters))
      this.set(name, each);
  }

  override extraRepr(): string {
    return describe(this.items);
  }

  forward(): never {
    return noForward(this);
  }
}

function describe(parameters: ReadonlyMap<string, Parameter>): string {
  return [...parameters].map(([name, { shape, dtype }]) => `${name}: [${shape.join(', ')}] ${dtype}`).join(', ');
}

function noForward(container: Module): never {
  throw new Error(`${container.constructor.name} has no forward of its own: call its items`);
}
