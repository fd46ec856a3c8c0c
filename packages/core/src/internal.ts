/**
 * What the packages above share with this one, and no user of theirs needs: no part of the public door, and free to change.
 */
export { type OnNonFinite, parseWrapperSettings, type WrapperSettings } from './config/config.ts';
export { describeValue, formatPath, nearestName } from './config/errors.ts';
export { elementCount, walkDistinctParams } from './model/model.ts';
export { makeSchedule, type NextValue } from './schedule/schedule.ts';
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
export { checkGradients, type StepPolicy, takeStep } from './update/take-step.ts';
