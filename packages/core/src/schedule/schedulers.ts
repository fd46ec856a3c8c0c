/**
 * The names that schedules go by, and building them from a config.
 *
 * Each kind has three: `…LR`, `…Momentum`, and `…ParamScheduler`, whose `param_name` says which field it acts on.
 */

import {
  NEVER,
  parseParamScheduler,
  parseSchedulerOptions,
  SCHEDULER_TYPES,
  type ScheduleKind,
  type ScheduleOptions,
  type SchedulerType,
} from '../config/scheduler-config.ts';
import { Registry, type TypedConfig } from '../registry.ts';
import { orUnchanged, type Schedulable, scheduledGroups } from './schedulable.ts';
import { SCHEDULES } from './schedule.ts';
import { type AnyOptions, type Metrics, type ParamScheduler, PlateauScheduler, SteppedScheduler } from './scheduler.ts';

type OptionsOf<K extends ScheduleKind, P extends string | null> = ScheduleOptions<K> &
  (P extends null ? { param_name: string } : unknown);

/**
 * A class of schedulers of one kind on one field.
 *
 * Options of all: `begin` 0 and `end` 1e9, the first step at which it acts and the first at which it no longer does · `by_epoch`
 * true: a step is an epoch, otherwise an iteration · `last_step` -1: where to resume without a state · `convert_to_iter_based`
 * false: whether options count epochs and steps iterations · `counts` `updates` (or `iterations`): what a `ScheduleDriver`
 * counts. All are chainable but OneCycle: several may act on one value, each in its window.
 */
export interface SchedulerClass<K extends ScheduleKind = ScheduleKind, P extends string | null = string | null> {
  /** @throws ConfigError when an option is refused. */
  new (optimizer: Schedulable, options: OptionsOf<K, P>): ParamScheduler;
  /**
   * The same schedule stepped once an iteration, from options that count epochs.
   *
   * @throws ConfigError when an option is refused, or the kind cannot be converted.
   */
  buildIterFromEpoch(optimizer: Schedulable, options: OptionsOf<K, P> & { epoch_length: number }): ParamScheduler;
}

interface ConcreteScheduler extends ParamScheduler {
  step(metrics?: Metrics): void;
}

type SchedulerBase = new (type: SchedulerType, optimizer: Schedulable, options: AnyOptions) => ConcreteScheduler;

function schedulerClass<K extends ScheduleKind, P extends string | null>(
  name: string,
  _kind: K,
  _param: P,
): SchedulerClass<K, P> {
  const type = schedulerType(name);
  const Base: SchedulerBase = type.kind === 'ReduceOnPlateau' ? PlateauScheduler : SteppedScheduler;
  const Made = class extends Base {
    constructor(optimizer: Schedulable, options: unknown) {
      super(type, optimizer, parseSchedulerOptions(name, options) as AnyOptions);
    }

    static buildIterFromEpoch(optimizer: Schedulable, options: Record<string, unknown>): ParamScheduler {
      return new Made(optimizer, toIterations(type, options));
    }
  };
  Object.defineProperty(Made, 'name', { value: name });
  return Made as unknown as SchedulerClass<K, P>;
}

function schedulerType(name: string): SchedulerType {
  const type = SCHEDULER_TYPES.get(name);
  if (type === undefined) throw new Error(`internal: no scheduler type ${name}`);
  return type;
}

/** Options that count epochs, counting iterations. */
function toIterations({ name, kind }: SchedulerType, options: Record<string, unknown>): Record<string, unknown> {
  const { epoch_length, convert_to_iter_based: _, ...rest } = options;
  if (typeof epoch_length !== 'number' || !Number.isInteger(epoch_length) || epoch_length < 1) {
    throw new RangeError(
      `${name}: converting to iterations needs epoch_length, the iterations of an epoch; found ${String(epoch_length)}`,
    );
  }
  const checked = parseSchedulerOptions(name, { ...rest, convert_to_iter_based: true });
  const counted: readonly string[] = kind === 'ReduceOnPlateau' ? [] : SCHEDULES[kind].counted;
  const times = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(times);
    return typeof value === 'number' ? Math.trunc(value * epoch_length) : value;
  };
  const end = checked.end === NEVER ? NEVER : times(checked.end);
  const scaled = Object.fromEntries(counted.map((field) => [field, times(checked[field])]));
  return { ...checked, ...scaled, begin: times(checked.begin), end, by_epoch: false, convert_to_iter_based: false };
}

/**
 * Times `factor` from `begin` on, and back at the last step before `end`.
 *
 * Defaults: `factor` 1/3 (0 to 1, above 0 where the schedule ends).
 *
 * ConstantLR acts on `lr`, ConstantMomentum on `momentum` or the first of `betas`, ConstantParamScheduler on the field
 * that its `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option out
 * of range.
 *
 * Source: MMEngine's ConstantParamScheduler; torch.optim.lr_scheduler.ConstantLR.
 *
 * @class
 */
