/**
 * The door of the planning core. What is not named here is not public.
 *
 * @module @paramwise/core
 */

export {
  type ClipGradConfig,
  type OptimizerConfig,
  type OptimWrapperConfig,
  parseOptimWrapper,
} from './config/config.ts';
export { ConfigError, type ConfigPath, type Issue } from './config/errors.ts';
export { configJsonSchema } from './config/json-schema.ts';
export {
  type CustomKeyConfig,
  type LayerDecayConfig,
  type LayerOf,
  type MatrixAlgorithmConfig,
  type ParamwiseConfig,
  parseLayerDecay,
  parseParamwise,
} from './config/paramwise-config.ts';
export {
  type ParamSchedulerConfig,
  parseParamScheduler,
  type ScheduleKind,
  type ScheduleOptions,
} from './config/scheduler-config.ts';
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
export {
  type ModuleKind,
  type ModuleView,
  type ParamView,
  type VisitedModule,
  walkModules,
} from './model/model.ts';
export { type FileParam, readModel } from './model/model-file.ts';
export type { AlgorithmInfo, Kernel, Moment, Scalars, Settings, Slot, Slots } from './optimizers/algorithm.ts';
export type { Rule } from './optimizers/rules.ts';
export {
  buildOptimWrapper,
  buildOptimWrappers,
  type ConfigBuildOptions,
} from './plan/build.ts';
export {
  type BuildOptions,
  type ConstructorBuildConfig,
  DefaultOptimWrapperConstructor,
  LayerDecayOptimWrapperConstructor,
  type OptimWrapperConstructor,
  type Prepared,
  type PrepareOptions,
  planOf,
} from './plan/constructor.ts';
export { OPTIM_WRAPPER_CONSTRUCTORS } from './plan/constructors.ts';
export type { ParamOptions } from './plan/decision.ts';
export { diffPlans, explainParam, planTable } from './plan/explain.ts';
export { type ModelOrModels, planOptimWrappers } from './plan/members.ts';
export { paramGroupsOf } from './plan/merge.ts';
export type { EngineRegistries, UnknownNames } from './plan/names.ts';
export type { DuplicateParam, ParamPlan, PlannedParam, SkippedParam } from './plan/param-plan.ts';
export { planParamGroups } from './plan/prepare.ts';
export { publicRegistries } from './registries.ts';
export {
  type Factory,
  OPTIM_WRAPPERS,
  OPTIMIZERS,
  type Registries,
  Registry,
  type RegistryOptions,
  type TypedConfig,
} from './registry.ts';
export { type BuildSchedulerOptions, PARAM_SCHEDULERS, type SchedulerBuildConfig } from './schedule/build.ts';
export { buildParamScheduler, type MemberSchedulers, type Members } from './schedule/build-members.ts';
export { ScheduleDriver, type ScheduleDriverOptions, type UpdateCounter } from './schedule/driver.ts';
export {
  ConstantLR,
  CosineAnnealingLR,
  CosineRestartLR,
  ExponentialLR,
  LinearLR,
  MultiStepLR,
  OneCycleLR,
  PolyLR,
  ReduceOnPlateauLR,
  StepLR,
} from './schedule/lr-schedulers.ts';
export {
  ConstantMomentum,
  CosineAnnealingMomentum,
  CosineRestartMomentum,
  ExponentialMomentum,
  LinearMomentum,
  MultiStepMomentum,
  PolyMomentum,
  ReduceOnPlateauMomentum,
  StepMomentum,
} from './schedule/momentum-schedulers.ts';
export {
  ConstantParamScheduler,
  CosineAnnealingParamScheduler,
  CosineRestartParamScheduler,
  ExponentialParamScheduler,
  LinearParamScheduler,
  MultiStepParamScheduler,
  OneCycleParamScheduler,
  PolyParamScheduler,
  ReduceOnPlateauParamScheduler,
  StepParamScheduler,
} from './schedule/param-schedulers.ts';
export { type PreviewOptions, previewSchedule } from './schedule/preview.ts';
export type { Schedulable } from './schedule/schedulable.ts';
export { type Metrics, ParamScheduler } from './schedule/scheduler.ts';
export type { SchedulerClass } from './schedule/scheduler-class.ts';
export {
  AnyConstantLR,
  CosineAnnealingWeightDecay,
  PolyLRRatio,
  QuadraticWarmupLR,
  QuadraticWarmupMomentum,
  QuadraticWarmupParamScheduler,
} from './schedule/sister-schedulers.ts';
export { type RankCost, rankCost, type ShardedRun } from './shard.ts';
