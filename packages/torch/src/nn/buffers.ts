/**
 * The buffers of one module. Each is a property with a setter: a tensor that is assigned is kept, so that no scope
 * releases it, and the one it takes the place of is released an assignment later, when nothing should use it any more.
 */
import { keep } from '../handle.ts';
import type { Tensor } from '../tensor.ts';

interface Entry {
  persistent: boolean;
  value: Tensor | null;
  /** What stood here before: a step may still read it, or put it under another name. */
  retired: Tensor | undefined;
}

export interface NamedBuffer {
  name: string;
  buffer: Tensor;
  persistent: boolean;
}

/** Names that a tensor stands under, in all modules. */
const names = new WeakMap<Tensor, number>();

const count = (values: Tensor | null, more: number) => {
  if (values) names.set(values, (names.get(values) ?? 0) + more);
};

const release = (values: Tensor | undefined) => {
  if (values && !names.get(values)) values.dispose();
};

export class Buffers {
  readonly #owner: object;
  readonly #entries = new Map<string, Entry>();

  constructor(owner: object) {
    this.#owner = owner;
  }

  register(name: string, values: Tensor | null, persistent: boolean): void {
    const entry = this.#entries.get(name) ?? { persistent, value: null, retired: undefined };
    entry.persistent = persistent;
    this.#entries.set(name, entry);
    assign(entry, values);
    this.#define(name, entry);
  }

  #define(name: string, entry: Entry): void {
    Object.defineProperty(this.#owner, name, {
      get: () => entry.value,
      set: (values: Tensor | null) => assign(entry, values),
      enumerable: true,
      configurable: true,
    });
  }

  /** All that are not null. A class field with an initializer replaces the property: it is made anew here. */
  list(): NamedBuffer[] {
    for (const [name, entry] of this.#entries) {
      const property = Object.getOwnPropertyDescriptor(this.#owner, name);
      if (!property || property.get) continue;
      assign(entry, property.value);
      this.#define(name, entry);
    }
    return [...this.#entries].flatMap(([name, { value, persistent }]) =>
      value ? [{ name, buffer: value, persistent }] : [],
    );
  }

  /** Releases what assignments left behind. */
  dispose(): void {
    for (const entry of this.#entries.values()) {
      release(entry.retired);
      entry.retired = undefined;
    }
  }
}

function assign(entry: Entry, values: Tensor | null | undefined): void {
  const { value: old, retired } = entry;
  const next = values ?? null;
  if (next) keep(next);
  if (next === old) return;
  count(next, 1);
  count(old, -1);
  entry.value = next;
  entry.retired = old ?? undefined;
  if (retired !== next) release(retired);
}
