/** From a model and a config to what trains it. */
import {
  type BuildOptions,
  type BuildSchedulerOptions,
  buildOptimWrapper as buildFromCore,
  buildParamScheduler as buildSchedulersFromCore,
  buildOptimWrappers as buildSeveralFromCore,
  type Members,
  type ModelOrModels,
  type ModuleView,
  type ParamPlan,
  type ParamScheduler,
  type Schedulable,
} from '@paramwise/core';
import { isMembers, prepare, prepareMembers } from '@paramwise/core/internal';
import type { Module } from '../nn/module.ts';
import { torchRegistries } from './registration.ts';
import type { OptimWrapper } from './wrapper.ts';
import { OptimWrapperDict } from './wrapper-dict.ts';

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
 * Builds an optimizer wrapper for each member of a config of several optimizers, such as the generator and the discriminator
 * of a GAN.
 *
 * @param models one model of which each member trains the module of its name, or those that its `modules` names; or the
 * models by name, with a member for each
 * @param config `optim_wrapper` as MMEngine spells it: `{generator: {type, optimizer, …}, discriminator: {…}}`
 * @param options as for `buildOptimWrapper`; a warning of a member begins with its name
 * @returns the wrappers under their names; `planOf(wrappers.get(name))` says what every parameter got and why
 * @throws ConfigError with the problems of all members, each under `optim_wrapper.NAME`; nothing is built then
 */
export function buildOptimWrappers(
  models: Module | Readonly<Record<string, Module>>,
  config: unknown,
  options: Pick<BuildOptions, 'onWarning'> = {},
): OptimWrapperDict {
  const { onWarning = warnProcess('PARAMWISE_PLAN') } = options;
  return new OptimWrapperDict(buildSeveralFromCore(models, config, { onWarning, registries: torchRegistries }));
}

/**
 * Decides how each parameter is trained, for every member of a config of several optimizers, as core's function of that name
 * does, with the names that `buildOptimWrappers` knows. Nothing is built.
 *
 * @throws ConfigError when a config is refused, the problems of all members at once
 */
export function planOptimWrappers(models: ModelOrModels, config: unknown): Record<string, ParamPlan> {
  const { members } = prepareMembers(models, config, torchRegistries);
  return Object.fromEntries(members.map(({ name, plan }) => [name, plan]));
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
 * Of several optimizers each has schedulers of its own: by what the config says under its name, or all by the same schedule.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once. Or an `OptimWrapperDict`
 * @param options `maxEpochs`, `maxIters`: the length of the run, which a schedule without an `end` takes · `epochLength`: the
 * iterations of an epoch · `onWarning` is told what is odd about a schedule. Default: a warning of the process, of type
 * `ParamwiseWarning` and with the code `PARAMWISE_SCHEDULE`
 * @returns a list; for several a list under each name
 * @throws ConfigError when the config is refused, needs a length that is not given, or has no schedule for a member; TypeError
 * or RangeError where it does not fit the groups. Nothing has been changed then
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  config: unknown,
  options?: BuildSchedulerOptions,
): ParamScheduler[];
export function buildParamScheduler(
  optimizers: Members<Schedulable>,
  config: unknown,
  options?: BuildSchedulerOptions,
): Record<string, ParamScheduler[]>;
export function buildParamScheduler(
  optimizer: Schedulable | Members<Schedulable>,
  config: unknown,
  options: BuildSchedulerOptions = {},
): ParamScheduler[] | Record<string, ParamScheduler[]> {
  const told = withWarnings(options);
  return isMembers(optimizer)
    ? buildSchedulersFromCore(optimizer, config, told)
    : buildSchedulersFromCore(optimizer, config, told);
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
