/** From a model and a config to what trains it. */
import {
  type BuildOptions,
  type BuildSchedulerOptions,
  buildOptimWrapper as buildFromCore,
  buildParamScheduler as buildSchedulersFromCore,
  type ModuleView,
  type ParamPlan,
  type ParamScheduler,
  type Schedulable,
} from '@paramwise/core';
import { prepare } from '@paramwise/core/internal';
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
  const { onWarning = warnProcess('PARAMWISE_PLAN') } = options;
  return buildFromCore<W>(model, config, { onWarning, registries: torchRegistries });
}

/**
 * Decides how each parameter of a model is trained, as core's function of that name does, with the names that
 * `buildOptimWrapper` knows. Nothing is built.
 *
 * @param paramwiseCfg in place of the config's own `paramwise_cfg`, which holds where this is `undefined`
 * @throws ConfigError when the config is refused, all problems of a stage at once
 */
export function planParamGroups(model: ModuleView, config: unknown, paramwiseCfg?: unknown): ParamPlan {
  return prepare(model, config, torchRegistries, { paramwise: paramwiseCfg }).plan;
}

/**
 * Builds the schedulers of a `param_scheduler` config, one mapping or a list, in its order.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once
 * @param options `maxEpochs`, `maxIters`: the length of the run, which a schedule without an `end` takes · `epochLength`: the
 * iterations of an epoch · `onWarning` is told what is odd about a schedule. Default: a warning of the process, of type
 * `ParamwiseWarning` and with the code `PARAMWISE_SCHEDULE`
 * @throws ConfigError when the config is refused, or needs a length that is not given; TypeError or RangeError where it does
 * not fit the groups. Nothing has been changed then
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  config: unknown,
  options: BuildSchedulerOptions = {},
): ParamScheduler[] {
  return buildSchedulersFromCore(optimizer, config, withWarnings(options));
}

/** What is no mapping is handed on as it is, to be refused. */
function withWarnings(options: BuildSchedulerOptions): BuildSchedulerOptions {
  return typeof options === 'object'
    ? { onWarning: warnProcess('PARAMWISE_SCHEDULE'), registry: torchRegistries.schedulers, ...options }
    : options;
}

/** Tells the process of each warning once. */
function warnProcess(code: string): (warning: string) => void {
  const told = new Set<string>();
  return (warning) => {
    if (told.has(warning)) return;
    told.add(warning);
    process.emitWarning(warning, { type: 'ParamwiseWarning', code });
  };
}
