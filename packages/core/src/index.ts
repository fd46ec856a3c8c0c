/**
 * The door of the planning core. What is not named here is not public.
 *
 * @module @paramwise/core
 */

export {
  type ClipGradConfig,
  configJsonSchema,
  type OptimizerConfig,
  type OptimWrapperConfig,
  parseOptimWrapper,
} from './config/config.ts';
export { ConfigError, type ConfigPath, type Issue } from './config/errors.ts';
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
export { ScheduleDriver, type UpdateCounter } from './schedule/driver.ts';
export { type PreviewOptions, previewSchedule } from './schedule/preview.ts';
export type { Schedulable } from './schedule/schedulable.ts';
export { type Metrics, ParamScheduler } from './schedule/scheduler.ts';
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
} from './schedule/schedulers.ts';