export const ConstantLR = schedulerClass('ConstantLR', 'Constant', 'lr');

/**
 * Times `gamma` every `step_size` steps.
 *
 * Defaults: `gamma` 0.1; `step_size` (whole steps, 1 or more) is required.
 *
 * StepLR acts on `lr`, StepMomentum on `momentum` or the first of `betas`, StepParamScheduler on the field that its
 * `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: MMEngine's StepParamScheduler; torch.optim.lr_scheduler.StepLR.
 *
 * @class
 */
export const StepLR = schedulerClass('StepLR', 'Step', 'lr');

/**
 * Times `gamma` at each of the `milestones`; one that is listed twice counts twice.
 *
 * Defaults: `gamma` 0.1; `milestones` (a list of steps, counted from `begin`) is required.
 *
 * MultiStepLR acts on `lr`, MultiStepMomentum on `momentum` or the first of `betas`, MultiStepParamScheduler on the
 * field that its `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option
 * out of range.
 *
 * Source: MMEngine's MultiStepParamScheduler; torch.optim.lr_scheduler.MultiStepLR.
 *
 * @class
 */
export const MultiStepLR = schedulerClass('MultiStepLR', 'MultiStep', 'lr');

/**
 * Times `gamma` at every step.
 *
 * Defaults: none; `gamma` is required.
 *
 * ExponentialLR acts on `lr`, ExponentialMomentum on `momentum` or the first of `betas`, ExponentialParamScheduler on
 * the field that its `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an
 * option out of range.
 *
 * Source: MMEngine's ExponentialParamScheduler; torch.optim.lr_scheduler.ExponentialLR.
 *
 * @class
 */
export const ExponentialLR = schedulerClass('ExponentialLR', 'Exponential', 'lr');

/**
 * From `start_factor` to `end_factor` times the value in a straight line: warm-up.
 *
 * Defaults: `start_factor` 1/3 (above 0, up to 1) · `end_factor` 1 (0 to 1). `end_factor` is reached at step `end - 1`.
 *
 * LinearLR acts on `lr`, LinearMomentum on `momentum` or the first of `betas`, LinearParamScheduler on the field that
 * its `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option out of
 * range.
 *
 * Source: MMEngine's LinearParamScheduler; torch.optim.lr_scheduler.LinearLR.
 *
 * @class
 */
export const LinearLR = schedulerClass('LinearLR', 'Linear', 'lr');

/**
 * Half a cosine down to a floor in `T_max` steps, and up again in as many.
 *
 * Defaults: `T_max` (steps) `end - begin` · `eta_min` 0, the floor of all groups · `eta_min_ratio` none, the floor as a
 * share of each group's own value; one of the two. An `eta_min` above 0 for groups that differ is a warning.
 *
 * CosineAnnealingLR acts on `lr`, CosineAnnealingMomentum on `momentum` or the first of `betas`,
 * CosineAnnealingParamScheduler on the field that its `param_name` says; options of all schedulers: {@link
 * SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: Loshchilov & Hutter, "SGDR", 2017, without restarts; torch.optim.lr_scheduler.CosineAnnealingLR.
 *
 * @class
 */
export const CosineAnnealingLR = schedulerClass('CosineAnnealingLR', 'CosineAnnealing', 'lr');

/**
 * Down to `eta_min` at step `end - 1` as `(1 - step/last) ** power`.
 *
 * Defaults: `power` 1 · `eta_min` 0, the floor of all groups; above 0 for groups that differ it is a warning.
 *
 * PolyLR acts on `lr`, PolyMomentum on `momentum` or the first of `betas`, PolyParamScheduler on the field that its
 * `param_name` says; options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: MMEngine's PolyParamScheduler; torch.optim.lr_scheduler.PolynomialLR.
 *
 * @class
 */
export const PolyLR = schedulerClass('PolyLR', 'Poly', 'lr');

/**
 * Up to `eta_max`, then far down, for a run of a known length. Sets the rate itself: what the groups had is
 * overwritten.
 *
 * Defaults: `eta_max` 0 (one number, or one a group) · `pct_start` 0.3, the share of the cycle that rises ·
 * `anneal_strategy` `cos` (or `linear`) · `div_factor` 25 (first value: `eta_max` divided by it) · `final_div_factor`
 * 1e4 (last value: the first divided by it) · `three_phase` false. `total_steps`, or `epochs` with `steps_per_epoch`,
 * is required. One `eta_max` for groups that differ is a warning. A RangeError follows a step past the end.
 *
 * OneCycleLR and OneCycleParamScheduler both act on `lr`; options of all schedulers: {@link SchedulerClass}. Throws
 * ConfigError for an option out of range.
 *
 * Source: Smith & Topin, "Super-Convergence", 2018; torch.optim.lr_scheduler.OneCycleLR.
 *
 * @class
 */
