/** Schedules of learning rates; the same kinds on other fields are in `momentum-schedulers.ts` and `param-schedulers.ts`. */
import { schedulerClass } from './scheduler-class.ts';

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
