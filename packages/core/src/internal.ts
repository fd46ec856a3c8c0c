/**
 * What the packages above share with this one, and no user of theirs needs: no part of the public door, and free to change.
 */
export { parseWrapperSettings, type WrapperSettings } from './config/config.ts';
export { describeValue, formatPath, nearestName } from './config/errors.ts';
export { LAYER_DECAY_NAMES } from './config/paramwise-config.ts';
export { elementCount, walkDistinctParams } from './model/model.ts';
export { adagradRate } from './optimizers/adagrad.ts';
export { biasCorrection, decayOf, numberOf, pairOf, signOf, zeroSlots } from './optimizers/algorithm.ts';
export { asgdDecay } from './optimizers/asgd.ts';
export { nadamFactors } from './optimizers/nadam.ts';
export { radamStep } from './optimizers/radam.ts';
export { anyNumber, atLeast, flag, notNegative, oneOf, positive } from './optimizers/rules.ts';
export {
  checkSettings,
  completeDefaults,
  GROUP_FIELDS,
  groupDefaults,
  refuseCamelCase,
  refuseUnsavable,
  unknownSettings,
} from './optimizers/settings.ts';
export { ALGORITHMS, findAlgorithmInfo } from './optimizers/table.ts';
export { effectiveGroups, effectiveSettings, type PlanRow, planRows } from './plan/plan-rows.ts';
export { prepare } from './plan/prepare.ts';
export { refuseEmpty } from './plan/refusals.ts';
export { makeSchedule, type NextValue } from './schedule/schedule.ts';
export {
  type AccumulationCounts,
  lossFactor,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from './update/accumulation.ts';