export const OneCycleLR = schedulerClass('OneCycleLR', 'OneCycle', 'lr');

/**
 * A half cosine for each of `periods`, begun at its weight times the value.
 *
 * Defaults: `restart_weights` [1] (as many as periods) · `eta_min` 0 · `eta_min_ratio` none; one of the two. `periods`
 * (a list of steps) is required. An `eta_min` above 0 for groups that differ is a warning.
 *
 * CosineRestartLR acts on `lr`, CosineRestartMomentum on `momentum` or the first of `betas`,
 * CosineRestartParamScheduler on the field that its `param_name` says; options of all schedulers: {@link
 * SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: Loshchilov & Hutter, "SGDR", 2017; MMEngine's CosineRestartParamScheduler.
 *
 * @class
 */
export const CosineRestartLR = schedulerClass('CosineRestartLR', 'CosineRestart', 'lr');

/**
 * Times `factor` once a metric has not improved for more than `patience` evaluations. `step(metrics)` judges; `step()`
 * counts an epoch.
 *
 * Defaults: `monitor` `loss`, the metric's name · `rule` `less` (or `greater`: larger is better) · `factor` 0.1 (below
 * 1) · `patience` 10 and `cooldown` 0, in evaluations · `threshold` 1e-4, the least improvement · `threshold_rule`
 * `rel` (or `abs`) · `min_value` 0 (one number, or one a group) · `eps` 1e-8, the least change that is made. By epoch
 * only. A metric that is missing is a TypeError.
 *
 * ReduceOnPlateauLR acts on `lr`, ReduceOnPlateauMomentum on `momentum` or the first of `betas`,
 * ReduceOnPlateauParamScheduler on the field that its `param_name` says; options of all schedulers: {@link
 * SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: MMEngine's ReduceOnPlateauParamScheduler; torch.optim.lr_scheduler.ReduceLROnPlateau.
 *
 * @class
 */
export const ReduceOnPlateauLR = schedulerClass('ReduceOnPlateauLR', 'ReduceOnPlateau', 'lr');

/**
 * {@inheritDoc ConstantLR}
 *
 * @class
 */
export const ConstantMomentum = schedulerClass('ConstantMomentum', 'Constant', 'momentum');

/**
 * {@inheritDoc StepLR}
 *
 * @class
 */
export const StepMomentum = schedulerClass('StepMomentum', 'Step', 'momentum');

/**
 * {@inheritDoc MultiStepLR}
 *
 * @class
 */
export const MultiStepMomentum = schedulerClass('MultiStepMomentum', 'MultiStep', 'momentum');

/**
 * {@inheritDoc ExponentialLR}
 *
 * @class
 */
export const ExponentialMomentum = schedulerClass('ExponentialMomentum', 'Exponential', 'momentum');

/**
 * {@inheritDoc LinearLR}
 *
 * @class
 */
export const LinearMomentum = schedulerClass('LinearMomentum', 'Linear', 'momentum');

/**
 * {@inheritDoc CosineAnnealingLR}
 *
 * @class
 */
export const CosineAnnealingMomentum = schedulerClass('CosineAnnealingMomentum', 'CosineAnnealing', 'momentum');

/**
 * {@inheritDoc PolyLR}
 *
 * @class
 */
export const PolyMomentum = schedulerClass('PolyMomentum', 'Poly', 'momentum');

/**
 * {@inheritDoc CosineRestartLR}
 *
 * @class
 */
export const CosineRestartMomentum = schedulerClass('CosineRestartMomentum', 'CosineRestart', 'momentum');

/**
 * {@inheritDoc ReduceOnPlateauLR}
 *
 * @class
 */
export const ReduceOnPlateauMomentum = schedulerClass('ReduceOnPlateauMomentum', 'ReduceOnPlateau', 'momentum');

/**
 * {@inheritDoc ConstantLR}
 *
 * @class
 */
export const ConstantParamScheduler = schedulerClass('ConstantParamScheduler', 'Constant', null);

/**
 * {@inheritDoc StepLR}
 *
 * @class
 */
export const StepParamScheduler = schedulerClass('StepParamScheduler', 'Step', null);

/**
 * {@inheritDoc MultiStepLR}
 *
 * @class
 */
export const MultiStepParamScheduler = schedulerClass('MultiStepParamScheduler', 'MultiStep', null);

/**
 * {@inheritDoc ExponentialLR}
 *
 * @class
 */
export const ExponentialParamScheduler = schedulerClass('ExponentialParamScheduler', 'Exponential', null);

/**
 * {@inheritDoc LinearLR}
 *
 * @class
 */
