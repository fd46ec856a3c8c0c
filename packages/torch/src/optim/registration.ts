/** Makes optimizers and wrappers known to configs: the engine's, and those of users. */
import { OPTIM_WRAPPERS, OPTIMIZERS } from '@paramwise/core';
import type { Algorithm } from './algorithms/algorithm.ts';
import { addAlgorithm } from './algorithms/index.ts';
import { AmpOptimWrapper } from './amp-wrapper.ts';
import type { ParamsInput } from './groups.ts';
import { LBFGS } from './lbfgs.ts';
import type { Optimizer } from './optimizer.ts';
import { makeClass, OPTIMIZER_CLASSES, type OptimizerClass } from './optimizers.ts';
import { OptimWrapper, type OptimWrapperOptions } from './wrapper.ts';

/** Called once, by the package's door. A second copy of the package takes the names over. */
export function registerEngine(): void {
  for (const made of [...OPTIMIZER_CLASSES, LBFGS]) nameInConfigs(made);
  for (const [name, make] of Object.entries(WRAPPERS))
    OPTIM_WRAPPERS.register(
      name,
      ({ type: _, optimizer, ...options }) => make({ ...options, optimizer: optimizer as Optimizer }),
      { force: true },
    );
}

/**
 * The class of an algorithm, named like it. Configs can then name it in `type`, and groups of other optimizers in
 * `algorithm`; an algorithm that had the name before gives way.
 */
export function defineOptimizer(algorithm: Algorithm): OptimizerClass {
  addAlgorithm(algorithm);
  const made = makeClass(algorithm);
  nameInConfigs(made);
  return made;
}

/** `optimizer.type` of a config may name it from now on, in place of any other of that name. */
function nameInConfigs(made: new (params: ParamsInput, options?: Record<string, unknown>) => Optimizer): void {
  OPTIMIZERS.register(
    made.name,
    ({ type: _, params, ...options }) => new made(params as unknown as ParamsInput, withoutNulls(options)),
    { force: true },
  );
}

/** MMEngine's configs write `lr=None` for "the optimizer's default". */
function withoutNulls(options: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null));
}

const WRAPPERS: Record<string, (options: OptimWrapperOptions) => OptimWrapper> = {
  OptimWrapper: (options) => new OptimWrapper(options),
  AmpOptimWrapper: (options) => new AmpOptimWrapper(options),
  ApexOptimWrapper: () => {
    throw new Error(
      'optim_wrapper.type: ApexOptimWrapper needs NVIDIA Apex, which is not here; use AmpOptimWrapper, which does the same with libtorch alone (opt_level O1 is dtype: "float16", loss_scale: "dynamic")',
    );
  },
};
