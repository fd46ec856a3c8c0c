/**
 * The door of the engine; everything of `@paramwise/core` comes with it.
 *
 * @module @paramwise/torch
 */
import { registerEngine } from './optim/registration.ts';

export * from '@paramwise/core';
export {
  type GradientReading,
  type LossScale,
  LossScaler,
  type LossScalerOptions,
  type OnNonFinite,
} from '@paramwise/core/internal';
export {
  type BackwardOptions,
  backward,
  enableGrad,
  type GradOptions,
  grad,
  isGradEnabled,
  noGrad,
  setGradEnabled,
} from './autograd.ts';
export { type LoadOptions, loadCheckpoint, type SaveOptions, saveCheckpoint } from './checkpoint/checkpoint.ts';
export type { CheckpointParts } from './checkpoint/parts.ts';
export { CheckpointError, type LoadReport } from './checkpoint/report.ts';
export {
  arange,
  cat,
  empty,
  eye,
  full,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  stack,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './creation.ts';
export { DistributedSampler, type DistributedSamplerOptions } from './data/distributed-sampler.ts';
export { allowUncheckedOperators, callOperator } from './dispatch.ts';
export * as distributed from './distributed/index.ts';
export type { Dtype, TensorData } from './dtype.ts';
export { clipGradNorm, clipGradValue, gradNorm, zeroGrads } from './gradients.ts';
export { keep, tidy } from './handle.ts';
export * as nn from './nn/index.ts';
export { ops } from './operators.ts';
export { AmpOptimWrapper, type AmpOptimWrapperOptions } from './optim/amp-wrapper.ts';
export { BaseOptimWrapper } from './optim/base-wrapper.ts';
export {
  buildOptimWrapper,
  buildOptimWrappers,
  buildParamScheduler,
  planOptimWrappers,
  planParamGroups,
} from './optim/build.ts';
export type { GradReport, GroupNorms } from './optim/grad-report.ts';
export * as optim from './optim/index.ts';
export { torchRegistries } from './optim/registration.ts';
export { OptimWrapper } from './optim/wrapper.ts';
export { OptimWrapperDict } from './optim/wrapper-dict.ts';
export type {
  OptimWrapperOptions,
  OptimWrapperStateDict,
  StepOptions,
  UpdateOptions,
} from './optim/wrapper-options.ts';
export { type EngineVersions, engineVersions, getRngState, manualSeed, setRngState } from './runtime.ts';
export { loadSafetensors, type SafetensorsFile, saveSafetensors } from './safetensors.ts';
export { emptyCache, liveBytes, liveTensors, type NestedArray, Tensor } from './tensor.ts';
export { getNumThreads, setNumThreads } from './threads.ts';

// The one thing that happens at import: configs may name the engine's optimizers.
registerEngine();
