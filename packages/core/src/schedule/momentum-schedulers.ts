/** Schedules of momentum, or of the first of `betas`. There is no cycle: that policy is one of learning rates. */
import { schedulerClass } from './scheduler-class.ts';

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
