/** From a model and a config to what trains it. */
import { type BuildOptions, buildOptimWrapper as buildFromCore } from '@paramwise/core';
import type { Module } from '../nn/module.ts';
import type { OptimWrapper } from './wrapper.ts';

/**
 * Plans parameter groups by the config's `paramwise_cfg` and builds optimizer and wrapper from them.
 *
 * @param config `optim_wrapper` as MMEngine spells it: `{type, optimizer, paramwise_cfg, accumulative_counts, clip_grad, …}`
 * @returns the wrapper; `planOf(wrapper)` says what every parameter got and why
 * @throws ConfigError with every problem of the config, where it is and what is allowed
 */
export function buildOptimWrapper<W extends OptimWrapper = OptimWrapper>(
  model: Module,
  config: unknown,
  options?: BuildOptions,
): W {
  return buildFromCore<W>(model, config, options);
}
