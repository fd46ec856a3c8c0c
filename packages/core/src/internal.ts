/**
 * What the packages above share with this one, and no user of theirs needs: no part of the public door, and free to change.
 */
export { type OnNonFinite, parseWrapperSettings, type WrapperSettings } from './config/config.ts';
export { LAYER_DECAY_NAMES } from './config/constructor-names.ts';
export { describeValue, formatPath, nearestName } from './config/errors.ts';
export { hasMembers, MEMBERS_CONSTRUCTOR, memberPath, readMemberSchedules, readMembers } from './config/members.ts';
export { inDefaultScope, lastPart } from './config/type-names.ts';
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
export { type PreparedMember, prepareMembers } from './plan/members.ts';
export { effectiveGroups, effectiveSettings, type PlanRow, planRows } from './plan/plan-rows.ts';
export { prepare } from './plan/prepare.ts';
export { refuseEmpty } from './plan/refusals.ts';
export { type SampleShare, samplesOfRank, samplesPerRank } from './samples.ts';
export { resolveSchedules, scheduledFields } from './schedule/build.ts';
export { isMembers } from './schedule/build-members.ts';
export { previewNeed, type RunLength, runEnd } from './schedule/run-length.ts';
export { makeSchedule, type NextValue } from './schedule/schedule.ts';
export { sentBytes, shareOf, shareSizes } from './shard.ts';
export {
  type AccumulationCounts,
  lossFactor,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from './update/accumulation.ts';
export type { WrapperCounters } from './update/counters.ts';
export { UpdateCycle } from './update/cycle.ts';
export {
  AS_IT_IS,
  type AskReading,
  type GradientEngine,
  type GradientReading,
  type GradientSource,
  type UpdatingWrapper,
} from './update/engine.ts';
export {
  type Collective,
  clipFactor,
  type GradientsRead,
  normTypeOf,
  type ReadingOptions,
  readGradients,
} from './update/gradient-reading.ts';
export { type LossScale, LossScaler, type LossScalerOptions, type LossScalerState } from './update/loss-scaler.ts';
export { checkGradients, type StepHooks, type StepPolicy, takeStep } from './update/take-step.ts';
