/** Several wrappers under names, for models with several optimizers such as a generator and a discriminator. */
import type { Module } from '../nn/module.ts';
import type { TorchParamGroup } from './groups.ts';
import { OptimWrapper } from './wrapper.ts';
import type { OptimWrapperStateDict } from './wrapper-options.ts';

/**
 * Several wrappers under names. What trains is called on its members: `dict.get('generator').updateParams(loss)`; what
 * belongs to all (counts, contexts, rates, states) on the dict.
 *
 * Defaults: none; each member has its own settings. A loss is a single value.
 *
 * Source: MMEngine's OptimWrapperDict.
 */
export class OptimWrapperDict {
  readonly #wrappers: ReadonlyMap<string, OptimWrapper>;

  /** @throws TypeError when a member is no OptimWrapper */
  constructor(wrappers: Readonly<Record<string, OptimWrapper>>) {
    for (const [name, wrapper] of Object.entries(wrappers))
      if (!(wrapper instanceof OptimWrapper))
        throw new TypeError(`OptimWrapperDict: "${name}" must be an OptimWrapper`);
    this.#wrappers = new Map(Object.entries(wrappers));
  }

  /** The wrapper of that name. Throws a RangeError that lists the names where there is none. */
  get(name: string): OptimWrapper {
    const found = this.#wrappers.get(name);
    if (!found)
      throw new RangeError(`OptimWrapperDict: there is no "${name}", only ${[...this.#wrappers.keys()].join(', ')}`);
    return found;
  }

  has(name: string): boolean {
    return this.#wrappers.has(name);
  }

  get size(): number {
    return this.#wrappers.size;
  }

  keys(): IterableIterator<string> {
    return this.#wrappers.keys();
  }

  values(): IterableIterator<OptimWrapper> {
    return this.#wrappers.values();
  }

  entries(): IterableIterator<[string, OptimWrapper]> {
    return this.#wrappers.entries();
  }

  /** Groups by wrapper name. */
  get paramGroups(): Record<string, TorchParamGroup[]> {
    return this.#collect((wrapper) => wrapper.paramGroups);
  }

  /** Refused: which of the losses belongs to which optimizer only the model knows. */
  updateParams(): never {
    throw new Error(
      `OptimWrapperDict.updateParams: call it on a member, such as get('${[...this.keys()][0]}').updateParams(loss)`,
    );
  }

  /** Refused, as `updateParams` is. */
  backward(): never {
    throw new Error(
      `OptimWrapperDict.backward: call it on a member, such as get('${[...this.keys()][0]}').backward(loss)`,
    );
  }

  initializeCountStatus(model: Module, initCounts: number, maxCounts: number): void {
    for (const wrapper of this.values()) wrapper.initializeCountStatus(model, initCounts, maxCounts);
  }

  /** Runs `fn` inside the context of every member. */
  optimContext<T>(model: Module, fn: () => T): T {
    return [...this.values()].reduce<() => T>((inner, wrapper) => () => wrapper.optimContext(model, inner), fn)();
  }

  zeroGrad(setToNone = true): void {
    for (const wrapper of this.values()) wrapper.zeroGrad(setToNone);
  }

  /** Steps every member, or none: what one of them refuses is asked of all before the first steps. */
  step(): void {
    if (this.size > 1) for (const wrapper of this.values()) wrapper.checkStep();
    for (const wrapper of this.values()) wrapper.step();
  }

  /** Rates under `name.lr` and `name.base_lr`. */
  getLr(): Record<string, number[]> {
    return this.#prefixed((wrapper) => wrapper.getLr());
  }

  /** Momenta under `name.momentum`. */
  getMomentum(): Record<string, number[]> {
    return this.#prefixed((wrapper) => wrapper.getMomentum());
  }

  stateDict(): Record<string, OptimWrapperStateDict> {
    return this.#collect((wrapper) => wrapper.stateDict());
  }

  /** Throws a RangeError for a name that is not here, or as a member does, before anything is loaded. */
  loadStateDict(dicts: Readonly<Record<string, OptimWrapperStateDict>>): void {
    const pairs = Object.entries(dicts).map(([name, dict]) => [this.get(name), dict] as const);
    for (const [wrapper, dict] of pairs) wrapper.checkStateDict(dict);
    for (const [wrapper, dict] of pairs) wrapper.loadStateDict(dict);
  }

  #collect<T>(of: (wrapper: OptimWrapper) => T): Record<string, T> {
    return Object.fromEntries([...this.#wrappers].map(([name, wrapper]) => [name, of(wrapper)]));
  }

  #prefixed(of: (wrapper: OptimWrapper) => Record<string, number[]>): Record<string, number[]> {
    return Object.fromEntries(
      [...this.#wrappers].flatMap(([name, wrapper]) =>
        Object.entries(of(wrapper)).map(([key, values]) => [`${name}.${key}`, values]),
      ),
    );
  }
}
