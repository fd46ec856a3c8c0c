/**
 * What the packages above share with this one, and no user of theirs needs: no part of the public door, and free to change.
 */
export { parseWrapperSettings, type WrapperSettings } from './config/config.ts';
export { describeValue, formatPath, nearestName } from './config/errors.ts';
export { elementCount, walkDistinctParams } from './model/model.ts';
export { effectiveGroups, effectiveSettings, type PlanRow, planRows } from './plan/plan-rows.ts';
export { makeSchedule, type NextValue } from './schedule/schedule.ts';
export {
  type AccumulationCounts,
  lossFactor,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from './update/accumulation.ts';
