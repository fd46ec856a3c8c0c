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
} from '@paramwise/core';
import { findAlgorithmInfo } from '@paramwise/core/internal';
import type { Algorithm } from './algorithms/algorithm.ts';
import { addAlgorithm, BUILT_IN } from './algorithms/index.ts';
import { AmpOptimWrapper } from './amp-wrapper.ts';
import type { ParamsInput } from './groups.ts';
import { LBFGS } from './lbfgs.ts';
import type { Optimizer } from './optimizer.ts';
import { makeClass, OPTIMIZER_CLASSES, type OptimizerClass } from './optimizers.ts';
import { OptimWrapper } from './wrapper.ts';
import type { OptimWrapperOptions } from './wrapper-options.ts';

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
];

const wrapperOf =
  (made: new (options: OptimWrapperOptions) => OptimWrapper) =>
  ({ type: _, optimizer, ...options }: OptimWrapperBuildConfig) =>
    new made({ ...options, optimizer: optimizer as Optimizer });

const wrapperEntries = [
  ['OptimWrapper', wrapperOf(OptimWrapper)],
  ['AmpOptimWrapper', wrapperOf(AmpOptimWrapper)],
] as const;

/**
 * What names in a config stand for in this engine: its own optimizers and wrappers, then what is registered in `OPTIMIZERS`
 * and `OPTIM_WRAPPERS`. Register here what is to take the place of one of the engine's.
 */
export const torchRegistries: Registries = {
  optimizers: new Registry('OPTIMIZERS', {
    what: OPTIMIZERS.what,
    scope: 'torch',
    parent: OPTIMIZERS,
    entries: optimizerEntries,
  }),
  wrappers: new Registry('OPTIM_WRAPPERS', {
    what: OPTIM_WRAPPERS.what,
    scope: 'torch',
    parent: OPTIM_WRAPPERS,
    entries: wrapperEntries,
  }),
  constructors: OPTIM_WRAPPER_CONSTRUCTORS,
  schedulers: PARAM_SCHEDULERS,
};

/** Called once, by the package's door: names that no engine has yet in the public registries stand for this one's there. */
export function registerEngine(): void {
  for (const [name, make] of optimizerEntries) if (!OPTIMIZERS.has(name)) OPTIMIZERS.register(name, make);
  for (const [name, make] of wrapperEntries) if (!OPTIM_WRAPPERS.has(name)) OPTIM_WRAPPERS.register(name, make);
}

/**
 * The class of an algorithm, named like it. Configs can then name it in `type`, and groups of other optimizers in
 * `algorithm`; an algorithm of this engine that had the name before gives way.
 */
export function defineOptimizer(algorithm: Algorithm): OptimizerClass {
  const { name } = algorithm;
  const { optimizers } = torchRegistries;
  addAlgorithm(algorithm);
  const made = makeClass(algorithm);
  const isOurs = !OPTIMIZERS.has(name) || OPTIMIZERS.get(name) === optimizers.get(name);
  const make = factoryOf(made, algorithm);
  optimizers.register(name, make, { force: true });
  if (isOurs) OPTIMIZERS.register(name, make, { force: true });
  return made;
}