export const LinearParamScheduler = schedulerClass('LinearParamScheduler', 'Linear', null);

/**
 * {@inheritDoc CosineAnnealingLR}
 *
 * @class
 */
export const CosineAnnealingParamScheduler = schedulerClass('CosineAnnealingParamScheduler', 'CosineAnnealing', null);

/**
 * {@inheritDoc PolyLR}
 *
 * @class
 */
export const PolyParamScheduler = schedulerClass('PolyParamScheduler', 'Poly', null);

/**
 * {@inheritDoc OneCycleLR}
 *
 * @class
 */
export const OneCycleParamScheduler = schedulerClass('OneCycleParamScheduler', 'OneCycle', null);

/**
 * {@inheritDoc CosineRestartLR}
 *
 * @class
 */
export const CosineRestartParamScheduler = schedulerClass('CosineRestartParamScheduler', 'CosineRestart', null);

/**
 * {@inheritDoc ReduceOnPlateauLR}
 *
 * @class
 */
export const ReduceOnPlateauParamScheduler = schedulerClass('ReduceOnPlateauParamScheduler', 'ReduceOnPlateau', null);

/** Every scheduler class by the name that a config calls it. */
const CLASSES = {
  ConstantLR,
  StepLR,
  MultiStepLR,
  ExponentialLR,
  LinearLR,
  CosineAnnealingLR,
  PolyLR,
  OneCycleLR,
  CosineRestartLR,
  ReduceOnPlateauLR,
  ConstantMomentum,
  StepMomentum,
  MultiStepMomentum,
  ExponentialMomentum,
  LinearMomentum,
  CosineAnnealingMomentum,
  PolyMomentum,
  CosineRestartMomentum,
  ReduceOnPlateauMomentum,
  ConstantParamScheduler,
  StepParamScheduler,
  MultiStepParamScheduler,
  ExponentialParamScheduler,
  LinearParamScheduler,
  CosineAnnealingParamScheduler,
  PolyParamScheduler,
  OneCycleParamScheduler,
  CosineRestartParamScheduler,
  ReduceOnPlateauParamScheduler,
} as const;

/** What a factory of `PARAM_SCHEDULERS` receives: the config with what it acts on. */
export interface SchedulerBuildConfig extends TypedConfig {
  readonly optimizer: Schedulable;
  /** Iterations of an epoch, where a config asks for conversion. */
  readonly epoch_length?: number;
}

/** Parameter schedulers by the `type` of a `param_scheduler`. */
export const PARAM_SCHEDULERS = new Registry<ParamScheduler, SchedulerBuildConfig>('PARAM_SCHEDULERS', {
  what: 'parameter scheduler',
  entries: Object.entries(CLASSES).map(([name, Class]) => [
    name,
    (cfg) => fromConfig(Class as unknown as SchedulerClass, cfg),
  ]),
});

function fromConfig(
  Class: SchedulerClass,
  { type: _, optimizer, epoch_length, ...options }: SchedulerBuildConfig,
): ParamScheduler {
  const { convert_to_iter_based: convert, ...rest } = options;
  const given = rest as unknown as OptionsOf<ScheduleKind, string | null>;
  if (convert !== true) return new Class(optimizer, given);
  return Class.buildIterFromEpoch(optimizer, { ...given, epoch_length: epoch_length ?? Number.NaN });
}

export interface BuildSchedulerOptions {
  /**
   * Steps of an epoch; needed where a config says `convert_to_iter_based`. Optimizer updates, where a `ScheduleDriver`
   * counts these; iterations otherwise.
   */
  readonly epochLength?: number;
  /** Called with each warning of a scheduler. Nothing is printed. */
  readonly onWarning?: (warning: string) => void;
}

/**
 * Builds the schedulers of a `param_scheduler` config, one mapping or a list, in its order.
 *
 * @param optimizer an optimizer or an optimizer wrapper; its groups take their first values at once.
 * @throws ConfigError when the config is refused; nothing has been changed then.
 */
export function buildParamScheduler(
  optimizer: Schedulable,
  cfg: unknown,
  { epochLength, onWarning }: BuildSchedulerOptions = {},
): ParamScheduler[] {
  const custom = PARAM_SCHEDULERS.names().filter((name) => !SCHEDULER_TYPES.has(name));
  const epoch = epochLength === undefined ? {} : { epoch_length: epochLength };
  const configs = parseParamScheduler(cfg, custom);
  // One schedule begins from what those before it have written.
  const schedulers = orUnchanged(scheduledGroups(optimizer), () =>
    configs.map((config) => PARAM_SCHEDULERS.build({ ...config, ...epoch, optimizer }, ['param_scheduler'])),
  );
  for (const warning of schedulers.flatMap(({ warnings }) => warnings)) onWarning?.(warning);
  return schedulers;
}
