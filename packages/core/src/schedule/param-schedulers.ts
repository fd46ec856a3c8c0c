/** Schedules of the group field that `param_name` says. */
import { schedulerClass } from './scheduler-class.ts';

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
