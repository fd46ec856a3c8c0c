/** What names in a config stand for: the engine's optimizers and wrappers, and what users register. */
import {
  type AlgorithmInfo,
  type Factory,
  OPTIM_WRAPPER_CONSTRUCTORS,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  type OptimizerBuildConfig,
  type OptimWrapperBuildConfig,
  PARAM_SCHEDULERS,
  type Registries,
  Registry,
  type TypedConfig,
} from '@paramwise/core';
import { findAlgorithmInfo } from '@paramwise/core/internal';
import type { Algorithm } from './algorithms/algorithm.ts';
import { addAlgorithm, BUILT_IN } from './algorithms/index.ts';
import { AmpOptimWrapper } from './amp-wrapper.ts';
import type { ParamsInput } from './groups.ts';
import { Lamb } from './lamb.ts';
import { LBFGS } from './lbfgs.ts';
import type { Optimizer } from './optimizer.ts';
import { makeClass, OPTIMIZER_CLASSES, type OptimizerClass } from './optimizers.ts';
import { OptimWrapper } from './wrapper.ts';
import type { OptimWrapperOptions } from './wrapper-options.ts';
import { ZeroRedundancyOptimizer, type ZeroSettings } from './zero-redundancy.ts';

type AnyOptimizerClass = new (params: ParamsInput, options?: Record<string, unknown>) => Optimizer;
type OptimizerFactory = Factory<Optimizer, OptimizerBuildConfig>;

/** Makes an optimizer of this class, whose settings are those of the algorithm. */
function factoryOf(made: AnyOptimizerClass, algorithm: AlgorithmInfo | undefined): OptimizerFactory {
  const make = ({ type: _, params, ...options }: OptimizerBuildConfig) =>
    new made(params as unknown as ParamsInput, withoutNulls(options));
  return algorithm === undefined ? make : Object.assign(make, { algorithm });
}

/** MMEngine's configs write `lr=None` for "the optimizer's default". */
function withoutNulls(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}

const optimizerEntries: (readonly [string, OptimizerFactory])[] = [
  ...BUILT_IN.map((algorithm, index) => [algorithm.name, factoryOf(OPTIMIZER_CLASSES[index]!, algorithm)] as const),
  ['LBFGS', factoryOf(LBFGS, findAlgorithmInfo('LBFGS'))],
  [
    'ZeroRedundancyOptimizer',
    ({ type: _, params, ...options }) =>
      new ZeroRedundancyOptimizer(params as unknown as ParamsInput, withoutNulls(options) as ZeroSettings),
  ],
];

/** Known, and not offered in errors: it goes by this name in another library. */
const sisterEntries: (readonly [string, OptimizerFactory])[] = [['Lamb', factoryOf(Lamb, findAlgorithmInfo('Lamb'))]];

const wrapperOf =
  (made: new (options: OptimWrapperOptions) => OptimWrapper) =>
  ({ type: _, optimizer, ...options }: OptimWrapperBuildConfig) =>
    new made({ ...options, optimizer: optimizer as Optimizer });

const wrapperEntries = [
  ['OptimWrapper', wrapperOf(OptimWrapper)],
  ['AmpOptimWrapper', wrapperOf(AmpOptimWrapper)],
] as const;

/** The engine's names before the public ones, but for those of which a user has taken the public entry. */
class EngineRegistry<T, C extends TypedConfig> extends Registry<T, C> {
  readonly #published = new Map<string, Factory<T, C>>();

  override get(name: string): Factory<T, C> | undefined {
    const own = super.get(name);
    const isReplaceable = own !== undefined && own === this.#published.get(name);
    return isReplaceable ? (this.parent?.get(name) ?? own) : own;
  }

  /** Makes an entry of the engine the public one too, unless the public one is somebody else's. */
  publish(name: string, make: Factory<T, C>, listed = true): void {
    const known = this.parent?.get(name);
    if (known !== undefined && known !== this.#published.get(name)) return;
    this.parent?.register(name, make, { force: true, listed });
    this.#published.set(name, make);
  }
}

const optimizers = new EngineRegistry('OPTIMIZERS', {
  what: OPTIMIZERS.what,
  scope: 'torch',
  parent: OPTIMIZERS,
  entries: optimizerEntries,
  unlisted: sisterEntries,
});
const wrappers = new EngineRegistry('OPTIM_WRAPPERS', {
  what: OPTIM_WRAPPERS.what,
  scope: 'torch',
  parent: OPTIM_WRAPPERS,
  entries: wrapperEntries,
});

/**
 * What names in a config stand for in this engine: its own optimizers and wrappers, then what is registered in `OPTIMIZERS`
 * and `OPTIM_WRAPPERS`. One of the engine's gives way to what is registered with `force` here, or there.
 */
export const torchRegistries: Registries = {
  optimizers,
  wrappers,
  constructors: OPTIM_WRAPPER_CONSTRUCTORS,
  schedulers: PARAM_SCHEDULERS,
};

/** Called once, by the package's door: names that no engine has yet in the public registries stand for this one's there. */
export function registerEngine(): void {
  for (const [name, make] of optimizerEntries) optimizers.publish(name, make);
  for (const [name, make] of sisterEntries) optimizers.publish(name, make, false);
  for (const [name, make] of wrapperEntries) wrappers.publish(name, make);
}

/**
 * The class of an algorithm, named like it. Configs can then name it in `type`, and groups of other optimizers in
 * `algorithm`; an algorithm of this engine that had the name before gives way.
 */
export function defineOptimizer(algorithm: Algorithm): OptimizerClass {
  const { name } = algorithm;
  addAlgorithm(algorithm);
  const made = makeClass(algorithm);
  const make = factoryOf(made, algorithm);
  optimizers.register(name, make, { force: true });
  optimizers.publish(name, make);
  return made;
}
