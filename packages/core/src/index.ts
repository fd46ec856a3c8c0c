/**
 * The door of the planning core. What is not named here is not public.
 *
 * @module @paramwise/core
 */
export {
  type AccumulationCounts,
  lossFactor,
  shouldSync,
  shouldUpdate,
  startsInsideAccumulation,
} from './accumulation.ts';
export {
  buildOptimWrapper,
  buildOptimWrappers,
  type ConstructorBuildConfig,
  OPTIM_WRAPPER_CONSTRUCTORS,
} from './build.ts';
export {
  type ClipGradConfig,
  configJsonSchema,
  type OptimizerConfig,
  type OptimWrapperConfig,
  parseOptimWrapper,
  parseWrapperSettings,
  type WrapperSettings,
} from './config.ts';
export {
  type BuildOptions,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type OptimWrapperConstructor,
  planOf,
} from './constructor.ts';
export type { ParamOptions } from './decision.ts';
export { ConfigError, type ConfigPath, describeValue, formatPath, type Issue, nearestName } from './errors.ts';
export { diffPlans, explainParam, planTable } from './explain.ts';
export {
  type GroupSettings,
  getLr,
  getMomentum,
  type OptimizerBuildConfig,
  type OptimizerLike,
  type OptimWrapperBuildConfig,
  type OptimWrapperLike,
  type ParamGroup,
} from './groups.ts';
export { paramGroupsOf } from './merge.ts';
export {
  elementCount,
  type ModuleKind,
  type ModuleView,
  type ParamView,
  type VisitedModule,
  walkDistinctParams,
  walkModules,
} from './model.ts';
export { type FileParam, readModel } from './model-file.ts';
export type { DuplicateParam, ParamPlan, PlannedParam, SkippedParam } from './param-plan.ts';
export {
  type CustomKeyConfig,
  type LayerDecayConfig,
  type LayerOf,
  type MatrixAlgorithmConfig,
  type ParamwiseConfig,
  parseLayerDecay,
  parseParamwise,
} from './paramwise-config.ts';
export { planParamGroups } from './plan.ts';
export { type PreviewOptions, previewSchedule } from './preview.ts';
export {
  type Factory,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  Registry,
  type RegistryOptions,
  type TypedConfig,
} from './registry.ts';
export type { Schedulable } from './schedulable.ts';
export { makeSchedule, type NextValue } from './schedule.ts';
export { ScheduleDriver, type UpdateCounter } from './schedule-driver.ts';
export { type Metrics, ParamScheduler } from './scheduler.ts';
export {
  type ParamSchedulerConfig,
  parseParamScheduler,
  type ScheduleKind,
  type ScheduleOptions,
} from './scheduler-config.ts';
export {
  type BuildSchedulerOptions,
  buildParamScheduler,
  ConstantLR,
  ConstantMomentum,
  ConstantParamScheduler,
  CosineAnnealingLR,
  CosineAnnealingMomentum,
  CosineAnnealingParamScheduler,
  CosineRestartLR,
  CosineRestartMomentum,
  CosineRestartParamScheduler,
  ExponentialLR,
  ExponentialMomentum,
  ExponentialParamScheduler,
  LinearLR,
  LinearMomentum,
  LinearParamScheduler,
  MultiStepLR,
  MultiStepMomentum,
  MultiStepParamScheduler,
  OneCycleLR,
  OneCycleParamScheduler,
  PARAM_SCHEDULERS,
  PolyLR,
  PolyMomentum,
  PolyParamScheduler,
  ReduceOnPlateauLR,
  ReduceOnPlateauMomentum,
  ReduceOnPlateauParamScheduler,
  type SchedulerBuildConfig,
  type SchedulerClass,
  StepLR,
  StepMomentum,
  StepParamScheduler,
} from './schedulers.ts';
