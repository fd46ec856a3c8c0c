/** Schedules of the libraries around MMEngine, under their names there. */
import { schedulerClass } from './scheduler-class.ts';

/**
 * From zero up to the value as a square: `((step + 1)/length)²`, which is 1 at step `end - 1`. The warm-up of YOLOX.
 *
 * Defaults: none; `end` is required, or the length of the run.
 *
 * QuadraticWarmupLR acts on `lr`, QuadraticWarmupMomentum on `momentum` or the first of `betas`,
 * QuadraticWarmupParamScheduler on the field that its `param_name` says; options of all schedulers: {@link
 * SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: MMDetection 3's and MMPose 1's QuadraticWarmupParamScheduler.
 *
 * @class
 */
export const QuadraticWarmupLR = schedulerClass('QuadraticWarmupLR', 'QuadraticWarmup', 'lr');

/**
 * {@inheritDoc QuadraticWarmupLR}
 *
 * @class
 */
export const QuadraticWarmupMomentum = schedulerClass('QuadraticWarmupMomentum', 'QuadraticWarmup', 'momentum');

/**
 * {@inheritDoc QuadraticWarmupLR}
 *
 * @class
 */
export const QuadraticWarmupParamScheduler = schedulerClass('QuadraticWarmupParamScheduler', 'QuadraticWarmup', null);

/**
 * PolyLR down to a share of each group's own rate.
 *
 * Defaults: `power` 1 · `eta_min` 0 · `eta_min_ratio` none; where it is given, `eta_min` does nothing. Options of all
 * schedulers: {@link SchedulerClass}. Throws ConfigError for an option out of range.
 *
 * Source: MMSegmentation 1's PolyLRRatio.
 *
 * @class
 */
export const PolyLRRatio = schedulerClass('PolyLRRatio', 'PolyRatio', 'lr');

/**
 * CosineAnnealingLR for `weight_decay`: a group that begins without decay stays so, whatever the floor.
 *
 * Defaults: those of CosineAnnealingLR. Options of all schedulers: {@link SchedulerClass}. Throws ConfigError for an option
 * out of range.
 *
 * Source: MMPretrain 1's CosineAnnealingWeightDecay, of DINO and MoCo v3.
 *
 * @class
 */
export const CosineAnnealingWeightDecay = schedulerClass(
  'CosineAnnealingWeightDecay',
  'CosineAnnealingDecay',
  'weight_decay',
);

/**
 * MMPose's ConstantLR, `mmpose.ConstantLR` in a config: MMEngine's, with any `factor`.
 *
 * Defaults: `factor` 1/3 (not 0 where the schedule ends). Options of all schedulers: {@link SchedulerClass}. Throws
 * ConfigError for an option out of range.
 *
 * Source: MMPose 1's ConstantLR, of RTMO.
 *
 * @class
 */
export const AnyConstantLR = schedulerClass('mmpose.ConstantLR', 'AnyConstant', 'lr');
