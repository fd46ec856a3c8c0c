/** Names in a config → what they stand for. */
import { ConfigError, type ConfigPath } from './config/errors.ts';
import type { OptimizerBuildConfig, OptimizerLike, OptimWrapperBuildConfig, OptimWrapperLike } from './groups.ts';
import type { AlgorithmInfo } from './optimizers/algorithm.ts';
import type { ConstructorBuildConfig, OptimWrapperConstructor } from './plan/constructor.ts';
import type { SchedulerBuildConfig } from './schedule/build.ts';
import type { ParamScheduler } from './schedule/scheduler.ts';

/** A config that names what to build. */
export interface TypedConfig {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Makes a `T` from its config. The whole config is passed, `type` included. */
export interface Factory<T, C extends TypedConfig = TypedConfig> {
  (config: C): T;
  /** Of an optimizer: the algorithm whose settings it takes. What it takes is not checked before where this is not given. */
  readonly algorithm?: AlgorithmInfo;
}

export interface RegistryOptions<T, C extends TypedConfig> {
  /** What an entry is called in an error; the registry's name where not given. */
  readonly what?: string;
  /** Where names are looked up that this registry does not have. */
  readonly parent?: Registry<T, C>;
  /** The prefix of this registry's names in `scope.Name`. */
  readonly scope?: string;
  readonly entries?: Iterable<readonly [string, Factory<T, C>]>;
  /** More entries, which `names` leaves out: names of other libraries that are accepted, and not offered in errors. */
  readonly unlisted?: Iterable<readonly [string, Factory<T, C>]>;
}

/**
 * Named factories of one kind of thing.
 *
 * A child registry falls back to its parent; `scope.Name` asks for the registry of that scope, whether it is an
 * ancestor or a child of one.
 */
export class Registry<T, C extends TypedConfig = TypedConfig> {
  readonly name: string;
  readonly scope: string;
  readonly what: string;
  readonly parent: Registry<T, C> | undefined;
  readonly #entries: Map<string, Factory<T, C>>;
  readonly #unlisted: Set<string>;
  readonly #children = new Map<string, Registry<T, C>>();

  constructor(
    name: string,
    { what = name, parent, scope = '', entries = [], unlisted = [] }: RegistryOptions<T, C> = {},
  ) {
    this.name = name;
    this.what = what;
    this.scope = scope;
    this.parent = parent;
    const others = [...unlisted];
    this.#entries = new Map([...entries, ...others]);
    this.#unlisted = new Set(others.map(([each]) => each));
    if (parent !== undefined) parent.#children.set(scope, this);
  }

  /**
   * Adds a factory under a name; with `listed: false` one that `names` leaves out.
   *
   * @throws ConfigError when the name is taken and `force` is not set.
   */
  register(
    name: string,
    factory: Factory<T, C>,
    { force = false, listed = true }: { readonly force?: boolean; readonly listed?: boolean } = {},
  ): this {
    if (this.#entries.has(name) && !force) {
      throw new ConfigError([{ code: 'already_registered', path: [this.name, name], what: this.what }]);
    }
    this.#entries.set(name, factory);
    if (listed) this.#unlisted.delete(name);
    else this.#unlisted.add(name);
    return this;
  }

  /** The factory of `Name` or `scope.Name`; `undefined` where there is none. */
  get(name: string): Factory<T, C> | undefined {
    return this.#entries.get(name) ?? this.#scoped(name) ?? this.parent?.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Names that can be asked for without a scope, this registry's first. */
  names(): string[] {
    const own = [...this.#entries.keys()].filter((name) => !this.#unlisted.has(name));
    return [...new Set([...own, ...(this.parent?.names() ?? [])])];
  }

  /**
   * Builds what `config.type` names.
   *
   * @param path where the config stands, for the error.
   * @throws ConfigError for a name that is not registered, with the nearest one.
   */
  build(config: C, path: ConfigPath = [this.name]): T {
    const factory = this.get(config.type);
    if (factory !== undefined) return factory(config);
    const issue = { path: [...path, 'type'], what: this.what, found: String(config.type), allowed: this.names() };
    throw new ConfigError([{ code: 'unknown_name', ...issue }]);
  }

  #scoped(name: string): Factory<T, C> | undefined {
    const dot = name.indexOf('.');
    if (dot < 0) return undefined;
    const [scope, rest] = [name.slice(0, dot), name.slice(dot + 1)];
    const registry = scope === this.scope ? this : this.#children.get(scope);
    return registry === undefined ? undefined : (registry.#entries.get(rest) ?? registry.#scoped(rest));
  }
}

/**
 * What the names in a config stand for. An engine has one of its own, with the public registries as parents: its names come
 * first there, unless a user takes the public entry, and whatever a user registers publicly is known to it.
 */
export interface Registries {
  readonly optimizers: Registry<OptimizerLike, OptimizerBuildConfig>;
  readonly wrappers: Registry<OptimWrapperLike, OptimWrapperBuildConfig>;
  readonly constructors: Registry<OptimWrapperConstructor, ConstructorBuildConfig>;
  readonly schedulers: Registry<ParamScheduler, SchedulerBuildConfig>;
}

/** Optimizers by the `type` of `optim_wrapper.optimizer`: those of the engine imported first, and the user's. */
export const OPTIMIZERS = new Registry<OptimizerLike, OptimizerBuildConfig>('OPTIMIZERS', { what: 'optimizer' });

/** Optimizer wrappers by the `type` of `optim_wrapper`: those of the engine imported first, and the user's. */
export const OPTIM_WRAPPERS = new Registry<OptimWrapperLike, OptimWrapperBuildConfig>('OPTIM_WRAPPERS', {
  what: 'optimizer wrapper',
});
