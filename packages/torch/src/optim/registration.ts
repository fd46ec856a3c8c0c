/** Makes the engine's optimizers and wrappers known to configs. */
import { OPTIM_WRAPPERS } from '@paramwise/core';
import { AmpOptimWrapper } from './amp-wrapper.ts';
import { nameInConfigs } from './configs.ts';
import { LBFGS } from './lbfgs.ts';
import type { Optimizer } from './optimizer.ts';
import { OPTIMIZER_CLASSES } from './optimizers.ts';
import { OptimWrapper } from './wrapper.ts';
import type { OptimWrapperOptions } from './wrapper-options.ts';

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

const WRAPPERS: Record<string, (options: OptimWrapperOptions) => OptimWrapper> = {
  OptimWrapper: (options) => new OptimWrapper(options),
  AmpOptimWrapper: (options) => new AmpOptimWrapper(options),
  ApexOptimWrapper: () => {
    throw new Error(
      'optim_wrapper.type: ApexOptimWrapper needs NVIDIA Apex, which is not here; use AmpOptimWrapper, which does the same with libtorch alone (opt_level O1 is dtype: "float16", loss_scale: "dynamic")',
    );
  },
};
