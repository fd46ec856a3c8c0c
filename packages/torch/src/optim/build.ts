/** From a model and a config to what trains it. */
import { type BuildOptions, buildOptimWrapper as buildFromCore } from '@paramwise/core';
import type { Module } from '../nn/module.ts';
import { torchRegistries } from './registration.ts';
import type { OptimWrapper } from './wrapper.ts';

/**
 * Plans parameter groups by the config's `paramwise_cfg` and builds optimizer and wrapper from them.
 *
 * @param config `optim_wrapper` as MMEngine spells it: `{type, optimizer, paramwise_cfg, accumulative_counts, clip_grad, …}`
 * @param options.onWarning is told what is odd about the plan. Default: a warning of the process, of type `ParamwiseWarning`
 * and with the code `PARAMWISE_PLAN`
 * @returns the wrapper; `planOf(wrapper)` says what every parameter got and why
 * @throws ConfigError with every problem of the config, where it is and what is allowed
 */
export function buildOptimWrapper<W extends OptimWrapper = OptimWrapper>(
  model: Module,
  config: unknown,
  options: Pick<BuildOptions, 'onWarning'> = {},
): W {
  const { onWarning = warnProcess() } = options;
  return buildFromCore<W>(model, config, { onWarning, registries: torchRegistries });
}

/** Tells the process of each warning once. */
function warnProcess(): (warning: string) => void {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning)) return;
    told.add(warning);
    process.emitWarning(warning, { type: 'ParamwiseWarning', code: 'PARAMWISE_PLAN' });
  };
}
